"""The views of the Django project that tests use; to be imported once Django is set up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.contrib.auth import aauthenticate, alogin, authenticate, login, logout
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import path

from trailkeeper import carry, emit
from trailkeeper.integrations.django import TrailkeeperLink

TAG = "account:password:change"


class AccountAdmin(TrailkeeperLink, UserAdmin):  # type: ignore[misc]  # it has no types
    """Django's own, with our link."""


admin.site.unregister(User)
admin.site.register(User, AccountAdmin)


def act(request: Any) -> Any:
    """A view that emits."""
    return HttpResponse(str(emit(TAG)))


async def aact(request: Any) -> Any:
    """An async view that emits."""
    return act(request)


def sign_in(request: Any) -> Any:
    user = authenticate(request, username=request.POST["name"], password=request.POST["password"])
    if user is None:
        return HttpResponse(status=401)
    login(request, user)
    emit(TAG)
    return HttpResponse()


async def asign_in(request: Any) -> Any:
    user = await aauthenticate(request, username=request.POST["name"], password=request.POST["password"])
    if user is None:
        return HttpResponse(status=401)
    await alogin(request, user)
    emit(TAG)
    return HttpResponse()


def sign_out(request: Any) -> Any:
    logout(request)
    emit(TAG)
    return HttpResponse()


def read(request: Any) -> Any:
    """A view that emits nothing."""
    return HttpResponse()


async def aread(request: Any) -> Any:
    return read(request)


def stream(request: Any) -> Any:
    def body() -> Iterator[bytes]:
        try:
            emit(TAG)
            yield b"one"
            yield b"two"
        finally:
            emit(TAG)

    return StreamingHttpResponse(body())


async def astream(request: Any) -> Any:
    async def body() -> AsyncIterator[bytes]:
        emit(TAG)
        yield b"one"
        emit(TAG)
        yield b"two"

    return StreamingHttpResponse(body())


def sent_file(request: Any) -> Any:
    return FileResponse(Path(__file__).open("rb"))


def call(request: Any) -> Any:
    """A view that calls another by Django's test client, signed in with the session it is told."""
    client = Client(REMOTE_ADDR="127.0.0.2")
    client.cookies["sessionid"] = request.POST["session"]
    return HttpResponse(client.get("/act").content)


def carry_and_sign_out(request: Any) -> Any:
    job = carry(act)
    logout(request)
    return job(request)


VIEWS = (act, aact, sign_in, asign_in, sign_out, read, aread, stream, astream, call, carry_and_sign_out)
urlpatterns = [path("admin/", admin.site.urls), *(path(view.__name__, view) for view in VIEWS)]

"""The addresses of the Django site that runs as a process."""

from __future__ import annotations

from django.urls import path

from tests.support import django_site, django_views

urlpatterns = [*django_views.urlpatterns, path("change", django_site.change)]

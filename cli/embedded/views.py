"""The views of a stack: their address, and the environment of their process."""

from __future__ import annotations

import importlib.util
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from trailkeeper.producer.settings import variable

from .remembered import LOOPBACK, Port
from .secret import token_secret

ANY_HOST = {"0.0.0.0": LOOPBACK, "::": "[::1]"}  # noqa: S104 - what a browser can reach of it
READY_SECONDS = 30.0


def is_installed() -> bool:
    """Whether the libraries that the views need are installed."""
    return importlib.util.find_spec("fastapi") is not None and importlib.util.find_spec("uvicorn") is not None


class ViewsPlace:
    """Where a stack's views listen: as the environment says, or on the port kept in the data folder."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self._home = home
        self._given = environment
        self._port = Port(home / "views-port")

    @property
    def url(self) -> str:
        """The address of the pages and of the API."""
        host = self._given.get(variable("views_host"), LOOPBACK)
        return f"http://{ANY_HOST.get(host, host)}:{self._number()}"

    def environment(self) -> dict[str, str]:
        """The whole environment of the process.

        Raises:
            EmbeddedError: the secret of the data folder cannot be read or written.
        """
        if not self._is_given():
            self._port.leave_if_taken()
        # over plain HTTP no browser would send a cookie that is for HTTPS only
        environment = {variable("cookie_secure"): "false", **self._given}
        environment[variable("views_port")] = self._number()
        if key := environment.get(variable("token_public_key")):
            environment[variable("token_public_key")] = str(Path(key).absolute())
        if not any(variable(name) in self._given for name in ("token_secret", "token_public_key")):
            environment[variable("token_secret")] = token_secret(self._home)
        return environment

    def wait(self, is_over: Callable[[], bool]) -> bool:
        """Wait until it answers, half a minute at most; returns whether it does."""
        deadline = time.monotonic() + READY_SECONDS
        while not is_over() and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=2):  # noqa: S310 - our own address
                    return True
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        return False

    def _number(self) -> str:
        return self._given[variable("views_port")] if self._is_given() else str(self._port.number)

    def _is_given(self) -> bool:
        return self._given.get(variable("views_port"), "0") != "0"

"""Ports for servers that are told theirs before they start."""

from __future__ import annotations

import random
import socket

BELOW_EPHEMERAL = range(20_000, 32_000)
"""What the system gives to nobody who asks for any port, such as a client's connection a moment later."""

_choice = random.Random()


def free_port() -> int:
    """A port of the loopback on which nobody listens."""
    while True:
        port = _choice.choice(BELOW_EPHEMERAL)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue

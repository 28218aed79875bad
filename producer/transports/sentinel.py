"""What a Sentinel is asked: which server is the master now."""

from __future__ import annotations

import socket

from .patience import remaining
from .redis_errors import RefusedError
from .resp import MAX_REPLY, Reply, packed, parsed_array
from .sockets import Place


def master_of(
    asked: socket.socket, service: str, greeting: list[tuple[bytes, ...]], deadline: float
) -> Place:
    """Where the master is.

    Args:
        asked: connected to a Sentinel.
        service: what Sentinels call the master and its replicas.
        greeting: what to send first.
        deadline: on `time.monotonic`'s clock.

    Raises:
        OSError: the Sentinel does not know the service, refuses the question, or did not answer in time.
    """
    question = (b"SENTINEL", b"GET-MASTER-ADDR-BY-NAME", service.encode())
    asked.settimeout(remaining(deadline))
    asked.sendall(b"".join(packed(*command) for command in (*greeting, question)))
    *_, answer = _replies(asked, len(greeting) + 1, deadline)
    match answer:
        case [bytes(host), bytes(port)] if port.isdigit():
            return host.decode(), int(port)
        case RefusedError():
            raise ConnectionRefusedError(f"the Sentinel answered: {answer}")
    raise ConnectionRefusedError(f"the Sentinel knows no master that is called {service}")


def _replies(asked: socket.socket, count: int, deadline: float) -> list[Reply | list[Reply]]:
    replies: list[Reply | list[Reply]] = []
    received = b""
    while len(replies) < count:
        asked.settimeout(remaining(deadline))
        if not (more := asked.recv(MAX_REPLY)):
            raise ConnectionResetError("the Sentinel closed the connection")
        received += more
        while received and (found := parsed_array(received)) is not None:
            reply, received = found
            replies.append(reply)
    return replies

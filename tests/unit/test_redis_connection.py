"""Our side of the conversation with Redis: over TLS and Unix sockets, and replies that come in pieces."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.transports import RedisStream
from trailkeeper.producer.transports.resp import packed

MAKE_CERTIFICATE = [
    "openssl",
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-subj",
    "/CN=127.0.0.1",
    "-addext",
    "subjectAltName=IP:127.0.0.1",
]
TAKEN = b"$15\r\n1700000000000-0\r\n"


class Answering:
    """A server that answers every command with the next of its replies, each in the pieces given.

    Attributes:
        heard: all bytes that clients sent.
        connections: how many there were.
    """

    def __init__(self, server: socket.socket, replies: list[list[bytes]], tls: ssl.SSLContext | None) -> None:
        self._server = server
        self._replies = replies
        self._tls = tls
        self.heard = b""
        self.connections = 0

    def serve(self) -> None:
        while self._replies:
            try:
                client, _ = self._server.accept()
                with self._tls.wrap_socket(client, server_side=True) if self._tls else client as connection:
                    self.connections += 1
                    self._converse(connection)
            except OSError:  # the client does not trust us, or the test is over
                return

    def _converse(self, connection: socket.socket) -> None:
        while self._replies and (heard := connection.recv(65536)):
            self.heard += heard
            for piece in self._replies.pop(0):
                connection.sendall(piece)
                time.sleep(0.002)


@contextmanager
def answering(
    server: socket.socket, *replies: list[bytes], tls: ssl.SSLContext | None = None
) -> Iterator[Answering]:
    """A server in a thread, for the time of the block."""
    found = Answering(server, list(replies), tls)
    thread = threading.Thread(target=found.serve)
    thread.start()
    try:
        yield found
    finally:
        with socket.socket(server.family) as last:  # wakes the server, so that it sees the end
            found._replies.clear()
            last.settimeout(1)
            last.connect_ex(server.getsockname())
        thread.join()


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


def stream_to(server: socket.socket, options: str = "", scheme: str = "redis") -> RedisStream:
    return RedisStream(f"{scheme}://127.0.0.1:{server.getsockname()[1]}{options}", "events")


def send(stream: RedisStream) -> None:
    stream.send(b"{}", None, time.monotonic() + 2)


def test_a_command_is_written_as_the_protocol_says(server: socket.socket) -> None:
    with answering(server, [TAKEN]) as answers:
        send(stream_to(server))
    assert answers.heard == packed(b"XADD", b"events", b"*", b"e", b"{}")
    assert answers.heard == b"*5\r\n$4\r\nXADD\r\n$6\r\nevents\r\n$1\r\n*\r\n$1\r\ne\r\n$2\r\n{}\r\n"


@pytest.mark.parametrize("cut", range(1, len(TAKEN)))
def test_a_reply_may_come_in_pieces(server: socket.socket, cut: int) -> None:
    with answering(server, [TAKEN[:cut], TAKEN[cut:]], [TAKEN]) as answers:
        stream = stream_to(server)
        send(stream)
        send(stream)
    assert answers.connections == 1


@pytest.mark.parametrize(
    "reply",
    [
        b"*1\r\n",
        b":1\r\n",
        b"$-1\r\n",
        b"$x\r\n",
        b"$1\r\nab\r\n",
        b"\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"+" * 20_000,
    ],
)
def test_what_is_no_reply_to_this_command_is_an_outage(server: socket.socket, reply: bytes) -> None:
    with answering(server, [reply]), pytest.raises(StreamUnavailable):
        stream_to(server).send(b"{}", None, time.monotonic() + 0.1)


def test_after_an_error_the_connection_is_not_used_again(server: socket.socket) -> None:
    with answering(server, [b"-LOADING Redis is loading\r\n"], [TAKEN]) as answers:
        stream = stream_to(server)
        with pytest.raises(StreamUnavailable, match="answered: LOADING Redis is loading"):
            send(stream)
        send(stream)
    assert answers.connections == 2


REFUSED = b"-OOM no memory\r\n"


@pytest.mark.parametrize(
    ("replicas", "reply", "may_have_it"),
    [
        (0, [REFUSED, REFUSED], False),
        (0, [REFUSED, TAKEN], True),
        (1, [REFUSED, REFUSED, b":1\r\n"], False),
        (1, [TAKEN, TAKEN, b":0\r\n"], True),
        (1, [TAKEN, TAKEN, b"-NOPERM WAIT\r\n"], True),
        (0, [], True),
        (0, [b"nonsense\r\n"], True),
    ],
)
@pytest.mark.parametrize("kind", ["thread", "coroutine"])
def test_a_failure_says_whether_the_stream_may_have_what_was_sent(
    server: socket.socket, kind: str, replicas: int, reply: list[bytes], may_have_it: bool
) -> None:
    stream = RedisStream(f"redis://127.0.0.1:{server.getsockname()[1]}/0", "audit", replicas)
    entries, deadline = [{b"e": b"{}"}, {b"e": b"{}"}], time.monotonic() + 0.3
    run = {
        "thread": lambda: stream.send_all(entries, deadline),
        "coroutine": lambda: asyncio.run(stream.asend_all(entries, deadline)),
    }
    with answering(server, [b"".join(reply)]), pytest.raises(StreamUnavailable) as failure:
        run[kind]()
    assert failure.value.may_have_it is may_have_it


def test_a_closed_port_certainly_has_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = stream_to(server)
    with pytest.raises(StreamUnavailable) as failure:
        send(stream)
    assert not failure.value.may_have_it
    with pytest.raises(StreamUnavailable) as failure:
        asyncio.run(stream.asend(b"{}", None, time.monotonic() + 1))
    assert not failure.value.may_have_it


def test_a_new_connection_says_who_it_is_and_which_database_it_means(server: socket.socket) -> None:
    with answering(server, [b"+OK\r\n"], [b"+OK\r\n"], [TAKEN]) as answers:
        send(RedisStream(f"redis://me:s%2Fcret@127.0.0.1:{server.getsockname()[1]}/3", "events"))
    assert answers.heard.startswith(packed(b"AUTH", b"me", b"s/cret") + packed(b"SELECT", b"3"))


def test_a_unix_socket_works_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("s") / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        with answering(server, [TAKEN]) as answers:
            send(RedisStream(f"unix://{path}", "events"))
    assert answers.heard.startswith(b"*5\r\n$4\r\nXADD")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1, in one file."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        [*MAKE_CERTIFICATE, "-keyout", str(path), "-out", f"{path}.crt"],
        check=True,
        capture_output=True,
    )
    with path.open("ab") as both:
        both.write(Path(f"{path}.crt").read_bytes())
    return path


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")
class TestTls:
    """rediss://"""

    @pytest.fixture
    def tls(self, certificate: Path) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        return context

    def test_a_server_whose_certificate_is_trusted_is_used(
        self, server: socket.socket, tls: ssl.SSLContext, certificate: Path
    ) -> None:
        with answering(server, [TAKEN], [TAKEN], tls=tls) as answers:
            stream = stream_to(server, f"?ssl_ca_certs={certificate}", "rediss")
            send(stream)
            send(stream)
            stream.close()
        assert answers.connections == 1

    def test_a_server_that_nobody_vouches_for_is_refused(
        self, server: socket.socket, tls: ssl.SSLContext
    ) -> None:
        with (
            answering(server, [TAKEN], tls=tls) as answers,
            pytest.raises(StreamUnavailable, match="certificate verify failed"),
        ):
            send(stream_to(server, scheme="rediss"))
        assert answers.heard == b""

    def test_verifying_may_be_switched_off(self, server: socket.socket, tls: ssl.SSLContext) -> None:
        with answering(server, [TAKEN], tls=tls):
            stream = stream_to(server, "?ssl_cert_reqs=none", "rediss")
            send(stream)
            stream.close()

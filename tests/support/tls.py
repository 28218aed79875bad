"""TLS in tests: certificates made on the spot, and a server in front of one that speaks plain text."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


class Authority:
    """Vouches for whom it likes. Its own certificate is in `file`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._signed(
            self._name, self._key.public_key(), x509.BasicConstraints(ca=True, path_length=0)
        )
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def certificate(self, name: str, host: str = "localhost") -> Path:
        """A PEM file with a certificate for a host and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names: list[x509.GeneralName] = [x509.DNSName(host)]
        if host == "localhost":
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        certificate = self._signed(subject, key.public_key(), x509.SubjectAlternativeName(names))
        file = self._folder / f"{name}.pem"
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        file.chmod(0o600)
        return file

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder(subject_name=subject, issuer_name=self._name, public_key=key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        )
        return builder.sign(self._key, hashes.SHA256())


@dataclass(frozen=True)
class Front:
    """What stands before a server.

    Attributes:
        behind: the server: a port of the loopback, or its Unix socket.
        context: how TLS is spoken.
        asked: what a client says in plain text to ask for TLS; empty where it begins at once.
        answer: what it is told then.
    """

    behind: int | Path
    context: ssl.SSLContext
    asked: bytes = b""
    answer: bytes = b""

    def serve(self, listening: socket.socket) -> None:
        """Hand on whatever comes, until the listening socket is closed."""
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._hand_on, args=(plain,), daemon=True).start()

    def _hand_on(self, plain: socket.socket) -> None:
        with suppress(OSError), closing(plain), closing(self._connected()) as server:
            if self.asked and plain.recv(len(self.asked)) != self.asked:
                return
            plain.sendall(self.answer)
            with closing(self.context.wrap_socket(plain, server_side=True)) as client:
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                _pump(client, server)
                back.join(1)

    def _connected(self) -> socket.socket:
        if isinstance(self.behind, int):
            return socket.create_connection(("127.0.0.1", self.behind))
        found = socket.socket(socket.AF_UNIX)
        found.connect(str(self.behind))
        return found


@contextmanager
def tls_in_front_of(
    behind: int | Path,
    certificate: Path,
    clients: Path | None = None,
    *,
    asked: bytes = b"",
    answer: bytes = b"",
) -> Iterator[int]:
    """A port on which TLS is spoken, and what is said there handed on; see `Front`.

    Args:
        behind: the server.
        certificate: a PEM file with certificate and key.
        clients: the authority that has to vouch for clients; without it, anybody may connect.
        asked: see `Front`.
        answer: see `Front`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if clients is not None:
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_REQUIRED
    front = Front(behind, context, asked, answer)
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        threading.Thread(target=front.serve, args=(listening,), daemon=True).start()
        yield listening.getsockname()[1]
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while received := source.recv(65536):
            target.sendall(received)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)

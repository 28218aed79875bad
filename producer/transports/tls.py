"""TLS for Redis, from the options of its URL."""

from __future__ import annotations

import ssl
from typing import Any

from trailkeeper.producer.errors import SettingsError

VERIFY = {"none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}
TLS_OPTIONS = {
    "ssl_cert_reqs",
    "ssl_check_hostname",
    "ssl_ca_certs",
    "ssl_ca_path",
    "ssl_certfile",
    "ssl_keyfile",
    "ssl_password",
}


def tls_of(options: dict[str, Any]) -> ssl.SSLContext:
    """The TLS context of a URL's options.

    Raises:
        SettingsError: an option or a certificate cannot be used.
    """
    if unknown := sorted(name for name in options.keys() - TLS_OPTIONS if name.startswith("ssl_")):
        raise SettingsError(
            f"the Redis URL has {', '.join(unknown)}; expected some of {', '.join(sorted(TLS_OPTIONS))}"
        )
    if options.get("ssl_cert_reqs", "required") not in VERIFY:
        raise SettingsError(f"the Redis URL has a wrong ssl_cert_reqs; expected one of {', '.join(VERIFY)}")
    try:
        return _tls_context(options)
    except OSError as error:
        raise SettingsError(f"a certificate named in the Redis URL cannot be used: {error}") from error


def _tls_context(options: dict[str, Any]) -> ssl.SSLContext:
    context = ssl.create_default_context(
        cafile=options.get("ssl_ca_certs"), capath=options.get("ssl_ca_path")
    )
    verify = VERIFY[options.get("ssl_cert_reqs", "required")]
    # in this order: a context that checks host names refuses CERT_NONE
    context.check_hostname = verify is ssl.CERT_REQUIRED and options.get("ssl_check_hostname", True)
    context.verify_mode = verify
    if certificate := options.get("ssl_certfile"):
        context.load_cert_chain(certificate, options.get("ssl_keyfile"), options.get("ssl_password"))
    return context

"""User and password in a URL, as the libraries read them that open it."""

from __future__ import annotations

_AFTER_SCHEME = r"(?<=/)(?:(?<=://)|(?<=:\\/\\/)|(?<=:\\\\/\\\\/))"
"""Also as JSON may write it, and JSON within JSON."""

_NO_DATABASE = "(?<!http://)(?<!https://)(?<!ssh://)(?<!git://)(?<!file://)"
_NO_PORT = r"(?![0-9]{1,5}[/?#,;&|()\\])"
_NEVER = r"""\s"'`<>\[\]{}"""
"""Never stands in the authority of a URL: there the text around it goes on."""

IN_URL = (
    rf"{_AFTER_SCHEME}(?:[^/:?#,;()\\{_NEVER}]{{0,255}}+:{_NO_PORT}[^/?#{_NEVER}]{{1,1024}}(?=@)"
    rf"|{_NO_DATABASE}[^/:@?#,;()\\{_NEVER}]{{0,255}}+:{_NO_PORT}[^@{_NEVER}]{{1,256}}+(?=@))"
)
"""User and password, up to the last @ of the authority, as urllib and pip read them: the user may be an email
address. Or up to the first @, as SQLAlchemy does: the password may hold a slash, but not where one ends the
authority. A port with a path behind it is no password.
"""

"""Which kind of client a name stands for, where the parsers tell the name but not the kind."""

from __future__ import annotations

from typing import Literal

Kind = Literal["browser", "installer", "bot", "library", "unknown"]

INSTALLERS = frozenset(
    {"conda", "flit", "hatch", "pdm", "pip", "pipenv", "poetry", "setuptools", "twine", "uv"}
)
"""Known by the head of an agent that was cut, or that linehaul does not understand whole; in lower case."""

LIBRARIES = frozenset({
    "aihttp", "akka-http", "apache-cxf", "apache-httpclient", "aria2", "axios", "curl", "fetch libfetch",
    "go-http-client", "go-resty", "google-http-java-client", "got", "http%20client", "httpclient", "httpie",
    "insomnia", "java", "jersey", "jnlp", "lftp", "libcurl-agent", "libwww-perl", "okhttp", "openbsd ftp",
    "postmanruntime", "pycurl", "python aiohttp", "python requests", "python-urllib", "reactornetty",
    "reqwest", "requests", "restsharp", "scalaj-http", "urlgrabber", "wget", "wget2", "windowspowershell",
    "winhttp",
})  # fmt: skip
"""Names that linehaul and ua-parser give to HTTP libraries and command-line tools, in lower case."""

BROWSERS = frozenset({"Chrome", "Chrome Mobile", "Edge", "Firefox", "IE", "Mobile Safari", "Opera", "Safari"})
"""Browsers whose name does not tell that a bot drives them."""


def kind_of(name: str, *, bot: bool, otherwise: Kind) -> Kind:
    """The kind of what is called *name*: a known one, else a bot, else *otherwise*."""
    plain = name.lower()
    if plain in INSTALLERS:
        return "installer"
    if plain in LIBRARIES or plain.startswith("unirest-"):
        return "library"
    return "bot" if bot else otherwise

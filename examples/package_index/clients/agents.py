"""What the scripted people's programs call themselves, as the real ones do."""

from __future__ import annotations

import json

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X)"
IPAD = "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
CHROMIUM = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"

BROWSERS = (
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    f"{WINDOWS} {CHROMIUM} Safari/537.36",
    f"{MAC} {WEBKIT} Version/18.6 Safari/605.1.15",
    f"{IPHONE} {WEBKIT} Version/18.6 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {CHROMIUM} Mobile Safari/537.36",
    f"{WINDOWS} {CHROMIUM} Safari/537.36 Edg/141.0.0.0",
    f"{IPAD} {WEBKIT} CriOS/141.0.7390.41 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (Linux; Android 14; SM-S921B) {CHROMIUM} Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (X11; Fedora; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
    f"{IPHONE} {WEBKIT} FxiOS/143.0 Mobile/15E148 Safari/605.1.15",
)


def _structured(name: str, version: str, *, ci: bool) -> str:
    """How pip and uv tell of themselves: the name, then JSON."""
    told = {
        "ci": True if ci else None,
        "cpu": "x86_64",
        "implementation": {"name": "CPython", "version": "3.13.7"},
        "installer": {"name": name, "version": version},
        "python": "3.13.7",
        "system": {"name": "Linux", "release": "6.14.0-1012-azure" if ci else "6.8.0-85-generic"},
    }
    return f"{name}/{version} {json.dumps(told, separators=(',', ':'))}"


UV_IN_CI = _structured("uv", "0.9.2", ci=True)
UPLOADERS = (
    "twine/6.2.0 keyring/25.6.0 requests/2.32.5 CPython/3.13.7",
    _structured("uv", "0.9.2", ci=False),
    "poetry/2.2.1 CPython/3.12.11 Linux/6.8.0-85-generic",
    "twine/5.1.1 CPython/3.11.13",
    "pdm/2.25.9 CPython/3.13.7",
    "maturin/1.9.6",
    "python-requests/2.32.5",
    "curl/8.14.1",
)
READERS = (
    _structured("pip", "25.2", ci=False),
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "bandersnatch/6.6.0 (cpython 3.12.11-final0, Linux x86_64)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
)
BREAKERS = (
    "python-requests/2.31.0",
    "Go-http-client/1.1",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "",
)
"""Programs that try passwords. One pretends to be a search engine's, the last does not say what it is."""

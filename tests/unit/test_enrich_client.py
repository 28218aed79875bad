"""What a user agent is understood as, and how it is shown."""

from __future__ import annotations

import json
import logging
import time
from importlib.metadata import version

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.producer.deceptive import is_plain
from trailkeeper.worker.enrich import NO_USER_AGENT, ClientFinder

FINDER = ClientFinder()
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
ANDROID_10 = "Mozilla/5.0 (Linux; Android 10; K)"
OPENAI = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko"
TABLET = "Mozilla/5.0 (Linux; Android 7.0; Pixel C Build/NRD90M; wv)"
PREVIEW = "(KHTML, like Gecko; Google Web Preview)"
PIP = {
    "installer": {"name": "pip", "version": "24.0"},
    "implementation": {"name": "CPython", "version": "3.12.1"},
    "system": {"name": "Linux", "release": "6.1"},
}


@pytest.mark.parametrize(
    ("user_agent", "expected", "kind"),
    [
        (
            f"{PHONE} CriOS/117.0.5938.117 Mobile/15E148 Safari/604.1",
            "Chrome Mobile iOS (iOS on iPhone)",
            "browser",
        ),
        (f"{MAC} Version/17.0 Safari/605.1.15", "Safari (Mac OS X on Mac)", "browser"),
        (
            f"{TABLET} {WEBKIT} Version/4.0 Chrome/52.0.2743.98 Safari/537.36",
            "Chrome Mobile WebView (Android on Pixel C)",
            "browser",
        ),
        (
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:60.0) Gecko/20100101 Firefox/60.0",
            "Firefox (Ubuntu)",
            "browser",
        ),
        (f"{WINDOWS} {WEBKIT} Chrome/120.0.0.0 Safari/537.36 Edg/120.0", "Edge (Windows)", "browser"),
        (
            f"Mozilla/5.0 (X11; CrOS x86_64 8172.45.0) {WEBKIT} Chrome/51.0 Safari/537",
            "Chrome (Chrome OS)",
            "browser",
        ),
        ("Mozilla/5.0 (Windows NT 10.0)", "Unknown Browser (Windows)", "browser"),
        ("Mozilla/5.0", "Unknown Browser", "browser"),
        ("Mozilla/4.0 (compatible;)", "Unknown Browser", "browser"),
        ("twine/5.0.0 pkginfo/1.10.0 requests/2.31.0 CPython/3.12.1", "twine (CPython)", "installer"),
        ("poetry/1.8.2 CPython/3.11.4 Linux/6.1", "poetry (CPython on Linux)", "installer"),
        ("poetry/1.8.2 CPython/3.11.4 Darwin/", "poetry (CPython on Darwin)", "installer"),
        ("pdm/2.12.4 CPython/3.12", "pdm (CPython)", "installer"),
        ("maturin/1.4.0", "maturin", "installer"),
        ("uv/0.4.1 {}", "uv", "installer"),
        (
            "uv/0.4.1 " + json.dumps({**PIP, "installer": {"name": "uv"}}),
            "uv (CPython on Linux)",
            "installer",
        ),
        ("pip/24.0 " + json.dumps(PIP), "pip (CPython on Linux)", "installer"),
        ("pip/1.5.6 CPython/2.7.6 Linux/3.13", "pip (CPython on Linux)", "installer"),
        ("pip/24.0 " + json.dumps(PIP)[:60] + "…", "pip", "installer"),
        ("bandersnatch/6.5 (cpython 3.11, Linux x86_64)", "bandersnatch", "installer"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot", "bot"),
        (
            f"{PHONE} Mobile/10A5376e Safari/8536.25 (compatible; Googlebot/2.1; +http://x.test)",
            "Googlebot",
            "bot",
        ),
        ("Mozilla/5.0 (compatible; Ezooms/1.0; help@moz.com)", "Ezooms", "bot"),
        (
            "Feedfetcher-Google; (+http://www.google.com/feedfetcher.html; 3 subscribers)",
            "Feedfetcher-Google",
            "bot",
        ),
        (
            f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 {PREVIEW} Chrome/27.0 Safari/537",
            "Google Web Preview",
            "bot",
        ),
        (
            f"{ANDROID_10} {WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36",
            "Chrome Mobile (Android)",
            "browser",
        ),
        (
            "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0",
            "Firefox Mobile (Android)",
            "browser",
        ),
        (
            "Mozilla/5.0 (Android 14; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0",
            "Firefox Mobile (Android)",
            "browser",
        ),
        (
            f"{MAC} Slack/4.35.126 Chrome/118.0.5993.144 Electron/27.1.0 Safari/537.36",
            "Slack (Mac OS X on Mac)",
            "browser",
        ),
        (
            f"{WINDOWS} {WEBKIT} Code/1.85 Chrome/114.0 Electron/25.9 Safari/537.36",
            "Code (Windows)",
            "browser",
        ),
        (
            f"{MAC} Chrome/118.0.5993.144 Electron/27.1.0 Safari/537.36",
            "Electron (Mac OS X on Mac)",
            "browser",
        ),
        ("Safari/19618.1.15.11.14 CFNetwork/1494.0.7 Darwin/23.4.0", "Safari (Mac OS X on Mac)", "browser"),
        ("Transmit/5.10 CFNetwork/1240.0.4 Darwin/20.6.0 (x86_64)", "Transmit (Mac OS X on Mac)", "browser"),
        ("MyApp/1 CFNetwork/1410.0.3 Darwin/22.6.0", "MyApp", "browser"),
        ("FeeddlerRSS/2.4 CFNetwork/548.1.4 Darwin/11.0.0", "FeeddlerRSS (iOS)", "browser"),
        (f"{OPENAI}); compatible; ChatGPT-User/1.0; +https://openai.com/bot", "ChatGPT-User", "bot"),
        (f"{OPENAI}; compatible; ChatGPT-User/1.0; +https://openai.com/bot)", "ChatGPT-User", "bot"),
        ("meta-externalagent/1.1 (+https://facebook.test/webmasters/crawler)", "meta-externalagent", "bot"),
        ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "FacebookBot", "bot"),
        (
            f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/120.0 Safari/537.36",
            "HeadlessChrome",
            "bot",
        ),
        (
            f"{WINDOWS} {WEBKIT} Chrome/126.0 Safari/537.36 (+https://loc.test/web-archiving)",
            "Chrome (Windows)",
            "bot",
        ),
        (
            "Mozilla/5.0 (Windows NT 6.1; rv:6.0) Gecko/20110814 Firefox/6.0 Google favicon",
            "favicon (Windows)",
            "bot",
        ),
        ("nutch-1.4/Nutch-1.4", "Nutch", "bot"),
        ("fetch libfetch/2.0", "fetch libfetch", "library"),
        (
            f"Mozilla/5.0 (Linux; Android 11; Spider X) {WEBKIT} Chrome/120.0.6099.144 Mobile Safari/537.36",
            "Chrome Mobile (Android on Spider X)",
            "browser",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 10; NOH-AN00) {WEBKIT} Chrome/99.0 HuaweiBrowser/13.0 Mobile",
            "Chrome (Android)",
            "browser",
        ),
        ("Mozilla/5.0 (compatible; Goodreads; +https://www.goodreads.test)", "Goodreads", "bot"),
        (f"{WINDOWS} {WEBKIT} Chrome/108.0.0.0 Safari/537.36 GTmetrix", "GTmetrix", "bot"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.19045; en-US) PowerShell/7.4.1",
            "PowerShell (Windows)",
            "library",
        ),
        (
            "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1682",
            "WindowsPowerShell (Windows)",
            "library",
        ),
        ("urllib3/1.26.5", "urllib3", "library"),
        ("python-urllib3/2.2.1", "python-urllib3", "library"),
        ("Boto3/1.34.0 Python/3.11 Linux/5.10 Botocore/1.34.0", "Boto3", "library"),
        ("node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", "node-fetch", "library"),
        ("node-fetch", "node-fetch", "library"),
        ("node", "node", "library"),
        ("undici", "undici", "library"),
        ("got (https://github.com/sindresorhus/got)", "got", "library"),
        ("Terraform/1.5.0 (+https://www.terraform.io) Terraform-Plugin-SDK/2.10", "Terraform", "library"),
        ("HashiCorp Terraform/1.5.0 (+https://www.terraform.io)", "HashiCorp Terraform", "library"),
        ("okhttp/4.9.0", "okhttp", "library"),
        ("Python-urllib/3.7", "Python-urllib", "library"),
        ("Python-urllib/3.12", "Python-urllib", "library"),
        ("Go-http-client/1.1", "Go-http-client", "library"),
        ("python-requests/2.31.0", "requests", "library"),
        ("python-httpx/0.27.0", "python-httpx", "library"),
        ("Python/3.11 aiohttp/3.9.1", "Python aiohttp", "library"),
        ("curl/8.4.0", "curl", "library"),
        ("portscout/0.8.1", "portscout", "library"),
        ("nobueno", "Unknown User-Agent", "unknown"),
        ("-", "Unknown User-Agent", "unknown"),
        ("evil.example/1.0", "Unknown User-Agent", "unknown"),
        ("your account is locked/1", "Unknown User-Agent", "unknown"),
        ("", "No User-Agent", "unknown"),
        ("  \t", "No User-Agent", "unknown"),
        (None, NO_USER_AGENT, "unknown"),
    ],
)
def test_a_client_is_shown_as_the_package_index_shows_it(
    user_agent: str | None, expected: str, kind: str
) -> None:
    found = FINDER.find(user_agent)

    assert (found.display, found.kind) == (expected, kind)


def test_a_browser_is_told_with_version_system_and_device() -> None:
    found = FINDER.find(f"{PHONE} CriOS/117.0.5938.117 Mobile/15E148 Safari/604.1")

    assert (found.name, found.version) == ("Chrome Mobile iOS", "117.0.5938.117")
    assert (found.os, found.device, found.source) == ("iOS", "iPhone", "ua-parser")


def test_an_installer_is_told_with_version_and_system() -> None:
    found = FINDER.find("pip/24.0 " + json.dumps(PIP))

    assert (found.name, found.version, found.os, found.device) == ("pip", "24.0", "Linux", None)
    assert found.source == "linehaul"


def test_a_program_that_only_names_itself_is_told_by_its_own_word() -> None:
    found = FINDER.find("portscout/0.8.1")

    assert (found.name, found.version, found.device, found.source) == ("portscout", "0.8.1", None, "product")


def test_the_build_names_the_versions_of_all_that_was_asked() -> None:
    for package in ("linehaul", "ua-parser", "ua-parser-builtins"):
        assert f"{package} {version(package)}" in FINDER.build
    assert FINDER.find("curl/8").build == FINDER.find("nobueno").build == FINDER.build


def test_the_same_agent_gives_the_same_object() -> None:
    assert FINDER.find("curl/8.4.1") is FINDER.find("curl/8.4.1")


HOSTILE = [
    "pip/1.4 " + "/" * 500 + " " + "/" * 500 + " x",
    "poetry/1 " + "/" * 500 + " " + "/" * 500 + " x",
    "twine/1 " + "/" * 1000 + " ",
    "pip/1.4 " + "a/" * 11 + " " + "b/" * 11 + "b" * 950 + " x",
    "pex/" * 255 + " ",
    "pip/20 " + "[" * 1000,
    "pip/" + "9" * 1000 + " {}",
    'pip/20 {"installer": []}',
    'pip/20 {"installer": {"name": ["a"]}, "implementation": 7}',
    'uv/1 {"installer": {"name": "' + "x" * 900 + '"}}',
    'uv/1 {"installer": {"name": "call 0900 to unlock your account"}}',
    "bot" * 341,
    "Mozilla/5.0 (compatible; " * 40,
    "\U0001f600" * 1024,
    "\ud800" * 1024,
    "Mozilla/5.0 \x00\x1b[31m (Linux; Android 9; \u202eevil\nBuild/1) Chrome/1.0 Mobile",
]


@pytest.mark.parametrize("user_agent", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_agent_costs_milliseconds_and_is_shown_in_one_short_line(user_agent: str) -> None:
    """The first two take a second each in the expressions that they are made against."""
    finder = ClientFinder(cache_size=0)
    finder.find("warm")
    times = []
    for _ in range(3):
        started = time.perf_counter()
        found = finder.find(user_agent[:1024])
        times.append(time.perf_counter() - started)

    assert min(times) < 0.1
    assert found.display.isprintable()
    assert 0 < len(found.display) <= 250
    assert "unlock" not in found.display


def test_an_agent_that_cannot_be_parsed_leaves_nothing_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for user_agent in HOSTILE:
        FINDER.find(user_agent)
    FINDER.find("pip/not.a.version {}")

    assert caplog.records == []


HEADS = st.sampled_from(
    ["", "pip/", "pip/20 ", "uv/1 ", "twine/1 ", "Mozilla/5.0 (", "poetry/1 ", "Homebrew/1 ", "curl/"]
)


@given(st.builds(str.__add__, HEADS, st.text(st.characters(), max_size=300)))
def test_any_text_is_understood_as_something_that_can_be_shown(user_agent: str) -> None:
    found = FINDER.find(user_agent)

    assert found.display
    for text in (found.display, found.name, found.version, found.os, found.device):
        assert text is None or (is_plain(text) and text.strip() == text != "")


KEYS = st.sampled_from(["installer", "implementation", "system", "distro", "name", "version", "libc"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


@given(JSON)
def test_any_json_from_an_installer_is_understood_or_not_but_never_fatal(content: object) -> None:
    found = FINDER.find("pip/24.0 " + json.dumps(content))

    assert found.kind in {"installer", "library", "browser", "unknown"}
    assert found.display.isprintable()

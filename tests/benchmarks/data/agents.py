"""User agents as browsers and package installers send them; each form in several versions."""

from __future__ import annotations

from random import Random

WINDOWS = "Windows NT 10.0; Win64; x64"
MAC = "Macintosh; Intel Mac OS X 10_15_7"
LINUX = "X11; Linux x86_64"
UBUNTU = "X11; Ubuntu; Linux x86_64"
GALAXY = "Linux; Android 13; SM-S901B"
CHROMEBOOK = "X11; CrOS x86_64 14541.0.0"
PHONES = (
    "Linux; Android 10; K",
    "Linux; Android 13; Pixel 7",
    "Linux; Android 14; Pixel 8 Pro",
    "Linux; Android 12; SM-G991B",
    "Linux; Android 13; SM-A536B",
    "Linux; Android 11; Redmi Note 8 Pro",
    "Linux; Android 14; SM-S918B",
    "Linux; Android 9; moto g(7) power",
)
APPLE = (
    "iPhone; CPU iPhone OS 17_4 like Mac OS X",
    "iPhone; CPU iPhone OS 16_6_1 like Mac OS X",
    "iPhone; CPU iPhone OS 15_8 like Mac OS X",
    "iPad; CPU OS 17_3 like Mac OS X",
)
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
DESKTOPS = (WINDOWS, MAC, LINUX)
PIP = (
    '{{"ci":{ci},"cpu":"x86_64","distro":{{"id":"{code}","libc":{{"lib":"glibc","version":"2.{libc}"}},'
    '"name":"{distro}","version":"{release}"}},"implementation":{{"name":"CPython","version":"3.{python}"}},'
    '"installer":{{"name":"pip","version":"VERSION.0"}},"openssl_version":"OpenSSL 3.0.2 15 Mar 2022",'
    '"python":"3.{python}","setuptools_version":"68.2.2","system":{{"name":"Linux","release":"5.15.0-91-generic"}}}}'
)
BROWSERS = (
    *(f"Mozilla/5.0 ({system}) {WEBKIT} Chrome/VERSION.0.0.0 Safari/537.36" for system in DESKTOPS),
    *(f"Mozilla/5.0 ({phone}) {WEBKIT} Chrome/VERSION.0.0.0 Mobile Safari/537.36" for phone in PHONES),
    *(
        f"Mozilla/5.0 ({system}; rv:VERSION.0) Gecko/20100101 Firefox/VERSION.0"
        for system in (*DESKTOPS, UBUNTU)
    ),
    *(
        f"Mozilla/5.0 ({system}) {WEBKIT} Chrome/VERSION.0.0.0 Safari/537.36 Edg/VERSION.0.0.0"
        for system in DESKTOPS
    ),
    *(
        f"Mozilla/5.0 ({system}) {WEBKIT} Chrome/VERSION.0.0.0 Safari/537.36 OPR/VERSION.0.0.0"
        for system in DESKTOPS
    ),
    *(
        f"Mozilla/5.0 ({device}) {SAFARI} CriOS/VERSION.0.6312.52 Mobile/15E148 Safari/604.1"
        for device in APPLE
    ),
    *(f"Mozilla/5.0 ({device}) {SAFARI} Version/17.4 Mobile/15E148 Safari/604.1" for device in APPLE),
    *(f"Mozilla/5.0 ({device}) {SAFARI} FxiOS/VERSION.0 Mobile/15E148 Safari/605.1.15" for device in APPLE),
    f"Mozilla/5.0 ({MAC}) {SAFARI} Version/17.4.1 Safari/605.1.15",
    f"Mozilla/5.0 ({MAC}) {SAFARI} Version/16.6 Safari/605.1.15",
    f"Mozilla/5.0 ({GALAXY}) {WEBKIT} SamsungBrowser/24.0 Chrome/VERSION.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Android 14; Mobile; rv:VERSION.0) Gecko/VERSION.0 Firefox/VERSION.0",
    f"Mozilla/5.0 ({CHROMEBOOK}) {WEBKIT} Chrome/VERSION.0.0.0 Safari/537.36",
)
INSTALLERS = (
    *(f"twine/{version} CPython/3.{{python}}" for version in ("4.0.2", "5.0.0", "5.1.1", "6.0.1")),
    "twine/3.8.0 pkginfo/1.8.2 readme-renderer/34.0 requests/2.27.1 tqdm/4.64.0 CPython/3.{python}",
    *(f"poetry/1.{minor}.2 CPython/3.{{python}} Linux/5.15.0-91-generic" for minor in (5, 6, 7, 8)),
    "uv/0.4.{libc}",
    "python-requests/2.31.0",
    "Flit/3.9.0 python-requests/2.31.0 CPython/3.{python}",
    "hatch/1.9.4 CPython/3.{python}",
    "pip/VERSION.0 " + PIP,
    "curl/8.5.0",
    "maturin/1.{libc}.0",
)
VERSIONS = tuple(range(104, 126))
PYTHONS = ("8.18", "9.19", "10.12", "10.14", "11.4", "11.9", "12.1", "12.3")
DISTROS = (("Ubuntu", "jammy", "22.04"), ("Ubuntu", "noble", "24.04"), ("Debian GNU/Linux", "bookworm", "12"))


def browsers(random: Random) -> list[str]:
    """Every browser in every version, in an order that *random* decides."""
    found = [form.replace("VERSION", str(version)) for form in BROWSERS for version in VERSIONS]
    random.shuffle(found)
    return list(dict.fromkeys(found))


def installers(random: Random) -> list[str]:
    """Every package installer on several Pythons, likewise."""
    found = [_installer(form, python, random) for form in INSTALLERS for python in PYTHONS for _ in range(3)]
    random.shuffle(found)
    return list(dict.fromkeys(found))


def _installer(form: str, python: str, random: Random) -> str:
    distro, code, release = random.choice(DISTROS)
    filled = form.format(
        python=python,
        ci=random.choice(("true", "null")),
        code=code,
        distro=distro,
        release=release,
        libc=random.choice((31, 35, 36, 39)),
    )
    return filled.replace("VERSION", str(random.choice((22, 23, 24))))

"""Versions, and what manifests say of a package: no secrets, though it be called ``tiktoken``."""

from __future__ import annotations

from collections.abc import Iterable

from .forms import ALNUM, compiled, random
from .words import words_of

LONGEST = 2048
"""Characters of what is said of a package; all that is longer is taken for a secret."""

_PASSWORDS = frozenset(["password", "passwords", "passphrase", "passcode", "pwd", "pin"])
"""Last words of names that no package has, unless their words are divided as those of packages are."""

_NUMBER = "[0-9]{1,8}"
_TAIL = (
    "(?:(?:a|alpha|b|beta|c|rc|pre|preview|dev|post|final|snapshot|canary|next|nightly|r|rev|p|u)[0-9]{0,8}"
    "|[a-z](?![A-Za-z0-9]))"
)
_BY_CHANCE = (
    r"(?![\w+.~=/-]{0,80}(?:"
    rf"(?<![{ALNUM}])(?:(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])(?=[A-Za-z]*[0-9])"
    rf"|{random(3, ALNUM, '16,')}|[0-9a-f]{{24}})"
    r"|=(?![0-9a-z_]{1,40}_[0-9])[0-9A-Za-z]))"
)
"""No word follows that has capitals, small letters and digits, or is as random as keys are; nor one behind an
equals sign but a build of conda: ``=py310h1234567_0``.
"""

_VERSION = rf"(?:(?:[0-9]{{1,2}}[!:])?v?{_NUMBER}(?:\.(?:{_NUMBER}|[*xX](?!\w))){{1,8}}(?i:{_TAIL}{{0,3}}))"
_ENDED = rf"(?!\w|[$!]\w|\.{_NUMBER}[A-Za-z]){_BY_CHANCE}"
"""Any sign may follow: markup, quotes, commas, markers of an environment, suffixes as ``+dfsg1-4ubuntu3``."""

_OPERATOR = r"(?:\^|~|~=|~>|>=?|<=?|={1,3}|!=)"
_QUOTE = r"""(?:\\{0,16}["'`]|[“‘„«])?"""  # noqa: RUF001 - as word processors put them
_AT_START = rf"(?:<?Version\({_QUOTE})?(?:{_OPERATOR}[ ]?(?:{_VERSION}|v?{_NUMBER})|{_VERSION}){_ENDED}"
_EXACT = r"(?:[0-9]{1,4}|20[0-9]{6})(?![\w%])"
"""Behind two equals signs a number alone is a version, if it is no code."""

_WRITTEN = (
    rf"(?>{_VERSION}{_ENDED}(?:[-+~._][\w+.~-]{{0,64}}+)?(?:=[0-9a-z_.]{{1,40}}+)?(?:@[a-z]{{1,10}}+)?)"
)
_CLAUSE = (
    rf"(?>{_OPERATOR}[ ]?(?:{_WRITTEN}|v?[0-9]{{1,8}})|{_WRITTEN}"
    r"|[0-9]{1,3}(?=[ ]-)|(?<=-[ ])[0-9]{1,3}|\*|latest)"
)
_INTERVAL = rf"[\[(][ ]?(?:{_WRITTEN})?[ ]?,?[ ]?(?:{_WRITTEN})?[ ]?[\])]"
_SOURCE = (
    r"(?:npm|github|gitlab|bitbucket|workspace|catalog|file|link|portal|patch|jsr):"
    rf"[\w@/.#^~*-]{{0,120}}{_BY_CHANCE}"
    r"|(?:dev|[0-9.x]{1,12})-(?:main|master|develop|dev)|[0-9.]{1,12}x-dev"
    rf"|(?:[a-z0-9._-]{{1,64}}/){{1,6}}[a-z0-9._-]{{1,64}}:{_WRITTEN}"
    r"|git\+(?:https|ssh)://[\w.-]{1,64}(?:/[\w.-]{1,64}){1,4}(?:@[\w./-]{1,40})?"
)
"""Where a package comes from instead: another name, a repository, a branch, an image."""

_MARKER = r"(?:(?<=;)[ ]?[a-z_]{2,32}[^\w].{0,200}|[ ];[ ]?[a-z_]{2,32}[^\w].{0,200})?"
_ONE = rf"{_CLAUSE}(?:(?>[ ]?(?:,|\|\||-|[ ])[ ]?){_CLAUSE}){{0,8}}+|{_INTERVAL}|{_SOURCE}"
_SPECIFIER = rf"(?>(?:[A-Za-z][\w.-]{{0,40}}+[ ]\()?(?:{_ONE})[.,;:!?)\]}}]{{0,3}}+)"
"""Without a second try (``?>``): it may stand between the quotes of whatever anybody wrote."""

_ITEM = rf"""\\{{0,16}}["'](?:{_SPECIFIER}|{_OPERATOR})\\{{0,16}}["']"""
_LIST = rf"\[\s{{0,8}}(?:(?>{_ITEM})\s{{0,8}}+,?\s{{0,8}}+){{1,16}}+\]"

_OF_PACKAGES = """
    version versions specifier resolved requested requires integrity contenthash dependencies devdependencies
    peerdependencies peerdependenciesmeta optionaldependencies engines dev optional devoptional peer bundled
    inbundle extraneous hasinstallscript bin cpu os libc funding license link features default-features
    default_features registry package packages python extras markers source hashes index git rev branch tag
    url sha256 checksum groups subdirectory workspace path module ref type build channel version.ref
"""
_OF_WHICH = "version versions version.ref specifier resolved requested path git workspace module"
_PACKAGE = frozenset(_OF_PACKAGES.split())
_TELLING = frozenset(_OF_WHICH.split())
"""One of these is there: what it is, or where it comes from."""

_KEY = r"""["']([^"'\\]{1,64})\\{0,16}["']\s{0,8}:|(?<!["'\w.-])([^\W\d][\w.-]{0,64})\s{0,8}="""
_INNER = (
    r"([:=])\s{0,8}(?:\{[^{}]{0,2048}\}|\[[^][]{0,2048}\]|"
    r"""\\{0,16}["'][^"'\\]{0,2048}\\{0,16}["'])"""
)
"""The value of a key: an object without further ones, a list or a text."""

_OWN_VERSION = r"""version\\{0,16}["']?\s{0,8}[:=]\s{0,8}\\{0,16}["']([^"'\\]{1,64})"""
_MOST_LEVELS = 4
MANY_DIGITS = 4


def may_have_version(name: str) -> bool:
    """Whether a name may be one of a package: not ``DB_PASSWORD``."""
    words = words_of(name)
    return not words or words[-1] not in _PASSWORDS or "-" in name


def version_at(name: str, text: str, start: int) -> int:
    """Where the version ends that begins there, without quotes, behind the name of a package; or 0."""
    may_be_one, is_exact = may_have_version(name), text.endswith("==", 0, start)
    found = compiled(_AT_START).match(text, start) if may_be_one or is_exact else None
    if found is None and may_be_one and is_exact:
        found = compiled(_EXACT).match(text, start)
    return found.end() if found else 0


def is_specifier(value: str) -> bool:
    """Whether a whole text says which versions: ``^9.0.2 || 10``, ``[7.0.3, )``, ``["0.7.0"]``."""
    return len(value) <= LONGEST and bool(
        compiled(_SPECIFIER + _MARKER).fullmatch(value) or compiled(_LIST).fullmatch(value)
    )


def is_entry(value: str) -> bool:
    """Whether an object, as it is written, is what a manifest or lock file says of a package."""
    if len(value) > LONGEST:
        return False
    inner = value[1:-1]
    for _ in range(_MOST_LEVELS):
        before, inner = inner, compiled(_INNER).sub(r"\1", inner)
        if inner == before:
            break
    version = compiled(_OWN_VERSION).search(value)
    keys = [quoted or bare for quoted, bare in compiled(_KEY).findall(inner)]
    return "{" not in inner and is_package(keys, version[1] if version else None)


def is_package(keys: Iterable[object], version: object) -> bool:
    """Whether an object with these keys is what a manifest or lock file says of a package of this version."""
    names = {str(key).lower() for key in keys}
    if version is not None and not (isinstance(version, str) and _is_version(version)):
        return False
    return _PACKAGE.issuperset(names) and not _TELLING.isdisjoint(names)


def _is_version(text: str) -> bool:
    return is_specifier(text) or (text.isdecimal() and len(text) < MANY_DIGITS)

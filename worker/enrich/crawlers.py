"""Programs that visit by themselves: crawlers, monitors, scanners, previews.

Known by what they say, not by a list: who runs one lets the owners of sites know, by a link, an address of
mail, or a word such as *bot* or *monitor*, often within the agent of the browser that the program drives or
pretends to be.
"""

from __future__ import annotations

import re

CONTACT = re.compile(
    r"\+?\bhttps?:/{1,2}[^\s;,)\]]{1,200}|\bwww\.[\w-]{1,63}\.[^\s;,)]{1,200}"
    r"|[\w.+-]{1,64}(?:@|\(at\)|\[at\])[\w-]{1,63}\.[\w.-]{1,63}"
    r"|(?<![\w./])[\w-]{2,63}\.(?:com|org|net|io)(?![\w.-])(?:/[^\s;,)]{0,200})?",
    re.IGNORECASE | re.ASCII,
)
"""Links and addresses of mail."""

_IN_CONTACTS = ("http", "www.", "@", "at)", "at]", ".com", ".org", ".net", ".io")

PHONE = re.compile(r"\(Linux; (?:U; )?Android [\d.]{1,10}; (?P<model>[^;()]{1,40})(?=[;)].*\bMobile Safari/)")
"""A phone with Android, which calls its model behind the version; Chrome says K for every one."""

BOT = re.compile(
    r"(?<!cu)bots?(?![a-z])|crawl|spider|slurp|scanner|scanning|[- ]scan\b|scan[/)]|monitor|fetch|preview"
    r"|headless|lighthouse|uptime|archiv|validator|check(?:er|ly)?\b|inspect|analy[sz]er|audit|probe|research"
    r"|synthetic|metrix|phantomjs|selenium|playwright|nikto|zgrab|nmap\b|external(?:agent|hit|fetcher)|harvest"
    r"|scrap(?:er|y)|extractor|indexer|screenshot|[a-z]-user/|search (?:engine|console)|hookshot|pingdom"
    r"|wordpress/|google-|-google|adsense|transcoder|proxy|page ?speed|observatory|diagnostic|measurement"
    r"|[ -]agent\b",
    re.ASCII,
)
"""Words by which they tell what they are for, in lower case."""

COMPATIBLE = re.compile(
    r"compatible[;,]?\s?(?!MSIE|Konqueror|Opera|Windows|AOL|NetPositive|IBrowse)"
    r"([A-Za-z][^;,()+]{1,60}?)\s?(?=[;,()+]|$)"
)
NAMED = re.compile(
    r"(?P<name>[A-Za-z][\w.!'-]{1,40}(?: [A-Z][\w'-]{1,30}){0,2})(?:/v?(?P<version>\d[\w.+-]{0,31}))?",
    re.ASCII,
)
_STANDARD = """
    mozilla applewebkit khtml gecko like chrome chromium safari version mobile firefox opera opr edg edge
    linux android windows macintosh intel compatible msie trident presto x11 iphone ipad build wow64 win64
    ubuntu contact
"""
STANDARD = frozenset(_STANDARD.split())
"""First words of what every browser claims to be or runs on."""


def without_contacts(text: str) -> str:
    """*text* without links and addresses of mail, whose words name nobody; the same text if there is none."""
    lower = text.lower()
    return CONTACT.sub("", text) if any(part in lower for part in _IN_CONTACTS) else text


def without_model(plain: str) -> str:
    """*plain* without the model of a phone that has a bot's word in it, as "Spider X"; else *plain* itself.

    Args:
        plain: an agent `without_contacts`.
    """
    found = PHONE.search(plain)
    if found is None or not _is_telling(found["model"]):
        return plain
    return f"{plain[: found.start('model')]}K{plain[found.end('model') :]}"


def is_crawler(plain: str) -> bool:
    """Whether who sent it says that it is no person's browser, besides by a link.

    Args:
        plain: its agent `without_contacts`.
    """
    return bool(_is_telling(plain) or COMPATIBLE.search(plain))


def crawler_name(plain: str) -> tuple[str, str | None] | None:
    """What a crawler calls itself, with its version; None if nothing in it is a name.

    Args:
        plain: its agent `without_contacts`.
    """
    if compatible := COMPATIBLE.search(plain):
        named = NAMED.match(compatible[1])
        if named and named["name"].lower() not in STANDARD:
            return named["name"], named["version"]
    names = [match for match in NAMED.finditer(plain) if not _is_standard(match["name"])]
    telling = [match for match in names if _is_telling(match[0])] or [
        match for match in names if match["version"]
    ]
    return (telling[0]["name"], telling[0]["version"]) if telling else None


def _is_telling(text: str) -> bool:
    return BOT.search(text.lower()) is not None


def _is_standard(name: str) -> bool:
    return name.partition(" ")[0].lower() in STANDARD

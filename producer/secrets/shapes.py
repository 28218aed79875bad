"""Secrets by their form, wherever they stand in a text: how those of one issuer begin, and how long they are.

docs/security.md says how many of each are found, and how many ordinary texts are taken for one.
"""

from __future__ import annotations

import re
from functools import cache

SHORTEST = 10
"""Characters; no secret that is recognised by its form is shorter."""

LONG_WORD = 16
"""Letters and digits in a row, without which a form that has no words of its own is not there."""

HEX32 = "[0-9a-f]{32}"
MIXED = r"(?=[\w=+/.-]{0,60}[0-9])(?=[\w=+/.-]{0,60}(?:[A-Z]|[0-9a-f]{16}))[\w=+/.-]{16,}"
"""No name: with digits, and with capitals or a run of hexadecimal."""

DIGIT_OR_MIXED = r"(?=\S{0,200}(?:[0-9]|=|[a-z][A-Z]))"

PEM = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]{0,60}-----|\Z)"

UNDERSCORED = (
    "glsa glc lin ntn secret figd pscale sbp sb nfp vcp sntrys sntryu r8 gsk aio pnu rdme tfp shippo CLOJARS "
    "duffel fm1 fm2 fm1r fm1a fm2a ops AVNS patrn jina fio e2b"
)
HYPHENATED = "xai pplx PMAK NRAK HRKU pul FLWSECK tskey CFPAT nvapi tvly ico"
DOTTED = "dp dt0c01 sl"
"""Words with which the secrets of others begin, by what follows the word."""

OTHERS = (
    rf"(?:(?:{UNDERSCORED.replace(' ', '|')})_(?:(?:api|tkn|pw|oauth|secret|live|test)_)?"
    rf"|(?:{HYPHENATED.replace(' ', '|')})-|(?:{DOTTED.replace(' ', '|')})\.(?:[a-z]{{2,5}}\.)?){MIXED}"
)

WORDS: dict[str, tuple[str, str]] = {
    "PyPI": ("pypi", r"pypi-AgE[\w-]{16,}"),
    "GitHub": ("ghp gho ghu ghs ghr pat", r"(?:gh[pousr]|github_pat)_\w{20,}"),
    "GitLab": (
        "glpat glptt gldt glrt glcbt glsoat glft glimt glagent gloas glffct glwt",
        r"gl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent|oas|ffct|wt)-[\w-]{16,}(?:\.[\w-]{2,})*",
    ),
    "Google, of OAuth": ("GOCSPX ya29", r"(?:GOCSPX-|ya29\.)[\w-]{20,}"),
    "Stripe": (
        "sk rk ek whsec",
        r"(?:[rse]k_(?:live|test)|sk_org|sk_org_live|whsec)_\w{10,}",
    ),
    "Stripe, for a client": ("secret", r"(?:pi|seti|cs|src|sub)_\w{10,80}_secret_\w{10,}"),
    "Slack": (
        "xoxa xoxb xoxc xoxd xoxe xoxo xoxp xoxr xoxs xapp slack",
        r"(?:xox[a-z](?:\.xox[a-z])?-|xapp-[0-9]-)[\w%-]{10,}|hooks\.slack\.com/[a-z]+/[\w/-]{20,}",
    ),
    "npm": ("npm", "npm_[A-Za-z0-9]{30,}"),
    "Bearer": ("bearer Bearer BEARER", rf"(?i:bearer) {DIGIT_OR_MIXED}[\w.~+/-]{{10,}}={{0,2}}"),
    "Basic": (
        "basic Basic BASIC",
        # no name such as RabbitMQ: an equals sign, or two changes to capitals
        r"(?i:basic) (?=\S{0,200}(?:=|[a-z0-9][A-Z]\S{0,200}[a-z0-9][A-Z]))[A-Za-z0-9+/]{8,}={0,2}(?![\w.-])",
    ),
    "Token": ("token Token TOKEN", "(?i:token) [0-9a-fA-F]{32,}"),
    "cookies": ("cookie Cookie COOKIE", r"(?<=(?i:cookie): )(?!\[secret)[^\r\n]+"),
    "private key": (
        "PRIVATE AGE PuTTY",
        f"{PEM}|AGE-SECRET-KEY-1[A-Z0-9]{{20,}}|PuTTY-User-Key-File-[0-9](?s:.*)",
    ),
    "SendGrid": ("SG", r"SG\.[\w-]{16,32}\.[\w-]{16,}"),
    "Brevo": ("xkeysib xsmtpsib", rf"x(?:key|smtp)sib-{HEX32}[\w-]*"),
    "Mailgun": ("key", "key-[0-9a-z]{32}(?![0-9a-z])"),
    "DigitalOcean": ("dop doo dor dos", "do[oprs]_v1_[0-9a-f]{32,}"),
    "Shopify": ("shpat shpca shppa shpss shpua shptka", "shp(?:at|ca|pa|ss|ua|tka)_[0-9a-zA-Z]{32,}"),
    "Square": ("sq0atp sq0csp sq0idp", r"sq0[a-z]{3}-[\w-]{22,}"),
    "language models": (
        "sk",
        rf"sk-(?:(?:proj|svcacct|admin|ant|or|lf)-|(?={HEX32})|(?=[\w-]{{0,200}}[A-Z]))(?=[\w-]{{0,200}}[0-9])[\w-]{{20,}}",
    ),
    "Hugging Face": ("hf org", "(?:hf|api_org)_(?=[a-z]{0,30}[A-Z])[A-Za-z0-9]{30,}"),
    "Discord, of a webhook": ("webhooks", r"discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}"),
    "HashiCorp": ("hvb hvs hvr atlasv1", r"hv[bsr]\.[\w-]{20,}|[A-Za-z0-9]{14}\.atlasv1\.[\w-]{20,}"),
    "Docker": ("dckr", r"dckr_[a-z]at_[\w-]{20,}"),
    "RubyGems": ("rubygems", "rubygems_[0-9a-f]{32,}"),
    "others with a word of their own": (f"{UNDERSCORED} {HYPHENATED} {DOTTED}", OTHERS),
}
"""By issuer: words that are in each of its secrets, with other characters around them, and the whole."""

LONG: dict[str, str] = {
    "AWS": "A(?:KI|SI|BI|CC)A[A-Z0-9]{16}(?![A-Za-z0-9])",
    "Google": r"AIza[\w-]{30,}|1//0[\w-]{30,}",
    "JSON Web Token": r"(?<!-)eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){0,3}",
    "Twilio": "SK[0-9a-fA-F]{32}(?![0-9a-zA-Z])",
    "Mailgun, of a domain": f"{HEX32}-[0-9a-f]{{8}}-[0-9a-f]{{8}}(?![0-9a-f-])",
    "Mailchimp": rf"{HEX32}-us[0-9]{{1,2}}(?!\w)",
    "Square, of production": r"EAAA(?![0-9A-F]+(?![\w-]))[\w-]{50,}",
    "Facebook": r"EAA[A-Z](?![0-9A-F]+(?!\w))\w{80,}",
    "Telegram": r"[0-9]{8,10}:AA[\w-]{33}(?![\w-])",
    "Discord": r"[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,}",
    "Databricks": f"dapi{HEX32}(?:-[0-9])?",
    "Atlassian": r"AT(?:ATT|CTT)3x[\w=+/.-]{20,}|ATBB[A-Za-z0-9]{28,}",
    "Azure, of an application": r"[\w~.]{3}[0-9]Q~[\w~.-]{31,40}",
    "Alibaba": "LTAI(?=[A-Za-z]{0,20}[0-9])[A-Za-z0-9]{16,}",
    "Artifactory": "AKCp[A-Za-z0-9]{60,}",
    "crates.io": "cio(?=[a-z]{0,30}[A-Z])(?=[A-Za-z]{0,30}[0-9])[A-Za-z0-9]{32}(?![A-Za-z0-9])",
}
"""By issuer: secrets without such a word, but with a long one."""

IN_URL = r"(?<=://)[^/\s:@]{0,255}:[^/\s]{1,1024}(?=@)"
"""User and password."""

_LETTERS = bytes(code if code < 128 and chr(code).isalnum() else ord(" ") for code in range(256))  # noqa: PLR2004 - ASCII
_WORDS = frozenset(word.encode() for words, _ in WORDS.values() for word in words.split())


def may_hold_known(text: str) -> bool:
    """Whether a text may hold one of these forms: a quick check that is enough for nearly all."""
    # as bytes: four times as fast as the same with text, and as any expression
    words = text.encode("utf-8", "replace").translate(_LETTERS).split()
    if not _WORDS.isdisjoint(words):
        return True
    for word in words:
        if len(word) >= LONG_WORD:
            return True
    # divided by hyphens, these may have no long word
    return (
        "eyJ" in text or "AIza" in text or ":AA" in text or "EAAA" in text or ("@" in text and "://" in text)
    )


@cache
def known() -> re.Pattern[str]:
    """Compiled when it is first needed, as that takes as long as the rest of the import."""
    at_a_start = "|".join([*(form for _, form in WORDS.values()), *LONG.values()])
    return re.compile(f"(?<![A-Za-z0-9])(?:{at_a_start})|{IN_URL}", re.ASCII)

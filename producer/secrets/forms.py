"""How the secrets of each issuer are written: how they begin, their alphabet and their length."""

from __future__ import annotations

import re
from functools import cache

compiled = cache(re.compile)
"""When it is first needed: few texts have a URL with an @, or the name of a secret."""

ALNUM = "A-Za-z0-9"
LOWER = "a-z0-9"
CAPITALS = "A-Z0-9"
URL_SAFE = r"\w-"
BASE64 = ALNUM + "+/"
CODED = r"\w=+/.%-"

_TURN = "(?:[a-z][A-Z0-9]|[A-Z][0-9]|[0-9][A-Za-z])"
"""Two neighbours as they are common in random text, and in names only where a word or a number begins."""


def changing(times: int, alphabet: str) -> str:
    """A look at what follows: it turns that often at least, after no more than forty letters each."""
    return f"(?=(?:(?:(?!{_TURN})[{alphabet}]){{0,40}}+{_TURN}){{{times}}})"


def random(times: int, alphabet: str, length: str, *, whole: bool = False) -> str:
    """A run of letters of *alphabet* that looks random: ``Report-2024-Q1`` turns only once.

    Args:
        times: as of `changing`.
        alphabet: as in brackets of an expression.
        length: as in braces of one.
        whole: no letter or digit follows.
    """
    end = f"(?![{ALNUM}])" if whole else ""
    return f"{changing(times, alphabet)}[{alphabet}]{{{length}}}{end}"


_SHORT = "As|At|By|Db|Do|Id|If|In|Io|Ip|Is|It|Js|Me|My|No|Of|On|Or|To|Ui|Up|Us"
NAME_WORD = f"(?:(?:[A-Z]{{1,3}}[a-z]{{2,16}}|{_SHORT})[0-9]{{0,4}})"
"""One word of a name, as ``Utf8`` is of ``getUtf8Strings``; random text hardly ever is of many such."""

_NO_METHOD = f"(?![a-z]{{1,12}}{NAME_WORD}{{1,9}}[A-Z]{{0,3}}(?![A-Za-z0-9]))"
"""It is not written as the names of methods are: ``getTotalCountOfItemsById``."""

HEX32 = "[0-9a-f]{32}"
WORD32 = random(4, ALNUM, "32,")
"""A random word without separators; names of that length have some."""

CODED40 = random(5, CODED, "40,")
GAP = "[ \t+]{1,8}"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
PEM = (
    r"-{4,5} ?BEGIN[ +](?:[A-Z0-9 +]{0,40}[ +])?PRIVATE[ +]KEY(?:[ +]BLOCK)? ?-{4,5}"
    r"(?s:.*?)(?:-{4,5} ?END[ +][A-Z0-9 +]{0,60}-{4,5}|\Z)"
)
_OTHERWISE = (
    r"[<({\[]|\$[A-Z_{(]|[A-Za-z]\w{0,15}://|[\w.+-]{1,64}@[\w-]{1,64}\.|RFC|ISBN"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T|(?![\w-]))"
    r"|v?[0-9]{1,4}(?:\.[0-9]{1,4}){1,2}(?:[-+.](?:[a-z]{0,10}[0-9]{0,14}|[0-9a-f]{12})){0,4}(?![\w+/=~-])"
)
"""What begins a placeholder, a URL, an address, a date, the name of a document or a version."""

_BEARER = (
    rf"(?!{_OTHERWISE})"
    r"(?=[^\s0-9,;]{0,60}[0-9][^\sA-Za-z,;]{0,20}[A-Za-z][^\s0-9,;]{0,40}[0-9]"
    r"|[^\s\"',;]{0,60}?[0-9]{5}|[\w+/.-]{8,}={1,2}(?![\w\"'])|[a-z]{24}"
    rf"|{changing(5, 'A-Za-z0-9._~+/|-')})"
    r"(?:[\w.~+/$!*=-]|[#^](?=[\w+/])|[|:](?=[\w+/.=~$-]{16})"
    r"|%(?!2[0267Cc]|3[BCEbce]|7[Cc]|0[AaDd])){10,}(?<![.!])"
)
"""What no name is: it has digits in two places (not OAuth2Session) or many, equals signs, or many turns.
Besides the signs of RFC 6750, tokens of eBay have ``^`` and ``#``, those of Laravel and Asana ``|`` or
``:``, but only in front of a long run: other fields of a line may follow.
"""

BASIC = rf"(?:basic|Basic|BASIC){GAP}([A-Za-z0-9+/_-]{{4,}}={{0,2}})(?![\w.-])"
"""What may be a user and a password in base64: whether it is is seen once it is decoded."""

BASIC_WORDS = "basic Basic BASIC"

ANYWHERE = (
    f"{PEM}"
    r"|(?<=/bot)[0-9]{8,10}:AA[\w-]{33}(?![\w-])"
)
"""Private keys, and what has a letter before it: Telegram's tokens in URLs."""

WORDS: dict[str, tuple[str, str]] = {
    "PyPI": ("pypi", r"pypi-AgE[\w-]{16,}"),
    "GitHub": (
        "ghp gho ghu ghs ghr pat",
        (
            rf"gh[pousr]_(?:{random(4, ALNUM, '36,')}|[A-Za-z0-9]{{1,20}}_eyJ[\w.-]{{20,}})"
            f"|github_pat_{random(2, URL_SAFE, '22,')}"
        ),
    ),
    "GitLab": (
        "glpat glptt gldt glrt glcbt glsoat glft glimt glagent gloas glffct glwt",
        (
            "gl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent|oas|ffct|wt)-"
            rf"{random(2, URL_SAFE, '20,')}(?:\.[\w-]{{2,}})*"
        ),
    ),
    "Google AI": ("AQ", r"AQ\.Ab8RN6[\w-]{30,}"),
    "Google, of OAuth": ("GOCSPX ya29", rf"(?:GOCSPX-|ya29\.){random(2, URL_SAFE, '20,')}"),
    "Stripe": (
        "sk rk ek whsec",
        f"(?:[rse]k_(?:live|test|org(?:_live|_test)?)|whsec)_{random(2, BASE64, '16,')}",
    ),
    "Stripe, for a client": (
        "secret",
        rf"(?:pi|seti|cs|src|sub)_\w{{10,80}}_secret_{random(2, ALNUM, '16,')}",
    ),
    "Slack": (
        "xoxa xoxb xoxc xoxd xoxe xoxo xoxp xoxr xoxs xapp xwfp slack",
        (
            r"xox[abcdeoprs](?:\.xox[bp])?-"
            f"(?:(?:[0-9]{{8,20}}-){{1,4}}{random(1, ALNUM, '10,')}|{random(5, CODED, '40,')})"
            f"|xwfp-{random(2, CODED, '20,')}"
            r"|xapp-[0-9]-[A-Z0-9]{8,}-[0-9]{8,}-[0-9a-f]{32,}|hooks\.slack(?:-gov)?\.com/[a-z]{1,20}/[\w/-]{20,}"
        ),
    ),
    "npm": ("npm", f"npm_{random(3, ALNUM, '36', whole=True)}"),
    "Bearer": (
        "bearer Bearer BEARER",
        rf"(?:bearer|Bearer|BEARER){GAP}{_BEARER}",
    ),
    "netrc": (
        "machine",
        r"machine\s{1,8}\S{1,255}\s{1,8}login\s{1,8}\S{1,255}\s{1,8}password\s{1,8}(?P<netrc>\S{1,1024})",
    ),
    "JSON Web Key": (
        "kty",
        (
            rf"""\\{{0,16}}"(?:d|p|q|dp|dq|qi|k)\\{{0,16}}"\s?:\s?\\{{0,16}}\""""
            f"(?P<jwk>{random(5, URL_SAFE, '40,')})"
        ),
    ),
    "Token": ("token Token TOKEN", f"(?:token|Token|TOKEN){GAP}[0-9a-fA-F]{{32,}}"),
    "cookies": (
        "cookie Cookie COOKIE",
        r"(?:(?<=(?i:cookie):)|(?<=(?i:cookie):[ +]))(?=[^\s=;,]{1,128}=)(?!\[secret)[^\r\n]+",
    ),
    "private key": (
        "PRIVATE AGE PuTTY",
        r"AGE-SECRET-KEY-1[A-Z0-9]{20,}|PuTTY-User-Key-File-[0-9](?s:.*)",
    ),
    "SendGrid": ("SG", rf"SG\.{random(2, URL_SAFE, '16,32')}\.[\w-]{{39,50}}"),
    "Brevo": ("xkeysib xsmtpsib", rf"x(?:key|smtp)sib-{HEX32}[\w-]*"),
    "Mailgun": ("key", f"key-{random(3, LOWER, '32', whole=True)}"),
    "DigitalOcean": (
        "dop doo dor dos AVNS",
        f"do[oprs]_v1_{HEX32}[0-9a-f]*|AVNS_{random(2, URL_SAFE, '19')}",
    ),
    "Shopify": (
        "shpat shpca shppa shpss shpua shptka",
        f"shp(?:at|ca|pa|ss|ua|tka)_{random(3, ALNUM, '32,')}",
    ),
    "Square": ("sq0atp sq0csp sq0idp", f"sq0(?:atp|csp|idp)-{random(2, URL_SAFE, '22,')}"),
    "language models": (
        "sk",
        f"sk-(?:(?:proj|svcacct|admin|ant|or|lf)-{random(3, URL_SAFE, '20,')}|{WORD32})",
    ),
    "HubSpot": ("pat", f"pat-[a-z]{{2}}[0-9]-{UUID}"),
    "Plaid": ("sandbox development production", f"access-(?:sandbox|development|production)-{UUID}"),
    "Hugging Face": ("hf org", f"(?:hf|api_org)_{random(4, ALNUM, '34', whole=True)}"),
    "Discord, of a webhook": (
        "webhooks",
        r"discord(?:app)?\.com/api/(?:v[0-9]{1,2}/)?webhooks/\d{1,30}/[\w-]{20,}",
    ),
    "HashiCorp": (
        "hvb hvs hvr atlasv1",
        rf"hv[bsr]\.{random(3, URL_SAFE, '24,')}|[A-Za-z0-9]{{14}}\.atlasv1\.[\w-]{{20,}}",
    ),
    "Docker": ("dckr", f"dckr_[a-z]at_{random(2, URL_SAFE, '20,')}"),
    "RubyGems": ("rubygems", "rubygems_[0-9a-f]{32,}"),
    "a random word": (
        "glsa lin ntn secret nfp vcp r8 gsk pnu jina CLOJARS sbp shippo e2b xai pplx ico tvly pul FLWSECK",
        (
            "(?:(?:glsa|ntn|secret|nfp|vcp|r8|gsk|pnu|jina|CLOJARS|sbp|e2b|lin_(?:api|oauth)|shippo_(?:live|test))_"
            f"|(?:xai|pplx|ico|tvly(?:-dev|-prod)?|pul|FLWSECK(?:_TEST)?)-){WORD32}"
        ),
    ),
    "base64": (
        "glc figd pscale sb sntrys tfp duffel fm1 fm2 fm1r fm2r fm1a fm2a fo1 ops fio nvapi CFPAT sl",
        (
            "(?:(?:glc|figd|pscale_(?:tkn|pw|oauth)|sntrys|tfp|duffel_(?:live|test)|fm[12][ar]?|fo1|ops)_"
            rf"|(?:nvapi|CFPAT|fio-u)-|sl\.(?:u\.)?){CODED40}|sb_secret_{random(2, URL_SAFE, '28,')}"
        ),
    ),
    "others": (
        "sntryu aio rdme dp dt0c01 PMAK NRAK NRII HRKU tskey patrn",
        (
            f"sntryu_{HEX32}[0-9a-f]*|aio_{random(3, ALNUM, '28', whole=True)}|rdme_{random(5, LOWER, '50,')}"
            rf"|dp\.[a-z]{{2,5}}\.(?:[a-z0-9_-]{{2,35}}\.)?{random(4, ALNUM, '40,')}"
            r"|dt0c01\.[A-Z2-7]{20,}\.[A-Z2-7]{40,}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}"
            f"|NRAK-{random(2, CAPITALS, '27', whole=True)}|NRII-{random(3, URL_SAFE, '32')}"
            f"|HRKU-{random(3, URL_SAFE, '36,')}"
            f"|(?:tskey-[a-z]{{2,10}}|patrn)-{random(3, URL_SAFE, '20,')}"
        ),
    ),
}
"""By issuer: words that are in each of its secrets, with other characters around them, and the whole. Where
the secret is only a part, that is a group with a name.
"""

LONG: dict[str, str] = {
    "Google": r"AIza[\w-]{30,}|1//0(?=[\w-]{0,80}[A-Za-z0-9]{16})[\w-]{30,}",
    "Airtable": r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}",
    "Azure DevOps": "[A-Za-z0-9]{75,76}AZDO[A-Za-z0-9]{4,5}(?![A-Za-z0-9])",
    "Bedrock": rf"ABSK[{BASE64}]{{100,}}={{0,2}}|bedrock-api-key-[{BASE64}]{{40,}}={{0,2}}",
    "Bitcoin": rf"[5KL]{random(5, '1-9A-HJ-NP-Za-km-z', '50,51', whole=True)}",
    "Buildkite": "bkua_[0-9a-f]{40}",
    "CircleCI": "CCIPAT_[A-Za-z0-9]{20,30}_[0-9a-fA-F]{40}",
    "Cloudflare": r"v1\.0-[0-9a-f]{24}-[0-9a-f]{146}",
    "GitLab, of a runner": r"GR1348941[\w-]{20,}",
    "HashiCorp, old": rf"s\.{_NO_METHOD}{random(4, ALNUM, '24', whole=True)}",
    "Microsoft Teams": r"IncomingWebhook/[0-9a-f]{32}(?:/[\w-]{1,64})*",
    "New Relic": "[0-9a-f]{36}NRAL(?![0-9A-Za-z])",
    "PostHog": f"phx_{random(4, ALNUM, '40,')}",
    "Resend": f"re_[A-Za-z0-9]{{8}}_{random(2, ALNUM, '20,')}",
    "Sonar": "sq[upa]_[0-9a-f]{40}",
    "JSON Web Token": r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){0,3}",
    "Grafana": rf"eyJrIjoi[{BASE64}]{{60,}}={{0,2}}",
    "Twilio": "SK[0-9a-fA-F]{32}(?![0-9a-zA-Z])",
    "Mailgun, of a domain": f"{HEX32}-[0-9a-f]{{8}}-[0-9a-f]{{8}}(?![0-9a-f-])",
    "Mailchimp": rf"{HEX32}-us[0-9]{{1,2}}(?!\w)",
    "Square, of production": r"EAAA(?![0-9A-F]+(?![\w-]))[\w-]{50,}",
    "Facebook, of an application": rf"[0-9]{{16}}\|{random(3, URL_SAFE, '27')}",
    "Facebook": r"EAA[A-Z](?![0-9A-F]+(?!\w))[A-Za-z0-9]{80,}",
    "Telegram": r"[0-9]{8,10}:AA[\w-]{33}(?![\w-])",
    "Discord": r"[MNO][A-Za-z0-9]{23,25}\.[\w-]{6}\.[\w-]{27,}",
    "Databricks": f"(?:dapi{HEX32}(?:-[0-9])?|dose{HEX32})(?![0-9a-zA-Z])",
    "Atlassian": r"AT(?:ATT|CTT)3x(?=[\w=+/.-]{0,80}[A-Za-z0-9]{16})[\w=+/.-]{20,}|ATBB[A-Za-z0-9]{28,}",
    "Azure, of an application": r"[\w~.]{3}[0-9]Q~[\w~.-]{31,40}",
    "Alibaba": f"LTAI{random(2, ALNUM, '16,')}",
    "Artifactory": "AKCp[A-Za-z0-9]{60,}|cmVmdGtu[A-Za-z0-9]{50,}",
    "crates.io": f"cio{random(4, ALNUM, '32', whole=True)}",
}
"""By issuer: secrets without such a word, but with a long one or a piece that `may_hold_known` asks for."""

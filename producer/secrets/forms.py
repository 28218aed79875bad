"""How the secrets of each issuer are written: how they begin, their alphabet and their length."""

from __future__ import annotations

ALNUM = "A-Za-z0-9"
LOWER = "a-z0-9"
CAPITALS = "A-Z0-9"
URL_SAFE = r"\w-"
BASE64 = ALNUM + "+/"
CODED = r"\w=+/.%-"

_TURN = "(?:[a-z][A-Z0-9]|[A-Z][0-9]|[0-9][A-Za-z])"
"""Two neighbours as they are common in random text, and in names only where a word or a number begins."""


def random(times: int, alphabet: str, length: str, *, whole: bool = False) -> str:
    """A run of letters of *alphabet* that looks random: ``Report-2024-Q1`` turns only once.

    Args:
        times: how often it turns at least, after no more than forty letters each.
        alphabet: as in brackets of an expression.
        length: as in braces of one.
        whole: no letter or digit follows.
    """
    end = f"(?![{ALNUM}])" if whole else ""
    return f"(?=(?:(?:(?!{_TURN})[{alphabet}]){{0,40}}+{_TURN}){{{times}}})[{alphabet}]{{{length}}}{end}"


HEX32 = "[0-9a-f]{32}"
WORD32 = random(4, ALNUM, "32,")
"""A random word without separators; names of that length have some."""

CODED40 = random(5, CODED, "40,")
GAP = "(?:[ \t+]|%20){1,8}"
PEM = (
    r"-----BEGIN (?:[A-Z0-9 ]{0,40} )?PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]{0,60}-----|\Z)"
)

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
        "xoxa xoxb xoxc xoxd xoxe xoxo xoxp xoxr xoxs xapp slack",
        (
            r"xox[abcdeoprs](?:\.xox[bp])?-"
            f"(?:(?:[0-9]{{8,20}}-){{1,4}}{random(1, ALNUM, '10,')}|{random(5, CODED, '40,')})"
            r"|xapp-[0-9]-[A-Z0-9]{8,}-[0-9]{8,}-[0-9a-f]{32,}|hooks\.slack\.com/[a-z]{1,20}/[\w/-]{20,}"
        ),
    ),
    "npm": ("npm", f"npm_{random(3, ALNUM, '36', whole=True)}"),
    "Bearer": (
        "bearer Bearer BEARER",
        rf"(?:bearer|Bearer|BEARER){GAP}(?=\S{{0,60}}(?:[0-9]|=|[a-z][A-Z]))[\w.~+/-]{{10,}}={{0,2}}",
    ),
    "Basic": (
        "basic Basic BASIC",
        # no name such as RabbitMQ: an equals sign, or two changes to capitals
        (
            rf"(?:basic|Basic|BASIC){GAP}(?=\S{{0,60}}(?:=|[a-z0-9][A-Z]\S{{0,60}}[a-z0-9][A-Z]))"
            r"[A-Za-z0-9+/]{8,}={0,2}(?![\w.-])"
        ),
    ),
    "Token": ("token Token TOKEN", f"(?:token|Token|TOKEN){GAP}[0-9a-fA-F]{{32,}}"),
    "cookies": (
        "cookie Cookie COOKIE",
        r"(?:(?<=(?i:cookie):)|(?<=(?i:cookie): ))(?=[^\s=;,]{1,128}=)(?!\[secret)[^\r\n]+",
    ),
    "private key": (
        "PRIVATE AGE PuTTY",
        f"{PEM}|AGE-SECRET-KEY-1[A-Z0-9]{{20,}}|PuTTY-User-Key-File-[0-9](?s:.*)",
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
    "Hugging Face": ("hf org", f"(?:hf|api_org)_{random(4, ALNUM, '34', whole=True)}"),
    "Discord, of a webhook": ("webhooks", r"discord(?:app)?\.com/api/webhooks/\d{1,30}/[\w-]{20,}"),
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
        "sntryu aio rdme dp dt0c01 PMAK NRAK HRKU tskey patrn",
        (
            f"sntryu_{HEX32}[0-9a-f]*|aio_{random(3, ALNUM, '28', whole=True)}|rdme_{random(5, LOWER, '50,')}"
            rf"|dp\.[a-z]{{2,5}}\.(?:[a-z0-9_-]{{2,35}}\.)?{random(4, ALNUM, '40,')}"
            r"|dt0c01\.[A-Z2-7]{20,}\.[A-Z2-7]{40,}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}"
            f"|NRAK-{random(2, CAPITALS, '27', whole=True)}|HRKU-{random(3, URL_SAFE, '36,')}"
            f"|(?:tskey-[a-z]{{2,10}}|patrn)-{random(3, URL_SAFE, '20,')}"
        ),
    ),
}
"""By issuer: words that are in each of its secrets, with other characters around them, and the whole."""

LONG: dict[str, str] = {
    "Google": r"AIza[\w-]{30,}|1//0(?=[\w-]{0,80}[A-Za-z0-9]{16})[\w-]{30,}",
    "JSON Web Token": r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){0,3}",
    "Twilio": "SK[0-9a-fA-F]{32}(?![0-9a-zA-Z])",
    "Mailgun, of a domain": f"{HEX32}-[0-9a-f]{{8}}-[0-9a-f]{{8}}(?![0-9a-f-])",
    "Mailchimp": rf"{HEX32}-us[0-9]{{1,2}}(?!\w)",
    "Square, of production": r"EAAA(?![0-9A-F]+(?![\w-]))[\w-]{50,}",
    "Facebook": r"EAA[A-Z](?![0-9A-F]+(?!\w))[A-Za-z0-9]{80,}",
    "Telegram": r"[0-9]{8,10}:AA[\w-]{33}(?![\w-])",
    "Discord": r"[MNO][A-Za-z0-9]{23,25}\.[\w-]{6}\.[\w-]{27,}",
    "Databricks": f"dapi{HEX32}(?:-[0-9])?",
    "Atlassian": r"AT(?:ATT|CTT)3x(?=[\w=+/.-]{0,80}[A-Za-z0-9]{16})[\w=+/.-]{20,}|ATBB[A-Za-z0-9]{28,}",
    "Azure, of an application": r"[\w~.]{3}[0-9]Q~[\w~.-]{31,40}",
    "Alibaba": f"LTAI{random(2, ALNUM, '16,')}",
    "Artifactory": "AKCp[A-Za-z0-9]{60,}",
    "crates.io": f"cio{random(4, ALNUM, '32', whole=True)}",
}
"""By issuer: secrets without such a word, but with a long one or a piece that `may_hold_known` asks for."""

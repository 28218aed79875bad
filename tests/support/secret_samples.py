"""Made-up secrets of every shape that we know, as issuers describe them, and ids that only look like one.

Made when they are needed and never written down, so that no scanner takes this file for a leak.
"""

from __future__ import annotations

import base64
import json
import random
import string
import uuid
from collections.abc import Callable

Make = Callable[[random.Random], str]

ALNUM = string.ascii_letters + string.digits
URL_SAFE = ALNUM + "-_"
BASE64 = ALNUM + "+/"
HEX = "0123456789abcdef"
LOWER = string.ascii_lowercase + string.digits
CAPITALS = string.ascii_uppercase + "234567"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def a(prefix: str, alphabet: str, length: int, suffix: str = "") -> Make:
    """A maker of a prefix and random letters."""
    return lambda chance: prefix + "".join(chance.choices(alphabet, k=length)) + suffix


def _joined(*makers: Make) -> Make:
    return lambda chance: "".join(make(chance) for make in makers)


def _coded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _jwt(chance: random.Random) -> str:
    header = _coded(json.dumps({"alg": "HS256", "typ": "JWT"}, separators=(",", ":")).encode())
    claims = _coded(json.dumps({"sub": str(chance.random())}).encode())
    return f"{header}.{claims}.{_coded(chance.randbytes(32))}"


def _basic(chance: random.Random) -> str:
    pair = f"user{chance.randrange(100)}:{a('', ALNUM, 10)(chance)}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _pem(kind: str) -> Make:
    def make(chance: random.Random) -> str:
        body = base64.b64encode(chance.randbytes(96)).decode()
        return f"-----BEGIN {kind}-----\n{body[:64]}\n{body[64:]}\n-----END {kind}-----"

    return make


SECRETS: dict[str, Make] = {
    "Anthropic": a("sk-" + "ant-api03-", URL_SAFE, 95),
    "Atlassian": a("ATATT" + "3xFfGF0", URL_SAFE, 180),
    "Azure application": _joined(a("", ALNUM, 3), a("8" + "Q~", ALNUM, 34)),
    "Azure storage": a("DefaultEndpointsProtocol=https;AccountName=x;Account" + "Key=", BASE64, 86, "=="),
    "Azure service bus": a("Endpoint=sb://x/;SharedAccessKeyName=a;SharedAccess" + "Key=", BASE64, 43, "="),
    "Azure signature": a("https://x.blob.example.net/c?sv=2026-01-01&s" + "ig=", ALNUM, 43, "%3D"),
    "Basic": _basic,
    "Bearer": a("Bear" + "er ", URL_SAFE, 32),
    "Brevo": a("xkey" + "sib-", HEX, 64, "-AbCdEfGh12345678"),
    "1Password": a("op" + "s_eyJ", BASE64, 250),
    "Adafruit": a("ai" + "o_", ALNUM, 28),
    "Aiven": a("AV" + "NS_", URL_SAFE, 19),
    "Contentful": a("CF" + "PAT-", URL_SAFE, 43),
    "crates.io": a("ci" + "o", ALNUM, 32),
    "Databricks": a("da" + "pi", HEX, 32),
    "DigitalOcean": a("dop" + "_v1_", HEX, 64),
    "DigitalOcean, refresh": a("dor" + "_v1_", HEX, 64),
    "Discord bot": _joined(a("MT", ALNUM, 24, "."), a("G", ALNUM, 5, "."), a("", URL_SAFE, 38)),
    "Discord webhook": a("https://discord.com/api/web" + "hooks/1234567890/", URL_SAFE, 68),
    "Doppler": a("dp." + "pt.", ALNUM, 43),
    "Dropbox": a("sl" + ".u.", URL_SAFE, 135),
    "Dynatrace": _joined(a("dt0" + "c01.", CAPITALS, 24, "."), a("", CAPITALS, 64)),
    "E2B": a("e2" + "b_", HEX, 40),
    "Figma": a("fig" + "d_", URL_SAFE, 40),
    "Flutterwave": a("FLW" + "SECK_TEST-", HEX, 32, "-X"),
    "Fly.io": a("fm" + "2_", BASE64, 120),
    "Docker": a("dckr" + "_pat_", URL_SAFE, 27),
    "Facebook": a("EA" + "AC", ALNUM, 150),
    "GitHub": a("gh" + "p_", ALNUM, 36),
    "GitHub, OAuth": a("gh" + "o_", ALNUM, 36),
    "GitHub, of a user": a("gh" + "u_", ALNUM, 36),
    "GitHub, of a server": a("gh" + "s_", ALNUM, 36),
    "GitHub, refresh": a("gh" + "r_", ALNUM, 76),
    "GitHub, fine-grained": _joined(a("github" + "_pat_", ALNUM, 22, "_"), a("", ALNUM, 59)),
    "GitLab": a("gl" + "pat-", URL_SAFE, 20),
    "GitLab runner": a("gl" + "rt-", URL_SAFE, 20),
    "GitLab deploy": a("gl" + "dt-", URL_SAFE, 20),
    "GitLab CI": a("gl" + "cbt-64_", URL_SAFE, 20),
    "Google API": a("AI" + "za", URL_SAFE, 35),
    "Google OAuth": a("ya" + "29.", URL_SAFE, 120),
    "Google OAuth client": a("GOC" + "SPX-", URL_SAFE, 28),
    "Grafana": a("gl" + "sa_", ALNUM, 32, "_0a1b2c3d"),
    "GitLab, long": a("gl" + "pat-", URL_SAFE, 27, ".01.1a2b3c4d5"),
    "Grafana, of the cloud": a("gl" + "c_eyJ", BASE64, 100),
    "Infracost": a("ic" + "o-", ALNUM, 32),
    "Netlify": a("nf" + "p_", ALNUM, 36),
    "NVIDIA": a("nv" + "api-", URL_SAFE, 64),
    "Perplexity": a("pp" + "lx-", ALNUM, 48),
    "PlanetScale": a("psc" + "ale_tkn_", URL_SAFE, 43),
    "Postman": _joined(a("PM" + "AK-", HEX, 24, "-"), a("", HEX, 34)),
    "Prefect": a("pn" + "u_", ALNUM, 36),
    "Pulumi": a("pu" + "l-", HEX, 40),
    "README.io": a("rd" + "me_", LOWER, 70),
    "Replicate": a("r8" + "_", ALNUM, 37),
    "Supabase": a("sb" + "p_", HEX, 40),
    "Tailscale": _joined(a("tsk" + "ey-auth-k", ALNUM, 12, "-"), a("", ALNUM, 32)),
    "Tavily": a("tv" + "ly-dev-", ALNUM, 32),
    "Typeform": a("tf" + "p_", URL_SAFE, 59),
    "xAI": a("xa" + "i-", ALNUM, 80),
    "password on a command line": a("mysqldump --pass" + "word=", ALNUM, 12, " shop"),
    "password in JSON with spaces": a('{\n  "pass' + 'word" : "', ALNUM, 12, '"\n}'),
    "password in JSON in JSON": a('{"body": "{\\"pass' + 'word\\": \\"', ALNUM, 12, '\\"}"}'),
    "password in Python": a("{'pass" + "word': b'", ALNUM, 12, "'}"),
    "token in a URL in a URL": a("https://example.org/in?next=%2Fcb%3Fto" + "ken%3D", ALNUM, 20, "%26x%3D1"),
    "session in a URL": a("https://example.org/?session" + "_id=", LOWER, 32, "&x=1"),
    "Groq": a("gs" + "k_", ALNUM, 52),
    "HashiCorp Vault": a("hv" + "s.", URL_SAFE, 90),
    "Heroku": a("HR" + "KU-AA", URL_SAFE, 58),
    "Hugging Face": a("h" + "f_", string.ascii_letters, 34),
    "JSON Web Token": _jwt,
    "Linear": a("lin" + "_api_", ALNUM, 40),
    "Mailchimp": a("", HEX, 32, "-us" + "12"),
    "Mailgun": a("ke" + "y-", HEX, 32),
    "Mailgun, of a domain": _joined(a("", HEX, 32, "-"), a("", HEX, 8, "-"), a("", HEX, 8)),
    "New Relic": a("NR" + "AK-", string.ascii_uppercase + string.digits, 27),
    "Notion": a("nt" + "n_", ALNUM, 46),
    "npm": a("np" + "m_", ALNUM, 36),
    "OpenAI": a("sk" + "-", ALNUM, 48),
    "OpenAI, of a project": a("sk-" + "proj-", URL_SAFE, 120),
    "OpenRouter": a("sk-" + "or-v1-", HEX, 64),
    "password in a DSN": a("host=db user=app pass" + "word=", ALNUM, 12, " dbname=x"),
    "password in a URL": a("postgresql://app:", ALNUM, 12, "@db.example.org/x"),
    "password in a URL without user": a("redis://:", ALNUM, 12, "@cache/0"),
    "private key": _pem("PRIV" + "ATE KEY"),
    "private key of OpenSSH": _pem("OPENSSH PRIV" + "ATE KEY"),
    "private key of PGP": _pem("PGP PRIV" + "ATE KEY BLOCK"),
    "private key of RSA": _pem("RSA PRIV" + "ATE KEY"),
    "PyPI": a("py" + "pi-AgEIcHlwaS5vcmc", URL_SAFE, 120),
    "RubyGems": a("ruby" + "gems_", HEX, 48),
    "SendGrid": _joined(a("S" + "G.", URL_SAFE, 22, "."), a("", URL_SAFE, 43)),
    "Sentry": a("sn" + "tryu_", HEX, 64),
    "session in a cookie": a("Cookie: theme=dark; session" + "id=", LOWER, 32),
    "session in a header": a("Set-Cookie: ses" + "sion=", URL_SAFE, 40, "; Path=/; HttpOnly"),
    "Shopify": a("shp" + "at_", HEX, 32),
    "Shopify, shared": a("shp" + "ss_", HEX, 32),
    "Slack bot": a("xo" + "xb-123456789012-1234567890123-", ALNUM, 24),
    "Slack user": a("xo" + "xp-123456789012-1234567890123-", HEX, 32),
    "Slack app": a("xa" + "pp-1-A0123456789-1234567890123-", HEX, 64),
    "Slack webhook": a("https://hooks.sl" + "ack.com/services/T01234567/B01234567/", ALNUM, 24),
    "Square": a("sq0" + "atp-", URL_SAFE, 22),
    "Square, of production": a("EA" + "AA", URL_SAFE, 60),
    "Stripe": a("sk" + "_live_", ALNUM, 24),
    "Stripe, restricted": a("rk" + "_live_", ALNUM, 99),
    "Stripe, test": a("sk" + "_test_", ALNUM, 99),
    "Stripe webhook": a("wh" + "sec_", ALNUM, 32),
    "Stripe client secret": _joined(a("pi_3", ALNUM, 23, "_sec" + "ret_"), a("", ALNUM, 25)),
    "Telegram": a("1234567890" + ":AA", URL_SAFE, 33),
    "token in a URL": a("https://example.org/cb?state=x&access_to" + "ken=", URL_SAFE, 24, "#top"),
    "token in JSON": a('{"user": "x", "api_k' + 'ey": "', LOWER, 20, '"}'),
    "token of Django": a("Tok" + "en ", HEX, 40),
    "Twilio": a("S" + "K", HEX, 32),
    "Airtable": _joined(a("pa" + "t", ALNUM, 14, "."), a("", HEX, 64)),
    "Azure DevOps": _joined(a("", ALNUM, 76), a("AZ" + "DO", ALNUM, 4)),
    "Bearer of Asana": _joined(a("Bear" + "er 2/", string.digits, 16, ":"), a("", HEX, 32)),
    "Bearer of Laravel": _joined(a("Bear" + "er ", string.digits, 3, "|"), a("", ALNUM, 40)),
    "Bedrock": a("AB" + "SK", BASE64, 128),
    "Bitcoin": a("5", "".join(sorted({*ALNUM} - {*"0OIl"})), 50),
    "Buildkite": a("bk" + "ua_", HEX, 40),
    "CircleCI": _joined(a("CCI" + "PAT_", ALNUM, 22, "_"), a("", HEX, 40)),
    "Cloudflare": _joined(a("v1." + "0-", HEX, 24, "-"), a("", HEX, 146)),
    "Databricks, of OAuth": a("do" + "se", HEX, 32),
    "Docker's configuration": lambda chance: '{"auths": {"x": {"au' + f'th": "{_basic(chance)[6:]}"}}}}}}',
    "Facebook, of an application": _joined(a("", string.digits, 16, "|"), a("", URL_SAFE, 27)),
    "GitLab, to register a runner": a("GR" + "1348941", URL_SAFE, 20),
    "Google AI": a("AQ" + ".Ab8RN6", URL_SAFE, 44),
    "Grafana, old": a("eyJ" + "rIjoi", ALNUM, 80),
    "HashiCorp Vault, old": a("s" + ".", ALNUM, 24),
    "HubSpot": lambda chance: "pa" + f"t-na1-{uuid.UUID(int=chance.getrandbits(128))}",
    "JFrog": a("cmVmd" + "GtuOj", ALNUM, 54),
    "JSON Web Key": _joined(a('{"kty": "EC", "' + 'd": "', URL_SAFE, 43), a('", "x": "', URL_SAFE, 43, '"}')),
    "netrc": a("machine example.org login ada pass" + "word ", ALNUM, 12),
    "New Relic license": a("", HEX, 36, "NR" + "AL"),
    "New Relic insert key": a("NR" + "II-", ALNUM, 32),
    "Plaid": lambda chance: "access-" + f"production-{uuid.UUID(int=chance.getrandbits(128))}",
    "PostHog": a("ph" + "x_", ALNUM, 43),
    "Resend": _joined(a("r" + "e_", ALNUM, 8, "_"), a("", ALNUM, 24)),
    "Slack workflow": a("xw" + "fp-", ALNUM, 60),
    "Sonar": a("sq" + "u_", HEX, 40),
    "Teams webhook": a("https://x.webhook.example.net/IncomingWeb" + "hook/", HEX, 32, "/0a1b2c3d"),
}
"""A maker for each."""

IDS: dict[str, Make] = {
    "AWS key id": a("AK" + "IA", CAPITALS, 16),
    "AWS temporary key id": a("AS" + "IA", CAPITALS, 16),
    "Stripe price": a("price_1", ALNUM, 23),
    "Stripe customer": a("cus_", ALNUM, 14),
    "Stripe payment intent": a("pi_3", ALNUM, 23),
    "Stripe checkout session": a("cs_test_a1", ALNUM, 56),
    "Stripe publishable key": a("pk_live_", ALNUM, 24),
    "KSUID": a("2", ALNUM, 26),
    "ULID": a("01", CROCKFORD, 24),
    "UUID": lambda chance: str(uuid.UUID(int=chance.getrandbits(128))),
    "UUID without hyphens": a("", HEX, 32),
    "Firebase uid": a("", ALNUM, 28),
    "YouTube channel": a("UC", URL_SAFE, 22),
    "YouTube video": a("", URL_SAFE, 11),
    "nanoid": a("", URL_SAFE, 21),
    "cuid": a("c", LOWER, 24),
    "ObjectId": a("", HEX, 24),
    "GraphQL node": lambda chance: base64.b64encode(
        f"010:Repository{chance.randrange(10**9)}".encode()
    ).decode(),
    "GraphQL node, long": lambda chance: base64.b64encode(
        f"gid://shop/ProductVariant/{chance.randrange(10**14)}".encode()
    ).decode(),
    "GraphQL node of GitHub": a("PR_kwDO", ALNUM, 20),
    "Git commit": a("", HEX, 40),
    "sha256": a("", HEX, 64),
    "image digest": a("sha256:", HEX, 64),
    "subresource integrity": a("sha384-", BASE64, 64),
    "Go module digest": a("h1:", BASE64, 43, "="),
    "version": lambda chance: f"{chance.randrange(20)}.{chance.randrange(20)}.0rc1+build.20261129T1200",
    "wheel": lambda chance: f"PyQt6_WebEngine-6.{chance.randrange(20)}-cp39-abi3-manylinux_2_28_x86_64.whl",
    "Auth0 user": a("auth0|", HEX, 24),
    "Slack channel": a("C0", string.ascii_uppercase + string.digits, 9),
    "Google Analytics": a("G-", string.ascii_uppercase + string.digits, 10),
    "Twilio account": a("AC", HEX, 32),
    "ARN": lambda chance: f"arn:aws:iam::{chance.randrange(10**11, 10**12)}:role/ServiceRole-Production",
}
"""A maker for each that has to stay as it is, also where nothing is declared."""

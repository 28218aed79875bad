"""What a key's name says about its value: that it is a secret, or that it may look random."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Protocol
from unicodedata import normalize

from .fingerprint import MARK

_NAMES = """
    password passwords passwd pwd passphrase passcode secret secrets token tokens apikey apikeys authorization
    cookie cookies credentials otp totp pin cvv cvc pan privatekey secretkey accesskey sessionid bearer
"""
_RUNS = """
    api_key api_keys private_key private_keys secret_key secret_keys access_key access_keys signing_key
    encryption_key account_key shared_key recovery_code recovery_codes backup_code backup_codes security_code
    card_number session_key one_time_code db_pass user_pass smtp_pass
"""
_OTHER_LANGUAGES = """
    passwort kennwort mot_de_passe mat_khau palavra_passe
    contrasena contrasenya senha wachtwoord losenord adgangskode passord salasana heslo
    jelszo sifre haslo hasło lozinka пароль пароля 密码 密碼 口令 パスワード 暗証番号 비밀번호 암호
    סיסמה كلمة_المرور كلمة_السر رمز_عبور पासवर्ड পাসওয়ার্ড รหัสผ่าน κωδικός_πρόσβασης парола лозинка
"""
_STILL = """
    neu neue altes wiederholt wiederholung nova novo nuevo nueva antiga anterior actual atual nouveau actuel
    ancien confirmation confirmacao confirmacion confirm repeat again new old user пользователя новый nowe
    stare nieuw
"""
_AGAIN = "確認 确认 再入力 확인 재입력"
_ABOUT = """
    id ids uuid name label description kind type count length expires expiry expiration at on date age
    created updated changed added removed revoked enabled disabled required status state scope scopes method
    reason policy version hint url uri issuer audience prompt
    scanning scanner consent banner notice preferences domain path file strength score complexity quality
    provider manager store backend source endpoint flow rotation lifetime ttl limit limits quota budget
    usage price size format mode role roles permission permissions owner prefix suffix
    last4 remaining left valid invalid verified accepted rejected expired issued rotated present exists
    missing available sent set confirmed attempts failures entropy device devices app apps less
    by user username email algorithm algorithms hasher arn engine days project projects repository environment
    country release channel samesite action
"""
_BEHIND = "last expires expiry expiration sent per remaining is"
_COUNTED = "tokens secrets cookies credentials passwords pan"
_RANDOM = """
    publickey pub pubkey b64 base64
    id ids uuid digest digests hash hashes checksum checksums fingerprint thumbprint etag signature
    md5 sha sha1 sha256 sha384 sha512 blake2b integrity sri commit revision rev cursor kid
"""
_ASSIGNED = "sessid jsessionid phpsessid pass session_id"
_AMBIGUOUS = "sig signature session sess sid jwt auth sas pan"
_SESSIONS = """
    session sessions sessionid sess sid cookie cookies bearer jwt password passphrase otp pin recovery backup
    magic remember secret access_token refresh_token
"""
SECRET = frozenset(_NAMES.split())
SECRET_RUNS = frozenset(_RUNS.split())

ABOUT = frozenset(_ABOUT.split())
"""Last words of keys that are only *about* a secret: ``token_id``, ``password_changed_at``."""

BEHIND = frozenset(_BEHIND.split())
"""The same wherever they stand behind the secret: ``password_last_set``, ``token_expires_in``."""

COUNTED = frozenset(_COUNTED.split())
"""Words of keys under which a small number counts or measures: ``max_tokens``; maps are panned."""

SMALL = 10**9
RANDOM = frozenset(_RANDOM.split())
"""Last words of keys whose values look random but are not secret: ``subscription_id``, ``sha256``."""

ASSIGNED = frozenset(_ASSIGNED.split())
"""Last words of names that mark a secret in a URL, a cookie or a DSN, but not in a payload."""

AMBIGUOUS = frozenset(_AMBIGUOUS.split())
"""The same where the value looks random: there are sessions at conferences, and maps are panned."""

SESSIONS = frozenset(_SESSIONS.split())
"""Words in kinds of credentials whose id may be all that it takes to use them."""

LONGEST_KEY = 128
LONG = 8
_JOINED = re.compile("(?:password|passwd|passphrase|token|secret|apikey|secretkey|accesskey|privatekey)s?\\Z")
"""Ends of words that nobody divided: ``userpassword``, ``PGPASSWORD``, ``csrfmiddlewaretoken``."""

_JOINED_SESSION = re.compile("(?:session|sessid|sessionid|cookie)s?\\Z")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\x00-\x7f]+")


class NameCheck(Protocol):
    """Says something of a key; `names_secret` also with an application's own words."""

    def __call__(self, key: str, *more: frozenset[str]) -> bool: ...


def remembered(check: Callable[..., bool]) -> NameCheck:
    """*check*, which remembers what it said of the beginning of a key, and never all of a long one."""
    cached = lru_cache(maxsize=2048)(check)

    @wraps(check)
    def checked(key: str, *more: frozenset[str]) -> bool:
        return cached(key[:LONGEST_KEY], *more)

    return checked


def words_of(key: str) -> list[str]:
    """The words of a key in lower case: ``apiKey``, ``api-key`` and ``API_KEY`` are api and key."""
    key = key[:LONGEST_KEY]
    if not key.isascii():
        # letters that look like ours, such as those of full width or with accents, are ours
        key = "".join(sign for sign in normalize("NFKD", key) if sign.isascii() or sign.isalnum())
    return [word.lower() for word in _WORD.findall(key)]


_OTHERS = tuple("_".join(words_of(word)) for word in _OTHER_LANGUAGES.split())
_DIVIDED = tuple(f"_{word}" for word in _OTHERS)
_JOINED_OTHERS = tuple(word for word in _OTHERS if not word.isascii() or len(word) >= LONG)
"""What also ends a word that nobody divided: ``Benutzerpasswort``, ``用户密码``; shorter ones end others."""

_STILLS = frozenset("".join(words_of(word)) for word in _STILL.split())
_REPEATED = tuple("".join(words_of(word)) for word in _AGAIN.split())
"""Behind which it is still the password: the new one, or the same again."""


@remembered
def names_secret(key: str, more: frozenset[str] = frozenset()) -> bool:
    """Whether a value under this key is a secret.

    Args:
        key: any text.
        more: an application's own words, or several joined by ``_``.
    """
    words = words_of(MARK.sub("", key) if "[" in key else key)
    if not words or not ABOUT.isdisjoint((words[-1], "".join(words[-2:]))):
        return False
    words = words[max((place + 1 for place, word in enumerate(words) if word in BEHIND), default=0) :]
    if words == ["pass"] or any(word in SECRET or word in more or _JOINED.search(word) for word in words):
        return True
    if not (SECRET_RUNS | more).isdisjoint([*words, *_runs(words)]) or _ends_in_another_language(words):
        return True
    # scripts that do not divide words
    return not key.isascii() and any(not word.isascii() and word in "_".join(words) for word in more)


def _ends_in_another_language(words: list[str]) -> bool:
    """Whether the last word is a password in another language: what stands behind it is about one."""
    while words and (words[-1] in _STILLS or words[-1].isdecimal()):
        words = words[:-1]
    joined = "_".join(words)
    for repeated in _REPEATED:
        joined = joined.removesuffix(repeated)
    return f"_{joined}".endswith(_DIVIDED) or joined.endswith(_JOINED_OTHERS)


@remembered
def names_assigned(name: str) -> bool:
    """Whether what follows this name and an equals sign is a secret, whatever it is."""
    words = words_of(name)
    if not words or words[-1] in AMBIGUOUS:
        return False
    return names_secret(name) or not ASSIGNED.isdisjoint((words[-1], "_".join(words[-2:])))


@remembered
def may_name_assigned(name: str) -> bool:
    """Whether what follows this name and an equals sign is a secret if it looks random."""
    words = words_of(name)
    return bool(words) and words[-1] in AMBIGUOUS


@remembered
def names_counted(key: str) -> bool:
    """Whether a small number under this key is no secret, whatever a text there is."""
    return not COUNTED.isdisjoint(words_of(key))


@remembered
def names_session(kind: str) -> bool:
    """Whether the id of a credential of this kind may be the credential itself, such as a session's."""
    words = words_of(kind)
    return any(_JOINED_SESSION.search(word) for word in words) or not SESSIONS.isdisjoint(
        [*words, *_runs(words)]
    )


@remembered
def names_random(key: str) -> bool:
    """Whether a value under this key may look random without being a secret."""
    words = words_of(key)
    return bool(words) and not RANDOM.isdisjoint((words[-1], "".join(words[-2:]), "".join(words[-3:-1])))


def _runs(words: list[str]) -> list[str]:
    """Each two and three adjacent words, joined."""
    return [
        "_".join(words[start : start + size]) for size in (2, 3) for start in range(len(words) - size + 1)
    ]

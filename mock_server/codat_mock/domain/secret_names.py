"""Which names are those of secrets, by their words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

REMOVED: Final = "removed"
WORDS: Final = {
    "auth", "authentication", "authn", "authorisation", "authorization", "auths", "authz", "bearer",
    "cookie", "cookies", "credential", "credentials", "jwt", "jwts", "key", "keys", "otp", "pass",
    "passcode", "passphrase", "pwd", "pwds", "session", "sessions", "sid", "sig", "signature",
    "signatures",
}  # fmt: skip
# Words that are written together: `apikey`, `accesstoken`, `phpsessid`. Not `monkey` or `author`.
JOINED: Final = re.compile(
    r"secret|token|passw|session|sessid|signature"
    r"|(api|app|access|auth|client|pass|private|secret|shared|signing|subscription)keys?$"
    r"|.auth$|jwt$|pwds?$"
)
# Names of the API whose values name an accounting or commerce software.
PUBLIC: Final = {"accountingKey", "commerceKey", "integrationKey", "platformKey"}
# The words of a name, in each of the ways in which case may separate them: `APIKey`, `APIkey`.
WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
RUN: Final = re.compile(r"[A-Z]+|[a-z]+")
LETTERS: Final = re.compile(r"[A-Za-z]+")
# A text with none of these has nothing to remove.
HINTS: Final = (
    "key", "secret", "token", "pass", "pwd", "session", "sessid", "auth", "bearer", "sig", "jwt",
    "cookie", "credential", "otp", "sid", "basic", "eyj", "whsec_", "@", "%", "\\u",
)  # fmt: skip
HINT: Final = re.compile("|".join(map(re.escape, HINTS)), re.IGNORECASE)
MAX_KEPT_NAME_CHARACTERS: Final = 200  # of a name or text for which the answer is remembered
MAX_KEPT_NAMES: Final = 5000


def is_secret(name: str) -> bool:
    """Whether the value of a name is a secret, by the words of the name.

    A name is split at case and punctuation: `client_secret`, `X-Api-Key`, `sessionId`.
    """
    known = kept_answer if len(name) <= MAX_KEPT_NAME_CHARACTERS else has_secret_word
    return known(name)


def has_secret_word(name: str) -> bool:
    """Whether one of the words of a name is one for a secret."""
    if name in PUBLIC or not HINT.search(name):
        return False
    words = {word.lower() for split in (WORD, RUN, LETTERS) for word in split.findall(name)}
    return any(word in WORDS or JOINED.search(word) for word in words)


kept_answer: Final = lru_cache(MAX_KEPT_NAMES)(has_secret_word)


def may_hold_secrets(text: str) -> bool:
    """Whether a text needs to be searched for secrets, which takes far longer than to tell this."""
    known = kept_hint if len(text) <= MAX_KEPT_NAME_CHARACTERS else has_hint
    return known(text)


def has_hint(text: str) -> bool:
    """Whether a text has what every secret comes with."""
    lowered = text.lower()
    return any(each in lowered for each in HINTS)


kept_hint: Final = lru_cache(MAX_KEPT_NAMES)(has_hint)

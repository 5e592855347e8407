"""Removes secrets from what is shown, logged or exported, by the names of the values.

Text is searched rather than parsed: what is no JSON, or is cut off, may hold secrets too, and all
that is no secret stays byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

REMOVED: Final = "removed"
WORDS: Final = {
    "auth", "authentication", "authorisation", "authorization", "cookie", "cookies", "credential",
    "credentials", "jwt", "key", "keys", "otp", "pass", "passphrase", "pwd", "session", "sessions",
    "sid", "sig", "signature", "signatures",
}  # fmt: skip
# Words that are written together: `apikey`, `accesstoken`, `phpsessid`. Not `monkey` or `author`.
JOINED: Final = re.compile(
    r"secret|token|passw|session|sessid|signature"
    r"|(api|app|access|auth|client|private|secret|shared|signing|subscription)keys?$|oauth$|jwt$"
)
# Names of the API whose values name an accounting or commerce software.
PUBLIC: Final = {"accountingKey", "commerceKey", "integrationKey", "platformKey"}
WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
HINT: Final = re.compile(
    "key|secret|token|pass|pwd|session|sessid|auth|sig|jwt|cookie|credential|otp|sid|@|%|\\\\u",
    re.IGNORECASE,
)
STRING: Final = r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)'
NAMED: Final = re.compile(rf"({STRING})(\s*:\s*)?", re.DOTALL)
STARTS: Final = '"[{-0123456789'  # of a value to hide; true, false and null tell nothing
VALUE: Final = re.compile(rf'{STRING}|-?\d[\w.+-]*|[\[\]{{}}]|[^"\[\]{{}}]+', re.DOTALL)
ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
# A parameter of a query, a fragment or a form; `&` may be escaped as in JSON or HTML.
PARAMETER: Final = re.compile(
    r"(\A|[?&#;]|\\u0026|\\u003[fF])([\w.~%+\[\]$-]+)(=|\\u003[dD])([^&#;\"'\s\\<>]*)"
)
PART: Final = re.compile(
    r'(name="([^"\r\n]{1,200})"[^\r\n]{0,100}(?:\r\n[^\r\n]{1,200}){0,4}\r\n\r\n)(.*?)'
    r"(?=\r\n--|\Z)",
    re.DOTALL,
)
USER: Final = re.compile(r"(?<=://)[^/?#@\s\"'<>]{1,400}@")


def is_secret(name: str) -> bool:
    """Whether the value of a name is a secret, by the words of the name.

    A name is split at case and punctuation: `client_secret`, `X-Api-Key`, `sessionId`.
    """
    if name in PUBLIC:
        return False
    words = [word.lower() for word in WORD.findall(name)]
    return any(word in WORDS or JOINED.search(word) for word in words)


def without_secrets(text: str) -> str:
    """A text without the values of secret properties, of parameters and of form fields in it."""
    if not HINT.search(text):
        return text
    if "form-data" in text:
        text = PART.sub(clean_part, text)
    return clean_parameters(clean_properties(text))


def body_without_secrets(body: bytes) -> bytes:
    """A body without secrets; what is no UTF-8 is unchanged."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return body
    return without_secrets(text).encode()


def clean_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Headers without secrets."""
    return tuple(
        (name, REMOVED if is_secret(name) else clean_parameters(value)) for name, value in headers
    )


def clean_url(url: str) -> str:
    """A URL without user information, and without secrets in its query and fragment."""
    try:
        parts = urlsplit(url)
        url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        pass  # it is no URL, and shown as it is
    return clean_parameters(url)


def clean_parameters(text: str) -> str:
    """A text without secrets in the queries, fragments and forms in it, or user information."""
    return PARAMETER.sub(clean_parameter, USER.sub("", text))


def clean_parameter(found: re.Match[str]) -> str:
    """A parameter without its value where that is a secret."""
    start, name, sign, value = found.groups()
    is_hidden = value and is_secret(unquote(name.replace("+", " ")))
    return f"{start}{name}{sign}{REMOVED if is_hidden else value}"


def clean_part(found: re.Match[str]) -> str:
    """A field of a multipart form without its value where that is a secret."""
    return found[1] + (REMOVED if is_secret(found[2]) else found[3])


def clean_properties(text: str) -> str:
    """JSON without the values of its secret properties, which may be objects or lists."""
    pieces: list[str] = []
    copied = 0
    for found in NAMED.finditer(text):
        start = found.end()
        is_property = found[2] and found.start() >= copied and text[start : start + 1] in STARTS
        if is_property and start < len(text) and is_secret(unescaped(found[1][1:-1])):
            pieces += [text[copied:start], f'"{REMOVED}"']
            copied = end_of_value(text, start)
    return "".join([*pieces, text[copied:]])


def unescaped(name: str) -> str:
    r"""A name without JSON's escapes, as in `pass\u0077ord`."""
    return ESCAPE.sub(lambda found: chr(int(found[1], 16)), name)


def end_of_value(text: str, start: int) -> int:
    """Where the JSON value that starts at a place ends; at the text's end where it is cut off."""
    depth = 0
    for found in VALUE.finditer(text, start):
        depth += (found[0] in "[{") - (found[0] in "]}")
        if depth <= 0:
            return found.end()
    return len(text)

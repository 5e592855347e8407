"""Removes secrets from what is shown, logged or exported, by the names of the values.

Text is searched rather than parsed: what is no JSON, or is cut off, may hold secrets too, and all
that is no secret stays byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache, partial
from typing import Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

REMOVED: Final = "removed"
MAX_DEPTH: Final = 4  # of parameters within the value of another
MIN_SECRET_CHARACTERS: Final = 4
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
    "cookie", "credential", "otp", "sid", "@", "%", "\\u",
)  # fmt: skip
HINT: Final = re.compile("|".join(map(re.escape, HINTS)), re.IGNORECASE)
MAX_KEPT_NAME_CHARACTERS: Final = 100  # of a name for which the answer is remembered
MAX_KEPT_NAMES: Final = 5000
STRING: Final = r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)'
NAMED: Final = re.compile(rf"({STRING})(\s*:[\s+]*)?", re.DOTALL)  # in a form, spaces are `+`
STARTS: Final = tuple('"[{-0123456789')  # of a value to hide; true, false and null tell nothing
VALUE: Final = re.compile(rf'{STRING}|-?\d[\w.+-]*|[\[\]{{}}]|[^"\[\]{{}}]+', re.DOTALL)
ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
# A parameter of a query, a fragment or a form, also quoted in a message; `&` may be escaped as in
# JSON or HTML.
PARAMETER: Final = re.compile(
    r"(\A|[?&#;\s'\"]|\\u0026|\\u003[fF])([\w.~%+\[\]$-]+)(=|\\u003[dD])([^&#;\"'\s\\<>]*)"
)
SIGNS: Final = ("=", "@", "\\u003")  # without any, there is neither a parameter nor a user
PART: Final = re.compile(
    r'(name=(?:"([^"\r\n]{1,200}+)"|([^"\s;]{1,200}+))[^\r\n]{0,100}+'
    r"(?:\r?\n[^\r\n]{1,200}+){0,4}+\r?\n\r?\n)(.*?)(?=\r?\n--|\Z)",
    re.DOTALL,
)
XML: Final = re.compile(r"\ufeff?\s*<[A-Za-z_!?]")
# What is markup in XML; of a tag its slash, its name and all else in it. A quote, a comment or a
# section that is cut off reaches to the end.
MARKUP: Final = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)"
    r"|<(/?)([A-Za-z_][\w:.-]*+)((?:[^<>\"']|\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z))*+)>?",
    re.DOTALL,
)
ATTRIBUTE: Final = re.compile(r"""(?<![\w:.-])([\w:.-]++)(\s*+=\s*+)("[^"]*"?|'[^']*'?)""")
# An element without attributes in a text that is no XML, such as a string of JSON.
ELEMENT: Final = re.compile(r'(<([A-Za-z_][\w:.-]{0,100}+)>)((?:[^<"\\]|\\.)++)', re.DOTALL)
as_json: Final = json.JSONEncoder(ensure_ascii=False).encode
QUOTE_WITHIN: Final = '\\"'
# Of an address with its scheme, or with a password.
USER: Final = re.compile(
    r"(?<=://)[^/?#@\s\"'<>]{1,400}@|(?<=//)[^/?#@:\s\"'<>]{0,200}:[^/?#@\s\"'<>]{1,200}@"
)


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
    lowered = text.lower()
    return any(each in lowered for each in HINTS)


def without_secrets(text: str, depth: int = 0) -> str:
    """A text without the values of secret properties, elements, parameters and form fields.

    Args:
        text: the text.
        depth: within how many parameters it is.
    """
    if not may_hold_secrets(text):
        return text
    if "form-data" in text:
        text = PART.sub(clean_part, text)
    if "<" in text:
        text = clean_xml(text) if XML.match(text) else ELEMENT.sub(clean_element, text)
    return clean_parameters(clean_properties(text, depth), depth)


def body_without_secrets(body: bytes) -> bytes:
    """A body without secrets, in any of the encodings of JSON; elsewhere bytes stay bytes."""
    for encoding in (json.detect_encoding(body), "utf-8", "latin-1"):
        try:
            return without_secrets(body.decode(encoding)).encode(encoding)
        except UnicodeError:
            continue
    return body


def readable_without_secrets(body: bytes) -> str:
    """A body without secrets as text; what is none is replaced."""
    cleaned = body_without_secrets(body)
    encoding = json.detect_encoding(cleaned)
    return cleaned.decode(encoding, errors="replace")


def clean_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Headers without secrets."""
    return tuple(
        (name, REMOVED if is_secret(name) else without_secrets(value)) for name, value in headers
    )


def clean_url(url: str) -> str:
    """A URL without user information, and without secrets in its query and fragment."""
    try:
        parts = urlsplit(url)
        url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        pass  # it is no URL, and shown as it is
    return clean_parameters(url)


def clean_parameters(text: str, depth: int = 0) -> str:
    """A text without secrets in the queries, fragments and forms in it, or user information.

    Args:
        text: the text.
        depth: within how many parameters it is.
    """
    if not any(sign in text for sign in SIGNS):
        return text
    return PARAMETER.sub(partial(clean_parameter, depth=depth), USER.sub("", text))


def clean_parameter(found: re.Match[str], depth: int) -> str:
    """A parameter without its value where that is a secret.

    Args:
        found: the parameter.
        depth: within how many others it is.
    """
    start, name, sign, value = found.groups()
    if value and is_secret(unquote(name.replace("+", " "))):
        value = REMOVED
    elif "=" in value or "%3" in value:  # another URL, form, query or JSON within it
        inner = unquote(value)
        if not HINT.search(inner):
            return found[0]
        cleaned = REMOVED if depth == MAX_DEPTH else without_secrets(inner, depth + 1)
        value = value if cleaned == inner else quote(cleaned, safe="")
    return f"{start}{name}{sign}{value}"


def clean_part(found: re.Match[str]) -> str:
    """A field of a multipart form without its value where that is a secret."""
    return found[1] + (REMOVED if is_secret(found[2] or found[3]) else found[4])


def clean_element(found: re.Match[str]) -> str:
    """An element without its content where that is a secret."""
    return found[1] + REMOVED if is_secret(found[2]) else found[0]


def clean_xml(text: str) -> str:
    """XML without the contents of secret elements, and without the values of secret attributes."""
    pieces: list[str] = []
    copied = depth = 0
    hidden = ""
    for tag in MARKUP.finditer(text):
        end, name, rest = tag.groups()
        if name is None:
            continue
        is_empty = rest.endswith("/")
        if hidden:
            if name == hidden and not is_empty:
                depth += -1 if end else 1
            if not depth:
                hidden, copied = "", tag.start()
            continue
        if "=" in rest and (cleaned := ATTRIBUTE.sub(clean_attribute, tag[0])) != tag[0]:
            pieces += [text[copied : tag.start()], cleaned]
            copied = tag.end()
        if not end and not is_empty and is_secret(name):
            pieces += [text[copied : tag.end()], REMOVED]
            hidden, depth = name, 1
    return "".join(pieces if hidden else [*pieces, text[copied:]])


def clean_attribute(found: re.Match[str]) -> str:
    """An attribute without its value where that is a secret."""
    name, sign, value = found.groups()
    return f"{name}{sign}{value[0]}{REMOVED}{value[0]}" if is_secret(name) else found[0]


def clean_properties(text: str, depth: int = 0) -> str:
    """JSON without the values of its secret properties, which may be objects or lists.

    Args:
        text: the JSON, or any text that holds some.
        depth: within how many parameters it is.
    """
    pieces: list[str] = []
    copied = 0
    for found in NAMED.finditer(text):
        string, colon = found.groups()
        if found.start() < copied:
            continue
        if colon and is_secret_property(string) and text.startswith(STARTS, found.end()):
            pieces += [text[copied : found.end()], f'"{REMOVED}"']
            copied = end_of_value(text, found.end())
        elif QUOTE_WITHIN in string and (cleaned := clean_string(string, depth)) != string:
            pieces += [text[copied : found.start()], cleaned]
            copied = found.end(1)
    return "".join([*pieces, text[copied:]])


def clean_string(string: str, depth: int = 0) -> str:
    """A string of JSON without the secrets in it, where it holds JSON itself.

    Args:
        string: the string, with its quotes.
        depth: within how many parameters it is.
    """
    try:
        inner = json.loads(string)
    except ValueError:
        inner = string[1:].replace(QUOTE_WITHIN, '"')  # cut off
        return string if without_secrets(inner, depth) == inner else f'"{REMOVED}"'
    cleaned = without_secrets(inner, depth)
    return string if cleaned == inner else as_json(cleaned)


def secrets_in(text: str) -> set[str]:
    """The values that `without_secrets` removes, but the shortest, which may mean anything."""
    found: set[str] = set()
    copied = 0
    for name in NAMED.finditer(text) if may_hold_secrets(text) else ():
        start = name.end()
        is_property = name[2] and name.start() >= copied and is_secret_property(name[1])
        if is_property and text.startswith(STARTS, start):
            copied = end_of_value(text, start)
            found.update(each[0].strip('"') for each in VALUE.finditer(text, start, copied))
    for parameter in PARAMETER.finditer(text):
        if is_secret(unquote(parameter[2])):
            found |= {parameter[4], unquote(parameter[4])}
    return {each for each in found if len(each) >= MIN_SECRET_CHARACTERS}


def is_secret_property(string: str) -> bool:
    """Whether a string of JSON, with its quotes, is the name of a secret property."""
    name = string[1:-1]
    return is_secret(unescaped(name) if "\\" in name else name)


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

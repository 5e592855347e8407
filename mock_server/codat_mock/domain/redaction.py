"""Removes secrets from what is shown, logged or exported, by the names of the values.

Text is searched rather than parsed: what is no JSON, or is cut off, may hold secrets too, and all
that is no secret stays byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import partial
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import msgspec

from codat_mock.domain.secret_names import HINT, REMOVED, is_secret, may_hold_secrets
from codat_mock.domain.secret_pairs import (
    STARTS,
    STRING,
    clean_paired_elements,
    clean_paired_parameters,
    clean_pairs,
    is_value_name,
    names_secret,
    spans_of_values,
    unescaped,
)
from codat_mock.domain.secret_prose import clean_prose, ends_in_name

MAX_DEPTH: Final = 4  # of parameters within the value of another
MIN_SECRET_CHARACTERS: Final = 4
# A string, with the sign after it that assigns; in a form, spaces are `+`.
NAMED: Final = re.compile(rf"({STRING})(\s*\]?\s*(?:=>|:|=(?!=))[\s+]*)?", re.DOTALL)
BARE: Final = re.compile(
    rf"(?!(?:true|false|null|none)\b)[A-Za-z_][^\s\"',;&<>()\[\]{{}}]*(?:(?<=\b\w){STRING})?",
    re.IGNORECASE | re.DOTALL,
)
VALUE: Final = re.compile(rf'{STRING}|-?\d[\w.+-]*|[\[\]{{}}]|[^"\[\]{{}}]+', re.DOTALL)
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
# In ASCII, as halves of characters and the encoding of a body may have no other form.
as_json: Final = json.JSONEncoder().encode
encode: Final = msgspec.json.Encoder(decimal_format="number").encode
LEAST_PROSE: Final = 4  # characters between two strings
QUOTE_WITHIN: Final = '\\"'
# Of an address with its scheme, or with a password.
USER: Final = re.compile(
    r"(?<=://)[^/?#@\s\"'<>]{1,400}@|(?<=//)[^/?#@:\s\"'<>]{0,200}:[^/?#@\s\"'<>]{1,200}@"
)


def without_secrets(text: str, depth: int = 0) -> str:
    """A text without the values of secret properties, elements, parameters and form fields.

    Args:
        text: the text.
        depth: within how many parameters it is.
    """
    if not text or not may_hold_secrets(text):
        return text
    if "form-data" in text:
        text = PART.sub(clean_part, text)
    if "<" in text:
        text = clean_paired_elements(text)
        text = clean_xml(text) if XML.match(text) else ELEMENT.sub(clean_element, text)
    return clean_properties(clean_pairs(clean_parameters(text, depth)), depth)


def body_without_secrets(body: bytes) -> bytes:
    """A body without secrets, in any of the encodings of JSON; elsewhere bytes stay bytes."""
    for encoding in (json.detect_encoding(body), "utf-8", "latin-1"):
        try:
            return without_secrets(body.decode(encoding)).encode(encoding)
        except UnicodeError:
            continue
    return body


def value_without_secrets(value: Any) -> Any:
    """A value, as it is read from JSON, without secrets in its texts and properties."""
    if isinstance(value, str):
        return without_secrets(value)
    if not isinstance(value, dict | list):
        return value
    text = encode(value).decode()
    cleaned = without_secrets(text)
    return value if cleaned == text else msgspec.json.decode(cleaned)


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
    text = clean_paired_parameters(USER.sub("", text))
    return PARAMETER.sub(partial(clean_parameter, depth=depth), text)


def clean_parameter(found: re.Match[str], depth: int) -> str:
    """A parameter without its value where that is a secret.

    Args:
        found: the parameter.
        depth: within how many others it is.
    """
    start, name, sign, value = found.groups()
    if value and is_secret(unquote(name.replace("+", " "))):
        value = REMOVED
    elif any(sign in value for sign in "%+="):  # another URL, form, query, text or JSON within it
        inner = unquote(value.replace("+", " "))
        if not HINT.search(inner):
            return found[0]
        cleaned = REMOVED if depth == MAX_DEPTH else without_secrets(inner, depth + 1)
        value = value if cleaned == inner else quote(cleaned, safe="", errors="replace")
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
        if "=" in rest and (cleaned := clean_attributes(tag[0])) != tag[0]:
            pieces += [text[copied : tag.start()], cleaned]
            copied = tag.end()
        if not end and not is_empty and (is_secret(name) or is_named(rest)):
            pieces += [text[copied : tag.end()], REMOVED]
            hidden, depth = name, 1
    return "".join(pieces if hidden else [*pieces, text[copied:]])


def is_named(attributes: str) -> bool:
    """Whether an attribute of an element names a secret: `<add key="apiKey" value="…">`."""
    return any(
        names_secret(found[3].strip("\"'")) and not is_value_name(found[1])
        for found in ATTRIBUTE.finditer(attributes)
    )


def clean_attributes(tag: str) -> str:
    """A tag without the values of attributes that are secrets."""
    return ATTRIBUTE.sub(partial(clean_attribute, is_pair=is_named(tag)), tag)


def clean_attribute(found: re.Match[str], *, is_pair: bool) -> str:
    """An attribute without its value where that is a secret.

    Args:
        found: the attribute.
        is_pair: whether another one names the secret.
    """
    name, sign, value = found.groups()
    is_hidden = is_secret(name) or (is_pair and is_value_name(name))
    return f"{name}{sign}{value[0]}{REMOVED}{value[0]}" if is_hidden else found[0]


def clean_properties(text: str, depth: int) -> str:
    """JSON without the values of its secret properties, which may be objects or lists.

    What stands between its strings may be prose, or of a program: `apiKey: "…"`.

    Args:
        text: the JSON, or any text that holds some.
        depth: within how many parameters it is.
    """
    pieces: list[str] = []
    copied = place = 0
    for found in NAMED.finditer(text):
        start = found.start()
        if start < place:
            continue
        string, sign = found.groups()
        is_assigned = False
        if start - place >= LEAST_PROSE and HINT.search(text, place, start):
            cleaned, end = clean_prose(text, place, start)
            pieces += [text[copied:place], cleaned]
            is_assigned = end == start and ends_in_name(text, place, start)
            copied = place = end
            if end > start:
                continue
        place = found.end()
        if sign and is_secret_property(string) and (end := end_of_secret(text, place)):
            pieces += [text[copied:place], f'"{REMOVED}"']
            copied = place = end
        elif is_assigned:
            pieces += [text[copied:start], f'"{REMOVED}"']
            copied = place = found.end(1)
        elif HINT.search(string) and (cleaned := clean_string(string, depth)) != string:
            pieces += [text[copied:start], cleaned]
            copied = found.end(1)
    cleaned, _ = clean_prose(text, place, len(text))
    return "".join([*pieces, text[copied:place], cleaned])


def end_of_secret(text: str, start: int) -> int:
    """Where the value ends that begins at a place; 0 where it tells nothing."""
    if text.startswith(STARTS, start):
        return end_of_value(text, start)
    bare = BARE.match(text, start)
    return bare.end() if bare else 0


def clean_string(string: str, depth: int) -> str:
    """A string of JSON without the secrets in it, where it holds JSON itself, or prose.

    Args:
        string: the string, with its quotes.
        depth: within how many parameters it is.
    """
    if "\\" not in string:
        return clean_prose(string, 0, len(string))[0]
    try:
        inner = json.loads(string, strict=False)
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
    for start, end in spans_of_values(text):
        found.update(each[0].strip('"') for each in VALUE.finditer(text, start, end))
    for parameter in PARAMETER.finditer(text):
        if is_secret(unquote(parameter[2])):
            found |= {parameter[4], unquote(parameter[4])}
    return {each for each in found if len(each) >= MIN_SECRET_CHARACTERS}


def is_secret_property(string: str) -> bool:
    """Whether a string of JSON, with its quotes, is the name of a secret property."""
    name = string[1:-1]
    return is_secret(unescaped(name) if "\\" in name else name)


def end_of_value(text: str, start: int) -> int:
    """Where the JSON value that starts at a place ends; at the text's end where it is cut off."""
    depth = 0
    for found in VALUE.finditer(text, start):
        depth += (found[0] in "[{") - (found[0] in "]}")
        if depth <= 0:
            return found.end()
    return len(text)

"""Secrets in what people and programs write: headers, assignments, and the forms of credentials."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Final

from codat_mock.domain.secret_names import HINT, REMOVED, is_secret

SIGN: Final = r"['`\])]{0,2}\s{0,3}(?:=>|:=|:|=(?!=))\s{0,3}"
SCHEME: Final = r"[Bb]asic|[Bb]earer|[Dd]igest|[Nn]egotiate"
ASSIGNED_SCHEME: Final = rf"(?:{SCHEME}|[Tt]oken|[Aa]pi[Kk]ey|OAuth)"
WORD: Final = r"[^\s\"'`,;&<>(){}\[\]\\]+"
PROSE: Final = re.compile(
    r"(?P<pem>-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)[^-]*(?:-----END [A-Z ]{0,40}-----)?"
    r"|(?P<marked>\bwhsec_)[\w+/=-]+"
    r"|(?P<jwt>\beyJ)[\w-]{5,}+\.[\w-]++(?:\.[\w-]*+)?"
    rf"|(?P<scheme>\b(?:{SCHEME})[ \t]{{1,3}})"
    r"(?P<credential>[\w.~+/-]++(?:={1,2}+(?![\w\"']))?+(?!=))"
    rf"|(?P<start>(?<![\w.-])(?P<name>[A-Za-z_-][\w.-]{{0,99}})(?P<sign>{SIGN}))"
    rf"(?P<value>'[^'\n]*+'?|`[^`\n]*+`?|(?:{ASSIGNED_SCHEME}\s{{1,3}})?{WORD})"
)
# A name before a string in double quotes.
TAIL: Final = re.compile(rf"(?<![\w.-])([A-Za-z_-][\w.-]{{0,99}}){SIGN}(?:[A-Za-z]{{1,10}})?\Z")
MAX_TAIL_CHARACTERS: Final = 130
# Of these headers, the whole line tells.
LINE_NAME: Final = re.compile(r"cookie|authori[sz]ation|authenticate", re.IGNORECASE)
LINE: Final = re.compile(r"[^\r\n'\"`]*")
NO_SECRET: Final = {
    "true", "false", "null", "none", "nil", "undefined", "basic", "bearer", "digest", REMOVED,
}  # fmt: skip
NAME_OF_ERROR: Final = re.compile(r"(?:error|exception|warning)\Z", re.IGNORECASE)
TELLING: Final = re.compile(r"[\d_~+/=]")  # of a credential, rather than a word
LEAST_CREDENTIAL: Final = 16  # characters of one that consists of letters


def names_assigned_secret(name: str) -> bool:
    """Whether what is assigned to a name is a secret; the message of a `KeyError` is none."""
    return is_secret(name) and not NAME_OF_ERROR.search(name)


def clean_prose(text: str, start: int, end: int) -> tuple[str, int]:
    """A part of a text without the secrets in it.

    Args:
        text: the text.
        start: of the part.
        end: of the part.

    Returns:
        The part, and where the text goes on: after the part, or after the line that is removed.
    """
    pieces: list[str] = []
    copied = start
    for found in PROSE.finditer(text, start, end):
        if found.start() < copied:
            continue
        kept, stop = kept_of(text, found)
        if stop < 0:
            continue
        pieces += [text[copied : found.start()], kept]
        copied = stop
    return "".join([*pieces, text[copied:end]]), max(copied, end)


def kept_of(text: str, found: re.Match[str]) -> tuple[str, int]:
    """What is shown for a match, and where what is hidden ends; -1 where nothing is hidden."""
    if name := found["name"]:
        if not names_assigned_secret(name) or found["value"].lower() in NO_SECRET:
            return "", -1
        return f"{found['start']}{REMOVED}", end_of_assigned(text, found)
    if found["scheme"]:
        if not is_credential(found["scheme"].strip(), found["credential"]):
            return "", -1
        return f"{found['scheme']}{REMOVED}", found.end()
    return REMOVED, found.end()


def end_of_assigned(text: str, found: re.Match[str]) -> int:
    """Where an assigned secret ends."""
    if not LINE_NAME.search(found["name"]) or found["value"][0] in "'`":
        return found.end()
    before = text[found.start() - 1 : found.start()]
    line = LINE.match(text, found.end())
    end = line.end() if line else found.end()
    if before and before in "'\"`":  # quoted as a whole
        return end
    while text[end : end + 1] and text[end] not in "\r\n":
        line = LINE.match(text, end + 1)
        end = line.end() if line else end + 1
    return end


def is_credential(scheme: str, text: str) -> bool:
    """Whether what follows the name of a scheme is a credential, rather than a word."""
    if scheme.lower() != "basic":
        return bool(TELLING.search(text)) or len(text) >= LEAST_CREDENTIAL
    try:
        return b64decode(text, validate=True).decode().isprintable()
    except ValueError:
        return False


def ends_in_name(text: str, start: int, end: int) -> bool:
    """Whether a part of a text ends as before the value of a secret: `apiKey: `.

    Args:
        text: the text.
        start: of the part.
        end: of the part.
    """
    start = max(start, end - MAX_TAIL_CHARACTERS)
    found = TAIL.search(text, start, end) if HINT.search(text, start, end) else None
    return found is not None and names_assigned_secret(found[1])

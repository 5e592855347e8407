"""Secrets in prose: what is a credential, where an assigned value ends, and which names assign."""

from __future__ import annotations

from base64 import b64encode

import pytest

from codat_mock.domain.secret_prose import (
    clean_prose,
    ends_in_name,
    is_credential,
    names_assigned_secret,
)


@pytest.mark.parametrize(
    ("scheme", "text", "is_one"),
    [
        ("Bearer", "abcdefghijklmnop", True),  # 16 letters
        ("Bearer", "abcdefghijklmno", False),
        ("Bearer", "a1", True),
        ("Bearer", "a_b", True),
        ("Bearer", "token", False),
        ("Basic", b64encode(b"key:").decode(), True),
        ("basic", b64encode(b"k\n").decode(), False),
        ("Basic", "needs", False),
        ("Basic", b64encode(b"\xff\xfe").decode(), False),
    ],
)
def test_what_follows_a_scheme_is_a_credential_or_a_word(scheme, text, is_one):
    assert is_credential(scheme, text) == is_one


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [("apiKey", True), ("KeyError", False), ("country", False), ("tokenWarning", False),
     ("errorToken", True)],
)  # fmt: skip
def test_a_name_assigns_a_secret_unless_it_is_that_of_an_error(name, is_secret):
    assert names_assigned_secret(name) == is_secret


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("apiKey: abc, x", "apiKey: removed, x"),
        ("apiKey = 'a b' x", "apiKey = removed x"),
        ("apiKey: none, x", "apiKey: none, x"),
        ("apiKey: Removed", "apiKey: Removed"),
        ("KeyError: abc", "KeyError: abc"),
        ("Authorization: Bearer a1 b2\nnext", "Authorization: removed\nnext"),
        ("cookie: a=1; b='2'; c\r\nnext", "cookie: removed\r\nnext"),
        ("'cookie: a=1; b' x", "'cookie: removed' x"),
        ("cookie: 'a=1' x", "cookie: removed x"),
        ("Bearer a1b2 x", "Bearer removed x"),
        ("Bearer tokens x", "Bearer tokens x"),
        ("a whsec_YWJj b", "a removed b"),
        ("see eyJhbGciOi.J9.abc now", "see removed now"),
        ("first apiKey: a then token: b", "first apiKey: removed then token: removed"),
    ],
)
def test_prose_keeps_all_but_its_secrets(text, shown):
    assert clean_prose(text, 0, len(text)) == (shown, len(text))


def test_a_part_of_a_text_is_cleaned_and_a_line_that_goes_on_is_left_with_it():
    text = 'x apiKey: a "b" cookie: c=1 "d" e\nf'
    assert clean_prose(text, 2, 11) == ("apiKey: removed", 11)
    start = text.index("cookie")
    cleaned, end = clean_prose(text, start, text.index('"d"'))
    assert (cleaned, text[end:]) == ("cookie: removed", "\nf")


@pytest.mark.parametrize(
    ("text", "is_name"),
    [("apiKey: ", True), ("apiKey", False), ("the country: ", False), ("KeyError: ", False),
     ("apiKey: x ", False), (" apiKey = ", True)],
)  # fmt: skip
def test_a_part_ends_in_the_name_of_what_follows(text, is_name):
    assert ends_in_name(text, 0, len(text)) == is_name


@pytest.mark.parametrize(("letters", "is_name"), [(0, True), (10, True), (11, False)])
def test_between_a_name_and_its_value_may_be_the_prefix_of_a_string(letters, is_name):
    text = "apiKey: " + "b" * letters
    assert ends_in_name(text, 0, len(text)) == is_name
    assert ends_in_name(f"x {text}", 2, len(text) + 2) == is_name
    assert not ends_in_name(text, 6, len(text))  # the name is before the part

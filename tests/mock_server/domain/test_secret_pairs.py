"""Secrets in parameters: how deep they are looked for, and which of two names the other's value."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest

from codat_mock.domain.redaction import MAX_DEPTH, without_secrets


def nested(levels: int) -> str:
    text = "a=plain"
    for _ in range(levels):
        text = urlencode({"next": f"key?{text}"})
    return text


@pytest.mark.parametrize("levels", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, MAX_DEPTH + 2])
def test_what_is_deeper_than_four_parameters_is_removed_unread(levels):
    shown = without_secrets(nested(levels))
    if levels <= MAX_DEPTH:
        assert shown == nested(levels)
    else:
        assert "plain" not in shown
        text = "removed"
        for level in range(MAX_DEPTH + 1):
            text = f"next={quote(text if not level else f'key?{text}', safe='')}"
        assert shown == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("name=apiKey&value=abc", "name=apiKey&value=removed"),
        ("value=abc&name=apiKey", "value=removed&name=apiKey"),
        ("name=apiKey&other=value", "name=apiKey&other=value"),
        ("other=value&name=apiKey", "other=value&name=apiKey"),
        ("name=apiKey&value=", "name=apiKey&value="),
        ("name=apiKey;value=abc", "name=apiKey;value=abc"),
        ("name=country&value=abc", "name=country&value=abc"),
        ("value=a&name=apiKey&value=b", "value=removed&name=apiKey&value=removed"),
    ],
)
def test_the_parameter_named_value_is_that_of_the_one_beside_it(text, shown):
    assert without_secrets(text) == shown

"""Secrets in parameters: how deep they are looked for, and which of two names the other's value."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest

from codat_mock.domain.redaction import MAX_DEPTH, secrets_in, without_secrets


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
        ("name=apiKey&value=abc&name=token", "name=apiKey&value=removed&name=token"),
        ("value=a&name=apiKey&value=b", "value=removed&name=apiKey&value=removed"),
    ],
)
def test_the_parameter_named_value_is_that_of_the_one_beside_it(text, shown):
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('["apiKey", "abc"]', '["apiKey", "removed"]'),
        ('["a", "b", "apiKey", "abc", "c"]', '["a", "b", "apiKey", "removed", "c"]'),
        ('["label", "apiKey", "kept", "x"]', '["label", "apiKey", "kept", "x"]'),
        ('["curl", "--api-key", "abc"]', '["curl", "--api-key", "removed"]'),
        ('["apiKey", "token", "kept"]', '["apiKey", "removed", "kept"]'),
        ('[["apiKey", "abc"], ["country", "GB"]]', '[["apiKey", "removed"], ["country", "GB"]]'),
        ('{"name": "apiKey", "value": "abc"}', '{"name": "apiKey", "value": "removed"}'),
        ('{"value": "abc", "name": "apiKey"}', '{"value": "removed", "name": "apiKey"}'),
        ('{"name": "country", "value": "GB key"}', '{"name": "country", "value": "GB key"}'),
        ('{"value": "apiKey", "other": "abc"}', '{"value": "apiKey", "other": "abc"}'),
        ('{"name": "apiKey", "value": {"a": [1, 2]}, "b": 1}',
         '{"name": "apiKey", "value": "removed", "b": 1}'),
        ('[{"name": "apiKey", "value": {"name": "otp", "value": 1}}, {"name": "pwd", "value": 1}]',
         '[{"name": "apiKey", "value": "removed"}, {"name": "pwd", "value": "removed"}]'),
        ('{"a": {"name": "apiKey"}, "value": "abc"}', '{"a": {"name": "apiKey"}, "value": "abc"}'),
        ('{"name": "apiKey", "value": "abc', '{"name": "apiKey", "value": "removed"'),
        ('{"name": "api\\u004bey", "value": "a"}', '{"name": "api\\u004bey", "value": "removed"}'),
        ('{"note": "<accountingKey>gbol</accountingKey>"}',
         '{"note": "<accountingKey>gbol</accountingKey>"}'),
        ('{"name": "apiKey", "value": 12 , "b": 1}',
         '{"name": "apiKey", "value": "removed" , "b": 1}'),
    ],
)  # fmt: skip
def test_a_value_beside_the_name_of_a_secret_is_removed(text, shown):
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a=1&apiKey=abcd", {"abcd"}),
        ("?apiKey=a%20bcd#x", {"a%20bcd", "a bcd"}),
        ("apiKey=abc", set()),
        ("country=abcd&key", set()),
        ('"apiKey": "abcd"', {"abcd"}),
        ('{"apiKey": "abcd", "accountingKey": "gbol"}', {"abcd"}),
        ('{"apiKey": {"inner": "abcd"}, "x": "efgh"}', {"abcd", "inner"}),
    ],
)
def test_the_secrets_among_parameters_are_known(text, found):
    assert secrets_in(text) == found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("curl -H 'Cookie: a=1; b=2' https://x", "curl -H 'Cookie: removed' https://x"),
        ("Cookie: a=1; b=2\nHost: x", "Cookie: removed\nHost: x"),
        ("Cookie: 'a b' c", "Cookie: removed c"),
    ],
)
def test_a_header_is_removed_to_the_end_of_its_line_or_quotes(text, shown):
    assert without_secrets(text) == shown


@pytest.mark.parametrize("name", ['"country"', "country", '"apiKey"', "apiKey"])
def test_a_field_of_a_form_is_shown_unless_it_is_secret(name):
    text = "--x\r\nContent-Disposition: form-data; name={}\r\n\r\n{}\r\n--x--"
    shown = "removed" if "apiKey" in name else "key value"
    assert without_secrets(text.format(name, "key value")) == text.format(name, shown)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("None", "None"),
        ("TRUE", "TRUE"),
        ("null", "null"),
        ("Abc", '"removed"'),
        ('b"a\nb"', '"removed"'),
    ],
)
def test_a_value_without_quotes_is_removed_unless_it_says_nothing(value, shown):
    assert without_secrets(f'{{"apiKey": {value}, "b": 1}}') == f'{{"apiKey": {shown}, "b": 1}}'

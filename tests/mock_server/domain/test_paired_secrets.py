"""Secrets whose names are beside them, in prose, or within strings are removed as well."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from decimal import Decimal
from html import unescape
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.mock_server.domain.test_redaction import HIDDEN, secret_names
from timing import quickest, takes_less

from codat_mock.domain.redaction import (
    body_without_secrets,
    secrets_in,
    value_without_secrets,
    without_secrets,
)

NAMES = st.sampled_from(["name", "key", "Name", "headerName", "field", "id", "k", "type", "label"])
VALUES = st.sampled_from(["value", "Value", "values", "val", "v", "headerValue", "value_string"])
# How a text comes to stand within another.
WRAPPED = [
    lambda text: text,
    lambda text: json.dumps({"note": text}),
    lambda text: json.dumps({"note": json.dumps([{"text": text}])}),
    lambda text: json.dumps({"note": text}).replace('\\"', "\\u0022"),
    lambda text: json.dumps({"note": text, "odd": "\ud800"}),
    lambda text: json.dumps({"note": f"\ud800 {text} \u20ac"}),
    lambda text: urlencode({"payload": text}),
    lambda text: f"<a><![CDATA[{text}]]></a>",
]
LINK = re.compile(r'href="(/[^"#/][^"#]*)"')
wrapped = st.sampled_from(WRAPPED)


@given(secret_names(), NAMES, VALUES, wrapped)
def test_the_value_beside_the_name_of_a_secret_is_removed(name, named, valued, wrap):
    for text in (
        json.dumps({named: name, valued: HIDDEN}),
        json.dumps({valued: HIDDEN, named: name}, indent=1),
        json.dumps({"headers": [{named: "Host", valued: "h"}, {named: name, valued: HIDDEN}]}),
        json.dumps({valued: {"inner": [HIDDEN, {"a": 1}]}, "comment": "", named: name}),
        json.dumps([{"a": {named: name, "b": {"c": [1]}, valued: [HIDDEN, HIDDEN]}}]),
        f'{{"{named}": "{name}", "{valued}": "{HIDDEN}',  # cut off
        f'[{{"{valued}": "{HIDDEN}", "{named}": "{name}"',
        json.dumps([[name, HIDDEN], ["Host", "h"]]),
        json.dumps(["Host", "h", name, HIDDEN, "Accept", "*/*"]),
        json.dumps(["curl", "-v", f"--{name}", HIDDEN]),
        urlencode({named: name, valued: HIDDEN}),
        urlencode({f"h[0][{valued}]": HIDDEN, f"h[0][{named}]": name, "b": 1}),
    ):
        assert HIDDEN not in without_secrets(wrap(text)), wrap(text)
        assert HIDDEN.encode() not in body_without_secrets(wrap(text).encode()), wrap(text)


@given(secret_names(), NAMES, VALUES)
def test_the_value_beside_the_name_of_a_secret_is_removed_from_xml(name, named, valued):
    for text in (
        f'<a><add {named}="{name}" {valued}="{HIDDEN}"/><b>1</b></a>',
        f"<a><add {valued} = '{HIDDEN}' b='1' {named}='{name}'/></a>",
        f'<a><header {named}="{name}">{HIDDEN}</header></a>',
        f"<a><p><{named}>{name}</{named}>\n<{valued}>{HIDDEN}</{valued}></p></a>",
        f"<a><p><{valued}>{HIDDEN}</{valued}><{named}>{name}</{named}></p></a>",
        f"<plist><key>{name}</key><string>{HIDDEN}</string></plist>",
    ):
        assert HIDDEN not in without_secrets(text), text


@given(secret_names(), wrapped)
def test_a_secret_in_prose_is_removed(name, wrap):
    for text in (
        f"{name}: {HIDDEN}",
        f"we sent {name} = {HIDDEN}, and it failed",
        f"GET / HTTP/1.1\r\nHost: h\r\n{name}: {HIDDEN}\r\n\r\n",
        f"a\n{name}={HIDDEN}\nb",
        f"{{'{name}': '{HIDDEN}', 'a': 1}}",
        f"{{{name}: `{HIDDEN}`}}",
        f"curl -H '{name}: Bearer {HIDDEN}' http://h/",
        f"{name} => {HIDDEN}",
        f"--{name}={HIDDEN}",
        f"{name}:\t'{HIDDEN}",
    ):
        assert HIDDEN not in without_secrets(wrap(text)), wrap(text)


@pytest.mark.parametrize("wrap", WRAPPED)
@pytest.mark.parametrize(
    "text",
    [
        f"it sent Authorization: Bearer {HIDDEN} to us",
        f"bearer {HIDDEN}",
        f"the answer to Basic {b64encode(f'me:{HIDDEN}'.encode()).decode()} was 401",
        f"Cookie: a=b; c={HIDDEN}; d={HIDDEN}",
        f'Authorization: Digest username="me", response="{HIDDEN}", realm="x"',
        f"signed by whsec_{HIDDEN}, or so",
        f"a eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.{HIDDEN} b",
        f"-----BEGIN RSA PRIVATE KEY-----\n{HIDDEN}\nabc\n-----END RSA PRIVATE KEY-----",
        f'config: apiKey: "a b {HIDDEN}"',
        f'{{"password": f"{HIDDEN}", "token": b"{HIDDEN}"}}',
        f'"password": {HIDDEN}',
        f"password: \"it's {HIDDEN}\"",
    ],
)  # fmt: skip
def test_a_credential_in_prose_is_removed(text, wrap):
    for secret in (HIDDEN, b64encode(f"me:{HIDDEN}".encode()).decode()):
        assert secret not in without_secrets(wrap(text))


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Key ring with a long name", "price": 3, "notes": "Basic subscription, bearer"}',
        '{"name": "Host", "value": "x", "tags": ["a", "monkey", "b"]}',
        '[{"name": "key", "quantity": 1}, {"value": 5}]',
        "KeyError: 'orders'",
        "send 'Authorization: Basic ' and the base64 of it",
        "if key == content and token:",
        "https://h/monkey: a bearer of basic information, and the author: me",
        "name=Host&value=x&key",
        '<a><name>Host</name><value>x</value></a>',
        '{"name": "apiKey", "value": null, "values": true}',
    ],
)  # fmt: skip
def test_what_is_no_secret_stays_as_it_is(text):
    assert without_secrets(text) == text


pairs = st.recursive(
    st.none() | st.integers() | st.sampled_from(["apiKey", "x", 'a"b', "token: y", "\ud800", "é"]),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["name", "value", "a", "token"]), inner)
    ),
)


@given(pairs, st.sampled_from([None, 1]), st.booleans())
def test_json_stays_json_and_is_cleaned_once(value, indent, is_ascii):
    text = json.dumps({"note": value, "key": "x"}, indent=indent, ensure_ascii=is_ascii)
    cleaned = without_secrets(text)
    assert json.loads(cleaned).keys() == {"note", "key"}
    assert without_secrets(cleaned) == cleaned


def test_the_values_beside_names_of_secrets_are_found_for_reports_of_faults():
    text = json.dumps({"headers": [{"name": "X-Api-Key", "value": HIDDEN}]})
    assert HIDDEN in secrets_in(text)


@pytest.mark.long
@pytest.mark.parametrize(
    "repeated",
    [
        '{"name":"key","value":',
        '{"value":{"name":"key"},"value":[',
        '["key",',
        '"key",',
        "[",
        "key:",
        "key: '",
        "key",
        "Bearer ",
        "name=key&value=",
        "<key>a</key>",
        "<a name='key' value='",
        "<v></v><n>key",
        "-----BEGIN PRIVATE KEY-----",
        "eyJ.",
        "cookie: ",
        '"\\u0022key: ",',
    ],
)
def test_the_time_to_clean_pairs_grows_with_their_number_and_no_faster(repeated):
    for start in ("key", "[", "<a>"):
        short, long = (start + repeated * (size // len(repeated)) for size in (50_000, 500_000))
        once = quickest(lambda text=short: without_secrets(text))
        assert takes_less(lambda text=long: without_secrets(text), 40 * once)


def order(total, secret):
    """An order with secrets wherever an integration may put some."""
    return {
        "id": "A-1",
        "number": f"token: {secret}",
        "note": f"Authorization: Bearer {secret}",
        "customer": {"authToken": secret},
        "fields": [{"name": "api_key", "value": secret}],
        "currency": "GBP",
        "totalAmount": total,
        "createdDate": "2022-03-21T09:00:00Z",
    }


def test_no_secret_is_on_a_page_or_in_an_answer_about_what_was_pushed(http, driver):
    path = f"/data/companies/{driver.company_id}/sync/commerce-orders"
    for total, secret in ((1, f"{HIDDEN}1"), (1, f"{HIDDEN}1"), (1, f"{HIDDEN}2")):
        assert http.post(path, json={"orders": [order(total, secret)]}).status_code == 200
    for wrong in (
        order(f"token: {HIDDEN}", HIDDEN),
        {"id": f"password={HIDDEN}", "totalAmount": 1},
    ):
        http.post(path, json={"orders": [wrong]})
    http.post("/_mock/clock/advance", json={"duration": "P2D"})
    formats = ("json", "html", "junit", "markdown", "sarif")
    seen = {f"/_mock/report?format={each}" for each in formats}
    seen |= {f"/_mock/{each}" for each in ("findings", "requests?format=har", "books", "alerts")}
    seen |= {f"/_mock/requests/{number}" for number in range(1, 7)} | {"/portal"}
    waiting = sorted(seen)
    while waiting:
        page = http.get(waiting.pop())
        assert HIDDEN not in page.text, page.url
        if "text/html" in page.headers["Content-Type"] and len(seen) < 80:
            links = {unescape(each) for each in LINK.findall(page.text)} - seen
            waiting += sorted(links)
            seen |= links
    assert len(seen) > 50


def test_no_secret_in_the_head_of_a_request_is_in_the_log(http):
    credentials = f"Authorization: Bearer {HIDDEN}"
    query = urlencode({"name": "api_key", "value": HIDDEN})
    headers = {"Codat-Mock-Source": f"till.py:4 {credentials}"}
    assert http.get(f"/companies/{credentials}?{query}", headers=headers).status_code == 404
    assert HIDDEN not in http.get("/_mock/requests").text
    assert HIDDEN not in http.get("/_mock/requests?format=har").text


def test_a_difference_is_shown_without_secrets():
    assert value_without_secrets(f"key: {HIDDEN}") == "key: removed"
    value = {"a": [{"token": HIDDEN, "n": Decimal("1.50")}]}
    assert value_without_secrets(value) == {"a": [{"token": "removed", "n": 1.5}]}
    assert value_without_secrets({"a": Decimal("1.50")}) == {"a": Decimal("1.50")}
    assert value_without_secrets(None) is None

"""Secrets are found by the words of their names, wherever they stand, and nothing else changes."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime
from time import process_time
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from timing import quickest, takes_less

from codat_mock.domain.redaction import (
    body_without_secrets,
    clean_headers,
    clean_url,
    end_of_value,
    readable_without_secrets,
    secrets_in,
    value_without_secrets,
    without_secrets,
)
from codat_mock.domain.secret_names import is_secret
from codat_mock.har.exchange import Recorded
from codat_mock.har.writer import write_har

WORDS = ["key", "secret", "token", "password", "pwd", "session", "auth", "signature", "jwt"]
OTHERS = ["id", "user", "x", "api", "Total", "note"]
HIDDEN = "s3cret-value"


@st.composite
def secret_names(draw) -> str:
    """A name with one of the words among others, in any of the usual ways to write names."""
    parts = draw(
        st.permutations([draw(st.sampled_from(WORDS)), *draw(st.lists(others, max_size=4))])
    )
    lower = [part.lower() for part in parts]
    style = draw(st.sampled_from(["snake", "kebab", "dotted", "camel", "pascal", "capitals"]))
    if style in ("camel", "pascal"):
        name = "".join(part.capitalize() for part in lower)
        return name if style == "pascal" else name[0].lower() + name[1:]
    if style == "capitals":
        return "_".join(lower).upper()
    return {"snake": "_", "kebab": "-", "dotted": "."}[style].join(lower)


others = st.sampled_from(OTHERS)


@given(secret_names())
def test_a_name_with_a_word_for_a_secret_is_one(name):
    assert is_secret(name)
    for text in (
        json.dumps({"a": [{name: HIDDEN, "b": 1}]}),
        json.dumps({name: {"inner": [HIDDEN, {"more": HIDDEN}]}, "b": 1}),
        json.dumps({name: [HIDDEN]}, indent=1),
        json.dumps({"_links": {"next": {"href": f"/meta/companies?page=2&{name}={HIDDEN}"}}}),
        json.dumps({"href": f"https://h/p?{name}={HIDDEN}"}).replace("&", "\\u0026"),
        f'{{"{name}": "{HIDDEN}',  # cut off
        urlencode({"a": 1, name: HIDDEN, "b": 2}),
        urlencode({name: HIDDEN}),
        urlencode({"payload": json.dumps({"a": {name: HIDDEN}})}),
        urlencode({"a": urlencode({"b": json.dumps({name: HIDDEN})})}),
        json.dumps({"url": "https://h/p?filter=" + quote(json.dumps({name: HIDDEN}))}),
        urlencode({"redirectUrl": f"https://h/p?a=1&{urlencode({name: HIDDEN})}"}),
        urlencode({"next": urlencode({"next": f"?{urlencode({name: HIDDEN})}"})}),
        f"/companies?query={name}={HIDDEN}",
        json.dumps({"note": json.dumps({"a": [{name: HIDDEN}]})}),
        json.dumps({"note": json.dumps({"a": json.dumps({name: HIDDEN})})}),
        json.dumps({"note": json.dumps({name: HIDDEN})})[:-4],
        f"--x\nContent-Disposition: form-data; name={name}\n\n{HIDDEN}\n--x--",
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{HIDDEN}\r\n--x--',
    ):
        assert HIDDEN not in without_secrets(text)
    assert json.loads(without_secrets(json.dumps({name: 12345, "b": 1.50}))) == {
        name: "removed",
        "b": 1.5,
    }


@given(secret_names(), st.sampled_from(["", "ns:"]))
def test_a_secret_in_xml_is_removed_whatever_is_around_it(name, prefix):
    named = f"{prefix}{name}"
    for text in (
        f"<a><{named}>{HIDDEN}</{named}><id>1</id></a>",
        f'<?xml version="1.0"?>\n<a xmlns:ns="n"><{named} id="1">\n {HIDDEN}\n</{named}></a>',
        f"<a><{named}><![CDATA[{HIDDEN}</{named}>]]></{named}></a>",
        f"<a><{named}><b>{HIDDEN}</b><{named}>x</{named}>{HIDDEN}</{named}></a>",
        f"<a><{named}><!-- </{named}> -->{HIDDEN}</{named}></a>",
        f"<a {named}='{HIDDEN}' b='1'/>",
        f'<a b=">" {named} = "{HIDDEN}">x</a>',
        f'<a><b {named}="{HIDDEN}"',
        f"<a><{named}>{HIDDEN}",
        f"<a>{json.dumps({name: HIDDEN})}</a>",
        f"<a><![CDATA[{json.dumps({name: HIDDEN})}]]></a>",
        f'<a href="https://h/p?x=1&amp;{urlencode({name: HIDDEN})}"/>',
        json.dumps({"note": f"<{named}>{HIDDEN}</{named}>"}),
        json.dumps({"note": f'<a b="1"><{named}>{HIDDEN}</{named}></a>'}),
        json.dumps({"note": f'<a {named}="{HIDDEN}"/>'}),
    ):
        assert HIDDEN not in without_secrets(text), text


names = st.sampled_from(["a", "b", "key", "apiKey", "note"])
elements = st.recursive(
    st.text("xyz &<\"'", max_size=3).map(lambda text: (None, {}, text)),
    lambda inner: st.tuples(names, st.dictionaries(names, st.text("x<>&\"'")), st.lists(inner)),
)


def element(value):
    """An element of the parser's own kind, from what was drawn; a text makes one of its own."""
    name, attributes, content = value
    made = ElementTree.Element(name or "text", attributes)
    if isinstance(content, str):
        made.text = content
    else:
        made.extend(map(element, content))
    return made


def expected(value):
    """What is left of it."""
    name, attributes, content = value
    left = {key: "removed" if is_secret(key) else value for key, value in attributes.items()}
    if name and is_secret(name) and content:
        return (name, left, "removed")
    if not isinstance(content, str):
        content = [expected(each) for each in content]
    return (name, left, content)


@given(elements)
def test_xml_stays_xml_and_only_secrets_change(value):
    root = ("note", {}, [value, ("key", {}, [(None, {}, "x")])])
    text = ElementTree.tostring(element(root), encoding="unicode")
    cleaned = without_secrets(text)
    assert ElementTree.canonicalize(cleaned) == ElementTree.canonicalize(
        ElementTree.tostring(element(expected(root)), encoding="unicode")
    )


@pytest.mark.parametrize(
    "name",
    [
        "apikey",
        "accesstoken",
        "clientSecret",
        "APIKey",
        "X-Csrf-Token",
        "OAuth2",
        "JSESSIONID",
        "Set-Cookie",
        "Ocp-Subscription-Key",
        "userPassword2",
        "APIkey",
        "JWTid",
        "SESSIONid",
        "passwords",
        "bearer",
        "passcode",
        "passkey",
        "userpwd",
        "authz",
        "xauth",
    ],
)  # fmt: skip
def test_words_that_are_written_together_are_found_too(name):
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["monkey", "author", "keyboard", "passenger", "platformKey", "signed", "residence"]
)
def test_a_name_that_only_looks_like_one_is_none(name):
    assert not is_secret(name)
    assert without_secrets(f'{{"{name}": "x"}}') == f'{{"{name}": "x"}}'


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.sampled_from(["id", "notes", "note s", 'a"b']), json_values))
def test_json_stays_json_whatever_is_removed(value):
    text = json.dumps(value, ensure_ascii=False)
    cleaned = json.loads(without_secrets(text))
    assert cleaned.keys() == value.keys()


@pytest.mark.parametrize("url", [f"//me:{HIDDEN}@host/x", f"https://me:{HIDDEN}@host/x"])
def test_the_user_of_an_address_is_removed_with_and_without_its_scheme(url):
    assert HIDDEN not in without_secrets(json.dumps({"url": url}))
    assert without_secrets("/x//me@host") == "/x//me@host"


def test_parameters_within_properties_within_parameters_end_somewhere():
    text = HIDDEN
    for _ in range(40):
        text = "k=" + quote(json.dumps({"a": json.dumps({"token": text, "b": text[:40]})}))
    assert HIDDEN not in without_secrets(text)


def test_an_escaped_name_is_read():
    assert HIDDEN not in without_secrets(f'{{"pass\\u0077ord": "{HIDDEN}"}}')


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_a_body_in_any_encoding_is_cleaned(encoding):
    body = f'{{"password": "{HIDDEN}", "name": "Café"}}'.encode(encoding)
    cleaned = body_without_secrets(body)
    assert cleaned.decode(encoding) == '{"password": "removed", "name": "Café"}'
    assert body_without_secrets(bytes(range(256))) == bytes(range(256))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
def test_a_body_in_any_encoding_is_shown_and_exported_without_its_secrets(encoding):
    body = f'{{"password": "{HIDDEN}", "name": "Café"}}'.encode(encoding)
    assert '"password": "removed"' in readable_without_secrets(body)
    sent = Recorded(
        started=datetime(2022, 3, 21, tzinfo=UTC), seconds=0, method="POST", url="http://h/",
        status=200, sent=body, sent_type="application/json",
    )  # fmt: skip
    [entry] = json.loads(write_har([sent]))["log"]["entries"]
    written = b64decode(entry["request"]["postData"]["text"])
    assert written.decode(encoding) == '{"password": "removed", "name": "Café"}'


def shown(http, path, body):
    """A request as the log shows it."""
    assert http.post(path, content=body).status_code == 200
    [last] = http.get("/_mock/requests?limit=1").json()["requests"]
    return http.get(f"/_mock/requests/{last['number']}").json()


def test_the_start_of_a_large_body_is_shown_and_said_to_be_one(http, driver):
    path = f"/data/companies/{driver.company_id}/sync/commerce-orders"
    large = shown(http, path, json.dumps({"orders": [], "note": "x" * 600_000, "apiKey": HIDDEN}))
    assert large["cut"] == ["sent", "answered"]
    assert len(large["bodies"]["sent"]) == 500_000
    assert shown(http, path, b'{"orders":[]}')["cut"] == []


@pytest.mark.parametrize(
    "repeated",
    [
        '"\\"key\\":1",',
        "&a=%3Dkey",
        '"key":1,',
        'form-data; name="',
        "<key>",
        "<a key='",
        "<token a=1>",
        '"key": "\\u006bey",',
        "<!--key",
        "name=a\n",
    ],
)
def test_what_a_request_can_ask_to_be_shown_takes_less_than_a_second(http, driver, repeated):
    """A push is shown twice: as it was sent, and within its answer."""
    path = f"/data/companies/{driver.company_id}/sync/commerce-orders"
    many = ",".join(['{"apiKey":"x"}'] * 30_000)
    body = f'{{"orders":[],"y":[{many}],"x":{json.dumps(repeated * (200_000 // len(repeated)))}}}'
    began = process_time()
    assert shown(http, path, body)["cut"]
    assert process_time() - began < 1.0


@pytest.mark.long
@pytest.mark.parametrize(
    "repeated",
    [
        '\\"',
        '"token":',
        '{"key":[',
        "?token",
        "://a",
        "&key=?",
        "?key=",
        "key=",
        "&key%3D%26",
        '{\\"key\\":',
        "form-data; name=token\n\n",
        ";",
        '"',
        ": ",
        'form-data; name="token"\r\n',
        'form-data; name="token"',
    ],
)
def test_the_time_to_clean_a_text_grows_with_its_length_and_no_faster(repeated):
    short, long = ("key" + repeated * (size // len(repeated)) for size in (50_000, 500_000))
    once = quickest(lambda: without_secrets(short))
    assert takes_less(lambda: without_secrets(long), 40 * once)


def test_a_large_text_without_names_of_secrets_is_left_at_once():
    """Others wait meanwhile: a search holds the interpreter."""
    text = json.dumps({"orders": ["x" * 32_000_000]})
    began = process_time()
    assert without_secrets(text) == text
    assert process_time() - began < 1


def test_no_secret_is_in_the_log_or_its_exports(http, driver):
    path = f"/companies/{driver.company_id}?apiKey={HIDDEN}"
    assert http.get(path).status_code == 200
    assert http.get(f"/companies?page=1&access_token={HIDDEN}").status_code == 200
    order = {"id": "A-1", "customer": {"authToken": HIDDEN}, "sessionData": {"x": HIDDEN}}
    http.post(f"/data/companies/{driver.company_id}/sync/commerce-orders", json={"orders": [order]})
    http.post("/meta/companies/sync", content=f"password={HIDDEN}")
    count = http.get("/_mock/requests").json()["count"]
    shown = [http.get(f"/_mock/requests/{number}").text for number in range(1, count + 1)]
    shown += [http.get(f"/portal/requests/{number}").text for number in range(1, count + 1)]
    shown += [http.get(f"/_mock/{each}").text for each in ("requests", "requests?format=har")]
    shown += [http.get(f"/_mock/report?format={each}").text for each in ("html", "json", "junit")]
    assert [text for text in shown if HIDDEN in text] == []
    assert any('"authToken"' in text or 'authToken\\"' in text for text in shown)


def test_no_secret_of_a_recorded_request_is_written():
    headers = (("X-Session", HIDDEN), ("Referer", f"http://u:{HIDDEN}@h/?jwt={HIDDEN}"))
    written = write_har(
        [
            Recorded(
                started=datetime(2022, 3, 21, tzinfo=UTC), seconds=0, method="POST",
                url=f"http://u:{HIDDEN}@h/#access_token={HIDDEN}", status=200,
                sent=f'{{"pwd":"{HIDDEN}","n":1.50}}'.encode(), answered=b'{"id":"A-1"}',
                headers=headers, answered_headers=headers,
            )
        ]
    )  # fmt: skip
    assert HIDDEN.encode() not in written
    assert b'{\\"pwd\\":\\"removed\\",\\"n\\":1.50}' in written


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"password":["abcd",{"x":"efgh"}]', {"abcd", "efgh", "x"}),
        ('{"password":"abcd","token":"abc"}', {"abcd"}),
        ('{"password":12345,"other":"plain"}', {"12345"}),
        ('{"password":{"token":["abcd"]},"secret":["wxyz"]}', {"abcd", "wxyz", "token"}),
        ('["apiKey","abcd","plain"]', {"abcd"}),
        ("https://x/?token=ab%20cd&other=plain", {"ab%20cd", "ab cd"}),
        ("plain text", set()),
        ('"apiKey"{"b": "plain"}', set()),
    ],
)
def test_the_secrets_in_a_text_are_found_but_the_shortest(text, found):
    assert secrets_in(text) == {each for each in found if len(each) >= 4}


@pytest.mark.parametrize(
    ("text", "start", "rest"),
    [
        ('"a",b', 0, ",b"), ("[1,[2],{}],b", 0, ",b"), ('{"a":[1]}}', 0, "}"), ("x[1]y", 1, "y"),
        ('"cut', 0, ""), ("[1,[2]", 0, ""), ("12.5,", 0, ","), ('[{"a":"]"}]b', 0, "b"),
    ],
)  # fmt: skip
def test_a_value_ends_where_its_brackets_do(text, start, rest):
    assert text[end_of_value(text, start) :] == rest


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pass@shop.example/x?a=1", "https://shop.example/x?a=1"),
        (
            "https://shop.example/?token=abc#key=d",
            "https://shop.example/?token=removed#key=removed",
        ),
        ("https://shop.example/?token=", "https://shop.example/?token="),
        ("/path?a=b%20c&token=d", "/path?a=b%20c&token=removed"),
        ("http://[::1", "http://[::1"),
        ("/path?country=GB", "/path?country=GB"),
    ],
)
def test_a_url_is_shown_without_its_user_and_secrets(url, shown):
    assert clean_url(url) == shown


def test_headers_are_cleaned_by_their_names_and_values():
    given = [("Authorization", "abc"), ("X-Note", "token=abc"), ("Accept", "*/*")]
    assert clean_headers(given) == (
        ("Authorization", "removed"),
        ("X-Note", "token=removed"),
        ("Accept", "*/*"),
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("token=abc", "token=removed"), (5, 5), (None, None), ({"a": [1]}, {"a": [1]}),
        ({"token": {"a": 1}, "b": 2}, {"token": "removed", "b": 2}),
        ([["key", "abc"]], [["key", "removed"]]),
    ],
)  # fmt: skip
def test_a_value_read_from_json_keeps_its_form(value, shown):
    assert value_without_secrets(value) == shown


def form(*fields: tuple[str, str]) -> str:
    parts = (
        f"--x\r\nContent-Disposition: form-data; name={name}\r\n\r\n{value}\r\n"
        for name, value in fields
    )
    return "".join([*parts, "--x--"])


def test_a_field_of_a_form_is_removed_by_its_name_quoted_or_not():
    text = form(('"password"', "a1"), ("token", "b2"), ('"country"', "c3"), ("city", "d4"))
    shown = form(
        ('"password"', "removed"), ("token", "removed"), ('"country"', "c3"), ("city", "d4")
    )
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<a><token>x<b/></token><c>y</c></a>", "<a><token>removed</token><c>y</c></a>"),
        ("<token><token>x</token>y</token>z", "<token>removed</token>z"),
        ("<token><token/>y</token>z", "<token>removed</token>z"),
        ("<token/>z", "<token/>z"),
        ("<token>cut", "<token>removed"),
        ('<a token="x" b="y">z</a>', '<a token="removed" b="y">z</a>'),
        ('<add name="apiKey" value="x"/>z', '<add name="apiKey" value="removed"/>z'),
        (
            '<add name="apiKey" value="x">w</add>z',
            '<add name="apiKey" value="removed">removed</add>z',
        ),
        ("<!-- <token>x -->y<token>z</token>", "<!-- <token>x -->y<token>removed</token>"),
    ],
)
def test_what_is_shown_of_xml(text, shown):
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('password = "abcdefgh": 1', 'password = "removed": 1'),
        (r'{"{\"token\": 5}": true}', r'{"{\"token\": \"removed\"}": true}'),
        ('{"token" : [1, {"a": 2}], "b": 3}', '{"token" : "removed", "b": 3}'),
        ('{apiKey: "x", b: "y"}', '{apiKey: "removed", b: "y"}'),
        (
            '{"a": "{\\"token\\": 5, \\"b\\": 6}"}',
            '{"a": "{\\"token\\": \\"removed\\", \\"b\\": 6}"}',
        ),
        ('{"a": "token=abc b"}', '{"a": "token=removed b"}'),
        ('"a": "b", token: "c", "d": "e"', '"a": "b", token: "removed", "d": "e"'),
        ('{"token": true, "b": 1}', '{"token": true, "b": 1}'),
        ('{"token": abc, "b": 1}', '{"token": "removed", "b": 1}'),
        (
            'Authorization: Digest user="me", uri="/"\nsecret: "abcd"',
            'Authorization: removed\nsecret: "removed"',
        ),
    ],
)
def test_what_is_shown_of_properties(text, shown):
    assert without_secrets(text) == shown

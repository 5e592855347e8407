"""Secrets are found by the words of their names, wherever they stand, and nothing else changes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from time import process_time
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_mock.domain.redaction import is_secret, without_secrets
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
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{HIDDEN}\r\n--x--',
    ):
        assert HIDDEN not in without_secrets(text)
    assert json.loads(without_secrets(json.dumps({name: 12345, "b": 1.50}))) == {
        name: "removed",
        "b": 1.5,
    }


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


def test_an_escaped_name_is_read():
    assert HIDDEN not in without_secrets(f'{{"pass\\u0077ord": "{HIDDEN}"}}')


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
        ";",
        '"',
        ": ",
        'form-data; name="token"\r\n',
        'form-data; name="token"',
    ],
)
def test_a_long_text_is_cleaned_quickly(repeated):
    text = "key" + repeated * (500_000 // len(repeated))
    began = process_time()
    without_secrets(text)
    assert process_time() - began < 1.0


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

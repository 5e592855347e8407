"""The fuzz: valid requests to every operation, damaged byte by byte and part by part.

    python tests/support/fuzz.py              5,000 requests
    python tests/support/fuzz.py --thorough   200,000 requests

The operations of the vendor's document are asked with their examples, those of the control API and
the pages with the bodies below. Of each request one to three parts are damaged: its body, path,
query or headers. No answer may be a 500, none may take over a second of the processor, and each
must be valid: those of documented operations by the document, all others as JSON, HTML, CSV or
XML.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
from openapi_conformance import KEY, client_of, conform, document_of

from codat_mock.http.app import create_app
from codat_mock.http.operations import operations
from codat_mock.sandbox import SandboxRegistry, Settings

MOST_SECONDS = 1.0
LATEST = datetime(2022, 3, 21, 12, tzinfo=UTC)
RESET_EVERY = 500  # requests, so that what has piled up makes none slow
PRINT_EVERY = 20_000  # requests
ORDERS = "commerce-orders"
CONTROL = {  # the body of each request that has one
    "POST /_mock/reset": {"startAt": "2022-03-21T12:00:00Z", "seed": 3},
    "POST /_mock/clock/advance": {"hours": 3},
    "POST /_mock/clock/set": {"to": "2022-03-22T12:00:00Z"},
    "PUT /_mock/faults": {"faults": [{"kind": "slow", "operation": "push-orders"}]},
    "POST /_mock/faults": {"kind": "status", "operation": "push-orders", "status": 503},
    "POST /_mock/outcomes": {"target": "dataset", "outcome": "ValidationError", "count": 2},
    "PUT /_mock/rules": {"rules": {"S03": "off", "T06": {"seconds": 5}}},
    "POST /_mock/decoupling": {
        "service": "slow", "sales": [{"seconds": 0.5, "error": None}, {"seconds": 90}],
    },
    "POST /_mock/companies": {"name": "x", "accounting": "gbol"},
    "PUT /_mock/companies/{company_id}/merchant-records": {"orders": [{"id": "A-1"}]},
    "POST /_mock/alerts/rules": {
        "type": "Data sync completed", "url": "http://127.0.0.1:9/", "secrets": ["whsec_QUJDRA=="],
    },
    "PUT /_mock/alerts/rules/{rule_id}": {"type": "Sync failed", "url": "http://127.0.0.1:9/"},
}  # fmt: skip
FORM = b"days=1&hours=2&to=2022-03-23T12%3A00&kind=slow&operation=push-orders&connectionId=x"
QUERIES = (
    "path=/a*b&status=200&limit=3", "format=html", "companyId=x", "page=1&pageSize=10",
    "query=name=x", "orderBy=-name", "search=A&dataType=commerce-orders", "after=3",
)  # fmt: skip
TOKENS = (
    b"null", b"true", b"-0", b"1e999", b"9" * 400, b'""', b"[]", b"{}", b"\x00", b"\xff\xfe",
    b"\xed\xa0\x80", b'"\\ud800"', b"[" * 1000, b'{"a":' * 1000, b"'", b"\r\n", b"\xef\xbb\xbf",
    b"9999-12-31T23:59:59Z", b"0001-01-01", b"NaN", b"A" * 5000, b"%", b"../", b"<script>",
)  # fmt: skip
TEXTS = (
    "", "%00", "..", "%2e%2e%2f", "a" * 5000, "%ff", "%F0%9F%98%80", "-1", "9" * 400, "'", "*" * 99,
    "null", "0" * 36, "00000000-0000-0000-0000-000000000000", "{}", "[[", "%0d%0a", "||", "&&",
)  # fmt: skip
HEADERS = (
    "Content-Type", "Content-Encoding", "Authorization", "Accept", "Accept-Language", "X-Test-Id",
    "Codat-Mock-Source", "Origin", "Referer", "Sec-Fetch-Site", "Expect", "If-None-Match", "Range",
)  # fmt: skip
VALUES = (
    "", "gzip", "br", "text/html", "application/json; charset=utf-16", "*/*;q=x", "Basic !!",
    "\x7f", "Basic a2V5", "Bearer x", "application/xml", "a" * 3000, "null", "cross-site",
    "http://evil.example", "bytes=0-1", "100-continue", "multipart/form-data", "é",
)  # fmt: skip


@dataclass
class Asked:
    """A request: its path is a template until its names are filled in."""

    method: str
    path: str
    query: str = ""
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        body = repr(self.body[:300]) if self.body else ""
        return f"{self.method} {self.path[:300]}?{self.query[:300]} {self.headers} {body}"


@dataclass
class Result:
    """What the fuzz found."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    slowest_request: str = ""
    operations: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        shown = ", ".join(f"{count} x {status}" for status, count in sorted(self.statuses.items()))
        return (
            f"{self.requests} requests to {len(self.operations)} operations: {shown}; slowest"
            f" {self.slowest * 1000:.0f} ms of the processor; {len(self.failures)} failures"
        )


class Fuzz:
    """The fuzz of one application.

    Args:
        seed: of all that is drawn.
    """

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)  # noqa: S311  (what to damage, nothing secret)
        self.registry = SandboxRegistry(Settings(start_at=LATEST, speed=0, largest_body=1 << 26))
        self.app = create_app(self.registry)
        self.document = document_of(self.app)
        self.documented = {(each.method, each.path) for each in operations()}
        self.client = client_of(self.app)
        self.wsgi = self.app.test_client()
        self.templates = [*self._templates()]
        self.names: dict[str, str] = {}

    def _templates(self) -> Iterator[Asked]:
        """A valid request to every operation."""
        for each in operations():
            body = None if each.sent is None else encoded(each.sent)
            yield Asked(each.method, each.path, body=body)
        for rule in self.app.url_map.iter_rules():
            if not rule.rule.startswith(("/_mock", "/portal", "/flow", "/link", "/swagger")):
                continue
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                sent = CONTROL.get(f"{method} {path}")
                body = None if sent is None else encoded(sent)
                if body is None and method == "POST" and not path.startswith("/_mock"):
                    body = FORM
                yield Asked(method, path, body=body)

    def prepare(self) -> None:
        """Reset the sandbox, and fill it with something of everything."""
        self.client.put("/_mock/faults", json={"faults": []})
        self.client.post("/_mock/reset", json={"startAt": "2022-03-21T12:00:00Z"})
        self.client.put("/_mock/rules", json={"rules": {}})
        company = self.client.post("/_mock/companies", json={"name": "Fuzzed"}).json()
        path = f"/data/companies/{company['id']}/sync/{ORDERS}"
        order = {"id": "A-1", "createdDate": "2022-03-21T10:00:00Z", "currency": "GBP"}
        dataset = self.client.post(path, json={"orders": [order]}).json()["datasetId"]
        rule = {"type": "Data sync completed", "url": "http://127.0.0.1:9/"}
        made = self.client.post("/_mock/alerts/rules", json=rule).json()
        connections = company["dataConnections"]
        self.names = {
            "companyId": company["id"], "company_id": company["id"], "datasetId": dataset,
            "connectionId": connections[0]["id"], "connection_id": connections[0]["id"],
            "dataType": ORDERS, "data_type": ORDERS, "key": "A-1", "number": "1",
            "platformKey": "gbol", "commerceKey": "lqai", "accountingKey": "gbol",
            "commerce_key": "lqai", "accounting_key": "gbol", "locale": "en-us", "control": "clock",
            "rule_id": str(made.get("id", "x")), "ruleId": str(made.get("id", "x")),
        }  # fmt: skip

    def filled(self, path: str, draw: Callable[[str], str] | None = None) -> str:
        """A template with its names filled in."""
        return re.sub(r"{(\w+)}", lambda found: (draw or self.names.get)(found[1]) or "x", path)

    def run(self, requests: int) -> Result:
        """Send so many requests, and note what is wrong with their answers."""
        result = Result()
        for number in range(requests):
            if number % RESET_EVERY == 0:
                self.prepare()
            if number and number % PRINT_EVERY == 0:
                print(result, flush=True)
            template = self.templates[number % len(self.templates)]
            asked = self.damaged(template)
            self.send(template, asked, result)
        return result

    def damaged(self, template: Asked) -> Asked:
        """A valid request with one to three parts damaged."""
        asked = replace(template, path=self.filled(template.path), headers={})
        for _ in range(self.rng.randint(1, 3)):
            match self.rng.choice(("body", "body", "body", "path", "query", "header")):
                case "body" if template.body is not None:
                    asked.body = self.damaged_bytes(asked.body or b"{}")
                case "path":
                    asked.path = self.filled(template.path, lambda _: self.rng.choice(TEXTS))
                case "query":
                    asked.query = self.damaged_query(self.rng.choice(QUERIES))
                case "header":
                    asked.headers[self.rng.choice(HEADERS)] = self.rng.choice(VALUES)
        return asked

    def damaged_bytes(self, body: bytes) -> bytes:
        """A body with some bytes changed, left out, doubled or put in."""
        changed = bytearray(body)
        for _ in range(self.rng.randint(0, 4)):
            place = self.rng.randrange(len(changed) + 1)
            end = min(len(changed), place + self.rng.choice((1, 1, 2, 8, 64)))
            match self.rng.choice(("flip", "cut", "double", "token", "value", "end")):
                case "flip" if place < len(changed):
                    changed[place] ^= 1 << self.rng.randrange(8)
                case "cut":
                    del changed[place:end]
                case "double":
                    changed[place:place] = changed[place:end]
                case "token":
                    changed[place:place] = self.rng.choice(TOKENS)
                case "value":  # another value in the place of one
                    values = [*re.finditer(rb':\s*("[^"]*"|[\d.]+|true|false|null)', changed)]
                    if values:
                        start, stop = self.rng.choice(values).span(1)
                        changed[start:stop] = self.rng.choice(TOKENS)
                case "end":
                    del changed[place:]
        return bytes(changed)

    def damaged_query(self, query: str) -> str:
        """A query with some values replaced."""
        parts = query.split("&")
        place = self.rng.randrange(len(parts))
        name = parts[place].partition("=")[0]
        parts[place] = f"{name}={quote(self.rng.choice(TEXTS), safe='%=&')}"
        return "&".join(parts * self.rng.choice((1, 1, 1, 30)))

    def send(self, template: Asked, asked: Asked, result: Result) -> None:
        """Send a request, and hold its answer against what must be so."""
        is_form = template.path.startswith(("/portal", "/flow", "/link"))
        kind = "application/x-www-form-urlencoded" if is_form else "application/json"
        headers = {"Content-Type": kind} if asked.body is not None else {}
        began = time.process_time()
        got = self.wsgi.open(
            asked.path, method=asked.method, query_string=asked.query, data=asked.body,
            headers=KEY | headers | asked.headers,
        )  # fmt: skip
        seconds = time.process_time() - began
        request = httpx.Request(asked.method, f"http://127.0.0.1:4620{asked.path}")
        answer = httpx.Response(
            got.status_code, headers=[*got.headers], content=got.data, request=request
        )
        result.requests += 1
        result.statuses[answer.status_code] += 1
        result.operations.add(f"{template.method} {template.path}")
        if seconds > result.slowest:
            result.slowest, result.slowest_request = seconds, str(asked)
        wrong = self.wrong_with(template, answer, seconds)
        if wrong:
            result.failures.append(f"{asked}: {answer.status_code}, {wrong}")

    def wrong_with(self, template: Asked, answer: httpx.Response, seconds: float) -> str:
        """What must not be in an answer; empty where it is valid."""
        if answer.status_code >= 500 and "planned" not in answer.text:
            return answer.text[:300]
        if seconds > MOST_SECONDS:
            return f"it takes {seconds:.1f} s"
        try:
            parsed(answer)
            if (template.method, template.path) in self.documented:
                conform(self.document, answer)
        except LookupError:
            return ""  # damaged into the path of no operation
        except (AssertionError, ValueError, ElementTree.ParseError) as error:
            return f"{type(error).__name__}: {error} in {answer.text[:300]}"
        return ""


def parsed(answer: httpx.Response) -> Any:
    """The content of an answer, read as what it says it is.

    Raises:
        ValueError: it is something else.
    """
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    if kind.endswith("json"):
        return json.loads(answer.content)
    if kind.endswith("xml"):
        return ElementTree.fromstring(answer.content)  # noqa: S314  (the mock's own)
    if kind.startswith("application/"):  # a file
        return answer.content
    text = answer.content.decode("utf-8")
    if kind == "text/csv":
        return [*csv.reader(io.StringIO(text))]
    return text


def encoded(value: Any) -> bytes:
    return json.dumps(value, default=str).encode()


def main(requests: int, seed: int = 0) -> Result:
    """Fuzz so many requests; print and return what came of it."""
    result = Fuzz(seed).run(requests)
    print(result)
    print(f"  slowest: {result.slowest_request}")
    for line in result.failures[:20]:
        print(f"  {line}")
    return result


if __name__ == "__main__":
    sys.exit(1 if main(200_000 if sys.argv[1:] == ["--thorough"] else 5_000).failures else 0)

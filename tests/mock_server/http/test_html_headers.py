"""Every answer with HTML tells the browser to run nothing of others, and not to frame it."""

from __future__ import annotations

import pytest

STRICT = ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]


@pytest.mark.parametrize(
    "path",
    [
        "/_mock/limits",
        "/_mock/books?format=html",
        "/_mock/report?format=html",
        "/portal/nothing",
        "/link/nothing",
        "/flow/done",
    ],
)
def test_a_page_runs_no_script_and_is_never_framed(http, path):
    answer = http.get(path, headers={"Accept": "text/html"})
    assert answer.headers["Content-Type"].startswith("text/html")
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert [each for each in STRICT if each not in policy] == []
    assert not any(each.startswith("script-src") for each in policy)
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_swagger_runs_scripts_of_this_server_alone(http):
    answer = http.get("/swagger/")
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert "default-src 'self'" in policy
    assert "script-src 'self' 'unsafe-inline'" in policy
    assert answer.headers["X-Frame-Options"] == "DENY"


def asked(app, driver, http):
    """A request to each route, with and without what its path names, as a browser sends it."""
    company = http.get(f"/companies/{driver.company_id}").json()
    connection_id = company["dataConnections"][0]["id"]
    known = {"company_id": driver.company_id, "connection_id": connection_id}
    for rule in app.url_map.iter_rules():
        for values in (dict.fromkeys(rule.arguments, "1"), known):
            path = rule.build(dict.fromkeys(rule.arguments, "1") | values, append_unknown=False)[1]
            for method in ("GET", "POST", "PUT"):
                for suffix in ("", "?format=html", "/"):
                    yield method, f"{path}{suffix}"


def test_every_answer_of_html_has_them_whatever_its_route_and_status(app, http, driver):
    seen = set()
    for method, path in {*asked(app, driver, http), ("GET", "/portal/x"), ("GET", "/link/x/y")}:
        for more in ({}, {"Origin": "https://evil.example"}):
            answer = http.request(method, path, headers={"Accept": "text/html", **more})
            if not answer.headers.get("Content-Type", "").startswith("text/html"):
                continue
            seen.add(answer.status_code)
            policy = answer.headers["Content-Security-Policy"].split("; ")
            default = "'self'" if path.startswith("/swagger") else "'none'"
            assert {f"default-src {default}", *STRICT[1:]} <= set(policy), path
            assert answer.headers["X-Frame-Options"] == "DENY", path
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
    assert {200, 403, 404, 405} <= seen


def test_json_has_none_of_these_headers(http):
    assert "Content-Security-Policy" not in http.get("/_mock/health").headers

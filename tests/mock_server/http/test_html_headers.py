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
        "/portal/alerts",
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


def test_json_has_none_of_these_headers(http):
    assert "Content-Security-Policy" not in http.get("/_mock/health").headers

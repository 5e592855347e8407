"""Both clients, killed at three paces on a faulty wire; see `tests/support/kill_loop.py`."""

from contextlib import suppress
from random import Random
from wsgiref.types import StartResponse, WSGIEnvironment

import kill_loop
import pytest


@pytest.mark.long
def test_thirty_kills_lose_nothing_double_nothing_and_break_no_rule() -> None:
    results = kill_loop.main(30)
    assert sum(result.kills for result in results) == 30
    for result in results:
        assert result.recorded > 0
        assert (result.lost, result.doubled, result.findings) == ([], [], []), str(result)


@pytest.mark.parametrize(
    ("fault", "read", "late"),
    [("none", "", 1), ("late-answer", "", 1), ("none", "1", 0), ("garbled", "", 0)],
)
def test_only_a_poll_that_its_till_gave_up_excuses_the_next(
    fault: str, read: str, late: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def app(_environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        start("200 OK", [])
        return [b'{"id": "d"}']

    def ask(number: str, read: str) -> None:
        path = "/meta/companies/c/pull/history/d"
        till = {"HTTP_X_TILL": "7", "HTTP_X_NUMBER": number, "HTTP_X_READ": read}
        request = {"REQUEST_METHOD": "GET", "PATH_INFO": path, **till}
        with suppress(ConnectionResetError):
            wire(request, lambda *_: None)

    wire = kill_loop.FaultyWire(app, Random(1))  # noqa: S311  (draws faults, nothing secret)
    monkeypatch.setattr(kill_loop, "FAULT_SHARE", float(fault != "none"))
    monkeypatch.setattr(kill_loop, "FAULTS", (fault,))
    ask("1", "")
    wire.is_faulty = False
    ask("2", read)
    assert wire.late_polls["d"] == late

import json
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from click.testing import CliRunner

from codat_scenarios.cli.day_files import bodies
from codat_scenarios.cli.generate import generate
from codat_scenarios.merchants import (
    KINDS,
    ORDERS,
    PAYMENTS,
    TRANSACTIONS,
    Day,
    encode_lines,
    merchant,
)

START = date(2022, 3, 21)
DATA_TYPES = [ORDERS, PAYMENTS, TRANSACTIONS]


@pytest.fixture(scope="module")
def days():
    return list(merchant("cafe", seed=7).days(2, start=START))


def run(*arguments, **settings):
    return CliRunner(**settings).invoke(generate, ["--days", "2", *map(str, arguments)])


def parsed(lines):
    return [json.loads(line, parse_float=Decimal) for line in lines.splitlines()]


def test_a_folder_gets_one_file_of_lines_per_data_type(tmp_path, days):
    out = tmp_path / "new" / "folder"
    assert run("--out", out).exit_code == 0
    for data_type in DATA_TYPES:
        expected = [record for day in days for record in day.records[data_type]]
        assert (out / f"{data_type}.jsonl").read_bytes() == encode_lines(expected)
    changes = parsed((out / "changes.jsonl").read_text())
    assert [change["record"] for change in changes] == [c.record for d in days for c in d.changes]
    assert [change["moment"] for change in changes] == sorted(c["moment"] for c in changes)


def test_a_folder_of_lines_says_which_products_are_gift_cards(tmp_path):
    assert run("--out", tmp_path).exit_code == 0
    products = json.loads((tmp_path / "products.json").read_text())
    assert products == merchant("cafe", seed=7).products
    assert [each["name"] for each in products if each["isGiftCard"]] == ["Gift card"]


def test_lines_on_standard_output_have_their_data_type(days):
    lines = parsed(run("--out", "-").stdout)
    records = [(line["dataType"], line["record"]) for line in lines if "moment" not in line]
    assert records == [(kind, r) for day in days for kind in DATA_TYPES for r in day.records[kind]]
    assert sum("moment" in line for line in lines) == sum(len(day.changes) for day in days) > 0


def test_push_bodies_sort_in_the_order_of_pushing_and_are_complete(tmp_path, days):
    assert run("--out", tmp_path, "--format", "push").exit_code == 0
    files = sorted(tmp_path.iterdir())
    kinds = [file.stem.split("-", 4)[-1] for file in files]
    assert kinds == DATA_TYPES * 4
    pushed = [json.loads(file.read_text(), parse_float=Decimal) for file in files]
    assert pushed[0] == {"orders": days[0].orders}
    assert pushed[8] == {"transactions": days[1].transactions}
    assert pushed[3]["orders"] == [c.record for c in days[0].changes if c.data_type == ORDERS]


def test_push_bodies_on_standard_output_have_their_data_type(days):
    lines = parsed(run("--out", "-", "--format", "push").stdout)
    assert [line["dataType"] for line in lines] == DATA_TYPES * 4
    assert lines[0]["body"] == {"orders": days[0].orders}


@pytest.mark.parametrize(
    ("orders", "sizes"),
    [(0, []), (1, [1]), (4_999, [4_999]), (5_000, [4_999, 1]), (10_000, [4_999, 4_999, 2])],
)
def test_a_push_body_stays_under_5000_records(orders, sizes):
    day = Day(START, orders=[{"id": str(number)} for number in range(orders)])
    assert [len(body["orders"]) for _, body in bodies(day)] == sizes


@pytest.mark.parametrize("kind", ["cafe", "hotel-bar", "web-shop"])
def test_no_push_body_contains_a_record_twice(kind):
    for day in merchant(kind, seed=7).days(20, start=START):
        for _, body in bodies(day):
            for records in body.values():
                keys = Counter((record["id"], record.get("type")) for record in records)
                assert set(keys.values()) == {1}


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    def written(folder, seed):
        run("--out", folder, "--seed", seed, "--report", tmp_path / "report.html")
        files = [*sorted(folder.iterdir()), tmp_path / "report.html"]
        return [file.read_bytes() for file in files]

    first = written(tmp_path / "first", 3)
    assert first == written(tmp_path / "second", 3)
    assert first != written(tmp_path / "third", 4)


def test_days_are_generated_one_at_a_time():
    endless = merchant("cafe", seed=7).days(10**9, start=START)
    assert next(endless).date == START


def test_a_terminal_shows_progress_on_standard_error_only():
    result = run("--out", "-", env={"FORCE_COLOR": "1", "COLUMNS": "120"})
    assert "orders" in result.stderr
    assert "2/2" in result.stderr
    assert all(line["dataType"] in DATA_TYPES for line in parsed(result.stdout))


def test_a_pipe_shows_no_progress():
    assert run("--out", "-").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "give --out, --report or both"),
        (["--out", "-", "--merchant", "caffe"], "there is cafe"),
        (["--out", "-", "--days", "0"], "--days"),
        (["--out", "-", "--start", "yesterday"], "yesterday"),
        (["--report", "missing/report.html"], "no folder 'missing'"),
    ],
)
def test_wrong_usage_has_exit_code_2(arguments, text):
    result = run(*arguments)
    assert (result.exit_code, text in result.stderr) == (2, True)


def test_the_help_names_every_kind_of_merchant():
    text = "".join(run("--help").stdout.split())  # lines may be broken inside a name
    assert all(kind in text for kind in KINDS)


def test_a_folder_that_is_not_empty_is_refused_and_left_unchanged(tmp_path):
    (tmp_path / "mine").write_text("kept")
    result = run("--out", tmp_path)
    assert (result.exit_code, "is not empty" in result.stderr) == (2, True)
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_a_folder_that_cannot_be_created_has_exit_code_2(tmp_path):
    (tmp_path / "file").write_text("")
    result = run("--out", tmp_path / "file" / "folder")
    assert (result.exit_code, "--out" in result.stderr) == (2, True)


@pytest.mark.parametrize("start", ["9999-12-30", "9998-12-31", "0001-01-01"])
def test_days_beyond_the_calendar_are_refused(start):
    assert run("--out", "-", "--start", start).exit_code == 2


def test_an_unwritable_report_is_reported_without_a_traceback():
    result = run("--report", "/dev/full")
    assert result.exit_code == 1
    assert "Cannot write the report" in result.stderr

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_scenarios.generation_report import Tally, page
from codat_scenarios.generation_report.charts import columns, figure, scale_end
from codat_scenarios.generation_report.document import weekly
from codat_scenarios.generation_report.published_figures import (
    FIGURES,
    MEASURES,
    PRICES,
    comparisons,
)
from codat_scenarios.merchants import KINDS, Day, Merchant, merchant
from codat_scenarios.merchants.kinds import PROFILES


@lru_cache
def tallied(kind, days=28):
    tally = Tally(merchant(kind, seed=7))
    for day in tally.merchant.days(days, start=date(2022, 3, 21)):
        tally.add(day)
    return tally


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_self_contained_and_runs_no_script(kind):
    html = page(tallied(kind))
    assert not re.search(r"<script|<link|<img|@import|https?:|\bsrc=|\bhref=|url\(|\son\w+=", html)


@pytest.mark.parametrize("kind", KINDS)
def test_every_chart_is_well_formed_and_has_an_accessible_name(kind):
    charts = re.findall(r"<svg.*?</svg>", page(tallied(kind)), re.DOTALL)
    names = [ElementTree.fromstring(chart).attrib["aria-label"] for chart in charts]  # noqa: S314  (our own)
    assert len(set(names)) == len(charts) == 6


def test_the_page_is_the_same_each_time():
    assert page(tallied("cafe")) == page(tallied("cafe"))


def test_names_are_escaped():
    profile = replace(PROFILES["cafe"], title="<b>&{}")
    assert "<b>" not in page(Tally(Merchant(profile, 7)))


@pytest.mark.parametrize("kind", KINDS)
def test_shares_add_up_to_100_percent(kind):
    tally = tallied(kind)
    for bars in (tally.per_basket(), tally.per_value(14), tally.per_method()):
        assert sum(share for _, share in bars) == pytest.approx(100)


def test_the_tally_equals_the_sums_over_the_days():
    tally = Tally(merchant("hotel-bar", seed=7))
    days = list(tally.merchant.days(8, start=date(2022, 3, 21)))
    for day in days:
        tally.add(day)
    orders = [order for day in days for order in day.orders]
    assert tally.orders == len(orders) == sum(tally.hours.values()) == sum(tally.lines.values())
    at_home = [order for order in orders if order["currency"] == "USD"]
    assert tally.turnover == sum(order["totalAmount"] for order in at_home)
    assert tally.average == tally.turnover / len(at_home)
    assert tally.tips == sum(order["totalGratuity"] for order in at_home) > 0
    assert tally.per_weekday()[0] == ("Mon", (len(days[0].orders) + len(days[7].orders)) / 2)
    assert tally.changes == sum(len(day.changes) for day in days)


def test_a_merchant_that_never_opened_has_a_report():
    tally = Tally(merchant("market-stall", seed=7))
    assert "no days" in page(tally)
    tally.add(Day(date(2022, 3, 21)))
    assert "2022-03-21 to 2022-03-21" in page(tally)


@given(st.floats(1e-6, 1e12))
def test_a_scale_ends_at_or_shortly_above_the_largest_value(most):
    assert most <= scale_end(most) <= most * 1.34


def test_a_scale_for_zero_is_not_empty():
    assert scale_end(0) > 0


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (3.54, "3.5"), (37.0, "37"), (1240.4, "1,240"), (16e3, "16k"), (2.5e6, "2.5M")],
)
def test_a_figure_is_short(value, shown):
    assert figure(value) == shown


def test_bars_are_proportional_to_their_values():
    chart = ElementTree.fromstring(columns("Two", [("a", 4.0), ("b", 2.0)], "things"))  # noqa: S314
    heights = [float(bar.attrib["height"]) for bar in chart.iter("rect")]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.1)


def test_a_week_is_the_mean_of_its_seven_days():
    days = [(str(day), float(day)) for day in range(17)]
    assert weekly(days) == [("0", 3.0), ("7", 10.0)]


def test_refunded_fees_reduce_fees():
    day = Day(
        date(2022, 3, 21),
        transactions=[
            {"type": kind, "totalAmount": Decimal(amount)}
            for kind, amount in [("Payment", 9), ("PaymentFee", -2), ("PaymentFeeRefund", 1)]
        ],
    )
    tally = Tally(merchant("cafe", seed=7))
    tally.add(day)
    assert tally.fees == -1


@pytest.mark.parametrize("kind", KINDS)
def test_a_merchant_is_near_every_published_figure(kind):
    found = {each.figure.measure: each for each in comparisons(tallied(kind))}
    assert found.pop(PRICES).measured is None  # a month is too short
    assert found.keys() >= {figure.measure for figure in FIGURES[kind]} - {PRICES}
    for compared in found.values():
        published = compared.figure
        assert compared.measured >= 0.6 * published.low, published
        assert published.high is None or compared.measured <= 1.4 * published.high, published


def test_prices_are_compared_with_those_a_year_before():
    tally = Tally(merchant("market-stall", seed=7))
    for day in tally.merchant.days(57 * 7, start=date(2022, 1, 1)):
        tally.add(day)
    assert tally.dearer_percent == pytest.approx(4, abs=1)


def test_every_figure_is_measured_and_has_a_source():
    published = [figure for figures in FIGURES.values() for figure in figures]
    assert {figure.measure for figure in published} <= MEASURES.keys()
    assert all(re.search(r"\.(com|gov|jp|nl|se|uk)\b|\b20\d\d$", each.source) for each in published)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_shows_tips_refunds_taxes_and_the_sources(kind):
    html = page(tallied(kind))
    for name in ("Tips", "Refunds", "Taxes", "Beside published figures"):
        assert name in html
    for published in FIGURES[kind]:
        assert published.source.replace("&", "&amp;") in html


def test_percentages_of_nothing_are_not_known():
    tally = Tally(merchant("cafe", seed=7))
    known = {name: measure(tally) for name, measure in MEASURES.items()}
    assert set(known.values()) == {None}

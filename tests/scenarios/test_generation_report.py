import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_scenarios.generation_report import Tally, page
from codat_scenarios.generation_report.charts import columns, figure, scale_end
from codat_scenarios.generation_report.document import weekly
from codat_scenarios.merchants import KINDS, Day, Merchant, merchant
from codat_scenarios.merchants.kinds import PROFILES


def tallied(kind, days=14):
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
    assert tally.turnover == sum(order["totalAmount"] for order in orders)
    assert tally.tips == sum(order["totalGratuity"] for order in orders) > 0
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

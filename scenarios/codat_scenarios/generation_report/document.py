"""The report's page around its charts."""

from __future__ import annotations

from decimal import Decimal
from html import escape

from codat_scenarios.generation_report.charts import Bars, columns, rows
from codat_scenarios.generation_report.tally import Tally
from codat_scenarios.merchants.money import DIGITS

MOST_BARS = 100  # days; more would be too thin to see

STYLE = """
:root { color-scheme: light dark; --paper: #f6f5f2; --card: #fff; --ink: #23262b; --soft: #6b7078;
  --rule: #e4e2dc; --bar: #2f7d6d; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181c; --card: #1e2227; --ink: #e8e9ea;
  --soft: #9aa1a9; --rule: #31363d; --bar: #57b8a3; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 2.5rem 1.25rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1120px; margin: 0 auto; }
h1 { margin: 0; font-size: 1.75rem; letter-spacing: -0.01em; }
p { margin: 0.25rem 0 0; color: var(--soft); }
dl { display: flex; flex-wrap: wrap; gap: 1px; margin: 1.75rem 0; overflow: hidden;
  border: 1px solid var(--rule); border-radius: 10px; background: var(--rule); }
dl div { flex: 1 1 8rem; padding: 0.8rem 1rem; background: var(--card); }
dt { color: var(--soft); font-size: 0.8rem; }
dd { margin: 0; font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 25rem), 1fr));
  gap: 1.25rem; }
figure { margin: 0; padding: 1rem 1.25rem; border: 1px solid var(--rule); border-radius: 10px;
  background: var(--card); }
figcaption { margin-bottom: 0.75rem; font-weight: 600; }
figcaption span { color: var(--soft); font-weight: 400; font-size: 0.85rem; }
svg { display: block; width: 100%; height: auto; }
.bar { fill: var(--bar); }
.bar:hover { opacity: 0.75; }
.grid { stroke: var(--rule); }
text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
.label { fill: var(--ink); font-size: 13px; }
"""


def page(tally: Tally) -> str:
    """Make the report.

    Returns:
        An HTML document that needs nothing beside itself; the same for the same tally.
    """
    profile = tally.merchant.profile
    days = sorted(tally.takings)
    span = f"{days[0]} to {days[-1]}" if days else "no days"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(tally.merchant.name)}, {span}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(tally.merchant.name)}</h1>
<p>{escape(profile.kind)}, seed {tally.merchant.seed} · {span} · {escape(profile.time_zone)} ·
invented by codat-mock, any likeness is chance</p>
<dl>{"".join(headline(name, value) for name, value in headlines(tally))}</dl>
<div class="charts">{"".join(charts(tally))}</div>
</main>
</body>
</html>
"""


def headlines(tally: Tally) -> list[tuple[str, str]]:
    """The figures at the head, each with its name."""
    currency = tally.merchant.currency
    digits = DIGITS.get(currency, 2)
    average = tally.turnover / tally.orders if tally.orders else Decimal(0)
    return [
        ("Orders", f"{tally.orders:,}"),
        (f"Turnover, {currency}", f"{tally.turnover:,.0f}"),
        (f"Average, {currency}", f"{average:,.{digits}f}"),
        (f"Tips, {currency}", f"{tally.tips:,.0f}"),
        (f"Refunds, {currency}", f"{tally.refunds:,.0f}"),
        (f"Fees, {currency}", f"{tally.fees:,.0f}"),
        ("Later changes", f"{tally.changes:,}"),
        ("Of them deletes", f"{tally.deletes:,}"),
    ]


def charts(tally: Tally) -> list[str]:
    """The charts, each in its frame."""
    currency = tally.merchant.currency
    takings, mean = tally.per_day(), ""
    if len(takings) > MOST_BARS:
        takings, mean = weekly(takings), ", mean of seven"
    share = "% of orders"
    return [
        framed("Takings", f"{currency} a day{mean}", columns("Takings a day", takings, currency)),
        framed(
            "Hourly sales",
            "orders in an hour of an open day, local time",
            columns("Orders by hour", tally.per_open_hour(), "orders"),
        ),
        framed(
            "Week",
            "orders of an open day",
            columns("Orders by day of the week", tally.per_weekday(), "orders"),
        ),
        framed("Basket sizes", "% of orders by lines", columns("Lines", tally.per_basket(), share)),
        framed(
            "Order values",
            f"% of orders by {currency} from; the last bar holds all above",
            columns("Order values", tally.per_value(14), share),
        ),
        framed("Payment mix", "% of payments", rows("Payment mix", tally.per_method(), "%")),
    ]


def weekly(days: Bars) -> Bars:
    """The mean of every seven days, by the first of them; fewer at the end are left out."""
    weeks = [days[first : first + 7] for first in range(0, len(days) - 6, 7)]
    return [(week[0][0], sum(value for _, value in week) / 7) for week in weeks]


def headline(name: str, value: str) -> str:
    """One figure of the head."""
    return f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"


def framed(title: str, what: str, chart: str) -> str:
    """A chart with its heading."""
    caption = f"{escape(title)} <span>{escape(what)}</span>"
    return f"<figure><figcaption>{caption}</figcaption>{chart}</figure>"

"""What is published about real merchants, to compare generated ones with.

Each figure is of the country and the trade of the merchant, or of the nearest that is published;
its source says which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from codat_scenarios.generation_report.tally import Tally

Measure = Callable[[Tally], float | None]
TIPS: Final = "Tip, % of the bills that have one"
REFUNDS: Final = "Refunds, % of sales"
TAXES: Final = "Taxes, % of net sales"
CASH: Final = "Cash, % of payments"
CASH_VALUE: Final = "Cash, % of the money paid"
PRICES: Final = "Dearer after a year, %"
TOP_FIFTH: Final = "Sales of the top fifth of products, %"
DISPERSION: Final = "Variance of a day's orders over their mean"
MEASURES: Final[dict[str, Measure]] = {
    TIPS: lambda tally: tally.tip_percent,
    REFUNDS: lambda tally: tally.refund_percent,
    TAXES: lambda tally: tally.tax_percent,
    CASH: lambda tally: tally.cash_percent,
    CASH_VALUE: lambda tally: tally.cash_value_percent,
    PRICES: lambda tally: tally.dearer_percent,
    TOP_FIFTH: lambda tally: tally.top_fifth_percent,
    DISPERSION: lambda tally: tally.dispersion,
}


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """A figure that is published.

    Args:
        measure: what is measured, one of `MEASURES`.
        low: the figure, or the lowest of a range.
        high: the highest of a range; None where nothing is.
        source: who published it, where and when.
    """

    measure: str
    low: float
    high: float | None
    source: str


def exactly(measure: str, value: float, source: str) -> PublishedFigure:
    """One figure, and no range.

    Args:
        measure: what is measured, one of `MEASURES`.
        value: what is published.
        source: who published it, where and when.
    """
    return PublishedFigure(measure, value, value, source)


OVERDISPERSED: Final = PublishedFigure(
    DISPERSION,
    1,
    None,
    "more than chance gives: F. Ziel on the sales of Walmart (M5), International Journal of"
    " Forecasting, 2022, doi 10.1016/j.ijforecast.2021.12.001",
)
PARETO: Final = exactly(
    TOP_FIFTH,
    73,
    "packaged goods, by brand: B. J. Kim, V. Singh and R. S. Winer, Marketing Letters 28, 2017,"
    " doi 10.1007/s11002-017-9442-5",
)
FIGURES: Final[dict[str, tuple[PublishedFigure, ...]]] = {
    "bike-shop": (
        exactly(
            REFUNDS, 8.7, "shops, all trades: corso.com, Ecommerce return rate benchmarks, 2024"
        ),
        PublishedFigure(TAXES, 9, 21, "the rates: Belastingdienst, belastingdienst.nl, Btw-tarief"),
        exactly(
            CASH,
            20,
            "Dutch points of sale: De Nederlandsche Bank, dnb.nl, Paying with mobile as popular as"
            " cash, 6 April 2023",
        ),
        exactly(PRICES, 9.6, "December 2022: Statistics Netherlands, cbs.nl, consumer prices"),
    ),
    "cafe": (
        exactly(
            TIPS, 10, "what half of Britons find fair: thestaffcanteen.com, How do Britons tip"
        ),
        PublishedFigure(TAXES, 0, 20, "the rates: HM Revenue & Customs, gov.uk/vat-rates"),
        exactly(CASH, 14, "all payments, 2022: UK Finance, UK Payment Markets, September 2023"),
        exactly(
            PRICES,
            11.4,
            "restaurants and hotels, December 2022: Office for National Statistics, ons.gov.uk,"
            " Consumer price inflation",
        ),
    ),
    "hotel-bar": (
        PublishedFigure(
            TIPS,
            17.4,
            19.6,
            "bars: Square, July 2025; restaurants with service: Toast, fourth quarter of 2022",
        ),
        exactly(
            TAXES, 8.875, "the rate of New York City: tax.ny.gov, Publication 718, sales tax rates"
        ),
        exactly(
            PRICES,
            8.3,
            "food away from home, December 2022: Bureau of Labor Statistics, bls.gov, Consumer"
            " Price Index",
        ),
    ),
    "market-stall": (
        PublishedFigure(
            TAXES,
            8,
            10,
            "the rates: Japan National Tourism Organization, tax-freeshop.jnto.go.jp",
        ),
        exactly(
            CASH_VALUE,
            64,
            "what is not cashless, 2022: Ministry of Economy, Trade and Industry, meti.go.jp",
        ),
        exactly(
            PRICES, 4.0, "December 2022: Statistics Bureau of Japan, stat.go.jp, consumer prices"
        ),
    ),
    "web-shop": (
        PublishedFigure(
            REFUNDS,
            11.5,
            16.5,
            "housewares, 2021, and all online sales, 2022: National Retail Federation, nrf.com",
        ),
        PublishedFigure(TAXES, 6, 25, "the rates: Skatteverket, skatteverket.se, Momssatser"),
        exactly(PRICES, 12.3, "December 2022: Statistics Sweden, scb.se, Konsumentprisindex"),
    ),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A merchant's own figure beside a published one.

    Args:
        measured: the merchant's; None where its days are too few.
        figure: what is published.
    """

    measured: float | None
    figure: PublishedFigure


def comparisons(tally: Tally) -> Iterator[Comparison]:
    """Compare a merchant with every figure that is published about its kind."""
    for figure in (*FIGURES.get(tally.merchant.profile.kind, ()), PARETO, OVERDISPERSED):
        yield Comparison(MEASURES[figure.measure](tally), figure)

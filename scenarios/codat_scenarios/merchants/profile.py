"""A kind of merchant: what it sells, when, how it is paid, and what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from codat_mock.models.commerce import PaymentType, ServiceChargeType

Hours = Mapping[int, int]
"""How busy each local hour (0 to 23) is, relative to the others; absent: closed."""

CARDS: Final[tuple[PaymentType, ...]] = ("Card", "OnlineCard")
OTHER_TENDERS: Final[tuple[PaymentType, ...]] = ("Cash", "StoreCredit")  # of a refund

RareKind = Literal[
    "exchange", "deposit", "overpayment", "chargeback", "abroad", "unpaid", "voucher",
    "order-discount", "other-tender",
]  # fmt: skip
"""What is rarer than a habit: nothing but variants change hands, a part is paid before the order is
created, too much is paid and returned, the bank takes a payment back, a sale in the currency of
another country, one that stays unpaid, a voucher is a line without a quantity, a discount is in no
line, what was paid by card is refunded in cash or as store credit."""


@dataclass(frozen=True, slots=True)
class Product:
    """Something sold.

    Args:
        name: as on the menu.
        price: smallest units including tax, a piece or (where `weighed`) a kilogram.
        tax: thousandths of a percent; 20 % is 20,000.
        demand: how often it is bought, relative to the others.
        variants: names of its variants, none where it has none.
        weighed: sold by weight, so that quantities are fractions.
        series: what is of one series is often bought together; none where it is empty.
        gift_card: a promise, not a sale: paid with later, by a payment of type Prepaid.
    """

    name: str
    price: int
    tax: int
    demand: int = 1
    variants: tuple[str, ...] = ()
    weighed: bool = False
    gift_card: bool = False
    series: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """Many products: every thing of every make in every size.

    Args:
        things: names, each with its price in smallest units including tax.
        makes: names; each is a series, whose products are often bought together.
        tax: thousandths of a percent.
        demand: how often any of them is bought, relative to the single products.
        sizes: names, the first at the price of the thing; none where there is one size only.
        size_percent: how much dearer each further size is, in percent of the first.
    """

    things: tuple[tuple[str, int], ...]
    makes: tuple[str, ...]
    tax: int
    demand: int
    sizes: tuple[str, ...] = ()
    size_percent: int = 0


@dataclass(frozen=True, slots=True)
class Fee:
    """The payment provider's fee for a payment.

    Args:
        rate: hundredths of a percent of the amount; 1.75 % is 175.
        fixed: smallest units on top.
        returned: whether the provider refunds the fee with a refund.
    """

    rate: int
    fixed: int = 0
    returned: bool = False


@dataclass(frozen=True, slots=True)
class Method:
    """A way to pay.

    Args:
        type: the payment's type on the wire.
        share: how often it is used, relative to the others.
        provider: the payment provider, where the records name one.
        fee: its fee; None for none, as with cash.
    """

    type: PaymentType
    share: int
    provider: str | None = None
    fee: Fee | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge beside the products, of a percentage of them or of a fixed amount.

    Args:
        description: as on the receipt.
        type: its type on the wire.
        tax: thousandths of a percent.
        percent: hundredths of a percent of the line totals; 12.5 % is 1,250.
        fixed: smallest units including tax, on top.
    """

    description: str
    type: ServiceChargeType
    tax: int
    percent: int = 0
    fixed: int = 0


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount on a whole order, allocated to its lines; `percent` is 1 to 100."""

    name: str
    percent: int


@dataclass(frozen=True, slots=True)
class Abroad:
    """Another country that is sold to, in its currency.

    Args:
        country: ISO 3166 code in the orders.
        currency: ISO 4217 code.
        rate: its smallest units for a thousand of the merchant's own.
    """

    country: str
    currency: str
    rate: int


@dataclass(frozen=True, slots=True)
class Habits:
    """How often things happen, per thousand orders.

    Args:
        tip: a tip, with a payment other than cash.
        discount: a discount on the order.
        charge: the service charge or shipping.
        split: two payments of different methods for one order.
        failure: a failed payment before the paid one.
        refund: a line returned before the order closes.
        known: a customer whom the merchant knows by name.
        late_tip: a tip added later the same day.
        late_refund: a line returned later the same day.
        correction: the customer changed later the same day.
        void: the order deleted later the same day.
        late_return: a line returned days later, by an order of its own, since the day is synced.
    """

    tip: int = 0
    discount: int = 0
    charge: int = 0
    split: int = 0
    failure: int = 0
    refund: int = 0
    known: int = 0
    late_tip: int = 0
    late_refund: int = 0
    correction: int = 0
    void: int = 0
    late_return: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of merchant; with a seed it becomes one merchant.

    Args:
        kind: its name, for `merchant(kind)`.
        title: the business's name, with `{}` for a family name.
        locale: for names of people and places, as faker calls it.
        country: ISO 3166 code in the orders.
        currency: ISO 4217 code.
        time_zone: IANA name.
        region: ISO 3166-2 code of the part of the country that has holidays of its own.
        volume: orders on an average day.
        dispersion: how alike days are; the variance of a day's orders is their mean plus its
            square divided by this.
        opening: the hours of Monday to Sunday; no hours is closed.
        holiday_hours: the hours of public holidays; None for those of the weekday.
        special_days: percent of the usual orders on holidays and other days, by name; 0 is closed.
        weekdays: percent of the average day's orders, Monday to Sunday.
        months: percent of the average day's orders, January to December.
        products: what is sold, one by one.
        ranges: what else is sold, hundreds of products each.
        together: percent of the further lines of an order that are of the series of the first.
        price_step: what prices are multiples of, in smallest units.
        yearly_rise: thousandths by which prices rise in a year, each at dates of its own.
        baskets: how often an order has one line, two, three, …
        quantities: how often a line has one piece, two, three, …
        methods: the ways to pay.
        habits: how often things happen.
        tips: percentages that tippers choose from.
        discounts: the discounts given, equally often.
        charge: the service charge or shipping, if there is one.
        stay: seconds from an order's creation to its closing, at least and at most.
        places: the names of the places it sells at.
        customers: how many customers it knows by name.
        rare_sales: on how many of a hundred open days each happens, once.
        chargeback_fee: what a chargeback costs, in smallest units.
        abroad: where the rare sale `abroad` sells to.
        vouchers: the amounts of vouchers, in smallest units, equally often.
        payouts: the weekdays, Monday is 0, on which the provider pays out what cards brought in.
    """

    kind: str
    title: str
    locale: str
    country: str
    currency: str
    time_zone: str
    volume: int
    opening: tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]
    weekdays: tuple[int, int, int, int, int, int, int]
    months: tuple[int, int, int, int, int, int, int, int, int, int, int, int]
    products: tuple[Product, ...]
    baskets: tuple[int, ...]
    quantities: tuple[int, ...]
    methods: tuple[Method, ...]
    habits: Habits = field(default_factory=Habits)
    tips: tuple[int, ...] = ()
    discounts: tuple[Discount, ...] = ()
    charge: Charge | None = None
    stay: tuple[int, int] = (0, 60)
    places: tuple[str, ...] = ("Main Street",)
    customers: int = 0
    rare_sales: Mapping[RareKind, int] = field(default_factory=dict)
    chargeback_fee: int = 0
    abroad: Abroad | None = None
    payouts: tuple[int, ...] = ()
    vouchers: tuple[int, ...] = ()
    region: str | None = None
    dispersion: int = 50
    holiday_hours: Hours | None = None
    special_days: Mapping[str, int] = field(default_factory=dict)
    ranges: tuple[Range, ...] = ()
    together: int = 0
    price_step: int = 1
    yearly_rise: int = 0

    def __post_init__(self) -> None:
        """Refuse habits and rare sales that have nothing to draw from.

        Raises:
            ValueError: such as tips without percentages for them, or an exchange without variants.
        """
        habits = self.habits
        for per_mille, source, missing in (
            (max(habits.tip, habits.late_tip), self.tips, "tips"),
            (habits.discount, self.discounts, "discounts"),
            (habits.charge, self.charge, "charge"),
            (max(habits.known, habits.correction), self.customers, "customers"),
        ):
            if per_mille and not source:
                raise ValueError(f"the habits of '{self.kind}' need {missing}, but it has none")
        cards = [method for method in self.methods if method.type in CARDS]
        others = [method for method in self.methods if method.type in OTHER_TENDERS]
        variants = [product for product in self.products if len(product.variants) > 1]
        needs: tuple[tuple[RareKind, object, str], ...] = (
            ("exchange", variants, "variants"),
            ("deposit", cards, "cards"),
            ("overpayment", cards, "cards"),
            ("chargeback", cards and self.chargeback_fee, "cards and a fee"),
            ("abroad", cards and self.abroad, "cards and another currency"),
            ("voucher", self.vouchers, "vouchers"),
            ("order-discount", self.discounts, "discounts"),
            ("other-tender", cards and others, "cards, and cash or store credit"),
        )
        for kind, needed, missing in needs:
            if self.rare_sales.get(kind) and not needed:
                raise ValueError(f"the rare sale '{kind}' of '{self.kind}' needs {missing}")

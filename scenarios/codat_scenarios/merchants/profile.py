"""A kind of merchant: what it sells, when, how it is paid, and what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from codat_mock.models.commerce import PaymentType, ServiceChargeType

Hours = Mapping[int, int]
"""How busy each local hour (0 to 23) is, relative to the others; absent: closed."""


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
    """

    name: str
    price: int
    tax: int
    demand: int = 1
    variants: tuple[str, ...] = ()
    weighed: bool = False


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
        volume: orders on an average day.
        opening: the hours of Monday to Sunday; no hours is closed.
        weekdays: percent of the average day's orders, Monday to Sunday.
        months: percent of the average day's orders, January to December.
        products: what is sold.
        baskets: how often an order has one line, two, three, …
        quantities: how often a line has one piece, two, three, …
        methods: the ways to pay.
        habits: how often things happen.
        tips: percentages that tippers choose from.
        discounts: the discounts given, equally often.
        charge: the service charge or shipping, if there is one.
        stay: seconds from an order's creation to its closing, at least and at most.
        locations: how many places it sells at.
        customers: how many customers it knows by name.
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
    locations: int = 1
    customers: int = 0

    def __post_init__(self) -> None:
        """Refuse habits that have nothing to draw from.

        Raises:
            ValueError: such as tips without percentages for them.
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

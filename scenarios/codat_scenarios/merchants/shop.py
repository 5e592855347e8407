"""What a merchant sells from: products and their prices of the week, places, customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import accumulate
from random import Random
from typing import Any, TypeVar

from faker import Faker

from codat_scenarios.merchants.assortment import (
    draw_rhythm,
    fashion,
    price_in_week,
    weighted_products,
)
from codat_scenarios.merchants.money import Amounts, proportion
from codat_scenarios.merchants.profile import CARDS, Charge, Method, Product, Profile

Thing = TypeVar("Thing")
Ref = dict[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """A product as this merchant knows it.

    Args:
        product: as in the profile.
        ref: its id and name.
        variants: the ids and names of its variants.
        percentage: of tax, as on the wire.
        price: in the week, in smallest units.
        weight: how often it is bought, relative to the others.
        rhythm: the weeks between two changes of its price, and since the last one.
    """

    product: Product
    ref: Ref
    variants: tuple[Ref, ...]
    percentage: Decimal
    price: int
    weight: int
    rhythm: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Shop:
    """What the sales of a week are drawn from; a pool holds a thing as often as it is in demand.

    The weights of `items` are summed up in `demand`, one sum per item.

    Faker is slow and its names change between releases. All names are drawn here, once, from a
    source of their own: no amount, moment or id depends on them.
    """

    profile: Profile
    name: str
    amounts: Amounts
    items: tuple[Item, ...]
    demand: tuple[int, ...]
    series: dict[str, tuple[Item, ...]]
    baskets: tuple[int, ...]
    quantities: tuple[int, ...]
    methods: tuple[Method, ...]
    locations: tuple[Ref, ...]
    customers: tuple[Ref, ...]
    charge_percentage: Decimal | None

    @classmethod
    def open(cls, profile: Profile, seed: int) -> Shop:
        """Make the shop of a profile; the same seed gives the same shop."""
        source = Random(f"{profile.kind}/{seed}")  # noqa: S311  (no secret)
        fake = Faker(profile.locale)
        fake.seed_instance(f"{profile.kind}/{seed}")
        items = [stock(each, weight, source) for each, weight in weighted_products(profile, source)]
        return cls(
            profile=profile,
            name=profile.title.format(fake.last_name()),
            amounts=Amounts.of(profile.currency),
            **shelves(items),
            baskets=pool([(share, lines) for lines, share in enumerate(profile.baskets, 1)]),
            quantities=pool(
                [(share, pieces) for pieces, share in enumerate(profile.quantities, 1)]
            ),
            methods=pool([(method.share, method) for method in profile.methods]),
            locations=tuple(ref(source, place) for place in profile.places),
            customers=tuple(ref(source, fake.name()) for _ in range(profile.customers)),
            charge_percentage=charge_percentage(profile.charge),
        )

    def in_week(self, monday: date, source: Random) -> Shop:
        """The same shop with the prices and the demand of a week.

        Args:
            monday: its first day.
            source: the week's.
        """
        profile = self.profile
        items = [
            replace(
                item,
                price=price_in_week(item.product, item.rhythm, profile, monday),
                weight=fashion(item.weight, source),
            )
            for item in self.items
        ]
        return replace(self, **shelves(items))

    def abroad(self) -> Shop:
        """The same shop with the prices of its other country, paid by card; else itself."""
        there = self.profile.abroad
        if there is None:
            return self

        def price(units: int) -> int:
            return proportion(units, there.rate, 1000)

        def method(paid: Method) -> Method:
            fee = paid.fee
            return replace(paid, fee=fee and replace(fee, fixed=price(fee.fixed)))

        charge = self.profile.charge
        return replace(
            self,
            profile=replace(
                self.profile,
                country=there.country,
                currency=there.currency,
                charge=charge and replace(charge, fixed=price(charge.fixed)),
            ),
            amounts=Amounts.of(there.currency),
            **shelves([replace(item, price=price(item.price)) for item in self.items]),
            methods=tuple(method(each) for each in self.methods if each.type in CARDS),
        )


def pool(weighted: Sequence[tuple[int, Thing]]) -> tuple[Thing, ...]:
    """Repeat each thing as often as its weight says, so that one number draws from them."""
    return tuple(thing for weight, thing in weighted for _ in range(weight))


def stock(product: Product, weight: int, source: Random) -> Item:
    """Give a product and its variants their ids.

    Args:
        product: of the profile.
        weight: how often it is bought, relative to the others.
        source: of ids, and of the rhythm of its price.
    """
    variants = tuple(ref(source, name) for name in product.variants)
    return Item(
        product,
        ref(source, product.name),
        variants,
        percentage(product.tax),
        product.price,
        weight,
        draw_rhythm(source),
    )


def shelves(items: Sequence[Item]) -> dict[str, Any]:
    """The properties of a shop that depend on its items."""
    series: dict[str, list[Item]] = {}
    for item in items:
        if item.product.series:
            series.setdefault(item.product.series, []).append(item)
    return {
        "items": tuple(items),
        "demand": tuple(accumulate(item.weight for item in items)),
        "series": {name: tuple(members) for name, members in series.items()},
    }


def ref(source: Random, name: str) -> Ref:
    """A reference to something new of this name."""
    return {"id": new_id(source), "name": name}


def charge_percentage(charge: Charge | None) -> Decimal | None:
    """The tax percentage of the charge, where there is one."""
    return percentage(charge.tax) if charge else None


def percentage(rate: int) -> Decimal:
    """Thousandths of a percent as the percentage on the wire: 20,000 is 20 and 8,875 is 8.875."""
    return Decimal(f"{rate // 1000}.{rate % 1000:03}".rstrip("0").rstrip("."))


def new_id(source: Random) -> str:
    """Draw an id that looks like, and is as unique as, a random UUID."""
    digits = f"{source.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

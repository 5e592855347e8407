"""What stays the same from one day of a merchant to the next: products, places, customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import TypeVar

from faker import Faker

from codat_scenarios.merchants.money import Amounts
from codat_scenarios.merchants.profile import Charge, Method, Product, Profile

Thing = TypeVar("Thing")
Ref = dict[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """A product as this merchant knows it."""

    product: Product
    ref: Ref
    variants: tuple[Ref, ...]
    percentage: Decimal


@dataclass(frozen=True, slots=True)
class Shop:
    """What sales are drawn from; each pool holds a thing as often as it is in demand.

    Faker is slow and its names change between releases. All names are drawn here, once, from a
    source of their own: no amount, moment or id depends on them.
    """

    profile: Profile
    name: str
    amounts: Amounts
    items: tuple[Item, ...]
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
        return cls(
            profile=profile,
            name=profile.title.format(fake.last_name()),
            amounts=Amounts.of(profile.currency),
            items=pool([(product.demand, stock(product, source)) for product in profile.products]),
            baskets=pool([(share, lines) for lines, share in enumerate(profile.baskets, 1)]),
            quantities=pool(
                [(share, pieces) for pieces, share in enumerate(profile.quantities, 1)]
            ),
            methods=pool([(method.share, method) for method in profile.methods]),
            locations=tuple(ref(source, fake.city()) for _ in range(profile.locations)),
            customers=tuple(ref(source, fake.name()) for _ in range(profile.customers)),
            charge_percentage=charge_percentage(profile.charge),
        )


def pool(weighted: Sequence[tuple[int, Thing]]) -> tuple[Thing, ...]:
    """Repeat each thing as often as its weight says, so that one number draws from them."""
    return tuple(thing for weight, thing in weighted for _ in range(weight))


def stock(product: Product, source: Random) -> Item:
    """Give a product and its variants their ids."""
    variants = tuple(ref(source, name) for name in product.variants)
    return Item(product, ref(source, product.name), variants, percentage(product.tax))


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

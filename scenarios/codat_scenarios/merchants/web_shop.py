"""A Swedish web shop: open all night, busiest in the evening, with shipping and many returns."""

from __future__ import annotations

from codat_scenarios.merchants.profile import (
    Charge,
    Discount,
    Fee,
    Habits,
    Method,
    Product,
    Profile,
)

ALL_DAY = {
    0: 5, 1: 3, 2: 2, 3: 1, 4: 1, 5: 2, 6: 4, 7: 7, 8: 9, 9: 10, 10: 11, 11: 12,
    12: 15, 13: 12, 14: 11, 15: 11, 16: 12, 17: 13, 18: 15, 19: 20, 20: 25, 21: 24, 22: 16, 23: 9,
}  # fmt: skip

PROFILE = Profile(
    kind="web-shop",
    title="{} Hem & Form",
    locale="sv_SE",
    country="SE",
    currency="SEK",
    time_zone="Europe/Stockholm",
    volume=260,
    opening=(ALL_DAY,) * 7,
    weekdays=(112, 104, 98, 96, 88, 84, 118),
    months=(94, 82, 88, 90, 92, 86, 74, 90, 98, 104, 148, 154),
    products=(
        Product("Linnehandduk", 24900, 25_000, 9, ("Natur", "Blå", "Grå")),
        Product("Ullpläd", 119500, 25_000, 4, ("Randig", "Enfärgad")),
        Product("Doftljus", 29900, 25_000, 10),
        Product("Stengodsmugg", 18900, 25_000, 11),
        Product("Serveringsskål", 44900, 25_000, 5),
        Product("Kökskniv", 64500, 25_000, 3),
        Product("Skärbräda i ek", 39900, 25_000, 5),
        Product("Taklampa", 189000, 25_000, 2),
        Product("Kokbok", 32900, 6_000, 6),
        Product("Knäckebröd", 6950, 12_000, 7),
        Product("Lakritsask", 8900, 12_000, 7),
        Product("Presentkort", 50000, 0, 3),
    ),
    baskets=(48, 28, 14, 6, 4),
    quantities=(74, 17, 5, 4),
    methods=(
        Method("OnlineCard", 40, "Nordbetal", Fee(140, 180, returned=True)),
        Method("Swish", 28, "Swish", Fee(0, 200)),
        Method("Invoice", 16),
        Method("Paypal", 10, "PayPal", Fee(290, 325)),
        Method("StoreCredit", 6),
    ),
    habits=Habits(
        discount=140, charge=620, split=30, failure=35, refund=8, known=1000, late_refund=22,
        correction=8, void=6,
    ),
    discounts=(Discount("VÄLKOMMEN10", 10), Discount("Sommarrea", 25), Discount("Vän", 20)),
    charge=Charge("Frakt", "Shipping", 25_000, fixed=4900),
    stay=(5, 300),
    customers=600,
)  # fmt: skip

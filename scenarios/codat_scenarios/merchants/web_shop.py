"""A Swedish web shop: open all night, busiest in the evening, with shipping and many returns."""

from __future__ import annotations

from codat_scenarios.merchants.profile import (
    Abroad,
    Charge,
    Discount,
    Fee,
    Habits,
    Method,
    Product,
    Profile,
    Range,
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
    dispersion=20,
    opening=(ALL_DAY,) * 7,
    special_days={
        "Black Friday": 320, "Christmas Eve": 40, "Christmas Day": 55, "New Year's Eve": 60,
        "Midsummer Day": 55, "Second Day of Christmas": 135,
    },
    weekdays=(112, 104, 98, 96, 88, 84, 118),
    months=(94, 82, 88, 90, 92, 86, 74, 90, 98, 104, 148, 154),
    products=(
        Product("Linnehandduk", 24900, 25_000, 9, ("Natur", "Blå", "Grå")),
        Product("Ullpläd", 119500, 25_000, 4, ("Randig", "Enfärgad")),
        Product("Doftljus", 29900, 25_000, 10),
        Product("Stengodsmugg", 18900, 25_000, 11),
        Product("Serveringsskål", 44900, 25_000, 5),
        Product("Kökskniv", 64500, 25_000, 3, series="Matlagning"),
        Product("Skärbräda i ek", 39900, 25_000, 5, series="Matlagning"),
        Product("Taklampa", 189000, 25_000, 2),
        Product("Kokbok", 32900, 6_000, 6, series="Matlagning"),
        Product("Knäckebröd", 6950, 12_000, 7),
        Product("Lakritsask", 8900, 12_000, 7),
        Product("Presentkort", 50000, 0, 3, gift_card=True),
    ),
    ranges=(
        Range(
            (("Handduk", 19900), ("Badlakan", 34900), ("Duk", 44900), ("Gardin", 59900),
             ("Kudde", 29900), ("Matta", 129900), ("Pläd", 89900), ("Påslakan", 69900),
             ("Örngott", 17900), ("Grytlapp", 9900)),
            ("Björk", "Dimma", "Fjäll", "Hav", "Hed", "Lav", "Ljung", "Skog", "Sten", "Äng"),
            25_000, 34, ("natur", "vit", "grå", "blå", "grön"), 0,
        ),
        Range(
            (("Mugg", 17900), ("Tallrik", 21900), ("Djup tallrik", 22900), ("Skål", 24900),
             ("Fat", 39900), ("Kanna", 49900), ("Vas", 44900), ("Ljusstake", 27900),
             ("Karaff", 42900), ("Glas", 14900), ("Burk", 19900), ("Bricka", 34900)),
            ("Björk", "Dimma", "Fjäll", "Hav", "Hed", "Lav", "Ljung", "Skog", "Sten", "Äng"),
            25_000, 38, ("liten", "mellan", "stor"), 20,
        ),
        Range(
            (("Bordslampa", 99900), ("Golvlampa", 169900), ("Hylla", 89900), ("Korg", 44900),
             ("Krok", 12900), ("Pall", 79900), ("Spegel", 109900), ("Tavelram", 24900)),
            ("Björk", "Dimma", "Fjäll", "Hav", "Hed", "Lav", "Ljung", "Skog", "Sten", "Äng"),
            25_000, 14, ("liten", "stor", "natur", "svart"), 10,
        ),
        Range(
            (("Roman", 19900), ("Deckare", 18900), ("Trädgårdsbok", 29900), ("Barnbok", 14900)),
            ("vår", "sommar", "höst", "vinter"), 6_000, 6, ("inbunden", "pocket"), -60,
        ),
    ),
    together=40,
    price_step=100,
    yearly_rise=123,
    baskets=(48, 28, 14, 6, 4),
    quantities=(74, 17, 5, 4),
    methods=(
        Method("OnlineCard", 40, "Nordbetal", Fee(140, 180, returned=True)),
        Method("Swish", 28, "Swish", Fee(0, 200)),
        Method("Invoice", 16),
        Method("Paypal", 10, "PayPal", Fee(290, 325)),
        Method("StoreCredit", 3),
        Method("Prepaid", 3),
    ),
    habits=Habits(
        discount=140, charge=620, split=30, failure=35, refund=8, known=1000, late_refund=22,
        correction=8, void=6, late_return=260,
    ),
    discounts=(Discount("VÄLKOMMEN10", 10), Discount("Sommarrea", 25), Discount("Vän", 20)),
    charge=Charge("Frakt", "Shipping", 25_000, fixed=4900),
    stay=(5, 300),
    places=("Borås",),
    customers=600,
    rare_sales={
        "exchange": 45, "overpayment": 30, "chargeback": 30, "abroad": 70, "voucher": 80,
        "other-tender": 40,
    },
    vouchers=(5000, 10000, 15000),
    chargeback_fee=25000,
    abroad=Abroad("FI", "EUR", 95),
)  # fmt: skip

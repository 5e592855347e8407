"""A New York hotel bar: evenings past midnight, service charges, generous and often late tips."""

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

TAX = 8_875

WEEKNIGHT = {0: 6, 15: 4, 16: 7, 17: 13, 18: 18, 19: 17, 20: 16, 21: 15, 22: 13, 23: 9}
WEEKEND = {0: 14, 1: 8, 15: 5, 16: 8, 17: 12, 18: 16, 19: 18, 20: 19, 21: 20, 22: 20, 23: 18}

PROFILE = Profile(
    kind="hotel-bar",
    title="The {} Bar",
    locale="en_US",
    country="US",
    currency="USD",
    time_zone="America/New_York",
    volume=190,
    opening=(WEEKNIGHT,) * 5 + (WEEKEND,) * 2,
    weekdays=(70, 80, 92, 110, 140, 138, 70),
    months=(78, 84, 95, 104, 110, 112, 98, 92, 110, 112, 100, 105),
    products=(
        Product("Old fashioned", 1900, TAX, 9),
        Product("Martini", 2000, TAX, 8, ("Gin", "Vodka")),
        Product("Negroni", 1850, TAX, 8),
        Product("Draft beer", 1100, TAX, 14, ("Lager", "IPA", "Stout")),
        Product("House wine, glass", 1500, TAX, 12, ("Red", "White")),
        Product("Champagne, glass", 2600, TAX, 4),
        Product("Champagne, bottle", 18500, TAX, 1),
        Product("Sparkling water", 700, TAX, 8),
        Product("Espresso", 550, TAX, 4),
        Product("Olives", 900, TAX, 6),
        Product("Fries", 1200, TAX, 8),
        Product("Club sandwich", 2400, TAX, 5),
        Product("Burger", 2800, TAX, 6),
    ),
    baskets=(22, 27, 22, 14, 9, 6),
    quantities=(62, 28, 6, 4),
    methods=(
        Method("Card", 70, "Barwell", Fee(260, 10)),
        Method("Mobile", 14, "Barwell", Fee(260, 10)),
        Method("Custom", 11, "Room charge"),
        Method("Cash", 5),
    ),
    habits=Habits(
        tip=720, discount=30, charge=90, split=85, refund=9, known=180, late_tip=45,
        late_refund=4, correction=10, void=7,
    ),
    tips=(15, 18, 18, 20, 20, 20, 22, 25),
    discounts=(Discount("Happy hour", 30), Discount("Hotel staff", 50)),
    charge=Charge("Large party", "Generic", TAX, percent=1_800),
    stay=(300, 5_400),
    customers=150,
)  # fmt: skip

"""A New York hotel bar: evenings past midnight, service charges, generous and often late tips."""

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
    region="NY",
    volume=190,
    dispersion=30,
    opening=(WEEKNIGHT,) * 5 + (WEEKEND,) * 2,
    special_days={
        "New Year's Eve": 190, "Saint Patrick's Day": 155, "Valentine's Day": 140,
        "Halloween": 120, "Thanksgiving Day": 55, "Christmas Eve": 50, "Christmas Day": 45,
    },
    weekdays=(70, 80, 92, 110, 140, 138, 70),
    months=(78, 84, 95, 104, 110, 112, 98, 92, 110, 112, 100, 105),
    products=(
        Product("Old fashioned", 1900, TAX, 9),
        Product("Martini", 2000, TAX, 8, ("Gin", "Vodka"), series="Aperitif"),
        Product("Negroni", 1850, TAX, 8),
        Product("Draft beer", 1100, TAX, 14, ("Lager", "IPA", "Stout"), series="Grill"),
        Product("House wine, glass", 1500, TAX, 12, ("Red", "White")),
        Product("Champagne, glass", 2600, TAX, 4),
        Product("Champagne, bottle", 18500, TAX, 1),
        Product("Sparkling water", 700, TAX, 8),
        Product("Espresso", 550, TAX, 4),
        Product("Olives", 900, TAX, 6, series="Aperitif"),
        Product("Fries", 1200, TAX, 8, series="Grill"),
        Product("Club sandwich", 2400, TAX, 5),
        Product("Burger", 2800, TAX, 6, series="Grill"),
    ),
    ranges=(
        Range(
            (("Chardonnay", 1500), ("Merlot", 1450), ("Pinot noir", 1700), ("Riesling", 1400),
             ("Rosé", 1400), ("Sauvignon blanc", 1500), ("Syrah", 1550), ("Zinfandel", 1500)),
            ("Columbia Valley", "Finger Lakes", "Long Island", "Napa", "Sonoma", "Willamette"),
            TAX, 26, ("glass", "bottle"), 300,
        ),
        Range(
            (("Bourbon", 1700), ("Rye", 1700), ("Gin", 1500), ("Mezcal", 1800), ("Rum", 1500),
             ("Tequila", 1600), ("Vodka", 1400)),
            ("neat", "on the rocks", "sour", "highball", "with tonic", "smash"),
            TAX, 30, ("", "double"), 60,
        ),
    ),
    together=30,
    price_step=50,
    yearly_rise=83,
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
    places=("Midtown Manhattan",),
    customers=150,
    rare_sales={
        "deposit": 50, "chargeback": 30, "abroad": 35, "unpaid": 40, "order-discount": 60,
    },
    chargeback_fee=2500,
    abroad=Abroad("US", "CAD", 1370),
    payouts=(0, 1, 2, 3, 4),
)  # fmt: skip

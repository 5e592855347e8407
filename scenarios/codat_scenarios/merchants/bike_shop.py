"""A Dutch bike shop: few orders of very different sizes, workshop hours, regular customers."""

from __future__ import annotations

from codat_scenarios.merchants.profile import (
    Discount,
    Fee,
    Habits,
    Method,
    Product,
    Profile,
    Range,
)

WORKING_DAY = {9: 5, 10: 9, 11: 11, 12: 9, 13: 10, 14: 12, 15: 13, 16: 12, 17: 9}
LATE_OPENING = {**WORKING_DAY, 18: 7, 19: 6, 20: 3}
SATURDAY = {9: 6, 10: 12, 11: 14, 12: 12, 13: 13, 14: 13, 15: 11, 16: 7}
CLOSED: dict[int, int] = {}

PROFILE = Profile(
    kind="bike-shop",
    title="Fietsenmakerij {}",
    locale="nl_NL",
    country="NL",
    currency="EUR",
    time_zone="Europe/Amsterdam",
    volume=65,
    dispersion=25,
    opening=(CLOSED, WORKING_DAY, WORKING_DAY, LATE_OPENING, WORKING_DAY, SATURDAY, CLOSED),
    special_days={
        "New Year's Day": 0, "Easter Sunday": 0, "Easter Monday": 0, "King's Day": 0,
        "Ascension Day": 0, "Pentecost": 0, "Pentecost Monday": 0, "Christmas Day": 0,
        "Second Day of Christmas": 0, "Good Friday": 120, "Christmas Eve": 60,
        "New Year's Eve": 55,
    },
    weekdays=(0, 85, 90, 110, 100, 165, 0),
    months=(55, 62, 100, 135, 148, 140, 118, 105, 108, 90, 68, 71),
    products=(
        Product("Band plakken", 1650, 9_000, 14, series="Band"),
        Product("Kleine beurt", 5950, 9_000, 8),
        Product("Grote beurt", 10950, 9_000, 4),
        Product("Binnenband", 795, 21_000, 14, ('26"', '28"'), series="Band"),
        Product("Buitenband", 2995, 21_000, 9, series="Band"),
        Product("Remblokjes", 1295, 21_000, 8),
        Product("Ketting", 2495, 21_000, 6),
        Product("Kettingslot", 6495, 21_000, 5, series="Nieuw"),
        Product("Achterlicht", 1495, 21_000, 8, series="Nieuw"),
        Product("Fietstas", 4995, 21_000, 4, ("Zwart", "Groen", "Blauw")),
        Product("Fietsbel", 895, 21_000, 7),
        Product("Kinderfiets", 34900, 21_000, 2),
        Product("Stadsfiets", 89900, 21_000, 2, ("Dames", "Heren"), series="Nieuw"),
        Product("Elektrische fiets", 279900, 21_000, 1, series="Nieuw"),
    ),
    ranges=(
        Range(
            (("Buitenband", 2495), ("Binnenband", 750), ("Remblokken", 1195), ("Ketting", 1995),
             ("Cassette", 2995), ("Derailleur", 3995), ("Velg", 4495), ("Naaf", 3495),
             ("Trapas", 2795), ("Pedalen", 1995), ("Stuur", 2995), ("Stuurpen", 2195),
             ("Zadel", 3495), ("Zadelpen", 1895), ("Spatbord", 1795), ("Bagagedrager", 3295)),
            ("Amstel", "Dommel", "IJssel", "Linge", "Maas", "Rotte", "Schelde", "Vecht"),
            21_000, 34, ("S", "M", "L"), 8,
        ),
        Range(
            (("Helm", 5495), ("Regenjas", 6995), ("Handschoenen", 2495), ("Fietstas", 4495),
             ("Koplamp", 2995), ("Pomp", 2695), ("Bidon", 895), ("Kinderzitje", 8995)),
            ("Amstel", "IJssel", "Maas", "Rotte", "Schelde", "Vecht"),
            21_000, 12, ("zwart", "rood", "blauw", "groen"), 0,
        ),
    ),
    together=45,
    price_step=5,
    yearly_rise=96,
    baskets=(46, 29, 15, 7, 3),
    quantities=(88, 10, 2),
    methods=(
        Method("Card", 70, "Pinwerk", Fee(0, 7)),
        Method("Cash", 17),
        Method("Invoice", 8),
        Method("StoreCredit", 5),
    ),
    habits=Habits(
        discount=70, split=35, refund=15, known=640, late_refund=12, correction=14, void=3,
        late_return=170,
    ),
    discounts=(Discount("Fietsplan", 10), Discount("Seizoen", 15)),
    stay=(30, 600),
    places=("Utrecht",),
    customers=240,
    rare_sales={
        "exchange": 35, "deposit": 60, "overpayment": 30, "unpaid": 45, "other-tender": 25,
    },
    payouts=(1, 4),
)  # fmt: skip

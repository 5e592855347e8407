"""A Dutch bike shop: few orders of very different sizes, workshop hours, regular customers."""

from __future__ import annotations

from codat_scenarios.merchants.profile import Discount, Fee, Habits, Method, Product, Profile

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
    opening=(CLOSED, WORKING_DAY, WORKING_DAY, LATE_OPENING, WORKING_DAY, SATURDAY, CLOSED),
    weekdays=(0, 85, 90, 110, 100, 165, 0),
    months=(55, 62, 100, 135, 148, 140, 118, 105, 108, 90, 68, 71),
    products=(
        Product("Band plakken", 1650, 9_000, 14),
        Product("Kleine beurt", 5950, 9_000, 8),
        Product("Grote beurt", 10950, 9_000, 4),
        Product("Binnenband", 795, 21_000, 14, ('26"', '28"')),
        Product("Buitenband", 2995, 21_000, 9),
        Product("Remblokjes", 1295, 21_000, 8),
        Product("Ketting", 2495, 21_000, 6),
        Product("Kettingslot", 6495, 21_000, 5),
        Product("Achterlicht", 1495, 21_000, 8),
        Product("Fietstas", 4995, 21_000, 4, ("Zwart", "Groen", "Blauw")),
        Product("Fietsbel", 895, 21_000, 7),
        Product("Kinderfiets", 34900, 21_000, 2),
        Product("Stadsfiets", 89900, 21_000, 2, ("Dames", "Heren")),
        Product("Elektrische fiets", 279900, 21_000, 1),
    ),
    baskets=(46, 29, 15, 7, 3),
    quantities=(88, 10, 2),
    methods=(
        Method("Card", 78, "Pinwerk", Fee(0, 7)),
        Method("Cash", 9),
        Method("Invoice", 8),
        Method("StoreCredit", 5),
    ),
    habits=Habits(
        discount=70, split=35, refund=15, known=640, late_refund=12, correction=14, void=3
    ),
    discounts=(Discount("Fietsplan", 10), Discount("Seizoen", 15)),
    stay=(30, 600),
    customers=240,
)

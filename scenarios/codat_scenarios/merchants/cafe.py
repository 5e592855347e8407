"""A London café: many small baskets, a morning rush, cards and a few tips."""

from __future__ import annotations

from codat_scenarios.merchants.profile import Discount, Fee, Habits, Method, Product, Profile

WORKING_DAY = {
    7: 9, 8: 16, 9: 13, 10: 9, 11: 8, 12: 12, 13: 11, 14: 7, 15: 6, 16: 5, 17: 4, 18: 2,
}  # fmt: skip
WEEKEND = {8: 4, 9: 9, 10: 14, 11: 15, 12: 13, 13: 12, 14: 10, 15: 8, 16: 6, 17: 3}

PROFILE = Profile(
    kind="cafe",
    title="{}'s Coffee House",
    locale="en_GB",
    country="GB",
    currency="GBP",
    time_zone="Europe/London",
    volume=420,
    opening=(WORKING_DAY,) * 5 + (WEEKEND,) * 2,
    weekdays=(92, 95, 98, 102, 112, 118, 86),
    months=(90, 92, 97, 100, 103, 104, 101, 95, 102, 103, 106, 108),
    products=(
        Product("Flat white", 360, 20_000, 14),
        Product("Latte", 380, 20_000, 12, ("Whole milk", "Oat milk", "Soy milk")),
        Product("Cappuccino", 375, 20_000, 11),
        Product("Americano", 310, 20_000, 9),
        Product("Espresso", 260, 20_000, 6, ("Single", "Double")),
        Product("Breakfast tea", 270, 20_000, 7),
        Product("Hot chocolate", 390, 20_000, 4),
        Product("Fresh orange juice", 420, 20_000, 3),
        Product("Butter croissant, to take away", 285, 0, 8),
        Product("Cinnamon bun, to take away", 325, 0, 6),
        Product("Sourdough loaf", 475, 0, 2),
        Product("Toasted cheese sandwich", 725, 20_000, 5),
        Product("Soup of the day", 690, 20_000, 3),
        Product("Beans for home, 250 g", 1150, 0, 1, ("Filter", "Espresso")),
        Product("Gift card", 2000, 0, 1),
    ),
    baskets=(42, 34, 15, 6, 3),
    quantities=(85, 12, 2, 1),
    methods=(
        Method("Card", 76, "Tapwell", Fee(175)),
        Method("Cash", 13),
        Method("Mobile", 8, "Tapwell", Fee(175)),
        Method("Prepaid", 3),
    ),
    habits=Habits(tip=110, discount=60, split=12, refund=6, late_refund=4, late_tip=5, void=4),
    tips=(5, 10, 10, 15),
    discounts=(Discount("Student", 10), Discount("Own cup", 5), Discount("Tenth one free", 100)),
    stay=(0, 90),
    locations=2,
)

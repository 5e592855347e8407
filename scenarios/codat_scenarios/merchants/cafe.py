"""A London café: many small baskets, a morning rush, cards and a few tips."""

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
    region="ENG",
    volume=420,
    dispersion=60,
    opening=(WORKING_DAY,) * 5 + (WEEKEND,) * 2,
    holiday_hours=WEEKEND,
    special_days={
        "Christmas Day": 0, "Boxing Day": 45, "New Year's Day": 60, "Good Friday": 85,
        "Day before Christmas Eve": 125, "Christmas Eve": 80, "New Year's Eve": 80,
    },
    weekdays=(92, 95, 98, 102, 112, 118, 86),
    months=(90, 92, 97, 100, 103, 104, 101, 95, 102, 103, 106, 108),
    products=(
        Product("Flat white", 360, 20_000, 14, series="Morning"),
        Product("Latte", 380, 20_000, 12, ("Whole milk", "Oat milk", "Soy milk")),
        Product("Cappuccino", 375, 20_000, 11, series="Morning"),
        Product("Americano", 310, 20_000, 9),
        Product("Espresso", 260, 20_000, 6, ("Single", "Double")),
        Product("Breakfast tea", 270, 20_000, 7),
        Product("Hot chocolate", 390, 20_000, 4),
        Product("Fresh orange juice", 420, 20_000, 3, series="Lunch"),
        Product("Butter croissant, to take away", 285, 0, 8, series="Morning"),
        Product("Cinnamon bun, to take away", 325, 0, 6, series="Morning"),
        Product("Sourdough loaf", 475, 0, 2),
        Product("Toasted cheese sandwich", 725, 20_000, 5, series="Lunch"),
        Product("Soup of the day", 690, 20_000, 3, series="Lunch"),
        Product("Beans for home, 250 g", 1150, 0, 1, ("Filter", "Espresso")),
        Product("Gift card", 2000, 0, 1, gift_card=True),
    ),
    ranges=(
        Range(
            (("Tea", 290), ("Iced tea", 380), ("Matcha", 430), ("Smoothie", 520)),
            ("Assam", "Darjeeling", "Earl Grey", "Green", "Mint", "Rooibos", "Mango", "Berry"),
            20_000, 14, ("regular", "large"), 15,
        ),
        Range(
            (("Sandwich", 640), ("Salad", 780), ("Toastie", 720), ("Wrap", 690)),
            ("Chicken", "Egg", "Falafel", "Ham", "Hummus", "Mozzarella", "Salmon", "Tuna"),
            20_000, 18,
        ),
        Range(
            (("Cake", 375), ("Muffin", 310), ("Cookie", 240), ("Scone", 290)),
            ("Almond", "Apple", "Banana", "Carrot", "Chocolate", "Lemon", "Oat", "Raspberry"),
            0, 16, ("to take away",),
        ),
        Range(
            (("Beans", 1100), ("Ground coffee", 1100)),
            ("Brazil", "Colombia", "Ethiopia", "Guatemala", "House blend", "Kenya", "Peru"),
            0, 2, ("250 g", "500 g", "1 kg"), 75,
        ),
    ),
    together=35,
    price_step=5,
    yearly_rise=114,
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
    places=("Soho", "Shoreditch"),
    rare_sales={"voucher": 75, "other-tender": 20},
    vouchers=(100, 200, 300),
)  # fmt: skip

"""A Tokyo market stall: weekends only, cash and phones, goods by weight, no minor unit."""

from __future__ import annotations

from codat_scenarios.merchants.profile import Discount, Fee, Habits, Method, Product, Profile

FOOD = 8_000
GOODS = 10_000

MARKET_DAY = {7: 6, 8: 10, 9: 14, 10: 16, 11: 15, 12: 12, 13: 9, 14: 6}
CLOSED: dict[int, int] = {}

PROFILE = Profile(
    kind="market-stall",
    title="{}青果店",
    locale="ja_JP",
    country="JP",
    currency="JPY",
    time_zone="Asia/Tokyo",
    volume=150,
    opening=(CLOSED, CLOSED, CLOSED, CLOSED, CLOSED, MARKET_DAY, MARKET_DAY),
    weekdays=(0, 0, 0, 0, 0, 96, 104),
    months=(70, 72, 95, 112, 115, 92, 100, 98, 108, 118, 112, 108),
    products=(
        Product("みかん", 680, FOOD, 10, weighed=True),
        Product("りんご", 720, FOOD, 9, weighed=True),
        Product("さつまいも", 540, FOOD, 8, weighed=True),
        Product("しいたけ", 2480, FOOD, 5, weighed=True),
        Product("大根", 198, FOOD, 8),
        Product("長ねぎ", 228, FOOD, 7),
        Product("梅干し", 860, FOOD, 4, ("甘口", "辛口")),
        Product("手作り味噌", 980, FOOD, 3),
        Product("緑茶", 1296, FOOD, 3),
        Product("風呂敷", 1650, GOODS, 1),
        Product("買い物袋", 5, GOODS, 9),
    ),
    baskets=(28, 32, 22, 12, 6),
    quantities=(78, 16, 6),
    methods=(
        Method("Cash", 55),
        Method("Mobile", 32, "Machipay", Fee(198)),
        Method("Card", 10, "Machipay", Fee(325)),
        Method("Prepaid", 3),
    ),
    habits=Habits(discount=45, split=8, refund=5, late_refund=3, void=6),
    discounts=(Discount("閉店前割引", 20),),
    stay=(0, 45),
)

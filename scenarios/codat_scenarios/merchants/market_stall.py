"""A Tokyo market stall: weekends only, cash and phones, goods by weight, no minor unit."""

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
    dispersion=15,
    opening=(CLOSED, CLOSED, CLOSED, CLOSED, CLOSED, MARKET_DAY, MARKET_DAY),
    special_days={"New Year's Day": 0, "New Year's Eve": 150, "Culture Day": 120, "Showa Day": 120},
    weekdays=(0, 0, 0, 0, 0, 96, 104),
    months=(70, 72, 95, 112, 115, 92, 100, 98, 108, 118, 112, 108),
    products=(
        Product("みかん", 680, FOOD, 10, weighed=True),
        Product("りんご", 720, FOOD, 9, weighed=True),
        Product("さつまいも", 540, FOOD, 8, weighed=True),
        Product("しいたけ", 2480, FOOD, 5, weighed=True, series="鍋"),
        Product("大根", 198, FOOD, 8, series="鍋"),
        Product("長ねぎ", 228, FOOD, 7, series="鍋"),
        Product("梅干し", 860, FOOD, 4, ("甘口", "辛口")),
        Product("手作り味噌", 980, FOOD, 3),
        Product("緑茶", 1296, FOOD, 3),
        Product("風呂敷", 1650, GOODS, 1),
        Product("買い物袋", 5, GOODS, 9),
    ),
    ranges=(
        Range(
            (("きゅうり", 198), ("なす", 248), ("トマト", 298), ("ほうれん草", 228),
             ("にんじん", 178), ("玉ねぎ", 158), ("じゃがいも", 168), ("かぼちゃ", 398),
             ("白菜", 328), ("ごぼう", 268)),
            ("北海道産", "青森産", "茨城産", "千葉産", "長野産", "愛知産", "熊本産"),
            FOOD, 22, ("小", "大"), 60,
        ),
        Range(
            (("漬物", 480), ("干物", 680), ("豆", 540), ("米", 980), ("茶", 1180), ("ジャム", 760)),
            ("北海道", "新潟", "静岡", "京都", "和歌山"), FOOD, 10, ("", "徳用"), 80,
        ),
    ),
    together=30,
    yearly_rise=40,
    baskets=(28, 32, 22, 12, 6),
    quantities=(78, 16, 6),
    methods=(
        Method("Cash", 62),
        Method("Mobile", 25, "Machipay", Fee(198)),
        Method("Card", 10, "Machipay", Fee(325)),
        Method("Prepaid", 3),
    ),
    habits=Habits(discount=45, split=8, refund=5, late_refund=3, void=6),
    discounts=(Discount("閉店前割引", 20),),
    stay=(0, 45),
    places=("勝どき",),
)  # fmt: skip

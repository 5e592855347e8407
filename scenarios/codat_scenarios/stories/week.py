"""The week of the stories; on its Sunday British clocks go forward."""

from datetime import date

MONDAY = date(2022, 3, 21)
TUESDAY = date(2022, 3, 22)
WEDNESDAY = date(2022, 3, 23)
THURSDAY = date(2022, 3, 24)
FRIDAY = date(2022, 3, 25)
SUNDAY = date(2022, 3, 27)
NEXT_MONDAY = date(2022, 3, 28)

"""How many orders a second one core draws and encodes, their payments and transactions included.

Counted in processor time, so that what else the machine does matters less. The aim is 20,000 for
every merchant; run `python benchmarks/generate_sales.py`.
"""

from datetime import date
from time import process_time

from codat_scenarios.merchants import KINDS, encode_lines, merchant

SECONDS = 2.0

for kind in KINDS:
    days = merchant(kind, seed=7).days(100_000, start=date(2022, 1, 1))
    orders = size = 0
    start = process_time()
    while (passed := process_time() - start) < SECONDS:
        day = next(days)
        orders += len(day.orders)
        size += sum(len(encode_lines(records)) for records in day.records.values())
        size += len(encode_lines([change.record for change in day.changes]))
    print(f"{kind:13} {orders / passed:8,.0f} orders/s, {size / passed / 1e6:5.1f} MB/s")

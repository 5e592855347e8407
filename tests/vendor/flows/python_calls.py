"""Shared by the flows of the Python SDKs: every call of an SDK, and what came of it.

Runs on the SDK's own Python, by its means; so it imports nothing of ours.
"""

import functools
import inspect
import json
import sys

ADDRESS, AUTHORIZATION = sys.argv[1:3]


def complete(configuration):
    """Make every selection that a configuration of the API needs, as a merchant would."""
    mapping = configuration["configuration"]
    schedule = {"selectedFrequency": "Daily", "startDate": "2022-03-21T00:00:00Z"}
    configuration["schedule"] |= schedule
    for section in ("sales", "payments", "fees"):
        for account in mapping[section]["accounts"].values():
            if account["required"]:
                account["selectedAccountId"] = account["accountOptions"][0]["id"]
    sales, supplier = mapping["sales"], mapping["fees"]["feesSupplier"]
    sales["invoiceStatus"]["selectedInvoiceStatus"] = "submitted"
    sales["salesCustomer"]["selectedCustomerId"] = sales["salesCustomer"]["customerOptions"][0][
        "id"
    ]
    sales["grouping"]["groupingPeriod"]["selectedGroupingPeriod"] = "Daily"
    for rate in sales["taxRates"].values():
        rate["selectedTaxRateId"] = rate["taxRateOptions"][0]["id"]
    mapping["payments"]["syncPayments"] = mapping["fees"]["syncFees"] = True
    supplier["selectedSupplierId"] = supplier["supplierOptions"][0]["id"]
    return configuration


class Calls:
    """Counts the SDK's public calls and keeps the failure of each.

    Args:
        sdk: the SDK's client, whose attributes hold its groups of calls.
    """

    def __init__(self, sdk, is_call):
        self.made, self.failed, self.all = [], {}, set()
        for group_name, group in vars(sdk).items():
            if group_name.startswith("_") or inspect.ismodule(group):
                continue
            for name, method in inspect.getmembers(group, inspect.ismethod):
                if is_call(group, name):
                    self.all.add(f"{group_name}.{name}")
                    setattr(group, name, self.watched(f"{group_name}.{name}", method))

    def watched(self, name, method):
        @functools.wraps(method)
        def call(*args, **named):
            self.made.append(name)
            return method(*args, **named)

        return call

    def attempt(self, function, *args):
        """Make a call that may fail by the SDK's own fault; its error is part of the report."""
        before = len(self.made)
        try:
            return function(*args)
        except Exception as error:  # whatever the SDK raises is what is reported
            name = self.made[before] if len(self.made) > before else function.__name__
            self.failed[name] = f"{type(error).__name__}: {error}".splitlines()[0]
            return None

    def report(self, **values):
        """Print what the SDK parsed, which calls failed, and which were not made."""
        missing = sorted(self.all - set(self.made))
        json.dump({"failed": self.failed, "notCalled": missing, **values}, sys.stdout)

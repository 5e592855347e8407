"""Rules of our own: what Acme's accountants ask for beside what the service does."""

from codat_mock.rules import Evidence, rule
from codat_mock.rules.contexts import PushContext


@rule(
    "X01",
    "location-told",
    "warning",
    source="Acme's handbook, 4.2",
    consequence="the invoice cannot be split by location",
    message="Without a location",
    advice="give every order its locationRef",
    subject=PushContext,
    applies=lambda push: push.data_type == "commerce-orders" and bool(push.records),
)
def location_told(push, *, least=0):
    """Every order of at least so many pounds tells its location."""
    for order in push.records:
        told = order.pushed.record
        if not order.pushed.is_delete and not told.location_ref and told.total_amount >= least:
            yield Evidence(order.key)

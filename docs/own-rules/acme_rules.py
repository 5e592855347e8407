"""Acme's own rules: what its accountants require beyond the service's rules."""

from codat_mock import Evidence, rule
from codat_mock.rules.contexts import PushContext


@rule(
    "X01",
    "has-location",
    "warning",
    source="Acme's handbook, 4.2",
    consequence="the invoice cannot be split by location",
    message="Without a location",
    advice="give every order its locationRef",
    subject=PushContext,
    applies=lambda push: push.data_type == "commerce-orders" and bool(push.records),
)
def has_location(push, *, least=0):
    """Every order of at least `least` pounds has a location."""
    for order in push.records:
        record = order.pushed.record
        if order.pushed.is_delete or record.location_ref:
            continue
        if record.total_amount >= least:
            yield Evidence(order.key)

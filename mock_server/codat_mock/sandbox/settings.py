"""How a server is set up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from codat_mock.domain.dataset_lifecycle import REALISTIC
from codat_mock.models.alerts import AlertRule
from codat_mock.models.commerce import PaymentType
from codat_mock.rules.rule_settings import RuleSetting
from codat_mock.storage.request_log import DEFAULT_LIMIT_BYTES

ConcurrentPushes = Literal["flag", "miss"]


class Settings(Struct, frozen=True, kw_only=True):
    """What every new sandbox of a server starts from.

    Args:
        api_keys: the keys that are known; where there is none, every well-formed key is.
        start_at: where a sandbox's clock starts, UTC; None for the machine's time.
        speed: sandbox seconds a machine second; 0 is frozen, 1 is real.
        seed: what ids are made from; the same seed and requests give the same ids.
        concurrent_pushes: `flag` finds a push that overlaps another; `miss` loses it as well.
        sync_delay_seconds: how long after its due date a scheduled sync runs.
        durations: seconds that a dataset spends in each step, as `lifecycle.make_plan` takes them.
        rate_limits: whether the published limits on requests are kept.
        company_limit: how many companies a sandbox may hold; None for any number.
        largest_body: how many bytes a request's body may have, before and after unpacking.
        alert_hosts: where alerts may be sent beside this machine.
        alert_rules: what every new sandbox has of rules.
        rules: what is chosen about rules, by code.
        tax_rates: the tax percentages that the merchants of prepared companies have mapped; None
            for 0, 5 and 20, and each other one as it first appears.
        payment_types: the payment types that they have mapped, beside cards; None for all.
        journal_limit: how many bytes the journals of all sandboxes may take.
        address: where the server is reached, for the links it gives out.
    """

    api_keys: tuple[str, ...] = ()
    start_at: datetime | None = None
    speed: float = 1.0
    seed: int = 0
    concurrent_pushes: ConcurrentPushes = "flag"
    sync_delay_seconds: int = 0
    durations: tuple[float, ...] = REALISTIC
    rate_limits: bool = False
    company_limit: int | None = None
    largest_body: int = 64 << 20
    alert_hosts: tuple[str, ...] = ()
    alert_rules: tuple[AlertRule, ...] = ()
    rules: Mapping[str, RuleSetting] = {}
    tax_rates: tuple[Decimal, ...] | None = None
    payment_types: tuple[PaymentType, ...] | None = None
    journal_limit: int = DEFAULT_LIMIT_BYTES
    address: str = "http://127.0.0.1:4620"

    @property
    def sync_delay(self) -> timedelta:
        """How long after its due date a scheduled sync runs."""
        return timedelta(seconds=self.sync_delay_seconds)

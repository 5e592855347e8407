"""A client that pushes commerce data to Codat and keeps its rules by construction."""

from codat_push.async_client import AsyncPushClient
from codat_push.client import PushClient
from codat_push.errors import (
    AccountLimit,
    AnswerLost,
    BadRecord,
    BadRequest,
    CodatError,
    Forbidden,
    LedgerError,
    NotFound,
    NotReady,
    NotSetUp,
    PushTooLarge,
    PushUnderway,
    RequestError,
    RetryAfterActive,
    ServerError,
    StatusError,
    TooManyRequests,
    Unauthorized,
    Unreachable,
    UnreadableAnswer,
    WaitTimeout,
)
from codat_push.ledger import Ledger
from codat_push.models import Chunk, Dataset, Refusal, SyncStatus
from codat_push.outbox import Outbox, OutboxStatus

__all__ = [
    "AccountLimit",
    "AnswerLost",
    "AsyncPushClient",
    "BadRecord",
    "BadRequest",
    "Chunk",
    "CodatError",
    "Dataset",
    "Forbidden",
    "Ledger",
    "LedgerError",
    "NotFound",
    "NotReady",
    "NotSetUp",
    "Outbox",
    "OutboxStatus",
    "PushClient",
    "PushTooLarge",
    "PushUnderway",
    "Refusal",
    "RequestError",
    "RetryAfterActive",
    "ServerError",
    "StatusError",
    "SyncStatus",
    "TooManyRequests",
    "Unauthorized",
    "Unreachable",
    "UnreadableAnswer",
    "WaitTimeout",
]

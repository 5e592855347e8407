"""A client that pushes commerce data to Codat and keeps its rules by construction."""

from codat_push._base_outbox import OutboxStatus
from codat_push.async_client import AsyncPushClient
from codat_push.async_outbox import AsyncOutbox
from codat_push.client import PushClient
from codat_push.errors import (
    AccountLimit,
    AnswerLost,
    BadRecord,
    BadRequest,
    ClientClosed,
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
    TooManyDeletes,
    TooManyRequests,
    Unauthorized,
    Unreachable,
    UnreadableAnswer,
    WaitTimeout,
)
from codat_push.hooks import DatasetEnd, RequestEnd
from codat_push.ledger import Ledger
from codat_push.models import Chunk, Dataset, Refusal, SyncStatus
from codat_push.outbox import Outbox
from codat_push.rebuilding import Rebuilt

__all__ = [
    "AccountLimit",
    "AnswerLost",
    "AsyncOutbox",
    "AsyncPushClient",
    "BadRecord",
    "BadRequest",
    "Chunk",
    "ClientClosed",
    "CodatError",
    "Dataset",
    "DatasetEnd",
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
    "Rebuilt",
    "Refusal",
    "RequestEnd",
    "RequestError",
    "RetryAfterActive",
    "ServerError",
    "StatusError",
    "SyncStatus",
    "TooManyDeletes",
    "TooManyRequests",
    "Unauthorized",
    "Unreachable",
    "UnreadableAnswer",
    "WaitTimeout",
]

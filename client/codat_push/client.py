"""The blocking client: runs the flows of `operations`, `polling` and `submission`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Self, TypeVar

import httpx

from codat_push import operations, polling, rebuilding, submission
from codat_push._base_client import (
    ANSWER_SECONDS,
    BASE_URL,
    TIMEOUT,
    WAIT_SECONDS,
    BaseClient,
    trusts_environment,
)
from codat_push.clock import MACHINE, Clock
from codat_push.deadline import within
from codat_push.hooks import RequestEnd
from codat_push.http_messages import no_answer
from codat_push.ledger import Ledger
from codat_push.models import Chunk, Dataset, SyncStatus
from codat_push.operations import Call, Flow, FlowRun, Pause
from codat_push.polling import FIRST_POLL_SECONDS, Progress
from codat_push.rebuilding import Rebuilt

T = TypeVar("T")


class PushClient(BaseClient):
    """Pushes commerce data and reads the status of datasets and syncs.

    Every method raises a `RequestError` (see `codat_push.errors`) if the service refuses or cannot
    be reached. Only `wait`, `deliver` and `resume` retry, and only polls: they never post twice.

    Args:
        api_key: as the vendor's portal shows it.
        base_url: the URL of the service.
        http: the HTTP client to use (its transport, time-outs and proxies apply); by default the
            client creates one, which `close` closes.
        poll_seconds: seconds before the first poll of a dataset, from where the pauses grow; one or
            more keeps rule T06.
        clock: reads the time and sleeps.
        on_request: called when a request has ended, for metrics.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str = BASE_URL,
        http: httpx.Client | None = None,
        *,
        poll_seconds: float = FIRST_POLL_SECONDS,
        clock: Clock = MACHINE,
        on_request: Callable[[RequestEnd], object] | None = None,
    ) -> None:
        super().__init__(api_key, base_url, poll_seconds, clock, on_request)
        self._owned = http is None
        self._http = http or httpx.Client(timeout=TIMEOUT, trust_env=trusts_environment(base_url))

    def push(self, company: str, data_type: str, records: Iterable[Any]) -> Dataset:
        """Push up to 4,999 whole records; see `operations.push`.

        Args:
            company: its id.
            data_type: what the records are.
            records: mappings, dataclasses or msgspec Structs, whole.

        Raises:
            BadRecord: a record cannot be sent, or is in the push twice; nothing was sent.
            PushUnderway: the previous push of the data type has not ended.
            ValueError: the data type is unknown, or there are 5,000 records or more.
            RequestError: the push was refused or its answer lost.
        """
        push = operations.push(company, data_type, records)
        return self.run(self._throttle.one_at_a_time(company, data_type, push))

    def delete(self, company: str, data_type: str, ids: Iterable[str]) -> Dataset:
        """Push sparse deletes; see `operations.delete`.

        Args:
            company: its id.
            data_type: what the ids are of.
            ids: the merchant's ids; duplicates are sent once.

        Raises:
            BadRecord: an id is empty; nothing was sent.
            PushUnderway: the previous push of the data type has not ended.
            ValueError: the data type is unknown, or there are 5,000 ids or more.
            RequestError: the push was refused or its answer lost.
        """
        push = operations.delete(company, data_type, ids)
        return self.run(self._throttle.one_at_a_time(company, data_type, push))

    def dataset(self, company: str, dataset_id: str) -> Dataset:
        """Read the status of a dataset once; see `operations.dataset`."""
        return self.run(operations.dataset(company, dataset_id))

    def wait(
        self,
        dataset: Dataset,
        *,
        seconds: float = WAIT_SECONDS,
        progress: Progress | None = None,
    ) -> Dataset:
        """Poll a dataset until it ends, for at most `seconds`; see `polling.wait`.

        Args:
            dataset: from `push` or `delete`.
            seconds: the longest wait.
            progress: called with the dataset after each poll.

        Returns:
            The dataset in the status in which it ended; not always `Complete`.

        Raises:
            WaitTimeout: it did not end in time.
            RequestError: a poll failed for good.
        """
        return self.run(polling.wait(dataset, self._wait_options(seconds, progress)))

    def sync_status(self, company: str) -> SyncStatus | None:
        """Read the latest sync, None before the first; see `operations.sync_status`."""
        return self.run(operations.sync_status(company))

    def sync_now(self, company: str, sync_to: datetime | None = None) -> SyncStatus:
        """Run a sync now; see `operations.sync_now`."""
        return self.run(operations.sync_now(company, sync_to))

    def deliver(
        self,
        ledger: Ledger,
        chunk: Chunk,
        *,
        seconds: float = WAIT_SECONDS,
        progress: Progress | None = None,
    ) -> Dataset:
        """Push a chunk, wait for its dataset and settle it; see `submission.deliver`.

        Args:
            ledger: the chunk's ledger.
            chunk: from `Ledger.changes`.
            seconds: the longest wait for the dataset.
            progress: called with the dataset after each poll.

        Raises:
            NotSetUp: the company is not linked or mapped; nothing was sent.
            RequestError: the push was refused or its answer lost, or its dataset cannot be read.
            WaitTimeout: the dataset did not end in time.
        """
        return self.run(submission.deliver(ledger, chunk, self._wait_options(seconds, progress)))

    def resume(
        self, ledger: Ledger, company: str, *, seconds: float = WAIT_SECONDS
    ) -> list[tuple[Chunk, Dataset]]:
        """Finish what an earlier run left open; see `submission.resume`.

        Args:
            ledger: the ledger of that run.
            company: its id.
            seconds: the longest wait for each dataset.

        Returns:
            The open chunks that had arrived, each with its dataset.

        Raises:
            RequestError: a request failed.
            WaitTimeout: a dataset did not end in time.
        """
        return self.run(submission.resume(ledger, company, self._wait_options(seconds)))

    def rebuild(
        self,
        ledger: Ledger,
        company: str,
        data_type: str,
        records: Iterable[Any],
        pushed_before: datetime | None = None,
    ) -> Rebuilt:
        """Fill a new ledger with what its lost predecessor held; see `rebuilding`.

        Args:
            ledger: it knows nothing of the company and data type.
            company: its id.
            data_type: what the records are.
            records: all of the merchant's records, read as they are needed.
            pushed_before: records that last changed before it count as accepted; None: before the
                newest Complete dataset in the service's history.

        Raises:
            ValueError: the company is not an id, the data type is unknown, or `pushed_before` has
                no time zone.
            LedgerError: the ledger holds records of the company and data type.
            PushUnderway: a push has not ended yet.
            RequestError: a request failed.
        """
        flow = rebuilding.rebuild(ledger, company, data_type, records, pushed_before)
        return self.run(flow)

    def run(self, flow: Flow[T]) -> T:
        """Run a flow, blocking."""
        run = FlowRun(flow)
        run.resume(None)
        while run.step is not None:
            try:
                answer = self._execute(run.step)
            except Exception as error:  # noqa: BLE001  (raised again by a flow that knows no better)
                run.fail(error)
            else:
                run.resume(answer)
        return run.result

    def _execute(self, step: Call | Pause) -> Any:
        if isinstance(step, Pause):
            return self._clock.sleep(step.seconds)
        if pause := self._throttle.pause_before(step):
            self._clock.sleep(pause)
        request = self._request(self._http, step)
        with self._observed(step):
            try:
                response = within(ANSWER_SECONDS, lambda: self._http.send(request))
            except TimeoutError as error:
                raise self._too_late(request) from error
            except httpx.HTTPError as error:
                raise no_answer(error, request) from error
            return self._read(step, response)

    def close(self) -> None:
        """Close the connections, unless they belong to the HTTP client that was passed in."""
        if self._owned:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

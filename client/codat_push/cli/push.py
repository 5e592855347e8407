"""`codat-mock push`: push a file of records, chunk by chunk."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from random import Random, SystemRandom
from typing import IO, Any, Final

import click

from codat_push.backoff import next_retry
from codat_push.client import PushClient
from codat_push.clock import MACHINE, Clock
from codat_push.encoding import read_json, write_json
from codat_push.errors import CodatError, LedgerError, RequestError
from codat_push.ledger import Ledger
from codat_push.models import Chunk, Dataset
from codat_push.push_report import PushReport, printable, refusal_row, table
from codat_push.record_files import BadInput, Source
from codat_push.schema import DATA_TYPES, DataType, check_company

MOCK: Final = "http://127.0.0.1:4620"  # the real service is used only if it is named
MAX_FAILURES: Final = 6  # in a row; their pauses add up to one or two minutes
EXAMPLES: Final = """Examples:

\b
  codat-mock push orders.jsonl --company ID --data-type commerce-orders \\
      --dry-run
  codat-mock push orders.json --company ID --data-type commerce-orders \\
      --base-url http://127.0.0.1:4620 --api-key my-key --ledger pushed.db
  sales | codat-mock push - --company ID --data-type commerce-orders --json

Exit codes: 0 every dataset is Complete; 1 a dataset failed or the service could not be reached;
2 the input or an option is wrong and nothing was sent; 3 some records were refused and need a
person, all others were pushed.
"""


class PushCommand(click.Command):
    """The command, by the name that it was called: `codat-mock push`, or `codat-push` alone."""

    def get_help(self, ctx: click.Context) -> str:
        """The help, with that name in its examples; `ctx` is of the call."""
        return super().get_help(ctx).replace("codat-mock push", ctx.command_path)


def read_company(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Check the option `--company`.

    Args:
        value: of the option.

    Raises:
        click.BadParameter: the value is not an id.
    """
    try:
        return check_company(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command(cls=PushCommand, epilog=EXAMPLES, short_help="Push the records of a file.")
@click.argument("file", type=click.File("rb"))
@click.option("--company", required=True, callback=read_company, help="Id of the company.")
@click.option(
    "--data-type", required=True, type=click.Choice(DATA_TYPES), help="Type of the records."
)
@click.option("--api-key", envvar="CODAT_API_KEY", help="Your API key; also CODAT_API_KEY.")
@click.option(
    "--base-url",
    envvar="CODAT_BASE_URL",
    default=MOCK,
    show_default=True,
    help="URL of the service; also CODAT_BASE_URL.",
)
@click.option(
    "--ledger",
    "ledger_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File that remembers accepted records, so that only new and changed ones are sent.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and send nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def push(
    file: IO[bytes],
    company: str,
    data_type: DataType,
    api_key: str | None,
    base_url: str,
    ledger_file: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Push the records in FILE (JSON Lines or JSON; - for standard input)."""
    if not (api_key or dry_run):
        raise click.UsageError("Give --api-key or set CODAT_API_KEY, or use --dry-run.")
    name = getattr(file, "name", "standard input")
    with seekable(file) as input_file:
        source = Source(input_file, data_type)
        try:
            report = PushReport(company, data_type, dry_run, read=source.check())
        except BadInput as error:
            raise click.UsageError(printable(f"{name}, {error}")) from error
        client, ledger = make_client(api_key or "", base_url), open_ledger(ledger_file, dry_run)
        with client, ledger:
            try:
                if dry_run:
                    plan(ledger, source, report)
                else:
                    push_all(client, ledger, source, report)
            except CodatError as error:
                report.error = str(error)
            report.refused = [refusal_row(refusal) for refusal in ledger.refusals()]
    click.echo(write_json(asdict(report)) if as_json else table(report))
    if not report.is_success:
        sys.exit(1)
    if report.refused:
        sys.exit(3)


def open_ledger(file: Path | None, dry_run: bool) -> Ledger:
    """Open the ledger; a dry run creates no file."""
    try:
        return Ledger(file if file and (not dry_run or file.exists()) else ":memory:")
    except LedgerError as error:
        raise click.BadParameter(str(error), param_hint="--ledger") from error


def make_client(api_key: str, base_url: str) -> PushClient:
    """Make the client; a bad URL is a usage error."""
    try:
        return PushClient(api_key, base_url)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--base-url") from error


def plan(ledger: Ledger, source: Source, report: PushReport) -> None:
    """Report what would be pushed.

    Args:
        ledger: what to compare the records with; it is left as it was.
        source: the input.
        report: names the company and the data type; gets a row for each chunk.

    Raises:
        LedgerError: a chunk of an earlier run is still open.
    """
    with ledger.dry_run():
        for chunk in ledger.changes(report.company, report.data_type, source.records()):
            bodies = ledger.bodies(chunk)
            row = {"dataset": None, "records": chunk.size, "status": "not sent"}
            sizes = {"bytes": sum(map(len, bodies)), "ids": [read_json(b)["id"] for b in bodies]}
            report.pushes.append(row | sizes)
            accepted = Dataset(id="", company_id="", data_type="", status="Complete")
            ledger.settle(chunk, accepted)


def push_all(client: PushClient, ledger: Ledger, source: Source, report: PushReport) -> None:
    """Push the records, and print each dataset when it ends.

    Args:
        client: what to push with.
        ledger: what to compare the records with.
        source: the input.
        report: names the company and the data type; gets a row for each dataset.

    Raises:
        RequestError: a permanent failure, or the sixth transient one in a row.
        LedgerError: another process pushes from the ledger.
    """
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True, highlight=False)
    records = track(
        source.records(),
        f"Pushing {report.data_type}",
        total=report.read,
        console=console,
        disable=not console.is_terminal,
    )
    with closing(deliveries(client, ledger, report, records)) as ended:
        for chunk, dataset in ended:
            row = {"dataset": dataset.id, "records": chunk.size, "status": dataset.status}
            report.pushes.append(row | {"error": dataset.error_message})
            records_pushed = "1 record" if chunk.size == 1 else f"{chunk.size:,} records"
            line = printable(f"{dataset.id}  {records_pushed}  {dataset.status}")
            console.print(line, markup=False)


def deliveries(
    client: PushClient,
    ledger: Ledger,
    report: PushReport,
    records: Iterable[Any],
    clock: Clock = MACHINE,
    rng: Random | None = None,
) -> Generator[tuple[Chunk, Dataset], None, None]:
    """Push every chunk, and try again after transient failures.

    Args:
        client: what to push with.
        ledger: what to compare the records with.
        report: names the company and the data type.
        records: the records to push.
        clock: sleeps between attempts.
        rng: draws the jitter of the pauses.

    Raises:
        RequestError: a permanent failure, or the sixth transient one in a row.
    """
    chunks = ledger.changes(report.company, report.data_type, records)
    failures, pause = 0, None
    while True:
        try:
            yield from client.resume(ledger, report.company)
            for chunk in chunks:
                dataset = client.deliver(ledger, chunk)
                failures, pause = 0, None
                if dataset.id:
                    yield chunk, dataset
            return
        except RequestError as error:
            failures += 1
            if not error.is_transient or failures == MAX_FAILURES:
                raise
            pause = next_retry(pause, rng or SystemRandom(), error.retry_after)
            click.echo(printable(f"{error}; trying again in {pause:.0f} s"), err=True)
            clock.sleep(pause)


@contextmanager
def seekable(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """The file itself, or a copy on disk if it can be read only once."""
    if file.seekable():
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        yield copy

"""Reading a push: from the request's bytes to records, naming every place that is wrong.

Source: contract section 2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, get_args

import msgspec
from msgspec import UNSET, DecodeError, Raw, Struct, UnsetType, ValidationError

from codat_mock.models.commerce import Record, TransactionType
from codat_mock.models.datasets import LIST_NAMES, RECORD_TYPES, DataType
from codat_mock.models.errors import Malformed, Problem
from codat_mock.models.values import read_number, read_value

MOST_PROBLEMS: Final = 10_000  # places named in one answer
BOM: Final = b"\xef\xbb\xbf"
UNNAMED: Final = "[...]"  # how the decoder names a place within what may be anything
JSON_WORDS: Final = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "an array",
    "object": "an object",
    r"\|": "or",
}

Decode = Callable[[Any], Any]


def decoder(kind: Any) -> Decode:
    """A function that decodes JSON bytes into `kind`, amounts exact and moments in UTC."""
    return msgspec.json.Decoder(kind, dec_hook=read_value, float_hook=read_number).decode


class OrdersBody(Struct, rename="camel"):
    """What a push of orders holds."""

    orders: list[Raw] | UnsetType | None = UNSET
    contract_version: str | UnsetType | None = UNSET


class PaymentsBody(Struct, rename="camel"):
    """What a push of payments holds."""

    payments: list[Raw] | UnsetType | None = UNSET
    contract_version: str | UnsetType | None = UNSET


class TransactionsBody(Struct, rename="camel"):
    """What a push of transactions holds."""

    transactions: list[Raw] | UnsetType | None = UNSET
    contract_version: str | UnsetType | None = UNSET


PushBody = OrdersBody | PaymentsBody | TransactionsBody
BODIES: Final[dict[DataType, Decode]] = {
    "commerce-orders": decoder(OrdersBody),
    "commerce-payments": decoder(PaymentsBody),
    "commerce-transactions": decoder(TransactionsBody),
}
RECORDS: Final[dict[DataType, Decode]] = {
    data_type: decoder(kind) for data_type, kind in RECORD_TYPES.items()
}
anything: Final = decoder(Any)
parts: Final = decoder(dict[str, Raw])


class PushedRecord(Struct, frozen=True):
    """One record of a push.

    Args:
        key: what identifies it within its company and data type.
        position: its place in the push, from 0.
        record: its properties.
        raw: the bytes it came as.
    """

    key: str
    position: int
    record: Record
    raw: bytes

    @property
    def is_delete(self) -> bool:
        """Whether it has an id and nothing else, not even a property that the service drops."""
        bare = self.record == type(self.record)(id=self.record.id)
        return bare and parts(self.raw).keys() == {"id"}


def record_key(data_type: DataType, record: Record) -> str:
    """What identifies a record: its id; for a transaction its id and type; empty without an id.

    Source: contract section 3 (a payment's fee shares the payment's id).
    """
    if record.id in (None, UNSET, ""):
        return ""
    if data_type == "commerce-transactions":
        kind = getattr(record, "type", UNSET)
        return f"{record.id}/{'' if kind is UNSET else kind}"
    return str(record.id)


def keys_meant(data_type: DataType, record_id: str) -> list[str]:
    """The keys that a sparse delete means: for a transaction those of every type it may have."""
    if data_type == "commerce-transactions":
        return [f"{record_id}/{kind}" for kind in ("", *get_args(TransactionType))]
    return [record_id]


def read_push(data_type: DataType, body: bytes) -> list[PushedRecord]:
    """Decode a push's body, without a byte order mark, into its records.

    Raises:
        Malformed: it is not JSON, or not of the right types; every wrong place is named.
    """
    raws = split_push(data_type, body)
    decode = RECORDS[data_type]
    records: list[PushedRecord] = []
    problems: list[Problem] = []
    for position, raw in enumerate(raws):
        try:
            record = decode(raw)
        except ValidationError:
            if len(problems) < MOST_PROBLEMS:
                problems += problems_of(data_type, position, bytes(raw))
        except (DecodeError, UnicodeDecodeError, RecursionError):
            raise malformed_json(body) from None
        else:
            key = record_key(data_type, record)
            records.append(PushedRecord(key, position, record, bytes(raw)))
    if problems:
        raise Malformed(summary(data_type, problems), problems[:MOST_PROBLEMS])
    return records


def split_push(data_type: DataType, body: bytes) -> list[Raw]:
    """The bytes of each record in a push's body.

    Raises:
        Malformed: the body is not JSON, or not an object with a list of that data type.
    """
    try:
        str(body, "utf-8")  # what the decoder skips it does not check, and the answer repeats it
        pushed = BODIES[data_type](body)
    except ValidationError as error:
        problem = problem_from(error, "$")
        raise Malformed(f"The body of a push is not as expected. {problem}", [problem]) from None
    except (DecodeError, UnicodeDecodeError, RecursionError):
        raise malformed_json(body) from None
    raws = getattr(pushed, LIST_NAMES[data_type])
    return raws if isinstance(raws, list) else []


def objects_in(data_type: DataType, body: bytes) -> list[bytes]:
    """The objects in a push that was refused, as they came; none where it is not such a body."""
    try:
        raws = map(bytes, split_push(data_type, body))
        return [raw for raw in raws if raw.startswith(b"{")]
    except Malformed:
        return []


def summary(data_type: DataType, problems: Sequence[Problem]) -> str:
    """One sentence for the answer's `error`: how many places are wrong, and the first of them."""
    name = LIST_NAMES[data_type]
    if len(problems) == 1:
        return f"One value in {name} is not of the right type. {problems[0]}"
    least = "At least " if len(problems) >= MOST_PROBLEMS else ""
    told = f"{least}{len(problems)} values in {name} are not of the right type"
    return f"{told}. The first: {problems[0]}"


def problems_of(data_type: DataType, position: int, raw: bytes) -> list[Problem]:
    """Every place in one record that is not of the right type.

    The decoder stops at the first; so what it names is taken out and the rest is read again.
    """
    root = f"$.{LIST_NAMES[data_type]}[{position}]"
    value = as_written(raw)
    item = value.get("id") if isinstance(value, dict) else None
    problems: list[Problem] = []
    while len(problems) < MOST_PROBLEMS:
        try:
            RECORDS[data_type](raw)
        except ValidationError as error:
            found = problem_from(error, root, item if isinstance(item, str) else "")
            problem = Problem(found.path.partition(UNNAMED)[0], found.message, found.item)
            problems.append(problem)
            if not take_out(value, problem.path.removeprefix(root)):
                break
            raw = msgspec.json.encode(value)
        else:
            break
    return problems


def as_written(raw: bytes) -> Any:
    """A record as plain Python, numbers as they were written; None if nested too deeply."""

    def number(text: str) -> Raw:
        return Raw(text.encode())

    try:
        return json.loads(raw, parse_int=number, parse_float=number)
    except RecursionError:
        return None


def take_out(value: Any, path: str) -> bool:
    """Remove the property at `path` (`.orderLineItems[3].id`); False where there is none."""
    steps = [name or int(index) for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path)]
    if not steps or value is None:
        return False
    for step in steps[:-1]:
        value = value[step]
    if isinstance(value, list):  # an element is blanked, so that the places after it keep theirs
        value[steps[-1]] = {}
        return True
    return isinstance(value, dict) and value.pop(steps[-1], UNSET) is not UNSET


def problem_from(error: ValidationError, root: str, item: str = "") -> Problem:
    """Read the decoder's own message: what it says, and the path it ends with."""
    said, _, path = str(error).partition(" - at `$")
    for theirs, ours in JSON_WORDS.items():
        said = re.sub(rf"(?<=[` ]){theirs}(?=[` ]|$)", ours, said)
    return Problem(f"{root}{path.rstrip('`')}", f"{said.replace('`', '')}.", item)


def malformed_json(body: bytes) -> Malformed:
    """Say where the body stops being JSON, by line and column from 1."""
    problem = Problem("$", "The JSON is nested too deeply.")
    try:
        str(body, "utf-8")
        anything(body)
    except UnicodeDecodeError as error:
        place = f"{error.reason} at {line_and_column(body, error.start)}"
        problem = Problem("$", f"The body is not UTF-8: {place}.")
    except DecodeError as error:
        problem = Problem("$", f"The body is not JSON: {place_in(body, str(error))}.")
    except RecursionError:
        pass
    return Malformed(problem.message, [problem])


def place_in(body: bytes, said: str) -> str:
    """The decoder's complaint with its byte offset told as line and column."""
    found = re.search(r"(.*) \(byte (\d+)\)", said)
    if not body.strip():
        return "it is empty"
    offset = int(found[2]) if found else len(body)
    complaint = found[1].removeprefix("JSON is malformed: ") if found else "it ends too early"
    return f"{complaint} at {line_and_column(body, offset)}"


def line_and_column(body: bytes, offset: int) -> str:
    """Where a byte stands, in lines and characters from 1."""
    before = body[:offset]
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
    return f"line {line}, column {column} (byte {offset})"

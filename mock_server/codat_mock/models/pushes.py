"""Pushes: their bodies and answers, and decoding a request into records.

Every mistake in a body is named by its JSON path. Source: contract section 2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final, cast, get_args

import msgspec
from msgspec import UNSET, DecodeError, Raw, Struct, UnsetType, ValidationError

from codat_mock.kept import kept
from codat_mock.models.commerce import Order, Payment, Record, Transaction, TransactionType, Wire
from codat_mock.models.datasets import LIST_NAMES, RECORD_TYPES, DataType
from codat_mock.models.decoding import (
    UNNAMED,
    Decode,
    as_written,
    check_depth,
    decoder,
    malformed_json,
    parts,
    problem_from,
)
from codat_mock.models.errors import Malformed, Problem, TooLarge
from codat_mock.models.native_records import NativeDecoder, is_documented

MAX_PROBLEMS: Final = 10_000  # named in one answer
MAX_SEARCHED_BYTES: Final = 20 * 2**20  # each wrong value that is named costs a decoding
MAX_RECORDS: Final = 500_000  # some 5 s of work, and 1 GB of memory (assumed)
MAX_BYTES_AT_ONCE: Final = 8 << 20  # decoded before the records are counted: 0.6 GB if all are {}


class OrdersDataset(Wire):
    """The body of a push of orders."""

    orders: list[Order] | UnsetType | None = UNSET
    contract_version: str | UnsetType | None = UNSET


class PaymentsDataset(Wire):
    """The body of a push of payments."""

    payments: list[Payment] | UnsetType | None = UNSET
    contract_version: str | UnsetType | None = UNSET


class TransactionsDataset(Wire):
    """The body of a push of transactions."""

    transactions: list[Transaction] | UnsetType | None = UNSET
    contract_version: str | UnsetType | None = UNSET


class PushedOrders(Wire):
    """The answer to a push of orders: the body as received, and the dataset's id."""

    data: OrdersDataset
    dataset_id: str


class PushedPayments(Wire):
    """The answer to a push of payments: the body as received, and the dataset's id."""

    data: PaymentsDataset
    dataset_id: str


class PushedTransactions(Wire):
    """The answer to a push of transactions: the body as received, and the dataset's id."""

    data: TransactionsDataset
    dataset_id: str


# The same bodies with their records undecoded, so that each mistake is found in its record.


class UndecodedOrders(Struct, rename="camel"):
    """The body of a push of orders, its records undecoded."""

    orders: list[Raw] | UnsetType | None = UNSET
    contract_version: str | UnsetType | None = UNSET


class UndecodedPayments(Struct, rename="camel"):
    """The body of a push of payments, its records undecoded."""

    payments: list[Raw] | UnsetType | None = UNSET
    contract_version: str | UnsetType | None = UNSET


class UndecodedTransactions(Struct, rename="camel"):
    """The body of a push of transactions, its records undecoded."""

    transactions: list[Raw] | UnsetType | None = UNSET
    contract_version: str | UnsetType | None = UNSET


BODIES: Final[dict[DataType, Decode]] = {
    "commerce-orders": decoder(UndecodedOrders),
    "commerce-payments": decoder(UndecodedPayments),
    "commerce-transactions": decoder(UndecodedTransactions),
}
RECORDS: Final[dict[DataType, Decode]] = {
    data_type: decoder(kind) for data_type, kind in RECORD_TYPES.items()
}
NATIVE_RECORDS: Final[dict[DataType, NativeDecoder]] = {
    data_type: NativeDecoder(kind, LIST_NAMES[data_type])
    for data_type, kind in RECORD_TYPES.items()
}


class RawRecords:
    """The JSON of each record of a push, within its bytes, found when it is first asked for.

    Args:
        data_type: of the push.
        body: the whole, which is valid.
    """

    def __init__(self, data_type: DataType, body: bytes) -> None:
        self._data_type = data_type
        self.body = body

    def __getitem__(self, position: int) -> Raw:
        """The JSON of the record at that index, from 0."""
        return self.all[position]

    @cached_property
    def all(self) -> list[Raw]:
        """The JSON of each."""
        return split_push(self._data_type, self.body)


Raws = RawRecords | Mapping[int, Raw]


class PushedRecord(Struct, frozen=True, dict=True):
    """One record of a push.

    Args:
        data_type: of the record.
        key: identifies the record within its company and data type.
        position: its index in the push, from 0.
        native: its properties as `native_records` decodes them; the exact record where it does not
            decode so.
        raws: the JSON of the records as received, by position.
        is_delete: whether it has an id and nothing else, not even an unknown property.
    """

    data_type: DataType
    key: str
    position: int
    native: Any
    raws: Raws
    is_delete: bool

    @property
    def raw(self) -> bytes:
        """Its JSON as received."""
        return bytes(self.raws[self.position])

    @kept
    def record(self) -> Record:
        """Its properties with exact amounts, decoded when they are asked for."""
        return exact_record(self.data_type, self.raw)


def exact_record(data_type: DataType, raw: bytes) -> Record:
    """Decode a valid record with exact amounts.

    Raises:
        ValidationError: a value has the wrong type.
    """
    return cast(Record, RECORDS[data_type](raw))


def native_record(data_type: DataType, raw: Raw | bytes) -> Any:
    """Decode a record natively; exactly where that fails.

    Args:
        data_type: the record's.
        raw: its JSON.

    Raises:
        ValidationError: a value has the wrong type.
    """
    try:
        return NATIVE_RECORDS[data_type](raw)
    except (ValidationError, ValueError):
        return RECORDS[data_type](raw)


def pushed_record(data_type: DataType, position: int, raw: Raw | bytes) -> PushedRecord:
    """Decode one record of a push.

    Args:
        data_type: of the push.
        position: the record's index in the push, from 0.
        raw: its JSON.

    Raises:
        ValidationError: a value has the wrong type.
    """
    native = native_record(data_type, raw)
    return decoded_record(data_type, position, native, {position: Raw(raw)})


def decoded_record(data_type: DataType, position: int, native: Any, raws: Raws) -> PushedRecord:
    """One record of a push, of its decoded properties.

    Args:
        data_type: of the push.
        position: the record's index in the push, from 0.
        native: its properties.
        raws: the JSON of the records, by position.
    """
    is_delete = is_bare(native) and (
        native.id is not UNSET if is_documented(native) else parts(raws[position]).keys() == {"id"}
    )
    key = record_key(data_type, native)
    return PushedRecord(data_type, key, position, native, raws, is_delete)


def is_bare(native: Any) -> bool:
    """Whether a record has no known property but its id."""
    return native.created_date is UNSET and bool(native == type(native)(id=native.id))


def record_key(data_type: DataType, record: Any) -> str:
    """The record's id; for a transaction its id and type; empty for a record without an id.

    Source: contract section 3 (the fee of a payment has the payment's id).
    """
    id_ = record.id
    if not isinstance(id_, str) or not id_:
        return ""
    if data_type == "commerce-transactions":
        return f"{id_}/{'' if record.type is UNSET else record.type}"
    return id_


def deleted_keys(data_type: DataType, record_id: str) -> list[str]:
    """The keys that a sparse delete deletes; for a transaction one of each type."""
    if data_type == "commerce-transactions":
        return [f"{record_id}/{kind}" for kind in ("", *get_args(TransactionType))]
    return [record_id]


def read_push(data_type: DataType, body: bytes, *, is_checked: bool = True) -> list[PushedRecord]:
    """Decode the body of a push, without a byte order mark, into its records.

    Args:
        data_type: of the push.
        body: the whole.
        is_checked: whether it is known not to be nested too deeply.

    Raises:
        Malformed: the body is not JSON, or a value has the wrong type; names every such value.
        TooDeep: it is nested too deeply.
        TooLarge: it holds more records than one push may.
    """
    decoder = NATIVE_RECORDS[data_type]
    is_bounded = len(body) <= MAX_BYTES_AT_ONCE
    natives = decoder.documented(body) if is_bounded else None
    if natives is None:
        if not is_checked:
            check_depth(body)
        raws = split_push(data_type, body)
        check_count(raws)
        natives = None if is_bounded else decoder.documented(body)
        natives = decoder.undocumented(body) if natives is None else natives
        if natives is None:
            return read_one_by_one(data_type, raws, body)
    check_count(natives)
    split = RawRecords(data_type, body)
    return [
        decoded_record(data_type, position, native, split)
        for position, native in enumerate(natives)
    ]


def check_count(records: Sequence[Any]) -> None:
    """Refuse more records than one push may hold.

    Raises:
        TooLarge: there are more.
    """
    if len(records) > MAX_RECORDS:
        raise TooLarge(
            f"The push holds {len(records)} records, more than {MAX_RECORDS}; push fewer at a time."
        )


def read_one_by_one(data_type: DataType, raws: Sequence[Raw], body: bytes) -> list[PushedRecord]:
    """Decode each record of a push, some of which are wrong or beyond what is native.

    Args:
        data_type: of the push.
        raws: the JSON of each record.
        body: the whole.

    Raises:
        Malformed: a record is not JSON, or a value has the wrong type; names every such value.
    """
    records: list[PushedRecord] = []
    problems: list[Problem] = []
    searched = 0
    for position, raw in enumerate(raws):
        try:
            records.append(pushed_record(data_type, position, raw))
        except ValidationError:
            if len(problems) < MAX_PROBLEMS and searched < MAX_SEARCHED_BYTES:
                text = bytes(raw)
                found = record_problems(data_type, position, text, MAX_SEARCHED_BYTES - searched)
                searched += len(found) * len(text)
                problems += found
        except (DecodeError, UnicodeDecodeError):
            raise malformed_json(body) from None
    if problems:
        is_cut = len(problems) >= MAX_PROBLEMS or searched >= MAX_SEARCHED_BYTES
        message = summary(data_type, problems, is_cut=is_cut)
        raise Malformed(message, problems[:MAX_PROBLEMS])
    return records


def split_push(data_type: DataType, body: bytes) -> list[Raw]:
    """The JSON of each record of a push.

    Raises:
        Malformed: the body is not JSON, or not an object with a list of that data type.
    """
    try:
        if not body.isascii():
            str(body, "utf-8")  # the decoder skips unknown properties, but the answer repeats them
        pushed = BODIES[data_type](body)
    except ValidationError as error:
        problem = problem_from(error, "$")
        raise Malformed(f"The body of the push is not valid. {problem}", [problem]) from None
    except (DecodeError, UnicodeDecodeError):
        raise malformed_json(body) from None
    raws = getattr(pushed, LIST_NAMES[data_type])
    return raws if isinstance(raws, list) else []


def objects_in(data_type: DataType, body: bytes) -> list[bytes]:
    """The JSON objects of a refused push; none where the body is not a push at all."""
    try:
        raws = map(bytes, split_push(data_type, body))
        return [raw for raw in raws if raw.startswith(b"{")]
    except Malformed:
        return []


def summary(data_type: DataType, problems: Sequence[Problem], *, is_cut: bool) -> str:
    """One sentence for the answer's `error`: the number of wrong values, and the first of them.

    Args:
        data_type: the push's.
        problems: the wrong values.
        is_cut: whether there may be more.
    """
    name = LIST_NAMES[data_type]
    if len(problems) == 1 and not is_cut:
        return f"One value in {name} has the wrong type. {problems[0]}"
    at_least = "At least " if is_cut else ""
    return f"{at_least}{len(problems)} values in {name} have the wrong type. First: {problems[0]}"


def record_problems(
    data_type: DataType, position: int, raw: bytes, most_bytes: int = MAX_SEARCHED_BYTES
) -> list[Problem]:
    """Every value of the wrong type in one record.

    The decoder stops at the first, so each one found is removed and the record decoded again.

    Args:
        data_type: the push's data type.
        position: the record's index in the push, from 0.
        raw: the record's JSON.
        most_bytes: decoded in the search; when there are more, the rest is not named.
    """
    most = min(MAX_PROBLEMS, most_bytes // len(raw) + 1)
    root = f"$.{LIST_NAMES[data_type]}[{position}]"
    value = as_written(raw)
    item = value.get("id") if isinstance(value, dict) else None
    problems: list[Problem] = []
    while len(problems) < most:
        try:
            RECORDS[data_type](raw)
        except ValidationError as error:
            found = problem_from(error, root, item if isinstance(item, str) else "")
            problem = Problem(found.path.partition(UNNAMED)[0], found.message, found.item)
            problems.append(problem)
            if not remove_at(value, problem.path.removeprefix(root)):
                break
            raw = msgspec.json.encode(value)
        else:
            break
    return problems


def remove_at(value: Any, path: str) -> bool:
    """Remove the property at `path` (`.orderLineItems[3].id`); False if there is none."""
    steps = [name or int(index) for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path)]
    if not steps or value is None:
        return False
    for step in steps[:-1]:
        value = value[step]
    if isinstance(value, list):  # blank the element, so that those after it keep their index
        value[steps[-1]] = {}
        return True
    return isinstance(value, dict) and value.pop(steps[-1], UNSET) is not UNSET

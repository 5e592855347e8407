"""Bodies wait in memory while there is some, and else on disk; either way whole."""

from __future__ import annotations

import pytest

from codat_mock.http import body_buffers
from codat_mock.http.body_buffers import BodyBuffer, SharedMemory


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each body may have four bytes of its own."""
    monkeypatch.setattr(body_buffers, "MAX_OWN_BYTES", 4)


def is_on_disk(body: BodyBuffer) -> bool:
    """Whether a body waits in a file of the system."""
    try:
        return body.getfile().fileno() > 0
    except OSError:
        return False


@pytest.mark.parametrize(
    ("pieces", "taken", "on_disk"),
    [
        ([], 0, False),
        ([b"abcd"], 0, False),
        ([b"ab", b"cde"], 1, False),
        ([b"abcd", b"efg"], 3, False),
        ([b"abcd", b"efgh"], 0, True),
        ([b"ab", b"cde", b"fgh", b"i"], 0, True),
    ],
)
def test_a_body_is_in_memory_up_to_what_is_free(
    pieces: list[bytes], taken: int, on_disk: bool
) -> None:
    memory = SharedMemory(3)
    body = BodyBuffer(memory)
    for piece in pieces:
        body.append(piece)
    whole = b"".join(pieces)
    assert (len(body), body.get(), memory.taken) == (len(whole), whole, taken)
    assert is_on_disk(body) is on_disk
    assert body.getfile().read() == whole
    body.close()
    assert memory.taken == 0


def test_what_a_body_had_is_free_for_others_when_it_is_gone() -> None:
    memory = SharedMemory(4)
    first, second = BodyBuffer(memory), BodyBuffer(memory)
    first.append(b"abcdefgh")
    second.append(b"abcde")
    assert (is_on_disk(first), is_on_disk(second)) == (False, True)
    del first
    assert memory.taken == 0
    third = BodyBuffer(memory)
    third.append(b"abcdefgh")
    assert not is_on_disk(third)
    third.close()
    third.close()
    assert memory.taken == 0


def test_a_body_on_disk_stays_there() -> None:
    memory = SharedMemory(1)
    body = BodyBuffer(memory)
    body.append(b"abcdef")
    body.append(b"g")
    assert is_on_disk(body)
    assert body.getfile().read() == b"abcdefg"

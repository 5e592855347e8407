"""Waiting for a client that reads slowly: for room for more of an answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from codat_mock.http.held_responses import waits_for_room

PATIENCE_SECONDS = 20.0
BRIEF_SECONDS = 0.001
Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two ends of a connection."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


def fill(connection: socket.socket) -> int:
    """Send until no more is taken; gives how much was."""
    sent = 0
    while True:
        try:
            sent += connection.send(bytes(1 << 16))
        except BlockingIOError:
            return sent


def test_there_is_room_until_the_client_has_much_to_read(pair: Pair) -> None:
    ours, theirs = pair
    assert waits_for_room(ours, PATIENCE_SECONDS)
    sent = fill(ours)
    assert not waits_for_room(ours, BRIEF_SECONDS)
    while sent:
        sent -= len(theirs.recv(sent))
    assert waits_for_room(ours, PATIENCE_SECONDS)


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_no_room_is_waited_for_when_the_time_is_over(pair: Pair, seconds: float) -> None:
    assert not waits_for_room(pair[0], seconds)


def test_a_client_that_has_gone_is_not_waited_for(pair: Pair) -> None:
    ours, theirs = pair
    fill(ours)
    theirs.close()
    assert not waits_for_room(ours, PATIENCE_SECONDS)


def test_a_connection_that_was_closed_meanwhile_has_no_room(pair: Pair) -> None:
    ours, _ = pair
    ours.close()
    assert not waits_for_room(ours, BRIEF_SECONDS)

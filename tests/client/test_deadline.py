"""A blocking call that is given up after a while."""

from __future__ import annotations

from contextvars import ContextVar
from threading import Event, current_thread

import pytest

from codat_push.deadline import within

WHO: ContextVar[str] = ContextVar("who", default="nobody")


class Odd(BaseException):
    """What a call may raise, also one that is not caught as an Exception."""


def test_a_call_gives_what_it_returns_in_the_caller_s_context() -> None:
    WHO.set("caller")
    assert within(10, WHO.get) == "caller"
    assert within(10, lambda: None) is None
    assert within(10, lambda: WHO.set("call")) is not None
    assert WHO.get() == "caller"


@pytest.mark.parametrize("error", [Odd(), ValueError("wrong"), TimeoutError("of the call itself")])
def test_it_raises_what_the_call_raises(error: BaseException) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        within(10, fail)
    assert caught.value is error


@pytest.mark.parametrize("seconds", [0.0, 0.01])
def test_a_call_that_takes_longer_is_given_up_and_ends_by_itself(seconds: float) -> None:
    goes_on, done = Event(), Event()

    def wait() -> None:
        assert current_thread().daemon  # so that it does not keep the program alive
        goes_on.wait(10)
        done.set()

    with pytest.raises(TimeoutError):
        within(seconds, wait)
    assert not done.is_set()
    goes_on.set()
    assert done.wait(10)

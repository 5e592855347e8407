"""Properties that are computed once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, Self, TypeVar, overload

Value = TypeVar("Value")


class KeptProperty(Generic[Value]):
    """A property that is computed at its first use, and kept in the `__dict__` of its object.

    That of functools takes a lock in Python 3.11, which takes longer than what is computed for each
    record of a push.

    Args:
        compute: computes the value for an object.
    """

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, subject: None, owner: type) -> Self: ...

    @overload
    def __get__(self, subject: object, owner: type) -> Value: ...

    def __get__(self, subject: Any, owner: type) -> Self | Value:
        """The value; the property itself where the class is asked."""
        if subject is None:
            return self
        value = subject.__dict__[self._name] = self._compute(subject)
        return value


kept: Final = KeptProperty

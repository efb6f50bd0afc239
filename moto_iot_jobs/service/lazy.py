"""Attributes that are computed when they are first read, without a lock.

Before Python 3.12 `functools.cached_property` computes under one lock for all instances. A child
that is forked meanwhile waits for it for ever, and a thread that computes may wait for a lock that
another one holds which waits for this one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Value = TypeVar("Value")


class lazy(Generic[Value]):  # noqa: N801 - used as a decorator, like property
    """A property that is computed once for each instance, or twice if two threads read it first.

    Args:
        compute: the method; its result is kept in the instance's dictionary.
    """

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> lazy[Value]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...
    def __get__(self, instance: object | None, owner: type) -> lazy[Value] | Value:
        if instance is None:
            return self
        value: Value = vars(instance).setdefault(self._name, self._compute(instance))
        return value

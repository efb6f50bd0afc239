"""Decoration of functions and classes, so that a mock lasts as long as their bodies.

moto ends its mock when a function returns; that of a coroutine or generator function returns before
its body has run. All that a generator or coroutine is given reaches the one that is decorated.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
import unittest
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, TypeAlias


class Running:
    """A mock that runs within a block."""

    __slots__ = ("_mock", "_remove_data", "_reset")

    def __init__(self, mock: Any, reset: bool, remove_data: bool) -> None:
        self._mock = mock
        self._reset = reset
        self._remove_data = remove_data

    def __enter__(self) -> None:
        self._mock.start(reset=self._reset)

    def __exit__(self, *raised: object) -> None:
        self._mock.stop(remove_data=self._remove_data)


Start: TypeAlias = Callable[[], Running]
_Any: TypeAlias = Callable[..., Any]


def _generator() -> Generator[None, None, None]:
    yield


async def _async_generator() -> AsyncGenerator[None, None]:
    yield


# The functions that contextlib makes of generator functions all have the same code.
_OF_CONTEXT_MANAGERS = contextlib.contextmanager(_generator).__code__
_OF_ASYNC_CONTEXT_MANAGERS = contextlib.asynccontextmanager(_async_generator).__code__


def decorate_callable(func: Any, start: Start) -> Any:
    """Return a function that runs another one within a mock.

    None for a plain function, whose body has run when it returns.

    Args:
        func: the function, static method or class method.
        start: gives the mock.
    """
    if isinstance(func, staticmethod | classmethod):
        inner = decorate_callable(func.__func__, start)
        return type(func)(_function(func.__func__, start) if inner is None else inner)
    code = getattr(func, "__code__", None)
    if code is _OF_CONTEXT_MANAGERS:
        return contextlib.contextmanager(_generator_function(func.__wrapped__, start))
    if code is _OF_ASYNC_CONTEXT_MANAGERS:
        return contextlib.asynccontextmanager(_async_generator_function(func.__wrapped__, start))
    wrap = next((wrap for is_kind, wrap in _KINDS if is_kind(func)), None)
    return None if wrap is None else wrap(func, start)


def _function(func: _Any, start: Start) -> _Any:
    @functools.wraps(func)
    def mocked(*args: Any, **kwargs: Any) -> Any:
        with start():
            return func(*args, **kwargs)

    return mocked


def _coroutine_function(func: _Any, start: Start) -> _Any:
    @functools.wraps(func)
    async def mocked(*args: Any, **kwargs: Any) -> Any:
        with start():
            return await func(*args, **kwargs)

    return mocked


def _generator_function(func: _Any, start: Start) -> _Any:
    @functools.wraps(func)
    def mocked(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with start():
            return (yield from func(*args, **kwargs))

    return mocked


def _async_generator_function(func: _Any, start: Start) -> _Any:
    # Python has no `yield from` for these: PEP 380 spelled out.
    @functools.wraps(func)
    async def mocked(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with start():
            inner = func(*args, **kwargs)
            step = _unseen_first_step(inner)
            while True:
                try:
                    value = await step
                except StopAsyncIteration:
                    return
                try:
                    sent = yield value
                except GeneratorExit:
                    await inner.aclose()
                    raise
                except BaseException as error:
                    step = inner.athrow(error)
                else:
                    step = inner.asend(sent)

    return mocked


def _unseen_first_step(inner: AsyncGenerator[Any, Any]) -> Any:
    """Begin an async generator that its event loop does not know.

    A loop closes those that it knows when it ends or they are dropped; this one is closed by ours,
    within the mock.
    """
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)
    try:
        return inner.__anext__()
    finally:
        sys.set_asyncgen_hooks(*hooks)


_KINDS = (
    (inspect.iscoroutinefunction, _coroutine_function),
    (inspect.isasyncgenfunction, _async_generator_function),
    (inspect.isgeneratorfunction, _generator_function),
)


# TestCases


def is_test_case(klass: type) -> bool:
    """Return whether a class is unittest's."""
    return issubclass(klass, unittest.TestCase)


def decorate_test_case(klass: Any, mock: Any) -> Any:
    """Run each test of a TestCase within a mock, with its set-up, tear-down and clean-up.

    What a test made is forgotten when the next mock starts, as moto has it for classes with setUp.
    What runs once for the class is within a mock of its own, which the tests do not share.

    Args:
        klass: the TestCase, which is changed.
        mock: the mock.
    """
    for name in ("run", "debug"):
        setattr(klass, name, _function(getattr(klass, name), lambda: Running(mock, True, False)))
    for name in ("setUpClass", "tearDownClass"):
        method = getattr(klass, name).__func__
        if method is not getattr(unittest.TestCase, name).__func__:
            mocked = _function(method, lambda: Running(mock, True, False))
            setattr(klass, name, classmethod(mocked))
    return klass

"""`mock_iot`: moto's `mock_aws`, with IoT Jobs, for every kind of function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol, TypeVar, overload

from moto import mock_aws

from .plugin.registration import activate

# Functions and classes alike.
Function = TypeVar("Function", bound=Callable[..., Any])


class Mock(Protocol):
    """moto's mock, which can be entered, started and stopped, and decorates."""

    def __call__(self, func: Function) -> Function:
        """Decorate a function or class."""
        ...

    def __enter__(self) -> Any:
        """Start."""
        ...

    def __exit__(self, *raised: Any) -> None:
        """Stop, and forget what was made meanwhile."""
        ...

    def start(self, reset: bool = True) -> None:
        """Start; `reset` forgets what was made before."""
        ...

    def stop(self, remove_data: bool = True) -> None:
        """Stop; `remove_data` forgets what was made meanwhile."""
        ...


@overload
def mock_iot(func: Function) -> Function: ...
@overload
def mock_iot(func: None = None, config: Any = None) -> Mock: ...
def mock_iot(func: Any = None, config: Any = None) -> Any:
    """Mock AWS as moto does, with AWS IoT Jobs in it.

    Use it as a decorator of functions, methods, classes, `TestCase`s, coroutine functions and
    generator functions (pytest fixtures), with or without parentheses; as a context manager; or
    with `start()` and `stop()`.

    Args:
        func: what is decorated, when it is used without parentheses.
        config: moto's configuration. `{"iot_jobs": {"delete_queued_needs_force": True}}` reads
            DeleteJobExecution as its API page says it: QUEUED executions cannot be deleted without
            force.

    Returns:
        The decorated object, or moto's mock when nothing is decorated yet.
    """
    activate()
    mock = _lasting(mock_aws(config=config))
    return mock if func is None else mock(func)


Started = Callable[[], AbstractContextManager[None]]


def _lasting(mock: Any) -> Any:
    """Let a mock of moto last as long as the body of what it decorates.

    moto ends its mock when the function returns; that of a coroutine or generator function returns
    before its body has run.
    """
    motos = mock._decorate_callable

    def decorate(func: Any, reset: bool, remove_data: bool) -> Any:
        @contextmanager
        def started() -> Iterator[None]:
            mock.start(reset=reset)
            try:
                yield
            finally:
                mock.stop(remove_data=remove_data)

        wrap = next((wrap for is_kind, wrap in _LASTING if is_kind(func)), None)
        return wrap(func, started) if wrap is not None else motos(func, reset, remove_data)

    mock._decorate_callable = decorate
    return mock


def _coroutine_function(func: Callable[..., Any], started: Started) -> Callable[..., Any]:
    @functools.wraps(func)
    async def mocked(*args: Any, **kwargs: Any) -> Any:
        with started():
            return await func(*args, **kwargs)

    return mocked


def _generator_function(func: Callable[..., Any], started: Started) -> Callable[..., Any]:
    @functools.wraps(func)
    def mocked(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with started():
            return (yield from func(*args, **kwargs))

    return mocked


def _async_generator_function(func: Callable[..., Any], started: Started) -> Callable[..., Any]:
    @functools.wraps(func)
    async def mocked(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        with started():
            async for each in func(*args, **kwargs):
                yield each

    return mocked


_LASTING = (
    (inspect.iscoroutinefunction, _coroutine_function),
    (inspect.isasyncgenfunction, _async_generator_function),
    (inspect.isgeneratorfunction, _generator_function),
)

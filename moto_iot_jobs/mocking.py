"""`mock_iot`: moto's `mock_aws`, with IoT Jobs, for every kind of function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Generator
from typing import Any, TypeVar, overload

from moto import mock_aws

from .registration import activate

Function = TypeVar("Function", bound=Callable[..., Any])


@overload
def mock_iot(func: Function) -> Function: ...
@overload
def mock_iot(func: None = None, config: Any = None) -> Any: ...
def mock_iot(func: Any = None, config: Any = None) -> Any:
    """Mock AWS as moto does, with AWS IoT Jobs in it.

    Use it as a decorator of functions, methods, classes, `TestCase`s, coroutine functions and generator functions (pytest
    fixtures), with or without parentheses; as a context manager; or with `start()` and `stop()`.

    Args:
        func: what is decorated, when it is used without parentheses.
        config: moto's configuration. `{"iot_jobs": {"delete_queued_needs_force": True}}` reads DeleteJobExecution as its API
            page says it: QUEUED executions cannot be deleted without force.

    Returns:
        The decorated object, or moto's mock when nothing is decorated yet.
    """
    activate()
    if func is None:
        return _Mock(config)
    return _decorated(func, config)


class _Mock:
    """moto's mock, whichever its mode asks for, that also decorates what moto's would leave too early."""

    def __init__(self, config: Any) -> None:
        self._config = config
        self._mock = mock_aws(config=config)

    def __call__(self, func: Any) -> Any:
        return _decorated(func, self._config)

    def __enter__(self) -> Any:
        self._mock.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self._mock.__exit__(*raised)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mock, name)


def _decorated(func: Any, config: Any) -> Any:
    wrap = next((wrap for is_kind, wrap in _LASTING if is_kind(func)), None)
    if wrap is not None:
        return wrap(func, config)
    return mock_aws(config=config)(func) if config is not None else mock_aws(func)


# moto ends its mock when the function returns; of these kinds, that is before the body has run.


def _coroutine_function(func: Callable[..., Any], config: Any) -> Callable[..., Any]:
    @functools.wraps(func)
    async def mocked(*args: Any, **kwargs: Any) -> Any:
        with mock_aws(config=config):
            return await func(*args, **kwargs)

    return mocked


def _generator_function(func: Callable[..., Any], config: Any) -> Callable[..., Any]:
    @functools.wraps(func)
    def mocked(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with mock_aws(config=config):
            return (yield from func(*args, **kwargs))

    return mocked


def _async_generator_function(func: Callable[..., Any], config: Any) -> Callable[..., Any]:
    @functools.wraps(func)
    async def mocked(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        with mock_aws(config=config):
            async for each in func(*args, **kwargs):
                yield each

    return mocked


_LASTING = (
    (inspect.iscoroutinefunction, _coroutine_function),
    (inspect.isasyncgenfunction, _async_generator_function),
    (inspect.isgeneratorfunction, _generator_function),
)

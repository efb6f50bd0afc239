"""`mock_iot`, which is moto's `mock_aws` with IoT Jobs, and their activation in `mock_aws`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

from moto import mock_aws, settings

from .plugin.registration import activate, begin_mock, deactivate, end_mock
from .plugin.url_patterns import one_pattern
from .runtime import runtime

if TYPE_CHECKING:
    from .plugin.configuration import Configuration

__all__ = ["Mock", "activate", "deactivate", "mock_iot"]

# Functions and classes alike.
Function = TypeVar("Function", bound=Callable[..., Any])


class Mock(Protocol):
    """moto's mock, which can be entered, started and stopped, and decorates."""

    def __call__(self, func: Function) -> Function:
        """Decorate a function or class."""
        ...

    def __enter__(self) -> Mock:
        """Start."""
        ...

    def __exit__(self, *raised: Any) -> None:
        """Stop, and forget what was made meanwhile."""
        ...

    def start(self, reset: bool = True) -> None:
        """Start.

        `reset` forgets what was made before.
        """
        ...

    def stop(self, remove_data: bool = True) -> None:
        """Stop.

        `remove_data` forgets what was made meanwhile.
        """
        ...


@overload
def mock_iot(func: Function) -> Function: ...
@overload
def mock_iot(func: None = None, config: Configuration | None = None) -> Mock: ...
def mock_iot(func: Any = None, config: Configuration | None = None) -> Any:
    """Mock AWS as moto does, with AWS IoT Jobs in it.

    Use it as a decorator of functions, methods, classes, `TestCase`s, coroutine functions and
    generator functions (pytest fixtures), with or without parentheses; as a context manager; or
    with `start()` and `stop()`. moto has IoT Jobs as long as it runs; clients of boto3 are answered
    whenever they were made, also before moto was imported.

    Args:
        func: the function or class to decorate, when it is used without parentheses.
        config: moto's configuration. Below `"iot_jobs"` it has ours, each with a default:
            `command_subscriptions`, `conventions`, `delete_queued_needs_force`, `endpoints`,
            `search_without_index`, `share_models` and `snapshot_membership_delay`. docs/settings.md
            and `plugin.configuration.JobsConfiguration` say what they do.

    Returns:
        The decorated object, or moto's mock when nothing is decorated yet.

    Raises:
        ValueError: the configuration has a setting that there is not; the message says what to
            write instead.
    """
    if config:
        from .plugin.configuration import check_configuration

        check_configuration(config)
    mock = _with_jobs(mock_aws(config=config))
    return mock if func is None else mock(func)


def _with_jobs(mock: Any) -> Any:
    """Have a mock of moto put Jobs into moto for as long as it runs.

    It lasts as long as what it decorates.

    Its class stays: moto counts nested mocks in it.
    """
    motos_start, motos_stop = mock.start, mock.stop
    motos_callable, motos_class = mock._decorate_callable, mock._decorate_class
    motos_patching = mock._enable_patching

    @functools.wraps(motos_start)
    def start(reset: bool = True) -> None:
        if settings.is_test_proxy_mode():
            raise RuntimeError(
                "moto's proxy has no IoT Jobs: unset TEST_PROXY_MODE, or serve them by"
                " `moto-iot-jobs server` and set TEST_SERVER_MODE."
            )
        begin_mock()
        try:
            motos_start(reset=reset)
        except BaseException:
            end_mock()
            raise
        if reset and type(mock)._nested_count == 1:
            # moto resets the backends that were used since its last reset, which may have been one
            # without us.
            runtime.clear()

    @functools.wraps(motos_stop)
    def stop(remove_data: bool = True) -> None:
        if type(mock)._nested_count <= 0:
            # moto's own error; moto would count the mock that never was, and the next one would
            # not start.
            raise RuntimeError("Called stop() before start().")
        try:
            motos_stop(remove_data=remove_data)
        finally:
            end_mock()

    def enable_patching(reset: bool = True) -> None:
        with one_pattern():
            motos_patching(reset=reset)

    def decorate(func: Any, reset: bool, remove_data: bool) -> Any:
        from .plugin.wrappers import Running, decorate_callable

        wrapped = decorate_callable(func, lambda: Running(mock, reset, remove_data))
        return motos_callable(func, reset, remove_data) if wrapped is None else wrapped

    def decorate_class(klass: Any) -> Any:
        from .plugin.wrappers import decorate_test_case, is_test_case

        return decorate_test_case(klass, mock) if is_test_case(klass) else motos_class(klass)

    mock.start, mock.stop, mock._enable_patching = start, stop, enable_patching
    mock._decorate_callable, mock._decorate_class = decorate, decorate_class
    return mock

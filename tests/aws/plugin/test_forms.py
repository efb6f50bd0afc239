"""`mock_iot` in every form in which people write a mock."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import unittest
from collections.abc import AsyncIterator, Callable, Generator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import boto3
import pytest

from moto_iot_jobs import mock_iot

if TYPE_CHECKING:
    from tests.aws.plugin.conftest import Clients

KEPT_SESSION: Any = {"core": {"reset_boto3_session": False}}
Body = TypeVar("Body", bound=Callable[..., Any])


class Decorator(Protocol):
    """What `mock_iot`, called or not, is to the thing below it."""

    def __call__(self, body: Body, /) -> Body: ...


# Functions and methods


def test_as_a_bare_decorator(clients: Clients) -> None:
    @mock_iot
    def body() -> str:
        return clients.run_a_job()

    assert body() == "COMPLETED"


def test_as_a_called_decorator(clients: Clients) -> None:
    called: Decorator = mock_iot()

    @called
    def body() -> str:
        return clients.run_a_job()

    assert body() == "COMPLETED"


def test_as_a_decorator_with_a_configuration(clients: Clients) -> None:
    called: Decorator = mock_iot(config={"iot_jobs": {"delete_queued_needs_force": True}})

    @called
    def body() -> None:
        clients.create()
        with pytest.raises(clients.iot.exceptions.InvalidStateTransitionException):
            clients.iot.delete_job_execution(thingName="t1", jobId="j1", executionNumber=1)

    body()


def test_a_configuration_ends_with_its_mock(clients: Clients) -> None:
    with mock_iot(config={"iot_jobs": {"delete_queued_needs_force": True}}):
        clients.create()
    with mock_iot():
        clients.create()
        clients.iot.delete_job_execution(thingName="t1", jobId="j1", executionNumber=1)


def test_a_decorated_function_keeps_its_name_its_arguments_and_its_result() -> None:
    @mock_iot
    def body(first: int, *, second: int = 2) -> int:
        """Add."""
        return first + second

    assert (body.__name__, body.__doc__, body(1, second=4)) == ("body", "Add.", 5)
    assert list(inspect.signature(body).parameters) == ["first", "second"]


def test_each_call_of_a_decorated_function_begins_empty(clients: Clients) -> None:
    @mock_iot
    def body() -> list[str]:
        before = clients.job_ids()
        clients.create()
        return before

    assert (body(), body()) == ([], [])


def test_an_exception_passes_and_ends_the_mock(clients: Clients) -> None:
    @mock_iot
    def body() -> None:
        clients.create()
        raise LookupError("of the test")

    with pytest.raises(LookupError, match="of the test"):
        body()
    with mock_iot():
        assert clients.job_ids() == []


def test_on_a_method(clients: Clients) -> None:
    class Suite:
        @mock_iot
        def test_it(self) -> str:
            return clients.run_a_job()

    assert Suite().test_it() == "COMPLETED"


# Classes


@pytest.mark.parametrize("decorator", [mock_iot, mock_iot()], ids=["bare", "called"])
def test_on_a_class_each_test_method_is_mocked_and_begins_empty(
    clients: Clients, decorator: Decorator
) -> None:
    class Suite:
        def test_one(self) -> list[str]:
            clients.create("one")
            return clients.job_ids()

        def test_two(self) -> list[str]:
            clients.create("two")
            return clients.job_ids()

    suite = decorator(Suite)()
    assert (suite.test_one(), suite.test_two()) == (["one"], ["two"])


def test_on_a_test_case_with_what_it_sets_up(clients: Clients) -> None:
    @mock_iot
    class Case(unittest.TestCase):
        def setUp(self) -> None:
            clients.create("from-set-up")

        def test_one(self) -> None:
            clients.create("one")
            assert clients.job_ids() == ["from-set-up", "one"]

        def test_two(self) -> None:
            assert clients.job_ids() == ["from-set-up"]

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)
    assert (result.testsRun, result.errors, result.failures) == (2, [], [])


# Context manager, start and stop


def test_with_a_with_statement(clients: Clients) -> None:
    with mock_iot():
        assert clients.run_a_job() == "COMPLETED"


def test_with_start_and_stop(clients: Clients) -> None:
    mock = mock_iot(config=KEPT_SESSION)
    mock.start()
    try:
        assert clients.run_a_job() == "COMPLETED"
    finally:
        mock.stop()
    with mock_iot():
        assert clients.job_ids() == []


def test_one_mock_may_be_used_again(clients: Clients) -> None:
    mock = mock_iot()
    for _ in range(2):
        with mock:
            assert clients.job_ids() == []
            clients.create()


def test_the_default_session_of_boto3_works_too(clients: Clients) -> None:
    with mock_iot():
        clients.create()
        shown = boto3.client("iot", region_name="eu-west-1").describe_job(jobId="j1")
        assert shown["job"]["status"] == "IN_PROGRESS"


# Coroutines and generators, which moto's own decorator leaves before their bodies run


@pytest.mark.parametrize(
    "decorator",
    [mock_iot, mock_iot(), mock_iot(config=KEPT_SESSION)],
    ids=["bare", "called", "config"],
)
def test_on_a_coroutine_function(clients: Clients, decorator: Decorator) -> None:
    @decorator
    async def body(job_id: str) -> str:
        await asyncio.sleep(0)
        return clients.run_a_job(job_id)

    assert inspect.iscoroutinefunction(body)
    assert asyncio.run(body("j1")) == "COMPLETED"
    assert asyncio.run(body("j1")) == "COMPLETED"


@pytest.mark.parametrize("decorator", [mock_iot, mock_iot()], ids=["bare", "called"])
def test_on_a_generator_function_as_fixtures_are(clients: Clients, decorator: Decorator) -> None:
    @decorator
    def fixture() -> Generator[Clients, None, None]:
        clients.create("of-the-fixture")
        yield clients
        assert clients.job_ids() == ["of-the-fixture", "of-the-test"]

    assert inspect.isgeneratorfunction(fixture)
    for _ in range(2):
        with contextlib.contextmanager(fixture)() as given:
            given.create("of-the-test")


def test_on_an_async_generator_function(clients: Clients) -> None:
    @mock_iot
    async def fixture() -> AsyncIterator[Clients]:
        clients.create("of-the-fixture")
        yield clients
        assert clients.job_ids() == ["of-the-fixture", "of-the-test"]

    async def use() -> None:
        async with contextlib.asynccontextmanager(fixture)() as given:
            given.create("of-the-test")

    assert inspect.isasyncgenfunction(fixture)
    asyncio.run(use())


def test_a_generator_that_is_closed_early_ends_its_mock(clients: Clients) -> None:
    @mock_iot
    def fixture() -> Generator[None, None, None]:
        clients.create()
        yield

    running = fixture()
    next(running)
    running.close()
    with mock_iot():
        assert clients.job_ids() == []


def test_an_exception_reaches_the_generator_at_its_yield() -> None:
    seen: list[str] = []

    @mock_iot
    def fixture() -> Generator[None, None, None]:
        try:
            yield
        except LookupError as error:
            seen.append(str(error))

    running = fixture()
    next(running)
    with contextlib.suppress(StopIteration):
        running.throw(LookupError("of the test"))
    assert seen == ["of the test"]


def test_on_a_class_a_method_may_be_a_coroutine_function(clients: Clients) -> None:
    seen = []

    @mock_iot
    class Case(unittest.IsolatedAsyncioTestCase):
        async def test_it(self) -> None:
            await asyncio.sleep(0)
            seen.append(clients.run_a_job())

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)
    assert (result.testsRun, result.errors, result.failures) == (1, [], [])
    assert seen == ["COMPLETED"]

"""What `mock_iot` makes of generators, coroutines, context managers and TestCases is transparent:
all that is sent, thrown and closed reaches them, within the mock.

Several are CPython's own tests of contextlib (Lib/test/test_contextlib.py), adapted.
"""

from __future__ import annotations

import asyncio
import gc
import unittest
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    _GeneratorContextManager,
    asynccontextmanager,
    contextmanager,
)
from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs import mock_iot
from moto_iot_jobs.plugin.registration import is_active
from moto_iot_jobs.runtime import mock_is_on

if TYPE_CHECKING:
    from tests.aws.plugin.conftest import Clients


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Check that no mock outlives what it was for."""
    yield
    if mock_is_on() or is_active():
        gc.collect()  # what nobody holds may keep it: to look for it each time takes long
    assert not mock_is_on()
    assert not is_active()


class Log(list[str]):
    """What a body has seen, with the mock as it was then."""

    def note(self, text: str) -> None:
        """Note something."""
        self.append(f"{text}{'' if mock_is_on() else ' outside of the mock'}")


@pytest.fixture
def log() -> Log:
    """What a body has seen."""
    return Log()


# Asynchronous generators


def echo(log: Log) -> Any:
    """Make an async generator function that notes all that it is given."""

    @mock_iot
    async def body() -> AsyncGenerator[str, str]:
        received = "nothing"
        try:
            while True:
                try:
                    received = yield f"got {received}"
                except LookupError as error:
                    received = f"error {error}"
                log.note(received)
        finally:
            await asyncio.sleep(0)
            log.note("cleaned up")

    return body


def test_an_async_generator_is_sent_values_and_errors(log: Log) -> None:
    async def use() -> list[str]:
        generator = echo(log)()
        got = [await anext(generator), await generator.asend("a")]
        got += [await generator.athrow(LookupError("b")), await generator.asend("c")]
        await generator.aclose()
        return got

    assert asyncio.run(use()) == ["got nothing", "got a", "got error b", "got c"]
    assert log == ["a", "error b", "c", "cleaned up"]


def test_an_async_generator_that_does_not_catch_ends_within_the_mock(log: Log) -> None:
    async def use() -> None:
        generator = echo(log)()
        await anext(generator)
        with pytest.raises(ZeroDivisionError, match="mine"):
            await generator.athrow(ZeroDivisionError("mine"))
        with pytest.raises(StopAsyncIteration):
            await anext(generator)

    asyncio.run(use())
    assert log == ["cleaned up"]


@pytest.mark.parametrize("way", ["dropped", "left to the loop"])
def test_an_async_generator_that_is_not_closed_is_closed_within_the_mock(
    log: Log, way: str
) -> None:
    kept = []

    async def use() -> None:
        generator = echo(log)()
        await anext(generator)
        if way == "dropped":
            del generator
            gc.collect()
            for _ in range(3):
                await asyncio.sleep(0)
        else:
            kept.append(generator)

    asyncio.run(use())
    assert log == ["cleaned up"]


def test_an_async_generator_that_ignores_its_end_is_an_error(log: Log) -> None:
    @mock_iot
    async def body() -> AsyncGenerator[int, None]:
        try:
            yield 1
        except GeneratorExit:
            log.note("ignored")
            yield 2

    async def use() -> None:
        generator = body()
        await anext(generator)
        with pytest.raises(RuntimeError, match="ignored GeneratorExit"):
            await generator.aclose()

    asyncio.run(use())
    assert log == ["ignored"]


def test_the_clean_up_of_an_async_generator_calls_the_mock(clients: Clients) -> None:
    """The example: clean-up that ran after the mock would have called AWS."""
    deleted = []

    @mock_iot
    async def fixture() -> AsyncIterator[str]:
        clients.create("job")
        try:
            yield "job"
        finally:
            await asyncio.to_thread(clients.iot.delete_job, jobId="job", force=True)
            deleted.append(clients.job_ids())

    async def use() -> None:
        with pytest.raises(LookupError):
            async with asynccontextmanager(fixture)() as job:
                raise LookupError(job)
        generator: Any = fixture()
        await anext(generator)
        await generator.aclose()

    asyncio.run(use())
    assert deleted == [[], []]


# Generators


def test_a_generator_is_sent_values_and_errors_and_returns(log: Log) -> None:
    @mock_iot
    def body() -> Generator[str, str, str]:
        received = yield "first"
        log.note(received)
        try:
            yield "second"
        except LookupError:
            log.note("error")
        return "returned"

    def use() -> Generator[str, str, str]:
        return (yield from body())

    generator = use()
    assert (next(generator), generator.send("a")) == ("first", "second")
    with pytest.raises(StopIteration) as ended:
        generator.throw(LookupError())
    assert (ended.value.value, log) == ("returned", ["a", "error"])


# Context managers, in both orders of the decorators


def mocked_first(function: Any) -> Any:
    """`@mock_iot` above `@contextmanager`."""
    return mock_iot(contextmanager(function))


def mocked_last(function: Any) -> Any:
    """`@contextmanager` above `@mock_iot`."""
    return contextmanager(mock_iot(function))


Manage = Callable[[Callable[..., Iterator[Any]]], Callable[..., "_GeneratorContextManager[Any]"]]
each_order = pytest.mark.parametrize("manage", [mocked_first, mocked_last])


@each_order
def test_a_context_manager_runs_within_the_mock(log: Log, manage: Manage) -> None:
    @manage
    def whoo() -> Iterator[int]:
        log.note("enter")
        yield 42
        log.note("exit")

    manager: AbstractContextManager[int] = whoo()
    with manager as number:
        assert number == 42
        log.note("body")
    assert log == ["enter", "body", "exit"]


@each_order
@pytest.mark.parametrize(
    "error", [ZeroDivisionError(999), StopIteration("spam"), RuntimeError("eggs"), OSError()]
)
def test_a_context_manager_reraises_what_it_does_not_catch(
    log: Log, manage: Manage, error: Exception
) -> None:
    @manage
    def whoo() -> Iterator[int]:
        try:
            yield 42
        finally:
            log.note("finally")

    with pytest.raises(type(error)) as raised, whoo():
        raise error
    assert (raised.value, log) == (error, ["finally"])


@each_order
def test_a_context_manager_may_catch(log: Log, manage: Manage) -> None:
    @manage
    def whoo() -> Iterator[None]:
        try:
            yield
        except ZeroDivisionError as error:
            log.note(str(error))

    def body() -> None:
        with whoo():
            raise ZeroDivisionError(999)

    body()
    assert log == ["999"]


@each_order
def test_a_context_manager_that_yields_not_once_is_an_error(manage: Manage) -> None:
    @manage
    def never() -> Iterator[None]:
        yield from list[None]()

    @manage
    def twice() -> Iterator[None]:
        yield
        yield

    with pytest.raises(RuntimeError, match="didn't yield"), never():
        pass
    with pytest.raises(RuntimeError, match="didn't stop"), twice():
        pass


@each_order
def test_a_context_manager_decorates(log: Log, manage: Manage) -> None:
    @manage
    def whoo(text: str) -> Iterator[None]:
        """Note."""
        log.note(f"+{text}")
        yield
        log.note(f"-{text}")

    @whoo("x")
    def body() -> None:
        log.note("body")

    body()
    body()
    assert log == ["+x", "body", "-x"] * 2
    assert (whoo.__name__, whoo.__doc__) == ("whoo", "Note.")


@pytest.mark.parametrize("first", [True, False])
def test_an_async_context_manager_runs_within_the_mock(log: Log, first: bool) -> None:
    async def body() -> AsyncIterator[int]:
        log.note("enter")
        try:
            yield 42
        finally:
            await asyncio.sleep(0)
            log.note("exit")

    made: Any = (
        mock_iot(asynccontextmanager(body)) if first else asynccontextmanager(mock_iot(body))
    )

    async def use() -> None:
        manager: AbstractAsyncContextManager[int] = made()
        async with manager as number:
            assert number == 42
        for error in (ZeroDivisionError(), StopAsyncIteration(), StopIteration()):
            with pytest.raises(type(error)) as raised:
                async with made():
                    raise error
            assert raised.value is error

    asyncio.run(use())
    assert log == ["enter", "exit"] * 4


# Methods


def test_static_and_class_methods_stay_what_they_are(clients: Clients) -> None:
    class Suite:
        @mock_iot
        @staticmethod
        def static(job_id: str) -> str:
            return clients.run_a_job(job_id)

        @mock_iot
        @classmethod
        def of_class(cls, job_id: str) -> tuple[type, str]:
            return cls, clients.run_a_job(job_id)

        @mock_iot
        @staticmethod
        async def coroutine(job_id: str) -> str:
            return clients.run_a_job(job_id)

    assert (Suite.static("j1"), Suite().static("j1")) == ("COMPLETED", "COMPLETED")
    assert Suite.of_class("j1") == (Suite, "COMPLETED")
    assert asyncio.run(Suite().coroutine("j1")) == "COMPLETED"


# TestCases


def run(case: type[unittest.TestCase]) -> unittest.TestResult:
    """Run all tests of a TestCase."""
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert (result.errors, result.failures) == ([], [])
    return result


def test_an_async_test_case_with_async_set_up_alone(clients: Clients, log: Log) -> None:
    @mock_iot
    class Case(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self) -> None:
            log.note("set up")
            await asyncio.to_thread(clients.create, "from-set-up")
            self.addAsyncCleanup(self.clean_up)

        async def clean_up(self) -> None:
            log.note("cleaned up")
            assert clients.job_ids() == ["from-set-up", "one"]

        async def test_one(self) -> None:
            await asyncio.to_thread(clients.create, "one")
            log.note("tested")

        async def asyncTearDown(self) -> None:
            log.note("torn down")

        async def test_two(self) -> None:
            assert clients.job_ids() == ["from-set-up"]
            clients.create("one")
            log.note("tested")

    assert run(Case).testsRun == 2
    assert log == ["set up", "tested", "torn down", "cleaned up"] * 2


def test_what_runs_once_for_a_class_does_not_reach_aws(clients: Clients, log: Log) -> None:
    @mock_iot
    class Case(unittest.TestCase):
        @classmethod
        def setUpClass(cls) -> None:
            clients.create("of-the-class")
            log.note("class set up")

        @classmethod
        def tearDownClass(cls) -> None:
            clients.job_ids()
            log.note("class torn down")

        def test_it(self) -> None:
            assert clients.job_ids() == []

    assert run(Case).testsRun == 1
    assert log == ["class set up", "class torn down"]


def test_a_subclass_of_a_decorated_test_case_is_mocked_too(clients: Clients) -> None:
    @mock_iot
    class Base(unittest.TestCase):
        def setUp(self) -> None:
            clients.create("of-the-base")

    class Case(Base):
        def test_it(self) -> None:
            assert clients.job_ids() == ["of-the-base"]

    assert run(Case).testsRun == 1


def test_subtests_skips_and_expected_failures_are_reported(clients: Clients) -> None:
    @mock_iot
    class Case(unittest.TestCase):
        def test_subtests(self) -> None:
            for number in range(2):
                with self.subTest(number=number):
                    clients.create(f"job-{number}")

        @unittest.skip("as wanted")
        def test_skipped(self) -> None:
            raise AssertionError

        @unittest.expectedFailure
        def test_expected(self) -> None:
            assert clients.job_ids() == ["another"]

    result = run(Case)
    assert (result.testsRun, len(result.skipped), len(result.expectedFailures)) == (3, 1, 1)

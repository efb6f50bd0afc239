"""The fixture `iot_jobs` within another mock of moto, which shares its state with it."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from pathlib import Path
from types import GeneratorType
from typing import Any

import pytest
from moto.core.base_backend import backend_lock
from moto.iot.models import iot_backends
from moto.iotdata.models import iotdata_backends

from moto_iot_jobs.introspection.snapshot import snapshot
from moto_iot_jobs.runtime import runtime

_MOST_NAMES = 3
_MOCKS = {"mock_aws", "mock_iot"}


@contextmanager
def empty_account() -> Iterator[None]:
    """Give a test an empty account of IoT within a mock that runs already.

    Other services, such as S3, are shared with the outer mock. What the test makes in IoT is
    forgotten at its end, so that the next test has an empty account as well.
    """
    there = _contents()
    if there:
        pytest.fail(
            f"The fixture iot_jobs gives an empty account, but it runs within another mock,"
            f" {_outer_mock()}, whose account of IoT has {there}. Make these in the test with"
            " iot_jobs, or use `mock_iot` in that fixture and its clients in the test.",
            pytrace=False,
        )
    try:
        yield
    finally:
        with backend_lock:
            for backends in (iot_backends, iotdata_backends):
                for account in backends.values():
                    account.reset()
            runtime.clear()


def _contents() -> str:
    """Describe the contents that the backends of IoT have beyond new ones."""
    found: dict[str, list[str]] = {}
    with backend_lock:
        for account in iot_backends.values():
            for backend in account.values():
                new = vars(type(backend)(backend.region_name, backend.account_id))
                for name, value in vars(backend).items():
                    if isinstance(value, Sized) and len(value) > len(_sized(new.get(name))):
                        found.setdefault(name.replace("_", " "), []).extend(_names(value))
    for region in snapshot(executions=0, messages=0)["regions"]:
        for job in region["jobs"]:
            found.setdefault("jobs", []).append(job["jobId"])
    return ", ".join(f"{kind} ({', '.join(names[:_MOST_NAMES])})" for kind, names in found.items())


def _sized(value: Any) -> Sized:
    return value if isinstance(value, Sized) else ()


def _names(value: Any) -> list[str]:
    return [str(each) for each in list(value)[:_MOST_NAMES]] if not isinstance(value, str) else []


def _outer_mock() -> str:
    """Name the fixture that the outer mock runs in, if it is one."""
    for generator in gc.get_objects():
        if isinstance(generator, GeneratorType) and generator.gi_frame is not None:
            code = generator.gi_code
            used = _MOCKS.intersection(code.co_names)
            if used and not code.co_filename.startswith(str(Path(__file__).parent)):
                location = f"{Path(code.co_filename).name}:{code.co_firstlineno}"
                return f"{used.pop()} in {code.co_name} ({location})"
    return "which was started elsewhere"

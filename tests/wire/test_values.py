"""From members to records and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_iot_jobs.wire import ServiceApi, members, typed


class FailureType(str, Enum):
    FAILED = "FAILED"
    ALL = "ALL"


@dataclass(frozen=True, slots=True)
class RetryCriteria:
    failure_type: FailureType
    number_of_retries: int


class RetryConfig(NamedTuple):
    criteria_list: tuple[RetryCriteria, ...] = ()


@dataclass(frozen=True)
class Window:
    start_time: str
    duration_in_minutes: float = 30.0


@dataclass(frozen=True)
class Request:
    job_id: str
    targets: tuple[str, ...] = ("nobody",)
    description: str | None = None
    old_fashioned: Optional[int] = None  # noqa: UP045  # as code for older Pythons spells it
    retry: RetryConfig | None = field(default=None, metadata={"member": "jobExecutionsRetryConfig"})
    document_parameters: Mapping[str, str] | None = None
    windows_by_name: Mapping[str, Window] = field(default_factory=dict)
    tags: tuple[Mapping[str, Any], ...] | None = None
    failure: FailureType = FailureType.ALL
    size: int = field(init=False, default=0)


def test_members_become_fields() -> None:
    made = typed(
        Request,
        {
            "jobId": "j",
            "targets": ["a", "b"],
            "oldFashioned": 5,
            "jobExecutionsRetryConfig": {
                "criteriaList": [{"failureType": "FAILED", "numberOfRetries": 3}]
            },
            "documentParameters": {"k": "v"},
            "windowsByName": {"night": {"startTime": "02:00"}},
            "tags": [{"Key": "k", "Value": "v"}],
            "failure": "FAILED",
        },
    )

    assert made == Request(
        job_id="j",
        targets=("a", "b"),
        old_fashioned=5,
        retry=RetryConfig((RetryCriteria(FailureType.FAILED, 3),)),
        document_parameters={"k": "v"},
        windows_by_name={"night": Window("02:00")},
        tags=({"Key": "k", "Value": "v"},),
        failure=FailureType.FAILED,
    )


def test_absent_members_and_none_take_the_default() -> None:
    assert typed(Request, {"jobId": "j"}) == Request("j")
    assert typed(Request, {"jobId": "j", "targets": None, "failure": None}) == Request("j")


def test_empty_is_not_absent() -> None:
    made = typed(
        Request,
        {"jobId": "", "targets": [], "documentParameters": {}, "jobExecutionsRetryConfig": {}},
    )

    assert made == Request("", targets=(), document_parameters={}, retry=RetryConfig())


@pytest.mark.parametrize("name", ["job_id", "JobId", "retry", "size", "unheardOf"])
def test_a_member_without_field_is_our_mistake(name: str) -> None:
    with pytest.raises(TypeError, match=f"Request has no fields for \\['{name}'\\]"):
        typed(Request, {"jobId": "j", name: 1})


def test_a_field_without_default_needs_its_member() -> None:
    with pytest.raises(TypeError, match="job_id"):
        typed(Request, {})


def test_a_value_must_be_its_enums() -> None:
    with pytest.raises(ValueError, match="NONE"):
        typed(Request, {"jobId": "j", "failure": "NONE"})


def test_fields_become_members() -> None:
    request = Request(
        "j",
        retry=RetryConfig((RetryCriteria(FailureType.ALL, 1),)),
        windows_by_name={"n": Window("1")},
    )

    made = members(request)

    assert made == {
        "jobId": "j",
        "targets": ["nobody"],
        "jobExecutionsRetryConfig": {
            "criteriaList": [{"failureType": "ALL", "numberOfRetries": 1}]
        },
        "windowsByName": {"n": {"startTime": "1", "durationInMinutes": 30.0}},
        "failure": "ALL",
    }
    assert type(made["failure"]) is str


def test_what_members_returns_is_the_callers_own() -> None:
    parameters = {"k": "v"}
    made = members(Request("j", document_parameters=parameters))
    made["documentParameters"]["k"] = "changed"

    assert parameters == {"k": "v"}


def test_a_field_of_two_types_is_not_understood() -> None:
    @dataclass
    class Undecided:
        value: int | str

    with pytest.raises(TypeError, match=r"int \| str"):
        typed(Undecided, {"value": 1})


RETRIES = st.builds(RetryConfig, st.lists(st.builds(RetryCriteria)).map(tuple))
REQUESTS = st.builds(
    Request,
    job_id=st.text(),
    targets=st.lists(st.text()).map(tuple),
    description=st.none() | st.text(),
    old_fashioned=st.none() | st.integers(),
    retry=st.none() | RETRIES,
    document_parameters=st.none() | st.dictionaries(st.text(), st.text()),
    windows_by_name=st.dictionaries(
        st.text(), st.builds(Window, st.text(), st.floats(allow_nan=False))
    ),
    tags=st.none() | st.lists(st.dictionaries(st.text(), st.text())).map(tuple),
    failure=st.sampled_from(FailureType),
)


@settings(max_examples=30, deadline=None, database=None)
@given(REQUESTS)
def test_there_and_back_again(value: Request) -> None:
    assert typed(Request, members(value)) == value


def test_a_request_goes_through_the_wire_and_comes_back(control_plane: ServiceApi) -> None:
    call = control_plane.match("PATCH", "/jobs/j")
    assert call is not None
    read = control_plane.read(
        call,
        "",
        b'{"jobExecutionsRetryConfig": {"criteriaList": [{"failureType": "ALL", "numberOfRetries":'
        b' "2"}]}}',
    )

    request = typed(Request, read)

    assert request.retry == RetryConfig((RetryCriteria(FailureType.ALL, 2),))
    assert (
        control_plane.write(
            "DescribeJob", {"job": {"jobExecutionsRetryConfig": members(request.retry)}}
        )
        == b'{"job":{"jobExecutionsRetryConfig":{"criteriaList":[{"failureType":"ALL","numberOfRetries":2}]}}}'
    )

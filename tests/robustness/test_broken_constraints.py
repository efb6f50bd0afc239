"""Whatever rule of the model a request breaks: a documented refusal, in process and from a server,
and nothing has changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .bad_requests import OPERATIONS, WITHOUT_INPUT, over_http, right, wrong_requests
from .transports import fault_of

if TYPE_CHECKING:
    from .conftest import Account

# What ends something comes last.
ENDING = (
    "CancelJobExecution",
    "DeleteJobExecution",
    "CancelJob",
    "DeleteJob",
    "DeleteJobTemplate",
    "DeleteDynamicThingGroup",
    "DeletePackageVersion",
    "DeleteCommandExecution",
    "DeleteCommand",
)


@pytest.mark.parametrize("aws", ["in_process"], indirect=True)
def test_the_requests_that_are_bent_are_right_in_themselves(account: Account) -> None:
    """Without this the next test might pass because of something else that is wrong."""
    order = sorted(OPERATIONS, key=lambda each: ENDING.index(each[1]) if each[1] in ENDING else -1)
    responses = {
        each: account.transport.ask(each[0], over_http(*each, right(*each))) for each in order
    }
    # There is no archive in S3.
    sbom = responses.pop(("iot", "AssociateSbomWithPackageVersion"))
    assert sbom.kind in {"ResourceNotFoundException", "ValidationException"}, sbom.body
    assert {
        each: response.body
        for each, response in responses.items()
        if response.status not in (200, 202)
    } == {}


def test_no_broken_constraint_and_no_wrong_type_gets_in(account: Account) -> None:
    before, sent, faults = account.picture(), 0, []
    for service, operation in OPERATIONS:
        for wrong in wrong_requests(service, operation):
            sent += 1
            response = account.transport.ask(service, over_http(service, operation, wrong.members))
            fault = fault_of(service, operation, response)
            # With an empty label the path is none of ours, and moto may have no operation for it.
            if fault is not None and not ("" in wrong.members.values() and response.status == 501):
                faults.append(f"{operation} {wrong.what}: {fault}")
        # a picture takes a server longer than all the requests
        if account.aws.mode == "in_process":
            assert account.picture() == before, f"a refused {operation} changed something"
    assert account.picture() == before
    assert faults == []
    assert sent > 900


def test_every_operation_has_something_to_break() -> None:
    silent = {
        operation
        for service, operation in OPERATIONS
        if not list(wrong_requests(service, operation))
    }
    assert silent == WITHOUT_INPUT

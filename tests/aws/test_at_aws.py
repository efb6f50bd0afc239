"""`--aws-account`, tried on a server that stands in for AWS: what it runs, what it leaves behind,
and what it says.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.warm_python import warm_python

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

ROOT = Path(__file__).parents[2]
TESTED = "tests/aws/test_delete_job_execution.py"

pytestmark = pytest.mark.parametrize("aws", ["server"], indirect=True)


def at_aws(aws: Aws, *options: str) -> tuple[int, str]:
    """Run the suite with options, with the server in the place of AWS; give its exit code and what
    it printed.
    """
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": aws.region,
    }
    environment |= {
        "AWS_REGION": aws.region,
        "AWS_DEFAULT_REGION": aws.region,
        "AWS_ENDPOINT_URL": str(aws.url),
    }
    command = [
        *warm_python(),
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        *options,
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout + done.stderr


def all_there_is(aws: Aws) -> tuple[list[str], list[str], list[str]]:
    return (
        [job["jobId"] for job in aws.iot.list_jobs()["jobs"]],
        [thing["thingName"] for thing in aws.iot.list_things()["things"]],
        [group["groupName"] for group in aws.iot.list_thing_groups()["thingGroups"]],
    )


def test_marked_tests_pass_and_leave_the_account_as_it_was(aws: Aws) -> None:
    aws.job("j1", aws.group("g1", "t1"))  # names that the tests use themselves
    before = all_there_is(aws), aws.execution("t1", "j1")
    code, printed = at_aws(
        aws, TESTED, "-k", "only_the_one or deleted_again", "--aws-account", aws.account
    )
    assert code == 0, printed
    assert " passed" in printed
    assert (all_there_is(aws), aws.execution("t1", "j1")) == before


def test_a_difference_is_printed_as_a_row_of_the_table(aws: Aws) -> None:
    aws.fault("DeleteJobExecution", "InvalidRequestException", times=None)
    code, printed = at_aws(
        aws, TESTED, "-k", "only_the_one or deleted_again", "--aws-account", aws.account
    )
    assert code == 1
    rows = [line for line in printed.splitlines() if line.startswith("| ")]
    assert all(row.count(" | ") == 3 and "observed at AWS on" in row for row in rows)
    assert any("InvalidRequestException" in row for row in rows)


def test_tests_that_need_a_mock_are_not_run(aws: Aws) -> None:
    code, printed = at_aws(aws, "tests/aws/test_clock.py", "--aws-account", aws.account)
    assert code == pytest.ExitCode.NO_TESTS_COLLECTED, printed


@pytest.mark.parametrize(
    ("account", "sentence"),
    [
        ("999999999999", "The credentials are those of account 123456789012, not of 999999999999."),
        ("mine", "--aws-account takes the twelve digits of an account."),
    ],
)
def test_another_account_than_the_named_one_is_never_touched(
    aws: Aws, account: str, sentence: str
) -> None:
    code, printed = at_aws(aws, TESTED, "--aws-account", account)
    assert code != 0
    assert sentence in printed
    assert all_there_is(aws) == ([], [], [])

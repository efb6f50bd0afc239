"""The AWS CLI, unmodified and in a process of its own, deletes jobs and job executions through the
server.

Sentences in quotation marks are those of the AWS CLI reference of delete-job that speak of the
command line.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.warm_python import warm_python

if TYPE_CHECKING:
    from tests.acceptance.conftest import Server

Run = Callable[..., "subprocess.CompletedProcess[str]"]

# What `aws` exits with when the service refuses: 255 in version 1 for long, 254 in version 2 and
# its like.
ERRORS = {254, 255}
# And when it does not understand its arguments.
MISUSED = {2, 252}


@pytest.fixture
def aws(server: Server, tmp_path: Path) -> Run:
    """Run `aws` with arguments; nothing of the machine's configuration gets in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {
        **kept,
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_PAGER": "",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        python = warm_python("awscli.clidriver")
        command = [*python, "-m", "awscli", "--endpoint-url", server.url, *arguments]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )

    return run


def jobs(server: Server) -> list[str]:
    """The jobs there are."""
    return sorted(job["jobId"] for job in server.iot.list_jobs()["jobs"])


def is_error(
    done: subprocess.CompletedProcess[str], code: str, operation: str, message: str
) -> None:
    """Insist on how `aws` shows a refusal of the service."""
    assert done.returncode in ERRORS
    assert done.stdout == ""
    assert (
        f"An error occurred ({code}) when calling the {operation} operation: {message}"
        in done.stderr
    )


EXECUTION = ("--job-id", "j1", "--thing-name", "t1", "--execution-number", "1")


# delete-job-execution.


def test_delete_job_execution_produces_no_output(server: Server, aws: Run) -> None:
    server.job("j1", "t1")
    done = aws("iot", "delete-job-execution", *EXECUTION)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert server.iot.list_job_executions_for_job(jobId="j1")["executionSummaries"] == []


@pytest.mark.parametrize("option", [(), ("--no-force",)], ids=["without option", "no-force"])
def test_an_execution_in_progress_is_an_error_without_force(
    server: Server, aws: Run, option: tuple[str, ...]
) -> None:
    server.job("j1", "t1")
    server.start("t1")
    is_error(
        aws("iot", "delete-job-execution", *EXECUTION, *option),
        "InvalidStateTransitionException",
        "DeleteJobExecution",
        "Job execution for thing t1 within job j1 in status IN_PROGRESS cannot be deleted without"
        " force flag.",
    )
    assert (
        server.iot.describe_job_execution(jobId="j1", thingName="t1")["execution"]["status"]
        == "IN_PROGRESS"
    )


def test_an_execution_in_progress_is_deleted_with_force(server: Server, aws: Run) -> None:
    server.job("j1", "t1")
    server.start("t1")
    done = aws("iot", "delete-job-execution", *EXECUTION, "--force")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert server.iot.list_job_executions_for_job(jobId="j1")["executionSummaries"] == []


@pytest.mark.parametrize(
    ("option", "code", "message"),
    [
        (
            ("--job-id", "nope"),
            "ResourceNotFoundException",
            "Job execution cannot be found as the Job nope does not exist.",
        ),
        (
            ("--thing-name", "nobody"),
            "ResourceNotFoundException",
            "Job execution for thing nobody cannot be found within job j1.",
        ),
        (("--execution-number", "0"), "InvalidRequestException", "Execution number is invalid."),
    ],
    ids=["job", "thing", "number"],
)
def test_a_wrong_execution_is_an_error(
    server: Server, aws: Run, option: tuple[str, str], code: str, message: str
) -> None:
    server.job("j1", "t1")
    # the last of two equal options counts
    done = aws("iot", "delete-job-execution", *EXECUTION, *option)
    is_error(done, code, "DeleteJobExecution", message)


def test_delete_job_execution_reads_json(server: Server, aws: Run) -> None:
    server.job("j1", "t1")
    server.start("t1")
    members = {
        "jobId": "j1",
        "thingName": "t1",
        "executionNumber": 1,
        "force": True,
        "namespaceId": "ns",
    }
    done = aws("iot", "delete-job-execution", *EXECUTION, "--cli-input-json", json.dumps(members))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert server.iot.list_job_executions_for_job(jobId="j1")["executionSummaries"] == []


def test_the_skeleton_of_delete_job_execution_names_its_members(server: Server, aws: Run) -> None:
    done = aws("iot", "delete-job-execution", *EXECUTION, "--generate-cli-skeleton")
    assert set(json.loads(done.stdout)) == {
        "jobId",
        "thingName",
        "executionNumber",
        "force",
        "namespaceId",
    }
    assert done.returncode == 0


# delete-job.


@pytest.mark.parametrize("option", [(), ("--no-force",)], ids=["without option", "no-force"])
def test_a_job_in_progress_is_an_error_without_force(
    server: Server, aws: Run, option: tuple[str, ...]
) -> None:
    server.job("j1", "t1")
    is_error(
        aws("iot", "delete-job", "--job-id", "j1", *option),
        "InvalidStateTransitionException",
        "DeleteJob",
        "Job j1 in status IN_PROGRESS cannot be deleted without force flag.",
    )
    assert jobs(server) == ["j1"]


def test_a_job_in_progress_is_deleted_with_force(server: Server, aws: Run) -> None:
    """The page's example.

    "By specifying the --force option, the job is deleted even if the status is IN_PROGRESS." "This
    command produces no output."
    """
    server.job("example-job-04", "t1")
    done = aws("iot", "delete-job", "--job-id", "example-job-04", "--force")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert jobs(server) == []


def test_a_job_that_is_over_is_deleted_without_force(server: Server, aws: Run) -> None:
    server.job("j1", "t1")
    server.iot.cancel_job(jobId="j1")
    done = aws("iot", "delete-job", "--job-id", "j1", "--no-force")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert jobs(server) == []


def test_the_eleventh_job_in_deletion_is_an_error(server: Server, aws: Run) -> None:
    server.deletion("time", seconds=3600)
    for number in range(11):
        server.job(f"j{number}", "t1")
    for number in range(10):
        server.iot.delete_job(jobId=f"j{number}", force=True)
    is_error(
        aws("iot", "delete-job", "--job-id", "j10", "--force"),
        "LimitExceededException",
        "DeleteJob",
        "",
    )
    shown = json.loads(aws("iot", "list-jobs", "--status", "DELETION_IN_PROGRESS").stdout)
    assert sorted(job["jobId"] for job in shown["jobs"]) == [f"j{number}" for number in range(10)]


def test_the_job_id_is_required(server: Server, aws: Run) -> None:
    """The synopsis has `--job-id <value>` without brackets."""
    server.job("j1", "t1")
    done = aws("iot", "delete-job", "--force")
    assert done.returncode in MISUSED
    assert "--job-id" in done.stderr
    assert jobs(server) == ["j1"]


def test_a_namespace_may_be_given(server: Server, aws: Run) -> None:
    """The synopsis has `[--namespace-id <value>]`."""
    server.job("j1", "t1")
    assert (
        aws("iot", "delete-job", "--job-id", "j1", "--force", "--namespace-id", "aws_gg").returncode
        == 0
    )
    assert jobs(server) == []


def test_the_namespace_is_checked(server: Server, aws: Run) -> None:
    server.job("j1", "t1")
    is_error(
        aws("iot", "delete-job", "--job-id", "j1", "--force", "--namespace-id", "a b"),
        "InvalidRequestException",
        "DeleteJob",
        "1 validation error detected: Value 'a b' at 'namespaceId' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
    )


def test_arguments_are_read_from_json_and_those_of_the_command_line_win(
    server: Server, aws: Run
) -> None:
    """Reads arguments from the JSON string provided.

    "If other arguments are provided on the command line, those values will override the
    JSON-provided values."
    """
    server.job("j1", "t1")
    server.job("j2", "t1")
    members = json.dumps({"jobId": "j2", "force": True})
    done = aws("iot", "delete-job", "--job-id", "j1", "--cli-input-json", members)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert jobs(server) == ["j2"]


def test_the_skeleton_is_printed_without_a_request_and_can_be_used_as_input(
    server: Server, aws: Run
) -> None:
    """Prints a JSON skeleton to standard output without sending an API request.

    "If provided with no value or the value input, prints a sample input JSON that can be used as an
    argument for --cli-input-json." "The JSON string follows the format provided by
    --generate-cli-skeleton."
    """
    server.job("j1", "t1")
    plain = aws("iot", "delete-job", "--job-id", "j1", "--force", "--generate-cli-skeleton")
    assert plain.returncode == 0
    assert jobs(server) == ["j1"]
    skeleton = json.loads(plain.stdout)
    assert set(skeleton) == {"jobId", "force", "namespaceId"}
    members = json.dumps({**skeleton, "jobId": "j1", "namespaceId": "ns"})
    assert aws("iot", "delete-job", "--job-id", "j1", "--cli-input-json", members).returncode == 0
    assert jobs(server) == []


def test_the_output_skeleton_is_printed_without_a_request(server: Server, aws: Run) -> None:
    """If provided with the value output, it validates the command inputs and returns a sample
    output JSON.
    """
    server.job("j1", "t1")
    done = aws(
        "iot", "delete-job", "--job-id", "j1", "--force", "--generate-cli-skeleton", "output"
    )
    # the page ends: "Output: None"
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert jobs(server) == ["j1"]
    described = aws("iot", "list-jobs", "--generate-cli-skeleton", "output")
    assert set(json.loads(described.stdout)) == {"jobs", "nextToken"}


def test_what_the_cli_shows_of_a_job(server: Server, aws: Run) -> None:
    server.job("j1", "t1")
    shown: dict[str, Any] = json.loads(aws("iot", "describe-job", "--job-id", "j1").stdout)["job"]
    assert (shown["status"], shown["jobProcessDetails"]["numberOfQueuedThings"]) == (
        "IN_PROGRESS",
        1,
    )
    assert isinstance(shown["createdAt"], float | str)

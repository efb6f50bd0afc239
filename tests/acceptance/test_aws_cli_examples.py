"""The examples of the AWS CLI's own manual, run as they are printed: each answers with every
member that the manual shows.

They come with the program (`awscli/examples`). Values are not compared: the manual's are years old.
One process runs them all, in the order in which somebody would who works through the manual.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import Server

REGION = "us-west-2"  # the examples name their targets by ARNs of this region
DOCUMENT = '\n{\n    "operation":"customJob",\n    "otherInfo":"someValue"\n}\n'
PAGES = [
    "iot/create-job",
    "iot/describe-job",
    "iot/describe-job-execution",
    "iot/get-job-document",
    "iot/list-jobs",
    "iot/list-job-executions-for-job",
    "iot/list-job-executions-for-thing",
    "iot/update-job",
    "iot/associate-targets-with-job",
    "iot/cancel-job-execution",
    "iot/cancel-job",
    "iot/delete-job-execution",
    "iot/delete-job",
    "iot-jobs-data/get-pending-job-executions",
    "iot-jobs-data/start-next-pending-job-execution",
    "iot-jobs-data/describe-job-execution",
    "iot-jobs-data/update-job-execution",
]
# The service refuses this one: no device may set REMOVED (AWS IoT developer guide, Jobs and job
# execution states).
STALE = "iot-jobs-data/update-job-execution"
WITH_OUTPUT = [page for page in PAGES if page != STALE]

# Runs the commands that it reads, one a line, as `aws` does, and tells what came of each.
INTERPRETER = """
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver

for line in sys.stdin:
    shown, complaints = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(complaints):
        code = create_clidriver().main(json.loads(line))
    print(json.dumps([code, shown.getvalue(), complaints.getvalue()]))
"""


class Example(NamedTuple):
    """A command of the manual, the output printed below it (None: it produces none), and what came
    of it here.
    """

    command: list[str]
    documented: Any
    code: int
    shown: str
    complaints: str


def printed(page: str) -> list[tuple[list[str], str]]:
    """Read a page: its commands, each with the output printed below it."""
    service, _, name = page.partition("/")
    text = (files("awscli") / "examples" / service / f"{name}.rst").read_text(encoding="utf-8")
    found: list[tuple[list[str], str]] = []
    for block in re.findall(r"(?:^(?: +\S.*| *)\n)+", text + "\n", re.MULTILINE):
        block = textwrap.dedent(block).strip()
        if block.startswith("aws "):
            found.append((shlex.split(re.sub(r"\s*\\?\s*\n\s*", " ", block))[1:], ""))
        elif block:
            command, _ = found.pop()
            found.append((command, block))
    return found


def prepare(server: Server) -> None:
    """Put in the account what the pages take for granted."""
    iot = server.client("iot", REGION)
    for thing in ("MyRaspberryPi", "MyRPi", "MyOtherRPi", "my_thing", "MotionSensor1"):
        iot.create_thing(thingName=thing)
    for group in ("DeadBulbs", "LightBulbs"):
        iot.create_thing_group(thingGroupName=group)
    for job, things in {
        "example-job-02": ["MyRaspberryPi"],
        "example-job-03": ["MyRPi", "MyOtherRPi"],
        "my-ota-job": ["my_thing"],
        "SampleJob": ["MotionSensor1"],
    }.items():
        iot.create_job(
            jobId=job,
            targets=[server.arn("thing", thing, REGION) for thing in things],
            document="{}",
            description="example job test",
            timeoutConfig={"inProgressTimeoutInMinutes": 5},
        )


@pytest.fixture(scope="module")
def examples(
    server_with_an_account: Server, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Example]]:
    """All examples, run."""
    server_with_an_account.reset()
    prepare(server_with_an_account)
    folder: Path = tmp_path_factory.mktemp("examples")
    folder.joinpath("example-job.json").write_text(DOCUMENT, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    credentials = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
    }
    todo = [(page, command, output) for page in PAGES for command, output in printed(page)]
    lines = [
        json.dumps([*command, "--endpoint-url", server_with_an_account.url])
        for _, command, _ in todo
    ]
    done = subprocess.run(
        [sys.executable, "-c", INTERPRETER],
        input="\n".join(lines),
        env={**environment, **credentials, "HOME": str(folder), "AWS_MAX_ATTEMPTS": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    results: dict[str, list[Example]] = {}
    for (page, command, output), line in zip(todo, done.stdout.splitlines(), strict=True):
        documented = json.loads(output) if output and page != STALE else None
        results.setdefault(page, []).append(Example(command, documented, *json.loads(line)))
    return results


def missing(documented: Any, response: Any, path: str = "") -> list[str]:
    """Name the documented members that the answer has not."""
    if isinstance(documented, dict):
        return [
            position
            for name, value in documented.items()
            for position in (
                missing(value, response[name], f"{path}.{name}")
                if isinstance(response, dict) and name in response
                else [f"{path}.{name}"]
            )
        ]
    if isinstance(documented, list) and documented:
        return missing(documented[0], response[0], f"{path}[0]") if response else [f"{path}[0]"]
    return []


@pytest.mark.parametrize("page", WITH_OUTPUT)
def test_an_example_prints_what_the_page_shows(
    examples: dict[str, list[Example]], page: str
) -> None:
    for example in examples[page]:
        assert (example.code, example.complaints) == (0, ""), example.command
        if example.documented is None:
            assert example.shown == ""
        else:
            assert missing(example.documented, json.loads(example.shown)) == []


def test_a_page_may_have_several_examples(examples: dict[str, list[Example]]) -> None:
    assert [len(examples[page]) for page in PAGES] == [2] + [1] * (len(PAGES) - 1)


def test_the_document_is_the_manuals_to_the_byte(examples: dict[str, list[Example]]) -> None:
    (example,) = examples["iot/get-job-document"]
    assert json.loads(example.shown) == example.documented


def test_the_example_that_removes_is_refused(examples: dict[str, list[Example]]) -> None:
    (example,) = examples[STALE]
    assert example.code in {254, 255}
    assert "(InvalidStateTransitionException)" in example.complaints
    assert "The status of job execution cannot be changed to be REMOVED" in example.complaints

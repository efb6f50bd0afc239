"""Transcripts of the calls of a run, and the differences between two of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from moto_iot_jobs.cli import main
from moto_iot_jobs.cli.compare import differences
from moto_iot_jobs.pytest_plugin.transcript import plain

from .conftest import RunPytest

SUITE = """
import boto3
import pytest
from moto_iot_jobs import mock_iot

EARLY = boto3.client("iot", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")

def test_a_job(iot_jobs):
    iot_jobs.job("update", "lamp")
    with pytest.raises(iot_jobs.iot.exceptions.InvalidStateTransitionException):
        iot_jobs.iot.delete_job(jobId="update")
    {more}

@mock_iot
def test_an_early_client():
    EARLY.list_jobs(maxResults=5)
"""


def transcript(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_two_runs_are_compared_call_by_call(
    run_pytest: RunPytest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, more in (("same", ""), ("other", 'iot_jobs.iot.describe_job(jobId="update")')):
        run = run_pytest(
            f"--iot-jobs-transcript={name}.jsonl", test_suite=SUITE.format(more=more or "pass")
        )
        assert run.status == 0, run.text
    same = transcript(tmp_path / "same.jsonl")
    assert [(call["operation"], call["status"], call["error"]) for call in same] == [
        ("CreateThing", 200, None),
        ("CreateJob", 200, None),
        ("DeleteJob", 409, "InvalidStateTransitionException"),
        ("ListJobs", 200, None),
    ]
    assert same[0]["response"]["thingArn"] == "arn:aws:iot:us-east-1:<account>:thing/lamp"
    assert same[3]["parameters"] == {"maxResults": 5}
    paths = [str(tmp_path / f"{name}.jsonl") for name in ("same", "other")]
    assert main(["compare", paths[0], paths[0]]) == 0
    assert main(["compare", *paths]) == 1
    said = capsys.readouterr().out
    assert "2 tests are in both; 0 of them differ." in said
    assert "  3 calls against 4\n" in said
    assert "2 tests are in both; 1 of them differ." in said


RENAMING = """
import boto3
from moto_iot_jobs import mock_iot

def sent(params, **_):
    return {"thingName": "prefix-" + params["thingName"]}

def received(parsed, **_):
    parsed["thingName"] = parsed["thingName"].removeprefix("prefix-")
    parsed.pop("thingArn")

@mock_iot
def test_a_client_that_renames():
    iot = boto3.client("iot", "eu-west-1")
    iot.meta.events.register("provide-client-params.iot.*", sent)
    iot.meta.events.register("after-call.iot.*", received)
    assert iot.create_thing(thingName="lamp")["thingName"] == "lamp"
"""


def test_the_calls_are_written_as_the_test_sees_them(run_pytest: RunPytest, tmp_path: Path) -> None:
    run = run_pytest("--iot-jobs-transcript=seen.jsonl", test_suite=RENAMING)
    assert run.status == 0, run.text
    [seen] = transcript(tmp_path / "seen.jsonl")
    assert seen["parameters"] == {"thingName": "lamp"}
    assert seen["response"] == {"thingName": "lamp", "thingId": "<id>"}


def call(**members: Any) -> dict[str, Any]:
    return {
        "operation": "DeleteJob",
        "parameters": {},
        "status": 200,
        "error": None,
        "response": {},
        **members,
    }


def test_a_difference_names_the_call_and_the_member() -> None:
    here = call(response={"job": {"status": "COMPLETED", "comment": "c"}})
    there = call(status=409, response={"job": {"status": "CANCELED"}})
    assert list(differences([here], [there])) == [
        "call 1, DeleteJob: status: 200 against 409",
        'call 1, DeleteJob: response.job.comment: "c" against nothing',
        'call 1, DeleteJob: response.job.status: "COMPLETED" against "CANCELED"',
    ]


@pytest.mark.parametrize(
    ("value", "name", "kept"),
    [
        ("arn:aws:iot:eu-west-1:123456789012:job/j", "", "arn:aws:iot:eu-west-1:<account>:job/j"),
        ("https://b.s3.amazonaws.com/k?X-Amz-Signature=abc", "", "<signed URL>"),
        ("a1b2-ats.iot.eu-west-1.amazonaws.com", "endpointAddress", "<host>"),
        ("6cda1a4a-7f4f-4d4c-9d4a-0123456789ab", "thingId", "<id>"),
        ("abc", "nextToken", "<token>"),
        (b"\x00", "", "<bytes>"),
    ],
)
def test_what_differs_at_each_run_is_replaced_by_its_kind(
    value: object, name: str, kept: object
) -> None:
    assert plain(value, name) == kept


def test_a_file_that_is_no_transcript_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one").write_text("{}\n")
    assert main(["compare", str(tmp_path / "one"), str(tmp_path / "none")]) == 2
    assert "line 1: this is no line of a transcript" in capsys.readouterr().err

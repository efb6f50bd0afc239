"""What the fixture `iot_jobs` gives to a test, and what its marker changes."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import boto3
import pytest
from moto.moto_api import state_manager

if TYPE_CHECKING:
    from moto_iot_jobs.pytest_plugin import IotJobs
    from tests.pytest_plugin.conftest import RunPytest

pytest_plugins = ["pytester"]


def test_a_job_is_made_and_done(iot_jobs: IotJobs) -> None:
    iot_jobs.group("lamps", "lamp-1", "lamp-2")
    job = iot_jobs.job("update", "lamps", document={"firmware": "2.0"}, description="to all lamps")
    assert iot_jobs.iot.get_job_document(jobId=job)["document"] == '{"firmware": "2.0"}'
    assert iot_jobs.iot.describe_job(jobId=job)["job"]["description"] == "to all lamps"
    for lamp in ("lamp-1", "lamp-2"):
        iot_jobs.device.update_job_execution(jobId=job, thingName=lamp, status="SUCCEEDED")
    iot_jobs.assert_job(job, "COMPLETED", succeeded=2, queued=0)
    iot_jobs.assert_execution(job, "lamp-1", "SUCCEEDED", version=2, execution_number=1)


def test_a_document_comes_from_one_place(iot_jobs: IotJobs) -> None:
    iot = iot_jobs.iot
    template = iot.create_job_template(
        jobTemplateId="reboot", description="Reboots", document='{"action": "reboot"}'
    )
    iot_jobs.job("reboot", "lamp", jobTemplateArn=template["jobTemplateArn"])
    assert iot.get_job_document(jobId="reboot")["document"] == '{"action": "reboot"}'


def test_targets_are_names_or_arns(iot_jobs: IotJobs) -> None:
    lamp = iot_jobs.thing("lamp")
    iot_jobs.job("update", lamp, "kettle")
    assert sorted(iot_jobs.iot.describe_job(jobId="update")["job"]["targets"]) == [
        lamp.replace("lamp", "kettle"),
        lamp,
    ]


def test_clients_without_a_region_work_in_that_of_the_test(iot_jobs: IotJobs) -> None:
    iot_jobs.job("update", "lamp")
    assert [job["jobId"] for job in boto3.client("iot").list_jobs()["jobs"]] == ["update"]
    assert iot_jobs.client("iot", region="eu-north-1").list_jobs()["jobs"] == []
    assert iot_jobs.client("s3").list_buckets()["Buckets"] == []


def test_what_tests_reach_for_is_there(iot_jobs: IotJobs) -> None:
    assert iot_jobs.faults.pending() == []
    assert iot_jobs.quotas.enforced() == {}
    assert iot_jobs.devices.Device.__name__ == "Device"
    iot_jobs.job("update", "lamp", timeoutConfig={"inProgressTimeoutInMinutes": 20})
    iot_jobs.device.start_next_pending_job_execution(thingName="lamp")
    iot_jobs.clock.advance(minutes=20)
    iot_jobs.assert_execution("update", "lamp", "TIMED_OUT")
    assert iot_jobs.messages.published("$aws/things/lamp/jobs/notify")


def test_the_fixtures_types_are_named_at_the_top() -> None:
    import moto_iot_jobs
    from moto_iot_jobs import pytest_plugin

    assert moto_iot_jobs.IotJobs is pytest_plugin.IotJobs
    assert moto_iot_jobs.ServerUrl is pytest_plugin.ServerUrl


@pytest.mark.parametrize("_turn", [1, 2])
def test_each_test_begins_empty(iot_jobs: IotJobs, _turn: int) -> None:
    iot_jobs.job("update", "lamp")


@pytest.mark.iot_jobs(region="ap-southeast-2")
class TestMarker:
    def test_the_region(self, iot_jobs: IotJobs) -> None:
        assert iot_jobs.region == os.environ["AWS_DEFAULT_REGION"] == "ap-southeast-2"
        assert iot_jobs.thing("lamp").split(":")[3] == "ap-southeast-2"

    @pytest.mark.iot_jobs(region="eu-north-1")
    def test_the_nearest_wins(self, iot_jobs: IotJobs) -> None:
        assert iot_jobs.region == "eu-north-1"

    @pytest.mark.iot_jobs(delete_queued_needs_force=True)
    def test_queued_executions_may_need_force(self, iot_jobs: IotJobs) -> None:
        assert iot_jobs.region == "ap-southeast-2"
        iot_jobs.job("update", "lamp")
        with pytest.raises(iot_jobs.iot.exceptions.InvalidStateTransitionException):
            iot_jobs.iot.delete_job_execution(jobId="update", thingName="lamp", executionNumber=1)

    @pytest.mark.iot_jobs(deletion={"times": 1})
    def test_a_deletion_can_last(self, iot_jobs: IotJobs) -> None:
        iot_jobs.job("update", "lamp")
        iot_jobs.iot.delete_job(jobId="update", force=True)
        # Looking at it does not count as a DescribeJob.
        iot_jobs.assert_job("update", "DELETION_IN_PROGRESS")
        assert iot_jobs.iot.describe_job(jobId="update")["job"]["status"] == "DELETION_IN_PROGRESS"
        iot_jobs.assert_job("update", "DELETED")

    def test_a_deletion_does_not_last_for_others(self, iot_jobs: IotJobs) -> None:
        assert state_manager.get_transition("iot::job_deletion") == {"progression": "immediate"}

    @pytest.mark.iot_jobs(quotas={"CreateJob": 1})
    def test_quotas_are_enforced(self, iot_jobs: IotJobs) -> None:
        iot_jobs.clock.freeze()  # a second of a slow machine would allow another call
        iot_jobs.job("first", "lamp")
        once = iot_jobs.client(
            "iot", config=boto3.session.Config(retries={"total_max_attempts": 1})
        )
        with pytest.raises(once.exceptions.ThrottlingException):
            once.create_job(
                jobId="second",
                targets=[f"arn:aws:iot:ap-southeast-2:{iot_jobs.account}:thing/lamp"],
            )


def test_quotas_end_with_the_test(iot_jobs: IotJobs) -> None:
    assert iot_jobs.quotas.enforced() == {}


def test_a_job_that_differs_is_shown_with_its_executions(iot_jobs: IotJobs) -> None:
    iot_jobs.job("update", "lamp")
    iot_jobs.device.start_next_pending_job_execution(thingName="lamp")
    with pytest.raises(AssertionError) as difference:
        iot_jobs.assert_job("update", "COMPLETED", succeeded=1, in_progress=1, comment="done")
    text = re.sub(r"\d\d:\d\d:\d\d\.\d{3}", "hh:mm:ss.mmm", str(difference.value))
    assert text == (
        "job update is not as expected\n"
        "\n"
        "           expected   found\n"
        "status     COMPLETED  IN_PROGRESS\n"
        "succeeded  1          0\n"
        "comment    done       None\n"
        "\n"
        "lamp #1: IN_PROGRESS, version 2\n"
        "  hh:mm:ss.mmm  QUEUED       v1  CreateJob\n"
        "  hh:mm:ss.mmm  IN_PROGRESS  v2  device, StartNextPendingJobExecution"
    )


def test_an_execution_that_differs_is_shown_with_its_history(iot_jobs: IotJobs) -> None:
    iot_jobs.job("update", "lamp")
    details = {"reason": "r" * 60}
    iot_jobs.device.update_job_execution(
        jobId="update", thingName="lamp", status="FAILED", statusDetails=details
    )
    with pytest.raises(AssertionError) as difference:
        iot_jobs.assert_execution("update", "lamp", "SUCCEEDED", details={})
    lines = str(difference.value).splitlines()
    assert lines[0] == "the execution of update on lamp is not as expected"
    assert "  expected  SUCCEEDED" in lines
    assert any(line.startswith("  found     {'reason': 'rrr") for line in lines)
    assert lines[-1].endswith("FAILED       v2  device, UpdateJobExecution")
    assert max(map(len, lines)) <= 76


def test_what_is_not_there_is_said_with_what_is(iot_jobs: IotJobs) -> None:
    with pytest.raises(AssertionError, match=r"there is no job 'update'\. There is none at all\."):
        iot_jobs.assert_job("update")
    iot_jobs.job("update", "lamp")
    with pytest.raises(
        AssertionError, match=r"no job 'updat'\. Did you mean 'update'\? There are: update\."
    ):
        iot_jobs.assert_job("updat", "COMPLETED")
    with pytest.raises(
        AssertionError,
        match=r"no execution on thing 'lmap'\. Did you mean 'lamp'\? There are: lamp\.",
    ):
        iot_jobs.assert_execution("update", "lmap", "QUEUED")
    with pytest.raises(AssertionError, match=r"lamp has no execution 2 of update; it has: 1\."):
        iot_jobs.assert_execution("update", "lamp", execution_number=2)
    with pytest.raises(AssertionError, match="there is no job 'other'"):
        iot_jobs.assert_execution("other", "lamp")


def test_what_is_gone_was_there_once(iot_jobs: IotJobs) -> None:
    iot_jobs.job("update", "lamp")
    with pytest.raises(AssertionError):
        iot_jobs.assert_execution("update", "lamp", "DELETED")
    iot_jobs.iot.delete_job_execution(jobId="update", thingName="lamp", executionNumber=1)
    iot_jobs.assert_execution("update", "lamp", "DELETED")
    iot_jobs.iot.delete_job(jobId="update")
    iot_jobs.assert_job("update", "DELETED")
    with pytest.raises(AssertionError, match="there is no job 'never'"):
        iot_jobs.assert_job("never", "DELETED")


def test_assertions_call_nothing(iot_jobs: IotJobs) -> None:
    iot_jobs.job("update", "lamp")
    iot_jobs.faults.inject("DescribeJob", "ThrottlingException")
    iot_jobs.faults.inject("DescribeJobExecution", "ThrottlingException")
    iot_jobs.assert_job("update", "IN_PROGRESS")
    iot_jobs.assert_execution("update", "lamp", "QUEUED")


MISTAKES = """
import pytest
from moto_iot_jobs import mock_iot

@pytest.mark.iot_jobs(regoin="eu-west-1")
def test_unknown_setting(iot_jobs): pass

@pytest.mark.iot_jobs("eu-west-1")
def test_by_position(iot_jobs): pass

@pytest.mark.iot_jobs(strict=True, allow="open_execution")
def test_unknown_check(iot_jobs): pass

@pytest.mark.iot_jobs(deletion="slow")
def test_unknown_deletion(iot_jobs): pass

@pytest.mark.iot_jobs(quotas={"jobs": 1})
def test_unknown_quota(iot_jobs): pass

@pytest.mark.iot_jobs(account=1234)
def test_no_account(iot_jobs): pass

@pytest.mark.iot_jobs(region="eu-wst-1")
def test_no_region(iot_jobs): pass

@pytest.mark.iot_jobs(account="111122223333")
def test_account_at_the_server(iot_jobs_server): pass

@pytest.mark.iot_jobs(region="eu-west-1")
@mock_iot
def test_without_a_fixture(): pass
"""


def test_a_mistake_in_a_marker_is_an_error_with_what_to_write(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(MISTAKES)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:asyncio")
    result.assert_outcomes(errors=9)
    text = result.stdout.str()
    assert (
        "there is no 'regoin'. Did you mean 'region'? It is one of: region, account, strict,"
        in text
    )
    assert "settings are given by name: region, account" in text
    assert "there is no 'open_execution'. Did you mean 'open_executions'?" in text
    assert (
        """deletion is "immediate", {"times": n} DescribeJobs or {"seconds": n}; not 'slow'."""
        in text
    )
    assert "the fixtures iot_jobs and iot_jobs_server, and the test uses neither" in text
    assert "@pytest.mark.iot_jobs: There is no quota 'jobs'." in text
    assert "an account is twelve digits in a string, not 1234." in text
    assert "Did you mean 'eu-west-1'?" in text
    assert "account cannot be set at iot_jobs_server" in text
    assert "site-packages" not in text


VALUES = [
    ("region=3", "region is a name, not 3."),
    ("account=123456789012", "an account is twelve digits in a string, not 123456789012."),
    ("strict='yes'", "strict is True or False, not 'yes'."),
    ("allow=3", "allow is a name, or several, not 3."),
    ("allow=[3]", "allow is a name, or several, not [3]."),
    ("strict_endpoints=1", "strict_endpoints is True or False, not 1."),
    ("delete_queued_needs_force='no'", "delete_queued_needs_force is True or False, not 'no'."),
    ("quotas=3", "quotas are numbers by their names, not 3."),
    *(
        (f"deletion={value}", "deletion is")
        for value in (
            *("{'times': True}", "{'times': -1}", "{'times': 1.5}", "{'seconds': -1}"),
            *("{'seconds': True}", "{'seconds': float('nan')}", "{'seconds': float('inf')}"),
            *("{'progression': 'manual'}", "{'progression': 'time', 'times': 1}", "[]"),
        )
    ),
]


def test_a_value_that_a_setting_does_not_take_is_an_error(pytester: pytest.Pytester) -> None:
    tests = [
        f"@pytest.mark.iot_jobs({setting})\ndef test_{number}(iot_jobs): pass\n"
        for number, (setting, _) in enumerate(VALUES)
    ]
    pytester.makepyfile("import pytest\n" + "\n".join(tests))
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:asyncio")
    result.assert_outcomes(errors=len(VALUES))
    text = result.stdout.str()
    assert [words for _, words in VALUES if f"@pytest.mark.iot_jobs: {words}" not in text] == []
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--iot-jobs-report-file=",), "--iot-jobs-report-file: '' is no file."),
        (("--iot-jobs-report-file=/",), "--iot-jobs-report-file: '/' is no file."),
        (("--iot-jobs-transcript=.",), "--iot-jobs-transcript: '.' is no file."),
        (
            ("--iot-jobs-report-file", "no/such/folder/report.json"),
            "--iot-jobs-report-file: 'no/such/folder/report.json' is in no existing folder.",
        ),
        (
            ("-o", "iot_jobs_allow=all"),
            "there is no 'all'. It is one of: open_executions, unused_faults, unmodelled_resources.",
        ),
    ],
)
def test_an_invalid_option_is_a_usage_error(
    pytester: pytest.Pytester, options: tuple[str, ...], message: str
) -> None:
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:asyncio", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in result.stderr.str()


class TestAccount:
    def test_it_is_motos_by_default(self, iot_jobs: IotJobs) -> None:
        assert iot_jobs.account == "123456789012"
        assert iot_jobs.thing("lamp").split(":")[4] == "123456789012"

    @pytest.mark.iot_jobs(account="111122223333")
    def test_the_marker_names_another(self, iot_jobs: IotJobs) -> None:
        assert iot_jobs.account == "111122223333"
        assert iot_jobs.thing("lamp").split(":")[4] == "111122223333"
        iot_jobs.job("update", "lamp")
        iot_jobs.assert_job("update", queued=1)

    def test_it_follows_the_environment(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile("""
            def test_it(iot_jobs):
                assert iot_jobs.account == "999988887777"
                iot_jobs.job("update", "lamp")
                assert False
            """)
        monkeypatch = pytest.MonkeyPatch()
        with monkeypatch.context() as environment:
            environment.setenv("MOTO_ACCOUNT_ID", "999988887777")
            result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:asyncio")
        assert "job update: IN_PROGRESS, SNAPSHOT, in us-east-1" in result.stdout.str()


def test_a_status_that_does_not_exist_is_an_error_with_a_hint(iot_jobs: IotJobs) -> None:
    iot_jobs.job("update", "lamp")
    with pytest.raises(ValueError, match=r"no job status 'COMPLETE'\. Did you mean 'COMPLETED'\?"):
        iot_jobs.assert_job("update", "COMPLETE")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"It is one of: .*DELETION_IN_PROGRESS, DELETED"):
        iot_jobs.assert_job("update", "SUCCEEDED")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"no execution status 'queued'\. Did you mean 'QUEUED'\?"):
        iot_jobs.assert_execution("update", "lamp", "queued")  # type: ignore[arg-type]


MISUSE = """
import pytest
from moto_iot_jobs import mock_iot

def test_calls(iot_jobs):
    iot_jobs.calls("DeleteJobs")

def test_status(iot_jobs):
    iot_jobs.assert_job("update", "DONE")

def test_fault(iot_jobs):
    iot_jobs.faults.inject("DeleteJobs", "ThrottlingException")

def test_quota(iot_jobs):
    iot_jobs.quotas.enforce(jobs=1)

def test_clock(iot_jobs):
    iot_jobs.clock.advance(seconds=-1)

def test_device(iot_jobs):
    iot_jobs.devices.Device("lamp").shadow("a b").get()

def test_at_the_server(iot_jobs_server):
    iot_jobs_server.faults.inject("DeleteJobs", "ThrottlingException")
"""


def test_misuse_points_at_the_line_of_the_test(run_pytest: RunPytest) -> None:
    run = run_pytest("--tb=long", test_suite=MISUSE)
    assert "7 failed" in run.text
    assert "moto_iot_jobs/" not in run.text
    whole = run_pytest("--tb=long", "--full-trace", test_suite=MISUSE)
    assert "moto_iot_jobs/runtime" in whole.text

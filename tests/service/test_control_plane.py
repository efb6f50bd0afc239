"""UpdateJob, CancelJob, AssociateTargetsWithJob and the descriptions of jobs and executions, on
the control plane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.service.deletion import AfterTime
from moto_iot_jobs.service.documents.s3_location import S3Location
from moto_iot_jobs.service.errors import (
    InvalidRequest,
    JobExecutionNotCancelable,
    JobExecutionNotFound,
    JobNotAssociable,
    JobNotCancelable,
    JobNotFound,
    JobNotUpdatable,
    JobOfExecutionNotFound,
    ThingGroupNotFound,
    TooManyTargets,
    VersionMismatch,
)
from moto_iot_jobs.service.settings import JobUpdate, PresignedUrlConfig, TimeoutConfig

if TYPE_CHECKING:
    from tests.service.conftest import World


def job_in(world: World, status: str) -> None:
    """Create a job, for a lamp and a fan, and bring it into a status."""
    world.group("things", "lamp", "fan")
    world.pace = AfterTime(10**9)
    match status:
        case "SCHEDULED":
            world.follow("job", "things", start="13:00")
        case "IN_PROGRESS":
            world.follow("job", "things")
        case "COMPLETED":
            world.create("job", "lamp", "fan")
            world.report("lamp", "SUCCEEDED")
            world.report("fan", "SUCCEEDED")
        case "CANCELED":
            world.create("job", "lamp", "fan")
            world.control_plane.cancel_job("job", world.now)
        case "DELETION_IN_PROGRESS":
            world.create("job", "lamp", "fan")
            world.control_plane.delete_job("job", world.now, force=True)
    assert world.job().status == status


# UpdateJob


@pytest.mark.parametrize("status", ["SCHEDULED", "IN_PROGRESS"])
def test_a_live_job_is_updated_member_by_member_each_whole(world: World, status: str) -> None:
    job_in(world, status)
    job = world.job()
    world.advance(minutes=1)
    world.control_plane.update_job(
        JobUpdate(job_id="job", description="new", timeout_config=TimeoutConfig(7)), world.now
    )
    assert (job.description, job.last_updated_at) == ("new", world.now)
    world.control_plane.update_job(
        JobUpdate(job_id="job", presigned_url_config=PresignedUrlConfig(expires_in_sec=60)),
        world.now,
    )
    assert job.settings.timeout_config == TimeoutConfig(7)
    assert job.settings.presigned_url_config == PresignedUrlConfig(expires_in_sec=60)
    assert (job.description, job.status) == ("new", status)


@pytest.mark.parametrize("status", ["COMPLETED", "CANCELED", "DELETION_IN_PROGRESS"])
def test_a_finished_job_cannot_be_updated(world: World, status: str) -> None:
    job_in(world, status)
    with world.raises(JobNotUpdatable, f"Job job in status {status} cannot be updated."):
        world.control_plane.update_job(JobUpdate(job_id="job", description="new"), world.now)


ROLE = "arn:aws:iam::123456789012:role/presigner"
PACKAGE = "arn:aws:iot:eu-west-1:123456789012:package/firmware/version/1.0"
FROM_S3 = '{"get": "${aws:iot:s3-presigned-url:s3://papers/x}"}'
FROM_PACKAGE = '{"get": "${aws:iot:package:firmware:version:1.0:artifact:s3-presigned-url}"}'


@pytest.mark.parametrize(
    "document, message",
    [
        (FROM_S3, "Role must be provided for pre-sign S3 urls in job document of job job."),
        (
            FROM_PACKAGE,
            (
                "presignedUrlConfig role ARN is required to generate an S3 presigned url in job"
                " document for package firmware version 1.0 artifact."
            ),
        ),
    ],
)
def test_the_role_that_presigned_urls_need_may_be_replaced_but_not_taken_away(
    world: World, monkeypatch: pytest.MonkeyPatch, document: str, message: str
) -> None:
    monkeypatch.setattr(
        world.documents,
        "artifact",
        lambda package, version: S3Location("artifacts", "firmware.bin"),
    )
    world.create(
        "job",
        "lamp",
        document=document,
        presigned_url_config=PresignedUrlConfig(ROLE, 60),
        destination_package_versions=(PACKAGE,),
    )
    with world.raises(InvalidRequest, message):
        world.control_plane.update_job(
            JobUpdate(job_id="job", presigned_url_config=PresignedUrlConfig(expires_in_sec=90)),
            world.now,
        )
    other = PresignedUrlConfig(f"{ROLE}-2", 90)
    world.control_plane.update_job(JobUpdate(job_id="job", presigned_url_config=other), world.now)
    world.control_plane.update_job(JobUpdate(job_id="job", description="new"), world.now)
    assert (world.job().settings.presigned_url_config, world.job().description) == (other, "new")


# CancelJob


@pytest.mark.parametrize("force", [False, True])
def test_cancel_job_ends_what_is_queued_and_by_force_what_is_in_progress(
    world: World, force: bool
) -> None:
    world.create("job", "a", "b", "c", "d")
    world.report("a", "SUCCEEDED")
    world.start("b", status_details={"step": "1"})
    world.advance(minutes=1)
    job = world.control_plane.cancel_job(
        "job", world.now, force=force, comment="enough", reason_code="ENOUGH"
    )
    assert (job.status, job.comment, job.reason_code, job.force_canceled) == (
        "CANCELED",
        "enough",
        "ENOUGH",
        force,
    )
    assert (job.last_updated_at, job.completed_at) == (world.now, None)
    ended = (
        {"CANCELED": 3, "SUCCEEDED": 1}
        if force
        else {"CANCELED": 2, "IN_PROGRESS": 1, "SUCCEEDED": 1}
    )
    assert world.counts() == ended
    canceled = world.execution("c")
    assert (canceled.version_number, canceled.last_updated_at, canceled.force_canceled) == (
        2,
        world.now,
        force,
    )
    assert (canceled.started_at, canceled.status_details) == (None, None)
    untouched = world.execution("a")
    assert (untouched.version_number, untouched.force_canceled) == (2, False)
    assert world.execution("b").status_details == {"step": "1"}


def test_an_execution_left_in_progress_may_still_finish_and_is_counted(world: World) -> None:
    world.create("job", "lamp", "fan")
    world.start("lamp")
    world.control_plane.cancel_job("job", world.now)
    world.report("lamp", "SUCCEEDED")
    assert world.counts() == {"SUCCEEDED": 1, "CANCELED": 1}
    assert world.job().status == "CANCELED"


def test_a_job_canceled_by_default_shows_no_reason(world: World) -> None:
    job_in(world, "SCHEDULED")
    job = world.control_plane.cancel_job("job", world.now)
    assert (job.status, job.comment, job.reason_code, job.force_canceled) == (
        "CANCELED",
        None,
        None,
        False,
    )


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("status", ["COMPLETED", "CANCELED", "DELETION_IN_PROGRESS"])
def test_a_finished_job_cannot_be_canceled(world: World, status: str, force: bool) -> None:
    job_in(world, status)
    with world.raises(JobNotCancelable, f"Job job in status {status} cannot be canceled."):
        world.control_plane.cancel_job("job", world.now, force=force, comment="again")


def test_operations_on_an_unknown_job_are_errors(world: World) -> None:
    for call in (
        lambda: world.control_plane.cancel_job("nope", world.now),
        lambda: world.control_plane.describe_job("nope", world.now),
        lambda: world.control_plane.find_job("nope"),
        lambda: world.control_plane.delete_job("nope", world.now),
        lambda: world.control_plane.associate_targets_with_job("nope", (), world.now),
    ):
        with world.raises(JobNotFound, "Job nope cannot be found."):
            call()


# AssociateTargetsWithJob


def test_members_of_associated_groups_get_executions_at_once(world: World) -> None:
    world.group("lamps", "lamp", "both")
    world.group("fans", "fan", "both")
    world.follow("job", "lamps", rollout=1)
    world.advance(minutes=5)
    job = world.control_plane.associate_targets_with_job(
        "job", (world.target("fans"), world.target("lamps")), world.now, comment="more"
    )
    assert [target.name for target in job.targets] == ["lamps", "fans"]
    assert (job.comment, job.last_updated_at) == ("more", world.now)
    assert world.counts() == {"QUEUED": 3}
    assert world.execution("fan").queued_at == world.now
    world.join("late", "fans")
    assert world.status("late") == "QUEUED"


def test_a_comment_is_kept_unless_a_new_one_is_given(world: World) -> None:
    world.group("lamps")
    world.follow("job", "lamps")
    world.control_plane.associate_targets_with_job(
        "job", (world.target("lamps"),), world.now, comment="first"
    )
    world.control_plane.associate_targets_with_job("job", (world.target("lamps"),), world.now)
    assert world.job().comment == "first"


@pytest.mark.parametrize("status", ["SCHEDULED", "COMPLETED", "CANCELED", "DELETION_IN_PROGRESS"])
def test_targets_are_associated_with_jobs_in_progress_only(world: World, status: str) -> None:
    job_in(world, status)
    with world.raises(JobNotAssociable):
        world.control_plane.associate_targets_with_job("job", (world.target("things"),), world.now)


def test_targets_are_associated_with_continuous_jobs_only(world: World) -> None:
    world.group("lamps", "lamp")
    world.create("job", "lamps")
    with world.raises(JobNotAssociable):
        world.control_plane.associate_targets_with_job("job", (world.target("lamps"),), world.now)


def test_only_groups_that_exist_are_associated_and_only_100(world: World) -> None:
    world.thing("lamp")
    groups = [world.group(f"group-{number}") for number in range(101)]
    world.follow("job", *groups[:99])
    with world.raises(InvalidRequest):
        world.control_plane.associate_targets_with_job("job", (world.target("lamp"),), world.now)
    with world.raises(ThingGroupNotFound):
        world.control_plane.associate_targets_with_job(
            "job", (world.target(groups[99]) + "x",), world.now
        )
    with world.raises(TooManyTargets):
        world.control_plane.associate_targets_with_job(
            "job", tuple(map(world.target, groups)), world.now
        )
    world.control_plane.associate_targets_with_job(
        "job", (world.target(groups[99]), world.target(groups[0])), world.now
    )
    assert len(world.job().targets) == 100


# DescribeJobExecution


def test_an_execution_is_described_by_number_or_else_the_newest(world: World) -> None:
    world.create("job", "lamp", retries={"FAILED": 1})
    world.report("lamp", "FAILED")
    assert world.execution("lamp").execution_number == 2
    assert world.status("lamp", number=1) == "FAILED"
    assert world.status("lamp", number=2) == "QUEUED"


@pytest.mark.parametrize(
    "thing, job_id, number, message",
    [
        ("lamp", "nope", None, "Job execution cannot be found as the Job nope does not exist."),
        ("lamp", "job", 2, "Job execution for thing lamp cannot be found within job job."),
        ("fan", "job", None, "Job execution for thing fan cannot be found within job job."),
        ("nobody", "job", 1, "Job execution for thing nobody cannot be found within job job."),
    ],
)
def test_an_execution_that_is_not_there_is_an_error(
    world: World, thing: str, job_id: str, number: int | None, message: str
) -> None:
    world.create("job", "lamp")
    world.thing("fan")
    with world.raises(
        JobOfExecutionNotFound if job_id == "nope" else JobExecutionNotFound, message
    ):
        world.execution(thing, job_id, number)


# CancelJobExecution


def cancel(world: World, thing: str = "lamp", job_id: str = "job", **arguments: Any) -> None:
    world.control_plane.cancel_job_execution(thing, job_id, world.now, **arguments)


@pytest.mark.parametrize("force", [False, True])
def test_a_queued_execution_is_canceled(world: World, force: bool) -> None:
    world.create("job", "lamp", "fan")
    world.advance(minutes=1)
    cancel(world, force=force, expected_version=1, status_details={"why": "x"})
    execution = world.execution("lamp")
    assert (execution.status, execution.version_number, execution.force_canceled) == (
        "CANCELED",
        2,
        force,
    )
    assert (execution.last_updated_at, execution.status_details) == (world.now, {"why": "x"})
    assert world.job().status == "IN_PROGRESS"


def test_details_are_kept_when_a_cancellation_gives_none(world: World) -> None:
    world.create("job", "lamp")
    world.start("lamp", status_details={"step": "1"})
    cancel(world, force=True)
    assert world.execution("lamp").status_details == {"step": "1"}


def test_a_snapshot_whose_executions_were_all_canceled_is_completed(world: World) -> None:
    world.create("job", "lamp", "fan")
    cancel(world)
    cancel(world, "fan")
    assert (world.job().status, world.job().completed_at, world.counts()) == (
        "COMPLETED",
        world.now,
        {"CANCELED": 2},
    )


def test_canceling_in_progress_needs_force(world: World) -> None:
    world.create("job", "lamp")
    world.start("lamp")
    text = (
        "Job execution for thing lamp within job job in status IN_PROGRESS cannot be canceled"
        " without force flag."
    )
    with world.raises(JobExecutionNotCancelable, text):
        cancel(world)


@pytest.mark.parametrize("force", [False, True])
def test_a_finished_execution_cannot_be_canceled(world: World, force: bool) -> None:
    world.create("job", "lamp", "fan")
    world.report("lamp", "SUCCEEDED")
    with world.raises(
        JobExecutionNotCancelable, "Job execution for thing lamp within job job cannot be canceled."
    ):
        cancel(world, force=force)


def test_the_checks_of_a_cancellation_come_in_order(world: World) -> None:
    world.create("job", "lamp", "fan")
    many = {f"key {number}": "value" for number in range(11)}
    with world.raises(InvalidRequest):
        cancel(world, job_id="nope", status_details=many)
    with world.raises(JobOfExecutionNotFound):
        cancel(world, job_id="nope", expected_version=9)
    with world.raises(JobExecutionNotFound):
        cancel(world, "nobody", expected_version=9)
    world.report("lamp", "SUCCEEDED")
    with world.raises(VersionMismatch, "Expected version 9 but found version 2"):
        cancel(world, expected_version=9)
    with world.raises(JobExecutionNotCancelable):
        cancel(world, expected_version=2)


def test_executions_of_a_job_that_is_being_deleted_cannot_be_canceled(world: World) -> None:
    job_in(world, "DELETION_IN_PROGRESS")
    for force in (False, True):
        with world.raises(JobExecutionNotCancelable):
            cancel(world, force=force)


def test_an_error_has_what_it_is_about(world: World) -> None:
    world.create("job", "lamp")
    world.start("lamp")
    with pytest.raises(JobExecutionNotCancelable) as caught:
        cancel(world)
    assert vars(caught.value) | {"message": ""} == {
        "message": "",
        "thing": "lamp",
        "job": "job",
        "status": "IN_PROGRESS",
        "version": 2,
    }

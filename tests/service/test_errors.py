"""Every refusal says what it is about: in its sentence, and in the members from which the planes
make their answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from moto_iot_jobs.service import errors
from moto_iot_jobs.service.deletion import AfterTime
from moto_iot_jobs.service.settings import JobTemplateRequest, JobUpdate

if TYPE_CHECKING:
    from tests.service.conftest import World

HERE = "arn:aws:iot:eu-west-1:123456789012"


class Case(NamedTuple):
    """A call on a world with things, groups and jobs in it, and how it is refused."""

    call: Callable[[World], object]
    error: type[errors.ServiceError]
    message: str
    members: dict[str, Any]


def associate(world: World, job_id: str, *targets: str) -> None:
    world.control_plane.associate_targets_with_job(
        job_id, tuple(map(world.target, targets)), world.now
    )


def create_template(world: World, template_id: str, **members: Any) -> None:
    world.regional.templates.create_job_template(
        JobTemplateRequest(job_template_id=template_id, **members), world.now
    )


FINISHED = {"thing": "fan", "job": "snapshot", "status": "SUCCEEDED", "version": 2}
WORKING = {"thing": "lamp", "job": "snapshot", "status": "IN_PROGRESS", "version": 2}

CASES = {
    # Not there
    "CancelJob of an unknown job": Case(
        lambda world: world.control_plane.cancel_job("nope", world.now),
        errors.JobNotFound,
        "Job nope cannot be found.",
        {"job": "nope"},
    ),
    "CreateJob for an unknown thing": Case(
        lambda world: world.create("new", f"{HERE}:thing/nobody"),
        errors.ThingNotFound,
        "Thing nobody cannot be found.",
        {"thing": "nobody"},
    ),
    "CreateJob for an unknown group": Case(
        lambda world: world.create("new", f"{HERE}:thinggroup/nobody"),
        errors.ThingGroupNotFound,
        "Thing Group nobody cannot be found.",
        {},
    ),
    "ListJobs of an unknown group": Case(
        lambda world: world.control_plane.list_jobs(thing_group_name="nobody"),
        errors.ThingGroupNotFound,
        "Thing Group nobody cannot be found.",
        {},
    ),
    "ListJobs of an unknown group id": Case(
        lambda world: world.control_plane.list_jobs(thing_group_id="no-id"),
        errors.ThingGroupNotFound,
        "Thing Group no-id cannot be found.",
        {},
    ),
    "ListJobs of a group with the id of another": Case(
        lambda world: world.control_plane.list_jobs(
            thing_group_name="house", thing_group_id="id-of-lamps"
        ),
        errors.ThingGroupNotFound,
        "Thing Group house cannot be found.",
        {},
    ),
    "ListJobExecutionsForThing of an unknown thing": Case(
        lambda world: world.control_plane.list_job_executions_for_thing("nobody"),
        errors.ThingNotFound,
        "Thing nobody cannot be found.",
        {"thing": "nobody"},
    ),
    "GetPendingJobExecutions of an unknown thing": Case(
        lambda world: world.data_plane.get_pending_job_executions("nobody"),
        errors.ThingNotFound,
        "Thing nobody cannot be found.",
        {"thing": "nobody"},
    ),
    "DescribeJobExecution of an unknown job": Case(
        lambda world: world.execution("lamp", "nope"),
        errors.JobOfExecutionNotFound,
        "Job execution cannot be found as the Job nope does not exist.",
        {"job": "nope"},
    ),
    "DescribeJobExecution of a thing without one": Case(
        lambda world: world.execution("oven", "snapshot"),
        errors.JobExecutionNotFound,
        "Job execution for thing oven cannot be found within job snapshot.",
        {"thing": "oven", "job": "snapshot"},
    ),
    "a report to an unknown job": Case(
        lambda world: world.report("lamp", "SUCCEEDED", "nope"),
        errors.JobNotFoundForThing,
        "Job nope not found for lamp",
        {"thing": "lamp", "job": "nope"},
    ),
    "a report to a job that is being deleted": Case(
        lambda world: world.report("lamp", "SUCCEEDED", "going"),
        errors.JobNotFoundForThing,
        "Job going not found for lamp",
        {"thing": "lamp", "job": "going"},
    ),
    "DescribeJobTemplate of an unknown template": Case(
        lambda world: world.regional.templates.describe_job_template("nope"),
        errors.JobTemplateNotFound,
        "Job Template nope cannot be found.",
        {"job": "nope"},
    ),
    "CreateJob from an unknown template": Case(
        lambda world: world.create("new", "lamp", job_template_arn=f"{HERE}:jobtemplate/nope"),
        errors.JobTemplateNotFound,
        "Job Template nope cannot be found.",
        {"job": "nope"},
    ),
    # In use
    "CreateJob with an id in use": Case(
        lambda world: world.create("snapshot", "lamp"),
        errors.JobAlreadyExists,
        "Job snapshot already exists.",
        {"job": "snapshot", "resource_id": "snapshot", "resource_arn": f"{HERE}:job/snapshot"},
    ),
    "CreateJobTemplate with an id in use": Case(
        lambda world: create_template(world, "template", document="{}"),
        errors.JobTemplateAlreadyExists,
        "Job Template template already exists.",
        {"job": "template"},
    ),
    # Statuses in the way
    "CancelJob of a finished job": Case(
        lambda world: world.control_plane.cancel_job("done", world.now),
        errors.JobNotCancelable,
        "Job done in status COMPLETED cannot be canceled.",
        {"job": "done", "status": "COMPLETED"},
    ),
    "UpdateJob of a finished job": Case(
        lambda world: world.control_plane.update_job(
            JobUpdate(job_id="done", description="new"), world.now
        ),
        errors.JobNotUpdatable,
        "Job done in status COMPLETED cannot be updated.",
        {"job": "done", "status": "COMPLETED"},
    ),
    "AssociateTargetsWithJob of a snapshot": Case(
        lambda world: associate(world, "snapshot", "house"),
        errors.JobNotAssociable,
        "Targets cannot be associated with job snapshot in status IN_PROGRESS with target selection"
        " SNAPSHOT.",
        {"job": "snapshot", "status": "IN_PROGRESS"},
    ),
    "AssociateTargetsWithJob of a thing": Case(
        lambda world: associate(world, "continuous", "lamp"),
        errors.InvalidRequest,
        f"Target {HERE}:thing/lamp is not a thing group.",
        {},
    ),
    "DeleteJob of a live job": Case(
        lambda world: world.control_plane.delete_job("snapshot", world.now),
        errors.JobNotDeletable,
        "Job snapshot in status IN_PROGRESS cannot be deleted without force flag.",
        {"job": "snapshot", "status": "IN_PROGRESS"},
    ),
    "DeleteJob of a job that is being deleted": Case(
        lambda world: world.control_plane.delete_job("going", world.now),
        errors.JobNotDeletable,
        "Job going in status DELETION_IN_PROGRESS cannot be deleted.",
        {"job": "going", "status": "DELETION_IN_PROGRESS"},
    ),
    "DeleteJobExecution in progress": Case(
        lambda world: world.control_plane.delete_job_execution("lamp", "snapshot", 1, world.now),
        errors.JobExecutionNotDeletable,
        "Job execution for thing lamp within job snapshot in status IN_PROGRESS cannot be deleted"
        " without force flag.",
        WORKING,
    ),
    "CancelJobExecution in progress": Case(
        lambda world: world.control_plane.cancel_job_execution("lamp", "snapshot", world.now),
        errors.JobExecutionNotCancelable,
        "Job execution for thing lamp within job snapshot in status IN_PROGRESS cannot be canceled"
        " without force flag.",
        WORKING,
    ),
    "CancelJobExecution of a finished one": Case(
        lambda world: world.control_plane.cancel_job_execution(
            "fan", "snapshot", world.now, force=True
        ),
        errors.JobExecutionNotCancelable,
        "Job execution for thing fan within job snapshot cannot be canceled.",
        FINISHED,
    ),
    "CancelJobExecution of another version": Case(
        lambda world: world.control_plane.cancel_job_execution(
            "lamp", "snapshot", world.now, expected_version=9
        ),
        errors.VersionMismatch,
        "Expected version 9 but found version 2",
        {**WORKING, "expected": 9},
    ),
    "a report of a status that only the service sets": Case(
        lambda world: world.report("lamp", "TIMED_OUT", "snapshot"),
        errors.StatusNotSettable,
        "The status of job execution cannot be changed to be TIMED_OUT",
        {"status": "TIMED_OUT"},
    ),
    "a report of another version": Case(
        lambda world: world.report("lamp", "SUCCEEDED", "snapshot", expected_version=9),
        errors.VersionMismatch,
        "Expected version 9 but found version 2",
        {**WORKING, "expected": 9},
    ),
    "a report into a finished execution": Case(
        lambda world: world.report("fan", "FAILED", "snapshot"),
        errors.JobExecutionFinished,
        "Job snapshot for fan has already finished with status SUCCEEDED",
        FINISHED,
    ),
    "a device reads a finished execution": Case(
        lambda world: world.data_plane.describe_job_execution("fan", "snapshot", None),
        errors.JobExecutionTerminal,
        "Job Execution has reached terminal state. It is neither IN_PROGRESS nor QUEUED",
        FINISHED,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_error_says_what_it_is_about(world: World, case: Case) -> None:
    world.thing("oven")
    world.group("lamps", "lamp")
    world.group("house")
    world.pace = AfterTime(10**9)
    create_template(world, "template", document="{}")
    world.create("snapshot", "lamp", "fan")
    world.create("done", "house")
    world.create("going", "lamp")
    world.follow("continuous", "lamps")
    world.report("lamp", "IN_PROGRESS", "snapshot")
    world.report("fan", "SUCCEEDED", "snapshot")
    world.control_plane.delete_job("going", world.now, force=True)
    error = error_of(case.error, lambda: case.call(world))
    nothing = dict.fromkeys(("thing", "job", "status", "version"))
    assert vars(error) == {**nothing, **case.members, "message": case.message}
    assert str(error) == case.message


def error_of(kind: type[errors.ServiceError], call: Callable[[], object]) -> errors.ServiceError:
    """Return how a call was refused."""
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    return caught.value


# Quotas


def test_too_many_targets_are_too_many_for_one_job(world: World) -> None:
    groups = [world.group(f"group-{number}") for number in range(101)]
    world.follow("job", *groups[:100])
    sentence = "Job {} cannot have more than 100 targets."
    for job_id, call in (
        ("new", lambda: world.create("new", *groups)),
        ("job", lambda: associate(world, "job", groups[100])),
    ):
        error = error_of(errors.TooManyTargets, call)
        assert (error.message, error.job) == (sentence.format(job_id), job_id)


def test_too_many_deletions_leave_the_eleventh_job_alone(world: World) -> None:
    world.pace = AfterTime(10**9)
    for number in range(11):
        world.create(f"job-{number}", "lamp")
        if number < 10:
            world.control_plane.delete_job(f"job-{number}", world.now, force=True)
    error = error_of(
        errors.TooManyDeletions,
        lambda: world.control_plane.delete_job("job-10", world.now, force=True),
    )
    assert (
        error.message
        == "Job job-10 cannot be deleted: 10 jobs are already in status DELETION_IN_PROGRESS."
    )
    assert (error.job, error.status) == ("job-10", "DELETION_IN_PROGRESS")
    assert world.job("job-10").status == "IN_PROGRESS"


def test_too_many_templates_name_the_one_too_many(world: World) -> None:
    for number in range(100):
        create_template(world, f"template-{number}", document="{}")
    error = error_of(errors.TooManyTemplates, lambda: create_template(world, "more", document="{}"))
    assert (error.message, error.job) == (
        "Job Template more exceeds the limit of 100 job templates.",
        "more",
    )


def test_a_document_too_large_names_its_source(world: World) -> None:
    source = "https://s3.amazonaws.com/papers/long.json"
    world.documents.contents["papers", "long.json"] = b'"' + b"x" * 32_767 + b'"'
    error = error_of(
        errors.DocumentTooLarge, lambda: world.create("job", "lamp", document_source=source)
    )
    assert error.message == f"Job document from {source} exceeds size limit 32768 bytes."

"""What operations cost: as many steps with much in the store as with little, and a step for each
timer, not each minute.

Steps are lines of the core carried out, counted by a trace function, so that the numbers are the
same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.service import settings, store
from moto_iot_jobs.service.data_plane import DataPlane
from moto_iot_jobs.service.deletion import AfterTime, Immediate
from moto_iot_jobs.service.errors import ServiceError
from moto_iot_jobs.service.execution_operations import JobExecutionOperations
from moto_iot_jobs.service.job_operations import JobOperations
from moto_iot_jobs.service.settings import TargetSelection
from moto_iot_jobs.service.states import ExecutionStatus, JobStatus
from moto_iot_jobs.service.tags import Tags
from moto_iot_jobs.service.targets import Location
from moto_iot_jobs.service.templates.operations import JobTemplates
from tests.steps import Trace, folder_of

if TYPE_CHECKING:
    from tests.service.conftest import World

CORE = folder_of(store)
FEW, MANY = 100, 20_000
LOCATION = Location("aws", "eu-west-1", "123456789012")
DOCUMENT = '{"op":"x"}'


def steps(call: Callable[[], object]) -> int:
    """Count the lines of the core that a call carries out."""
    return Trace(call, CORE).steps


def names(number: int) -> list[str]:
    return [f"thing-{each:05}" for each in range(number)]


# Operations, in a store where one job has many executions and one thing has many jobs


def filled(world: World, things: int, jobs: int) -> World:
    """One CONTINUOUS job for so many things, half of them at work, and one thing with so many jobs
    of its own.

    Jobs in each status, groups, namespaces and templates grow in number as well.
    """
    world.group("all", *names(things))
    world.group("none")
    world.group("crowded")
    world.group("night", "owl")
    world.group("small", "late")
    world.follow(
        "job",
        "all",
        timeout=600,
        retries={"ALL": 1},
        abort=[("FAILED", 100, things + 9)],
        rollout=1000,
    )
    world.advance(minutes=30)
    for thing in names(things)[::2]:
        world.start(thing)
    for number in range(jobs):
        world.create(
            f"job-{number:05}",
            "busy",
            timeout=600,
            namespace_id=f"namespace-{number % (jobs // 10)}",
        )
    for number in range(0, jobs, 5):
        world.group(f"group-{number}")
        world.create(f"over-{number:05}", f"group-{number}", namespace_id="ours")
        world.follow(f"canceled-{number:05}", f"group-{number}", "crowded")
        world.control_plane.cancel_job(f"canceled-{number:05}", world.now)
        world.create(f"scheduled-{number:05}", f"group-{number}", start="2026-12-24 10:00")
    for number in range(jobs // 40):
        template(world, f"template-{number}")
    world.create("waiting", "idle", start="2026-12-24 10:00")
    world.create("last", "alone", timeout=900)
    world.start("alone")
    world.follow("windowed", "night", start="14:00", windows=[("cron(0 15 * * ? *)", 60)])
    world.create("soon", "hasty", timeout=1, retries={"TIMED_OUT": 1})
    world.create("doomed", "gone")
    world.follow("joinable", "small")
    world.create("tagged", "alone", tags=({"Key": "a", "Value": "b"},))
    return world


def template(world: World, name: str) -> object:
    return world.regional.templates.create_job_template(
        settings.JobTemplateRequest(job_template_id=name, description="x", document=DOCUMENT),
        world.now,
    )


def list_jobs(world: World, **filters: Any) -> object:
    return world.control_plane.list_jobs(**{"max_results": 10, **filters})


def list_for_job(world: World, **filters: Any) -> object:
    return world.control_plane.list_job_executions_for_job("job", max_results=10, **filters)


def list_for_thing(world: World, **filters: Any) -> object:
    return world.control_plane.list_job_executions_for_thing("busy", max_results=10, **filters)


def second_page(list_page: Callable[..., Any]) -> Callable[[World], object]:
    def list_next(world: World) -> object:
        token = list_page(world)[1]
        assert token is not None
        return list_page(world, next_token=token)

    return list_next


def raising(call: Callable[[World], object]) -> Callable[[World], object]:
    def try_it(world: World) -> None:
        with pytest.raises(ServiceError):
            call(world)

    return try_it


def scan(world: World) -> int:
    return sum(1 for job in world.store.jobs.values() for _ in job.recent_executions(None, None))


def slow_deletion(world: World) -> None:
    world.pace = AfterTime(60_000)
    world.control_plane.delete_job("doomed", world.now, force=True)
    world.control_plane.describe_job("doomed", world.now)
    world.advance(minutes=2)
    world.pace = Immediate()


@pytest.fixture(scope="module")
def small(new_world: type[World]) -> World:
    return filled(new_world(), FEW, 40)


@pytest.fixture(scope="module")
def large(new_world: type[World]) -> World:
    return filled(new_world(), MANY, 2_000)


# In this order, on both stores: each is done once to each, and leaves them alike but for their
# sizes.
OPERATIONS: dict[str, Callable[[World], object]] = {
    "DescribeJob": lambda world: world.control_plane.describe_job("job", world.now),
    "DescribeJob, no such job": raising(
        lambda world: world.control_plane.describe_job("no", world.now)
    ),
    "GetJobDocument": lambda world: world.control_plane.find_job("job").document.text,
    "counters": lambda world: world.job().counts(),
    "ListJobs": list_jobs,
    "ListJobs, the next page": second_page(list_jobs),
    "ListJobs, the rarest status": partial(list_jobs, status=JobStatus.SCHEDULED),
    "ListJobs, no match": partial(list_jobs, status=JobStatus.DELETION_IN_PROGRESS),
    **{f"ListJobs by {status}": partial(list_jobs, status=status) for status in JobStatus},
    **{
        f"ListJobs by {selection}": partial(list_jobs, target_selection=selection)
        for selection in TargetSelection
    },
    "ListJobs by group": partial(list_jobs, thing_group_name="all"),
    "ListJobs by group and status": partial(
        list_jobs, thing_group_name="crowded", status=JobStatus.CANCELED
    ),
    "ListJobs by a group without jobs": partial(list_jobs, thing_group_name="none"),
    "ListJobs by namespace": partial(list_jobs, namespace_id="namespace-1"),
    "ListJobs by a namespace without jobs": partial(list_jobs, namespace_id="theirs"),
    "ListJobs by all": partial(
        list_jobs,
        status=JobStatus.COMPLETED,
        target_selection=TargetSelection.SNAPSHOT,
        namespace_id="ours",
    ),
    "ListJobExecutionsForJob": list_for_job,
    "ListJobExecutionsForJob, the next page": second_page(list_for_job),
    **{
        f"ListJobExecutionsForJob by {status}": partial(list_for_job, status=status)
        for status in ExecutionStatus
    },
    "ListJobExecutionsForThing": list_for_thing,
    "ListJobExecutionsForThing, the next page": second_page(list_for_thing),
    **{
        f"ListJobExecutionsForThing by {status}": partial(list_for_thing, status=status)
        for status in ExecutionStatus
    },
    "ListJobExecutionsForThing by namespace": partial(list_for_thing, namespace_id="namespace-1"),
    "ListJobExecutionsForThing of one job": partial(list_for_thing, job_id="job-00003"),
    "DescribeJobExecution": lambda world: world.control_plane.describe_job_execution(
        "thing-00001", "job", 1
    ),
    "DescribeJobExecution, none": raising(
        lambda world: world.control_plane.describe_job_execution("late", "job", None)
    ),
    "GetPendingJobExecutions": lambda world: world.data_plane.get_pending_job_executions("busy"),
    "DescribeJobExecution $next": lambda world: world.data_plane.describe_job_execution(
        "busy", "$next", None
    ),
    "DescribeJobExecution by the device": lambda world: world.data_plane.describe_job_execution(
        "busy", "job-00003", 1
    ),
    "StartNextPendingJobExecution": lambda world: world.start("busy"),
    "StartNextPendingJobExecution again": lambda world: world.start(
        "busy", step_timeout_in_minutes=7
    ),
    "start of one among many": lambda world: world.start("thing-00001"),
    "progress": lambda world: world.report("thing-00001", "IN_PROGRESS", step_timeout_in_minutes=5),
    "progress, another version": raising(
        lambda world: world.report("thing-00001", "IN_PROGRESS", expected_version=9)
    ),
    "success": lambda world: world.report("thing-00001", "SUCCEEDED"),
    "success, once more": raising(lambda world: world.report("thing-00001", "SUCCEEDED")),
    "failure with a retry": lambda world: world.report("thing-00003", "FAILED"),
    "rejection": lambda world: world.report("thing-00011", "REJECTED"),
    "success of the busy thing": lambda world: world.report("busy", "SUCCEEDED", "job-00010"),
    "CancelJobExecution": lambda world: world.control_plane.cancel_job_execution(
        "thing-00005", "job", world.now
    ),
    "CancelJobExecution by force": lambda world: world.control_plane.cancel_job_execution(
        "thing-00006", "job", world.now, force=True
    ),
    "CancelJobExecution, refused": raising(
        lambda world: world.control_plane.cancel_job_execution("thing-00008", "job", world.now)
    ),
    "DeleteJobExecution": lambda world: world.control_plane.delete_job_execution(
        "thing-00007", "job", 1, world.now
    ),
    "DeleteJobExecution by force": lambda world: world.control_plane.delete_job_execution(
        "thing-00010", "job", 1, world.now, force=True
    ),
    "DeleteJobExecution, refused": raising(
        lambda world: world.control_plane.delete_job_execution("thing-00012", "job", 1, world.now)
    ),
    "DeleteJobExecution of a retry": lambda world: world.control_plane.delete_job_execution(
        "thing-00003", "job", 2, world.now
    ),
    "DeleteJobExecution of the busy thing": lambda world: world.control_plane.delete_job_execution(
        "busy", "job-00011", 1, world.now
    ),
    "UpdateJob": lambda world: world.control_plane.update_job(
        settings.JobUpdate(job_id="job", description="x"), world.now
    ),
    "a thing joins": lambda world: world.join("late", "all"),
    "a thing joins again": lambda world: world.membership.thing_joined(
        "thing-00001", {"all"}, world.now
    ),
    "a thing joins a group that nobody follows": lambda world: world.join("late", "none"),
    "a thing leaves": lambda world: world.membership.thing_left("thing-00009", {"none"}, world.now),
    "a thing at work leaves": lambda world: world.membership.thing_left(
        "thing-00014", {"none"}, world.now
    ),
    "AssociateTargetsWithJob": lambda world: world.control_plane.associate_targets_with_job(
        "joinable", (world.target("none"),), world.now
    ),
    "CreateJob": lambda world: world.create("new", "busy"),
    "CreateJob for a group": lambda world: world.create(
        "new-of-a-group", "small", timeout=5, rollout=5
    ),
    "CreateJob with a schedule": lambda world: world.create(
        "new-later", "alone", start="2026-12-24 10:00"
    ),
    "CreateJob, an id that is taken": raising(
        lambda world: world.create("job", "busy", document="{}")
    ),
    "CreateJob from a template": lambda world: world.create(
        "new-from-template", "alone", job_template_arn=LOCATION.arn("jobtemplate", "template-0")
    ),
    "CancelJob": lambda world: world.control_plane.cancel_job("job-00012", world.now),
    "CancelJob by force": lambda world: world.control_plane.cancel_job(
        "last", world.now, force=True
    ),
    "DeleteJob": lambda world: world.control_plane.delete_job("job-00013", world.now, force=True),
    "DeleteJob of one that is over": lambda world: world.control_plane.delete_job(
        "over-00000", world.now
    ),
    "DeleteJob, refused": raising(lambda world: world.control_plane.delete_job("job", world.now)),
    "CreateJobTemplate": lambda world: template(world, "new"),
    "DescribeJobTemplate": lambda world: world.regional.templates.describe_job_template("new"),
    "ListJobTemplates": lambda world: world.regional.templates.list_job_templates(max_results=3),
    "DeleteJobTemplate": lambda world: world.regional.templates.delete_job_template("new"),
    "DescribeManagedJobTemplate": lambda world: (
        world.regional.templates.describe_managed_job_template("AWS-Reboot")
    ),
    "ListManagedJobTemplates": lambda world: world.regional.templates.list_managed_job_templates(
        max_results=3
    ),
    "TagResource": lambda world: world.regional.tags.tag_resource(
        LOCATION.arn("job", "tagged"), [{"Key": "k", "Value": "v"}]
    ),
    "UntagResource": lambda world: world.regional.tags.untag_resource(
        LOCATION.arn("job", "tagged"), ["k"]
    ),
    "ListTagsForResource": lambda world: world.regional.tags.list_tags_for_resource(
        LOCATION.arn("job", "tagged")
    ),
    "settling nothing": lambda world: world.regional.run_due_timers(world.now),
    "settling nothing later": lambda world: world.advance(minutes=1),
    "when something happens next": lambda world: world.lifecycle.next_due(),
    "DeleteJob, slowly": slow_deletion,
    "the start of a short timer": lambda world: world.start("hasty"),
    "one timeout with a retry": lambda world: world.advance(minutes=2),
    "a start": lambda world: world.move_to("14:10"),
    "a window that opens": lambda world: world.move_to("15:10"),
    "a window that closes": lambda world: world.move_to("16:10"),
}


def test_no_operation_looks_at_more_because_there_is_more(small: World, large: World) -> None:
    costs = {}
    functions: set[CodeType] = set()
    for name, operation in OPERATIONS.items():
        traces = [Trace(partial(operation, world), CORE) for world in (small, large)]
        costs[name] = (traces[0].steps, traces[1].steps)
        functions |= traces[0].functions
    assert {name: cost for name, cost in costs.items() if cost[1] > 1.5 * cost[0] + 60} == {}
    # The counting works: every operation takes some steps, none as many as there are executions,
    # and a scan would be seen.
    assert min(min(cost) for cost in costs.values()) > 0
    assert max(max(cost) for cost in costs.values()) < 2_000
    assert steps(partial(scan, large)) > 1.5 * steps(partial(scan, small)) + 60
    # Whoever adds an operation adds it above.
    public = {
        f"{kind.__name__}.{name}": operation.__code__
        for kind in (JobOperations, JobExecutionOperations, DataPlane, JobTemplates, Tags)
        for name, operation in vars(kind).items()
        if isinstance(operation, FunctionType) and not name.startswith("_")
    }
    unseen = {name for name, code in public.items() if code not in functions}
    # A host's part in tags, no operations of AWS.
    host = ("add_kind", "drop", "is_ours", "keep", "of_other_kinds")
    assert unseen <= {f"Tags.{name}" for name in host}


# What has to be proportional


@pytest.mark.parametrize("work", ["create", "cancel", "delete", "delete slowly"])
def test_what_concerns_every_execution_costs_the_same_for_each(
    new_world: type[World], work: str
) -> None:
    def cost(number: int) -> int:
        world = new_world()
        if work == "delete slowly":
            world.pace = AfterTime(60_000)
        world.group("all", *names(number))

        def create() -> None:
            world.create("job", "all", timeout=10)
            world.advance(minutes=5)

        if work == "create":
            return steps(create)
        create()
        if work == "cancel":
            return steps(lambda: world.control_plane.cancel_job("job", world.now, force=True))

        def delete() -> None:
            world.control_plane.delete_job("job", world.now, force=True)
            world.advance(hours=1)

        return steps(delete)

    small, large = cost(500), cost(3_000)
    assert large < 6.6 * small
    assert large < 200 * 3_000


# Time


def working(world: World, things: int) -> World:
    """A job whose things are all at work, each since another second, with timeouts and retries."""
    world.group("all", *names(things))
    world.create("job", "all", timeout=600, retries={"TIMED_OUT": 1})
    world.advance(minutes=things / 1000 + 1)
    for thing in names(things):
        world.now += 1_000
        world.start(thing)
    return world


def test_a_year_over_thousands_of_executions_costs_by_event_and_not_by_minute(
    new_world: type[World],
) -> None:
    few, many = working(new_world(), 300), working(new_world(), 3_000)
    for_few, for_many = steps(lambda: few.advance(days=365)), steps(lambda: many.advance(days=365))
    assert many.counts() == {"TIMED_OUT": 3_000, "QUEUED": 3_000}
    assert for_many < 11 * for_few
    assert for_many < 250 * 3_000
    day = working(new_world(), 300)
    assert steps(lambda: day.advance(days=1)) == for_few
    assert steps(lambda: many.advance(days=365)) < 50


def test_a_window_costs_by_its_openings(new_world: type[World]) -> None:
    def cost(days: int) -> int:
        world = new_world()
        world.group("all", "lamp")
        world.follow("job", "all", start="13:00", windows=[("cron(0 14 * * ? *)", 60)])
        world.advance(days=1)
        return steps(lambda: world.advance(days=days))

    month, year = cost(30), cost(360)
    assert year < 14 * month


def test_moving_the_clock_in_small_steps_costs_little_more(new_world: type[World]) -> None:
    def glide(world: World) -> None:
        for _ in range(1_000):
            world.advance(minutes=1)

    at_once, gliding = working(new_world(), 400), working(new_world(), 400)
    jump = steps(lambda: at_once.advance(minutes=1_000))
    assert steps(lambda: glide(gliding)) < jump + 1_000 * 50


def test_a_timer_set_again_and_again_leaves_nothing_behind(world: World) -> None:
    world.create("job", "lamp", timeout=600)
    for _ in range(5_000):
        world.report("lamp", "IN_PROGRESS", step_timeout_in_minutes=500)
    assert len(world.store.timers) == 1
    assert steps(lambda: world.advance(minutes=501)) < 1_000
    assert world.status("lamp") == "TIMED_OUT"

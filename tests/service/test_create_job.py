"""CreateJob: what the new job is, what it inherits, and what is refused in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.service.errors import (
    DocumentTooLarge,
    InvalidJobDocument,
    InvalidRequest,
    JobAlreadyExists,
    JobTemplateNotFound,
    ServiceError,
    ThingGroupNotFound,
    ThingNotFound,
    TooManyTargets,
)
from moto_iot_jobs.service.settings import (
    JobRequest,
    JobTemplateRequest,
    MaintenanceWindow,
    PresignedUrlConfig,
    SchedulingConfig,
    TargetSelection,
    TimeoutConfig,
)

if TYPE_CHECKING:
    from tests.service.conftest import World

HERE = "arn:aws:iot:eu-west-1:123456789012"
SOURCE = "https://s3.amazonaws.com/papers/firmware.json"
WINDOW = ("cron(0 10 * * ? *)", 60)
PRESIGNED = '{"get":"${aws:iot:s3-presigned-url:https://s3.amazonaws.com/papers/firmware.json}"}'


def template(world: World, template_id: str = "template", **members: Any) -> str:
    """Create a job template and return its ARN."""
    if not {"document", "document_source", "job_arn"} & members.keys():
        members["document"] = '{"from":"template"}'
    request = JobTemplateRequest(job_template_id=template_id, description="a template", **members)
    return world.regional.templates.create_job_template(request, world.now).job_template_arn


# The new job


def test_a_new_job_is_in_progress_with_an_execution_queued_for_every_thing(world: World) -> None:
    job = world.create("job", "lamp", "fan")
    assert (job.status, job.arn, job.job_id) == ("IN_PROGRESS", f"{HERE}:job/job", "job")
    assert job.created_at == job.last_updated_at == world.now
    assert (job.completed_at, job.comment, job.reason_code, job.force_canceled) == (
        None,
        None,
        None,
        None,
    )
    assert job.target_selection is TargetSelection.SNAPSHOT
    assert not job.is_concurrent
    assert (job.scheduling_config, job.windows, job.is_scheduled) == (None, None, False)
    assert world.counts() == {"QUEUED": 2}
    for thing in ("lamp", "fan"):
        execution = world.execution(thing)
        assert (execution.status, execution.execution_number, execution.version_number) == (
            "QUEUED",
            1,
            1,
        )
        assert execution.queued_at == execution.last_updated_at == world.now
        assert (execution.started_at, execution.status_details, execution.retry_attempt) == (
            None,
            None,
            0,
        )
        assert execution.force_canceled is False


def test_a_thing_that_is_aimed_at_several_times_gets_one_execution(world: World) -> None:
    world.group("lamps", "lamp", "spare")
    world.group("house", "lamp", "fan")
    world.create("job", "lamp", "lamps", "house", "lamp")
    assert world.counts() == {"QUEUED": 3}
    assert [target.name for target in world.job().targets] == ["lamp", "lamps", "house"]


def test_names_with_colons_can_be_aimed_at(world: World) -> None:
    world.group("lamps:upstairs", "lamp:1")
    job = world.create("job", "lamp:2", "lamps:upstairs")
    assert [target.arn for target in job.targets] == [
        f"{HERE}:thing/lamp:2",
        f"{HERE}:thinggroup/lamps:upstairs",
    ]
    assert (world.status("lamp:1"), world.status("lamp:2")) == ("QUEUED", "QUEUED")


def test_a_group_stands_for_the_members_of_the_groups_below_it(world: World) -> None:
    # AWS IoT developer guide, thing-groups.
    world.group("house", "door")
    world.group("room", "lamp", parent="house")
    world.group("shelf", "spare", parent="room")
    world.create("job", "house")
    assert world.counts() == {"QUEUED": 3}


def test_a_snapshot_of_an_empty_group_is_complete_at_once(world: World) -> None:
    world.group("nobody")
    job = world.create("job", "nobody")
    assert (job.status, job.completed_at) == ("COMPLETED", world.now)


def test_a_continuous_job_of_an_empty_group_waits_for_members(world: World) -> None:
    world.group("nobody")
    job = world.follow("job", "nobody")
    assert (job.status, job.created_at, job.last_updated_at) == (
        "IN_PROGRESS",
        world.now,
        world.now,
    )


def test_what_the_request_says_is_kept(world: World) -> None:
    job = world.create(
        "job",
        "lamp",
        description="a job",
        namespace_id="east",
        tags=({"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}, {"Key": "a", "Value": "2"}),
        document=' {"op" : "x"} ',
        destination_package_versions=(f"{HERE}:package/p/version/1",),
        timeout=5,
        retries={"ALL": 2},
        rollout=10,
        abort=[("ALL", 20, 1)],
    )
    assert (job.description, job.namespace_id, job.tags) == ("a job", "east", {"a": "2", "b": ""})
    assert (job.document.text, job.document.rendered, job.document_source) == (
        ' {"op" : "x"} ',
        '{"op":"x"}',
        None,
    )
    assert job.destination_package_versions == (f"{HERE}:package/p/version/1",)
    assert job.settings.timeout_config == TimeoutConfig(5)
    assert job.settings.job_executions_retry_config == world.retries({"ALL": 2})
    assert job.settings.job_executions_rollout_config == world.rollout(10)
    assert job.settings.abort_config == world.abort(("ALL", 20, 1))


def test_a_source_is_read_once(world: World) -> None:
    world.documents.contents["papers", "firmware.json"] = b'{"version": 1}'
    job = world.create("job", "lamp", document_source=SOURCE)
    world.documents.contents["papers", "firmware.json"] = b'{"version": 2}'
    assert (world.job().document.text, job.document_source) == ('{"version": 1}', SOURCE)


def test_a_document_may_have_devices_upload_into_a_bucket_of_the_region(world: World) -> None:
    def create(job_id: str, bucket: str) -> None:
        document = f'{{"put": "${{aws:iot:s3-presigned-url-upload:s3://{bucket}/log}}"}}'
        role = PresignedUrlConfig("arn:aws:iam::123456789012:role/r")
        world.create(job_id, "lamp", document=document, presigned_url_config=role)

    world.documents.contents["papers", "firmware.json"] = b"{}"
    create("job", "papers")
    with world.raises(
        InvalidRequest, "S3 bucket in job document presigned url upload placeholder not found"
    ):
        create("other", "nowhere")


# Templates


def test_a_job_takes_from_a_template_what_its_request_does_not_give(world: World) -> None:
    arn = template(
        world,
        timeout_config=TimeoutConfig(5),
        job_executions_retry_config=world.retries({"FAILED": 1}),
        abort_config=world.abort(("FAILED", 10, 1)),
        job_executions_rollout_config=world.rollout(7),
        presigned_url_config=PresignedUrlConfig("arn:aws:iam::123456789012:role/r", 60),
        tags=({"Key": "a", "Value": "1"},),
    )
    job = world.create("job", "lamp", job_template_arn=arn, timeout=9)
    assert job.document.text == '{"from":"template"}'
    assert job.job_template_arn == arn
    assert job.settings.timeout_config == TimeoutConfig(9)
    assert job.settings.job_executions_retry_config == world.retries({"FAILED": 1})
    assert job.settings.abort_config == world.abort(("FAILED", 10, 1))
    assert job.settings.job_executions_rollout_config == world.rollout(7)
    assert job.settings.presigned_url_config == PresignedUrlConfig(
        "arn:aws:iam::123456789012:role/r", 60
    )
    # Captured: neither the description nor the tags are inherited.
    assert (job.description, job.tags) == (None, {})


def test_the_requests_document_or_source_wins_over_the_templates(world: World) -> None:
    world.documents.contents["papers", "firmware.json"] = b'{"from":"source"}'
    arn = template(world)
    assert world.create("a", "lamp", job_template_arn=arn, document="{}").document.text == "{}"
    by_source = world.create("b", "lamp", job_template_arn=arn, document_source=SOURCE)
    assert (by_source.document.text, by_source.document_source) == ('{"from":"source"}', SOURCE)
    from_source = template(world, "sourced", document_source=SOURCE)
    job = world.create("c", "lamp", job_template_arn=from_source)
    assert (job.document.text, job.document_source) == ('{"from":"source"}', SOURCE)
    assert (
        world.create("d", "lamp", job_template_arn=from_source, document="{}").document_source
        is None
    )


def test_a_job_of_a_managed_template_shows_the_templates_description(world: World) -> None:
    arn = "arn:aws:iot:eu-west-1::jobtemplate/AWS-Reboot:1.0"
    job = world.create(
        "job", "lamp", job_template_arn=arn, document_parameters={"runAsUser": "ann"}
    )
    assert job.description == "A managed job template for rebooting the device."
    assert '"runAsUser":"ann"' in job.document.rendered
    assert '"runAsUser":"${aws:iot:parameter:runAsUser}"' in job.document.before_substitution
    assert (
        world.create("own", "lamp", job_template_arn=arn, description="my own").description
        == "my own"
    )


def test_a_document_without_placeholders_is_the_same_before_substitution(world: World) -> None:
    job = world.create("job", "lamp", document='{"a": 1}')
    assert job.document.text == job.document.before_substitution == '{"a": 1}'


def test_a_placeholder_that_is_spelled_in_escapes_is_one_too(world: World) -> None:
    with pytest.raises(InvalidRequest, match="Role must be provided"):
        world.create("job", "lamp", document=PRESIGNED.replace("$", r"\u0024"))


def test_an_invalid_role_is_an_error_whatever_the_document(world: World) -> None:
    with pytest.raises(InvalidRequest, match=r"Given role nobody is invalid\."):
        world.create(
            "job", "lamp", document="{}", presigned_url_config=PresignedUrlConfig("nobody")
        )


def test_the_package_versions_of_a_template_are_those_of_its_jobs_unless_they_name_their_own(
    world: World,
) -> None:
    ours, others = (f"{HERE}:package/p/version/1",), (f"{HERE}:package/p/version/2",)
    arn = template(world, destination_package_versions=ours)
    assert world.create("a", "lamp", job_template_arn=arn).destination_package_versions == ours
    assert world.create(
        "b", "lamp", job_template_arn=arn, destination_package_versions=others
    ).destination_package_versions == (others)


def test_the_windows_of_a_template_need_a_start_and_a_continuous_job(world: World) -> None:
    arn = template(world, maintenance_windows=(MaintenanceWindow(*WINDOW),))
    world.group("lamps", "lamp")
    with world.raises(
        InvalidRequest,
        "TargetSelection is invalid. MaintenanceWindow cannot be used with SNAPSHOT job.",
    ):
        world.create("job", "lamps", job_template_arn=arn, start="13:00")
    with world.raises(
        InvalidRequest, "MaintenanceWindow cannot be used without StartTime of SchedulingConfig."
    ):
        world.follow("job", "lamps", job_template_arn=arn)
    job = world.follow("job", "lamps", job_template_arn=arn, start="13:00")
    assert job.scheduling_config == SchedulingConfig(
        start_time="2026-11-21T13:00", maintenance_windows=(MaintenanceWindow(*WINDOW),)
    )


# Errors


def test_an_id_can_be_used_once_even_with_the_same_request(world: World) -> None:
    world.create("job", "lamp")
    with world.raises(JobAlreadyExists):
        world.create("job", "lamp")
    with pytest.raises(JobAlreadyExists) as caught:
        world.create("job", "lamp")
    assert (caught.value.resource_id, caught.value.resource_arn) == ("job", f"{HERE}:job/job")


ERRORS: dict[str, tuple[type[Any], str, dict[str, Any]]] = {
    "no document at all": (
        InvalidRequest,
        "Neither job document nor job document source is specified.",
        {"document": None},
    ),
    "document and source": (
        InvalidRequest,
        "Job document and job document source cannot be specified at the same time.",
        {"document": "{}", "document_source": SOURCE},
    ),
    "no JSON": (
        InvalidRequest,
        "Job document located at request input is an invalid JSON document.",
        {"document": "{"},
    ),
    "no template's ARN": (
        InvalidRequest,
        "Resource type should be jobtemplate but found invalid resource type job",
        {"job_template_arn": f"{HERE}:job/job"},
    ),
    "no ARN at all": (
        InvalidRequest,
        "Invalid arn in request: template",
        {"job_template_arn": "template"},
    ),
    "no such template": (
        JobTemplateNotFound,
        "Job Template nope cannot be found.",
        {"job_template_arn": f"{HERE}:jobtemplate/nope"},
    ),
    "a template of another region": (
        JobTemplateNotFound,
        "Job Template template cannot be found.",
        {"job_template_arn": "arn:aws:iot:us-east-1:123456789012:jobtemplate/template"},
    ),
    "no such managed template": (
        JobTemplateNotFound,
        "Job Template AWS-Nope:1.0 cannot be found.",
        {"job_template_arn": "arn:aws:iot:eu-west-1::jobtemplate/AWS-Nope:1.0"},
    ),
    "no such version of a managed template": (
        JobTemplateNotFound,
        "Job Template AWS-Reboot:2.0 cannot be found.",
        {"job_template_arn": "arn:aws:iot:eu-west-1::jobtemplate/AWS-Reboot:2.0"},
    ),
    "no such managed template in any version": (
        JobTemplateNotFound,
        "Job Template AWS-Nope cannot be found.",
        {"job_template_arn": "arn:aws:iot:eu-west-1::jobtemplate/AWS-Nope"},
    ),
    "parameters without a managed template": (
        InvalidRequest,
        "Document parameters can only be specified with a managed job template.",
        {"document_parameters": {"a": "b"}},
    ),
    "a tag without value": (
        InvalidRequest,
        "Invalid tag parameter exception. Please check the input.",
        {"tags": ({"Key": "a"},)},
    ),
    "a tag of AWS": (
        InvalidRequest,
        'Tags cannot begin with "aws:", offending tag: AWS:a',
        {"tags": ({"Key": "AWS:a", "Value": ""},)},
    ),
    "51 tags": (
        InvalidRequest,
        "Too many tags provided in the request. Please check the input.",
        {"tags": tuple({"Key": str(number), "Value": ""} for number in range(51))},
    ),
    "a presigned URL without a role": (
        InvalidRequest,
        "Role must be provided for pre-sign S3 urls in job document of job job.",
        {"document": PRESIGNED},
    ),
    "no role": (
        InvalidRequest,
        "Given role nobody is invalid.",
        {"document": PRESIGNED, "presigned_url_config": PresignedUrlConfig("nobody")},
    ),
    "an unfinished placeholder": (
        InvalidJobDocument,
        "One or more parameters or placeholders are not terminated.",
        {"document": '{"a":"${aws:iot:parameter:x"}'},
    ),
    "no S3 source": (
        InvalidRequest,
        "Job document source ftp://x is invalid.",
        {"document_source": "ftp://x"},
    ),
    "no such object": (
        InvalidRequest,
        f"Job document located at {SOURCE}x is not found.",
        {"document_source": f"{SOURCE}x"},
    ),
    "an object too large": (
        DocumentTooLarge,
        "Job document from s3://papers/large exceeds size limit 32768 bytes.",
        {"document_source": "s3://papers/large"},
    ),
}


@pytest.mark.parametrize("kind, message, members", ERRORS.values(), ids=ERRORS)
def test_create_job_raises(
    world: World, kind: type[Any], message: str, members: dict[str, Any]
) -> None:
    world.documents.contents["papers", "firmware.json"] = b"{}"
    world.documents.contents["papers", "large"] = b'"' + b"x" * 32767 + b'"'
    template(world)
    with world.raises(kind, message):
        world.create("job", "lamp", **members)


@pytest.mark.parametrize(
    "target, kind, message",
    [
        ("thing/nope", ThingNotFound, "Thing nope cannot be found."),
        ("thinggroup/nope", ThingGroupNotFound, "Thing Group nope cannot be found."),
        ("thinggroup/lamp", ThingGroupNotFound, "Thing Group lamp cannot be found."),
        ("job/lamp", InvalidRequest, f"Invalid target ARN: {HERE}:job/lamp"),
        ("thing/", InvalidRequest, f"Invalid target ARN: {HERE}:thing/"),
    ],
)
def test_a_target_has_to_exist(world: World, target: str, kind: type[Any], message: str) -> None:
    world.thing("lamp")
    with world.raises(kind, message):
        world.create("job", "lamp", f"{HERE}:{target}")


@pytest.mark.parametrize(
    "target",
    ["lamp", "arn:aws:iot:eu-west-1:thing/lamp", "arn:aws:s3:eu-west-1:123456789012:thing/lamp"],
)
def test_a_target_is_an_arn_of_aws_iot(world: World, target: str) -> None:
    world.thing("lamp")
    with world.raises(InvalidRequest, f"Invalid target ARN: {target}"):
        world.control_plane.create_job(
            JobRequest(job_id="job", targets=(target,), document="{}"), world.now
        )


@pytest.mark.parametrize(
    "elsewhere",
    [
        "arn:aws:iot:us-east-1:123456789012",
        "arn:aws:iot:eu-west-1:210987654321",
        "arn:aws-cn:iot:eu-west-1:123456789012",
    ],
)
def test_a_target_of_another_account_or_region_is_not_found(world: World, elsewhere: str) -> None:
    world.group("lamps", "lamp")
    with world.raises(ThingNotFound, "Thing lamp cannot be found."):
        world.create("job", f"{elsewhere}:thing/lamp")
    with world.raises(ThingGroupNotFound, "Thing Group lamps cannot be found."):
        world.create("job", f"{elsewhere}:thinggroup/lamps")


def test_a_job_has_at_most_100_targets(world: World) -> None:
    world.create("most", *(f"thing-{number}" for number in range(100)))
    world.thing("one more")
    with world.raises(TooManyTargets, "Job job cannot have more than 100 targets."):
        world.create("job", *(f"thing-{number}" for number in range(100)), "one more")


def test_the_checks_come_in_the_order_of_aws(world: World) -> None:
    world.create("taken", "lamp")
    request: dict[str, Any] = {
        "job_id": "taken",
        "targets": (f"{HERE}:thing/nope",),
        "timeout_config": TimeoutConfig(0),
        "document": "{",
        "document_source": "nowhere",
        "job_template_arn": f"{HERE}:jobtemplate/nope",
        "windows": [WINDOW],
        "tags": ({"Key": "a"},),
        "start": "12:01",
    }
    mended: list[tuple[str, dict[str, Any]]] = [
        ("inProgressTimeoutInMinutes", {"timeout_config": None}),
        ("already exists", {"job_id": "job"}),
        ("at the same time", {"document_source": None}),
        ("Job Template nope cannot be found", {"job_template_arn": None}),
        ("cannot be used with SNAPSHOT", {"windows": ()}),
        ("tag parameter", {"tags": None}),
        ("StartTime", {"start": None}),
        ("Thing nope cannot be found", {"targets": ("lamp",)}),
        ("invalid JSON", {"document": "{}"}),
    ]

    def create(job_id: str, targets: tuple[str, ...], **members: Any) -> None:
        world.create(job_id, *targets, **members)

    for message, members in mended:
        with pytest.raises(ServiceError, match=message):
            create(**request)
        request.update(members)
    create(**request)

"""Job templates, the account's own and AWS's, tags of jobs and templates, and the switches of
events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.service.errors import (
    InvalidRequest,
    JobNotFound,
    JobTemplateAlreadyExists,
    JobTemplateNotFound,
    TooManyTemplates,
)
from moto_iot_jobs.service.event_configurations import EVENT_TYPES, EventConfigurations
from moto_iot_jobs.service.settings import (
    JobTemplateRequest,
    MaintenanceWindow,
    PresignedUrlConfig,
    TimeoutConfig,
)
from moto_iot_jobs.service.templates.template import JobTemplate

if TYPE_CHECKING:
    from tests.service.conftest import World

HERE = "arn:aws:iot:eu-west-1:123456789012"
BOTH = "Job document and job document source cannot be specified at the same time."
NEITHER = "Neither job document nor job document source is specified."


def create(world: World, template_id: str = "template", **members: Any) -> JobTemplate:
    request = JobTemplateRequest(job_template_id=template_id, description="a template", **members)
    return world.regional.templates.create_job_template(request, world.now)


# The account's templates

PRESIGNED = '{"url": "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/b/k}"}'


def test_a_template_with_presigned_urls_needs_the_role_that_signs_them(world: World) -> None:
    with world.raises(
        InvalidRequest,
        "Role must be provided for pre-sign S3 urls in job document of job template.",
    ):
        create(world, document=PRESIGNED)
    role = PresignedUrlConfig("arn:aws:iam::123456789012:role/presigner")
    create(world, document=PRESIGNED, presigned_url_config=role)
    world.create("job", "lamp", document=PRESIGNED, presigned_url_config=role)
    create(world, "from-a-job", job_arn=f"{HERE}:job/job")
    create(world, "malformed", document='{"url": "${aws:iot:s3-presigned-url:"}')


def test_a_template_keeps_what_it_was_made_from(world: World) -> None:
    template = create(
        world,
        document='{ "a": 1}',
        timeout_config=TimeoutConfig(5),
        maintenance_windows=(MaintenanceWindow("cron(0 10 * * ? *)", 60),),
        tags=({"Key": "a", "Value": "1"},),
    )
    assert world.regional.templates.describe_job_template("template") is template
    assert (template.job_template_arn, template.created_at) == (
        f"{HERE}:jobtemplate/template",
        world.now,
    )
    assert (template.document, template.settings.timeout_config, template.tags) == (
        '{ "a": 1}',
        TimeoutConfig(5),
        {"a": "1"},
    )


def test_a_template_of_a_job_takes_document_and_settings_but_neither_description_nor_tags(
    world: World,
) -> None:
    world.documents.contents["papers", "x.json"] = b'{"of": "job"}'
    job = world.create(
        "job",
        "lamp",
        document_source="s3://papers/x.json",
        description="a job",
        tags=({"Key": "a", "Value": "1"},),
        timeout=5,
        retries={"ALL": 2},
    )
    template = create(world, job_arn=job.arn, timeout_config=TimeoutConfig(9))
    assert (template.document, template.document_source) == ('{"of": "job"}', "s3://papers/x.json")
    assert template.settings.timeout_config == TimeoutConfig(9)
    assert template.settings.job_executions_retry_config == world.retries({"ALL": 2})
    assert (template.description, template.tags) == ("a template", {})
    other = create(world, "other", job_arn=job.arn, document="{}")
    assert (other.document, other.document_source) == ("{}", None)


ERRORS: dict[str, tuple[type[Any], str, dict[str, Any]]] = {
    "no document": (InvalidRequest, NEITHER, {}),
    "document and source": (
        InvalidRequest,
        BOTH,
        {"document": "{}", "document_source": "s3://a/b"},
    ),
    "no JSON": (
        InvalidRequest,
        "Job document located at request input is an invalid JSON document.",
        {"document": "{"},
    ),
    "no such job": (JobNotFound, "Job nope cannot be found.", {"job_arn": f"{HERE}:job/nope"}),
    "a job elsewhere": (
        JobNotFound,
        "Job job cannot be found.",
        {"job_arn": "arn:aws:iot:us-east-1:123456789012:job/job", "document": "{}"},
    ),
    "no role": (
        InvalidRequest,
        "Given role x is invalid.",
        {"document": "{}", "presigned_url_config": PresignedUrlConfig("x")},
    ),
    "a timeout of 0": (
        InvalidRequest,
        "Provide valid timeout value, inProgressTimeoutInMinutes cannot be 0.",
        {"document": "{}", "timeout_config": TimeoutConfig(0)},
    ),
    "a tag without value": (
        InvalidRequest,
        "Invalid tag parameter exception. Please check the input.",
        {"document": "{}", "tags": ({"Key": "a"},)},
    ),
}


@pytest.mark.parametrize("kind, message, members", ERRORS.values(), ids=ERRORS)
def test_create_job_template_raises(
    world: World, kind: type[Any], message: str, members: dict[str, Any]
) -> None:
    world.create("job", "lamp")
    with world.raises(kind, message):
        create(world, **members)


def test_a_window_that_cannot_be_read_is_an_error(world: World) -> None:
    with world.raises(InvalidRequest):
        create(world, document="{}", maintenance_windows=(MaintenanceWindow("at noon", 60),))


def test_a_templates_id_can_be_used_once_and_there_are_at_most_100(world: World) -> None:
    for number in range(100):
        create(world, f"template-{number}", document="{}")
    with world.raises(JobTemplateAlreadyExists, "Job Template template-7 already exists."):
        create(world, "template-7", document="{}")
    with world.raises(TooManyTemplates):
        create(world, document="{}")
    world.regional.templates.delete_job_template("template-7")
    create(world, "template-7", document="{}")


def test_a_deleted_template_is_gone_and_its_jobs_stay(world: World) -> None:
    template = create(world, document="{}")
    job = world.create("job", "lamp", job_template_arn=template.job_template_arn)
    world.regional.templates.delete_job_template("template")
    for call in (
        world.regional.templates.describe_job_template,
        world.regional.templates.delete_job_template,
    ):
        with world.raises(JobTemplateNotFound, "Job Template template cannot be found."):
            call("template")
    assert (job.status, job.job_template_arn) == ("IN_PROGRESS", template.job_template_arn)


def test_templates_are_listed_newest_first_in_pages_that_end(world: World) -> None:
    for number in range(5):
        create(world, f"template-{number}", document="{}")
    templates = world.regional.templates
    first, next_token = templates.list_job_templates(max_results=2)
    templates.delete_job_template("template-2")
    create(world, "template-5", document="{}")
    second, following = templates.list_job_templates(max_results=2, next_token=next_token)
    assert [each.job_template_id for each in first + second] == [
        "template-4",
        "template-3",
        "template-1",
        "template-0",
    ]
    assert following is None
    three, following = templates.list_job_templates(max_results=3)
    rest, _ = templates.list_job_templates(max_results=3, next_token=following)
    assert [each.job_template_id[-1] for each in three + rest] == ["5", "4", "3", "1", "0"]
    with world.raises(InvalidRequest, "Next token is invalid."):
        templates.list_job_templates(next_token="x")


# AWS's templates


def test_managed_templates_are_listed_by_name_in_pages_that_end(world: World) -> None:
    templates = world.regional.templates
    found, next_token = templates.list_managed_job_templates(max_results=5)
    rest, end = templates.list_managed_job_templates(max_results=5, next_token=next_token)
    assert len(found + rest) == 8
    assert end is None
    assert [each.name for each in templates.list_managed_job_templates(name="AWS-Reboot")[0]] == [
        "AWS-Reboot"
    ]
    assert templates.list_managed_job_templates(name="AWS-Nope") == ([], None)
    assert templates.describe_managed_job_template("AWS-Reboot", "1.0").name == "AWS-Reboot"
    with world.raises(JobTemplateNotFound, "Job Template AWS-Nope cannot be found."):
        templates.describe_managed_job_template("AWS-Nope")
    with world.raises(JobTemplateNotFound, "Job Template AWS-Reboot:2.0 cannot be found."):
        templates.describe_managed_job_template("AWS-Reboot", "2.0")


# Tags


@pytest.mark.parametrize("arn", [f"{HERE}:job/thing", f"{HERE}:jobtemplate/thing"])
def test_tags_are_added_replaced_and_removed(world: World, arn: str) -> None:
    world.create("thing", "lamp")
    create(world, "thing", document="{}")
    tags = world.regional.tags
    assert tags.is_ours(arn)
    tags.tag_resource(arn, [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    tags.tag_resource(arn, [{"Key": "a", "Value": "2"}, {"Key": "a", "Value": "3"}])
    assert tags.list_tags_for_resource(arn) == {"a": "3", "b": ""}
    tags.untag_resource(arn, ["b", "never there"])
    assert tags.list_tags_for_resource(arn) == {"a": "3"}


@pytest.mark.parametrize(
    "kind, message",
    [("job", "Job nope cannot be found."), ("jobtemplate", "Job Template nope cannot be found.")],
)
def test_what_is_not_there_has_no_tags_and_gets_none(world: World, kind: str, message: str) -> None:
    arn = f"{HERE}:{kind}/nope"
    error = JobNotFound if kind == "job" else JobTemplateNotFound
    assert world.regional.tags.list_tags_for_resource(arn) == {}
    with world.raises(error, message):
        world.regional.tags.tag_resource(arn, [{"Key": "a", "Value": "1"}])
    with world.raises(error, message):
        world.regional.tags.untag_resource(arn, ["a"])


def test_one_bad_tag_makes_all_an_error(world: World) -> None:
    world.create(
        "job", "lamp", tags=tuple({"Key": str(number), "Value": ""} for number in range(49))
    )
    tag, arn = world.regional.tags.tag_resource, f"{HERE}:job/job"
    with world.raises(InvalidRequest, "The validated collection is empty"):
        tag(arn, [])
    with world.raises(InvalidRequest, 'Tags cannot begin with "aws:", offending tag: Aws:x'):
        tag(arn, [{"Key": "good", "Value": "1"}, {"Key": "Aws:x", "Value": "1"}])
    with world.raises(
        InvalidRequest, "Too many tags provided in the request. Please check the input."
    ):
        tag(arn, [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}])
    with world.raises(InvalidRequest, "Invalid request exception. Please check the input."):
        tag("arn:aws:iot:us-east-1:123456789012:job/job", [{"Key": "a", "Value": "1"}])
    tag(arn, [{"Key": "a", "Value": "1"}, {"Key": "1", "Value": "replaced"}])


@pytest.mark.parametrize(
    "arn, message",
    [
        ("nonsense", "Invalid arn in request"),
        ("arn:aws:s3:::bucket", "Invalid arn in request"),
        ("nra:aws:iot:eu-west-1:123456789012:job/job", "Invalid arn in request"),
        (
            "arn:aws:iot:eu-west-1:210987654321:job/job",
            "ResourceArn doesn't belong in requester's account",
        ),
        (f"{HERE}:thing/lamp", "Invalid resource type in ARN: thing"),
        (f"{HERE}:cert/abc", "Invalid resource type in ARN: cert"),
    ],
)
def test_an_arn_that_cannot_be_tagged_is_an_error(world: World, arn: str, message: str) -> None:
    with world.raises(InvalidRequest, message):
        world.regional.tags.is_ours(arn)


def test_other_resources_are_not_ours_to_tag(world: World) -> None:
    assert not world.regional.tags.is_ours(f"{HERE}:thinggroup/lamps")
    assert not world.regional.tags.is_ours(f"{HERE}:thinggroup/lamps:upstairs")


def test_what_a_host_keeps_is_tagged_here_until_it_is_gone(world: World) -> None:
    tags, arn = world.regional.tags, f"{HERE}:thinggroup/lamps:upstairs"
    kept = {"a": "1"}
    tags.keep(arn, kept)
    assert tags.is_ours(arn)
    tags.tag_resource(arn, [{"Key": "b", "Value": "2"}])
    tags.untag_resource(arn, ["a"])
    assert tags.list_tags_for_resource(arn) == kept == {"b": "2"}
    tags.drop(arn)
    tags.drop(arn)
    assert not tags.is_ours(arn)


# The switches of events


def test_all_events_are_off_until_they_are_switched_on() -> None:
    switches = EventConfigurations()
    assert (set(switches.enabled.values()), switches.created_at, switches.modified_at) == (
        {False},
        None,
        None,
    )
    assert tuple(switches.enabled) == EVENT_TYPES
    switches.update({"JOB": True}, 10)
    switches.update({"JOB_EXECUTION": True, "JOB": False}, 20)
    assert [name for name, on in switches.enabled.items() if on] == ["JOB_EXECUTION"]
    assert (switches.created_at, switches.modified_at) == (10, 20)

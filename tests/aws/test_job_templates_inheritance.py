"""What goes from a job into a template and from a template into a job, member by member (captured;
managed ones: guide).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

ROLE = "arn:aws:iam::123456789012:role/jobs"
OTHER_ROLE = "arn:aws:iam::123456789012:role/other"


def criterion(failure: str, percentage: float) -> dict[str, Any]:
    return {
        "failureType": failure,
        "action": "CANCEL",
        "thresholdPercentage": percentage,
        "minNumberOfExecutedThings": 1,
    }


# A value of each setting for the template, and another for the job.
SETTINGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "presignedUrlConfig": (
        {"roleArn": ROLE, "expiresInSec": 120},
        {"roleArn": OTHER_ROLE, "expiresInSec": 60},
    ),
    "jobExecutionsRolloutConfig": ({"maximumPerMinute": 50}, {"maximumPerMinute": 7}),
    "abortConfig": (
        {"criteriaList": [criterion("FAILED", 20.0), criterion("REJECTED", 30.0)]},
        {"criteriaList": [criterion("ALL", 50.0)]},
    ),
    "timeoutConfig": ({"inProgressTimeoutInMinutes": 30}, {"inProgressTimeoutInMinutes": 5}),
    "jobExecutionsRetryConfig": (
        {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 2}]},
        {"criteriaList": [{"failureType": "TIMED_OUT", "numberOfRetries": 1}]},
    ),
}
OF_THE_TEMPLATE = {name: values[0] for name, values in SETTINGS.items()}
WINDOW = {"startTime": "cron(0 10 * * ? *)", "durationInMinutes": 60}
PACKAGE = "arn:aws:iot:eu-west-1:123456789012:package/p/version/1"


def template(aws: Aws, **members: Any) -> str:
    given = {
        "description": "d",
        **({} if "jobArn" in members else {"document": '{"from":"template"}'}),
        **members,
    }
    arn: str = aws.iot.create_job_template(jobTemplateId="m1", **given)["jobTemplateArn"]
    return arn


def shown(aws: Aws, job_id: str = "j1") -> dict[str, Any]:
    job: dict[str, Any] = aws.iot.describe_job(jobId=job_id)["job"]
    return job


def settings_of(described: dict[str, Any]) -> dict[str, Any]:
    return {name: described[name] for name in SETTINGS if described.get(name)}


# From a template into a job


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_of_the_request_replaces_the_templates_and_the_others_stay(
    aws: Aws, name: str
) -> None:
    arn = template(aws, **OF_THE_TEMPLATE)
    aws.job("j1", "t1", jobTemplateArn=arn, **{name: SETTINGS[name][1]})
    assert settings_of(shown(aws)) == {**OF_THE_TEMPLATE, name: SETTINGS[name][1]}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_of_the_template_alone_is_inherited_alone(aws: Aws, name: str) -> None:
    arn = template(aws, **{name: SETTINGS[name][0]})
    aws.job("j1", "t1", jobTemplateArn=arn)
    assert settings_of(shown(aws)) == {name: SETTINGS[name][0]}


def test_an_inherited_setting_takes_effect(aws: Aws) -> None:
    arn = template(aws, timeoutConfig={"inProgressTimeoutInMinutes": 1})
    aws.job("j1", "t1", jobTemplateArn=arn)
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.advance(minutes=2)
    assert aws.execution("t1", "j1")["status"] == "TIMED_OUT"


@pytest.mark.parametrize("selection", ["SNAPSHOT", "CONTINUOUS"])
def test_target_selection_is_the_requests(aws: Aws, selection: str) -> None:
    aws.job("j1", aws.group("g1", "t1"), jobTemplateArn=template(aws), targetSelection=selection)
    assert shown(aws)["targetSelection"] == selection


def test_a_document_of_the_request_replaces_the_templates_and_its_source(aws: Aws) -> None:
    location = {"LocationConstraint": aws.region}
    aws.client("s3").create_bucket(Bucket="documents", CreateBucketConfiguration=location)
    aws.client("s3").put_object(Bucket="documents", Key="a.json", Body=b'{"from":"a"}')
    aws.client("s3").put_object(Bucket="documents", Key="b.json", Body=b'{"from":"b"}')
    request = {"jobTemplateId": "m1", "description": "d", "documentSource": "s3://documents/a.json"}
    arn = aws.iot.create_job_template(**request)["jobTemplateArn"]
    aws.job("inherited", "t1", jobTemplateArn=arn)
    aws.job("inline", "t1", jobTemplateArn=arn, document='{"from":"request"}')
    aws.job("source", "t1", jobTemplateArn=arn, documentSource="s3://documents/b.json")
    found = {
        job_id: (
            aws.iot.describe_job(jobId=job_id).get("documentSource"),
            aws.iot.get_job_document(jobId=job_id)["document"],
        )
        for job_id in ("inherited", "inline", "source")
    }
    assert found == {
        "inherited": ("s3://documents/a.json", '{"from":"a"}'),
        "inline": (None, '{"from":"request"}'),
        "source": ("s3://documents/b.json", '{"from":"b"}'),
    }


def test_windows_of_the_request_replace_the_templates(aws: Aws) -> None:
    arn = template(aws, maintenanceWindows=[WINDOW])
    start = aws.now().replace(year=aws.now().year + 1, month=1, day=2).strftime("%Y-%m-%dT%H:%M")
    other = {"startTime": "cron(0 12 * * ? *)", "durationInMinutes": 30}
    group = aws.group("g1", "t1")
    for job_id, windows in (("j1", [WINDOW]), ("j2", [other])):
        schedule = {
            "startTime": start,
            **({} if windows == [WINDOW] else {"maintenanceWindows": windows}),
        }
        aws.job(
            job_id,
            group,
            jobTemplateArn=arn,
            targetSelection="CONTINUOUS",
            schedulingConfig=schedule,
        )
        assert shown(aws, job_id)["schedulingConfig"]["maintenanceWindows"] == windows


def publish(aws: Aws, *versions: str) -> None:
    """Publish versions of the package `p`."""
    aws.iot.create_package(packageName="p")
    for version in versions:
        aws.iot.create_package_version(packageName="p", versionName=version)
        aws.iot.update_package_version(packageName="p", versionName=version, action="PUBLISH")


def test_package_versions_of_the_template_are_inherited_too(aws: Aws) -> None:
    publish(aws, "1", "1-other")
    arn = template(aws, destinationPackageVersions=[PACKAGE])
    aws.job("j1", "t1", jobTemplateArn=arn)
    aws.job("j2", "t1", jobTemplateArn=arn, destinationPackageVersions=[PACKAGE + "-other"])
    assert shown(aws)["destinationPackageVersions"] == [PACKAGE]
    assert shown(aws, "j2")["destinationPackageVersions"] == [PACKAGE + "-other"]


def test_neither_description_nor_tags_nor_namespace_come_from_a_template(aws: Aws) -> None:
    arn = template(aws, description="of the template", tags=[{"Key": "k", "Value": "v"}])
    response = aws.job("j1", "t1", jobTemplateArn=arn)
    assert "description" not in response
    assert not {"description", "namespaceId", "tags"} & shown(aws).keys()
    assert aws.iot.list_tags_for_resource(resourceArn=aws.arn("job", "j1"))["tags"] == []
    response = aws.job("j2", "t1", jobTemplateArn=arn, description="of the job")
    assert response["description"] == "of the job"


@pytest.mark.parametrize(
    "arn, message",
    [
        (
            "arn:aws:iot:eu-west-1:123456789012:jobtemplate/ghost",
            "Job Template ghost cannot be found.",
        ),
        ("arn:aws:iot:eu-west-1:999999999999:jobtemplate/m1", "Job Template m1 cannot be found."),
        ("arn:aws:iot:us-east-1:123456789012:jobtemplate/m1", "Job Template m1 cannot be found."),
    ],
    ids=["unknown", "of another account", "of another region"],
)
def test_a_template_must_be_here(aws: Aws, arn: str, message: str) -> None:
    template(aws)
    request = {"jobId": "j1", "targets": [aws.thing("t1")], "jobTemplateArn": arn}
    assert (
        aws.raises("ResourceNotFoundException", 404, aws.iot.create_job, **request).message
        == message
    )


def test_placeholders_of_a_templates_document_are_checked_with_the_job(aws: Aws) -> None:
    url = "${aws:iot:s3-presigned-url:https://s3.eu-west-1.amazonaws.com/firmware/image.bin}"
    url_v2 = url.replace("-url:", "-url-v2:")
    arn = template(aws, document=json.dumps({"url": url_v2}))
    request = {"jobId": "j1", "targets": [aws.thing("t1")], "jobTemplateArn": arn}
    message = aws.raises("InvalidRequestException", 400, aws.iot.create_job, **request).message
    assert message == (
        "presignedUrlConfig role ARN is required to generate an S3 presigned url in job document."
    )
    aws.iot.create_job(**request, presignedUrlConfig={"roleArn": ROLE})


def test_a_template_with_a_classic_placeholder_needs_a_role(aws: Aws) -> None:
    url = "${aws:iot:s3-presigned-url:https://s3.eu-west-1.amazonaws.com/firmware/image.bin}"
    request = {"jobTemplateId": "m1", "description": "d", "document": json.dumps({"url": url})}
    message = aws.raises("InvalidRequestException", 400, aws.iot.create_job_template, **request)
    assert (
        message.message == "Role must be provided for pre-sign S3 urls in job document of job m1."
    )
    aws.iot.create_job_template(**request, presignedUrlConfig={"roleArn": ROLE})


# From a job into a template


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_of_the_request_replaces_the_jobs_and_the_others_stay(
    aws: Aws, name: str
) -> None:
    aws.job("j1", "t1", **OF_THE_TEMPLATE)
    template(aws, jobArn=aws.arn("job", "j1"), **{name: SETTINGS[name][1]})
    described = aws.iot.describe_job_template(jobTemplateId="m1")
    assert settings_of(described) == {**OF_THE_TEMPLATE, name: SETTINGS[name][1]}
    assert described["document"] == '{"op":"x"}'


def test_a_template_takes_the_source_of_its_job_and_the_text_that_was_read(aws: Aws) -> None:
    location = {"LocationConstraint": aws.region}
    aws.client("s3").create_bucket(Bucket="documents", CreateBucketConfiguration=location)
    aws.client("s3").put_object(Bucket="documents", Key="a.json", Body=b'{ "version": 1 }')
    aws.job("j1", "t1", documentSource="s3://documents/a.json")
    aws.client("s3").put_object(Bucket="documents", Key="a.json", Body=b'{ "version": 2 }')
    template(aws, jobArn=aws.arn("job", "j1"))
    described = aws.iot.describe_job_template(jobTemplateId="m1")
    assert (described["document"], described["documentSource"]) == (
        '{ "version": 1 }',
        "s3://documents/a.json",
    )


def test_a_template_of_a_job_outlives_the_job_and_makes_others_like_it(aws: Aws) -> None:
    aws.job("j1", "t1", **OF_THE_TEMPLATE)
    arn = template(aws, jobArn=aws.arn("job", "j1"))
    aws.iot.delete_job(jobId="j1", force=True)
    aws.job("j2", "t1", jobTemplateArn=arn)
    assert settings_of(shown(aws, "j2")) == OF_THE_TEMPLATE
    assert aws.iot.get_job_document(jobId="j2")["document"] == '{"op":"x"}'


# Managed templates


def managed(name: str) -> str:
    return f"arn:aws:iot:eu-west-1::jobtemplate/{name}:1.0"


def test_a_job_of_a_managed_template_has_its_description_and_its_parameters(aws: Aws) -> None:
    parameters = {"downloadUrl": "https://example.com/x", "filePath": "/x"}
    response = aws.job(
        "j1", "t1", jobTemplateArn=managed("AWS-Download-File"), documentParameters=parameters
    )
    described = aws.iot.describe_managed_job_template(templateName="AWS-Download-File")
    assert response["description"] == described["description"]
    job = shown(aws)
    assert (job["description"], job["documentParameters"]) == (described["description"], parameters)
    assert job["jobTemplateArn"] == managed("AWS-Download-File")


def test_the_control_plane_has_the_document_with_its_parameters_and_before_them(aws: Aws) -> None:
    arn = managed("AWS-Run-Command")
    command = 'say "hello",\\,world'
    aws.job(
        "j1", "t1", jobTemplateArn=arn, documentParameters={"command": command, "runAsUser": "root"}
    )
    (step,) = json.loads(aws.iot.get_job_document(jobId="j1")["document"])["steps"]
    assert step["action"]["input"]["command"] == command
    assert step["action"]["runAsUser"] == "root"
    before = aws.iot.get_job_document(jobId="j1", beforeSubstitution=True)["document"]
    assert (
        before == aws.iot.describe_managed_job_template(templateName="AWS-Run-Command")["document"]
    )


def test_a_setting_may_be_added_to_a_managed_template(aws: Aws) -> None:
    aws.job("j1", "t1", jobTemplateArn=managed("AWS-Reboot"), description="mine", **OF_THE_TEMPLATE)
    assert settings_of(shown(aws)) == OF_THE_TEMPLATE
    assert shown(aws)["description"] == "mine"


def test_a_parameter_may_be_a_presigned_url(aws: Aws) -> None:
    url = "${aws:iot:s3-presigned-url:https://s3.eu-west-1.amazonaws.com/firmware/image.bin}"
    request = {
        "jobId": "j1",
        "targets": [aws.thing("t1")],
        "jobTemplateArn": managed("AWS-Download-File"),
        "documentParameters": {"downloadUrl": url, "filePath": "/x"},
    }
    aws.raises("InvalidRequestException", 400, aws.iot.create_job, **request)
    aws.iot.create_job(**request, presignedUrlConfig={"roleArn": ROLE})
    execution = aws.device.describe_job_execution(thingName="t1", jobId="j1")["execution"]
    (step,) = json.loads(execution["jobDocument"])["steps"]
    assert "X-Amz-Signature=" in step["action"]["input"]["args"][0]


@pytest.mark.parametrize("arn", [managed("AWS-Ghost"), managed("AWS-Reboot").replace("1.0", "9.9")])
def test_a_managed_template_or_version_that_does_not_exist_is_not_found(aws: Aws, arn: str) -> None:
    request = {"jobId": "j1", "targets": [aws.thing("t1")], "jobTemplateArn": arn}
    aws.raises("ResourceNotFoundException", 404, aws.iot.create_job, **request)

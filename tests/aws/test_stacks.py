"""Jobs, job templates and software packages as resources of CloudFormation stacks.

Source: the resources' schemas in the CloudFormation registry; how CloudFormation says no: reports
of its users (for one, issue 28984 of the AWS CDK) and captures by badmintoncryer/cdk-preflight.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

SYNTHESISED = Path(__file__).parent / "synthesised"
Properties = dict[str, Any]


def body(resources: dict[str, tuple[str, Properties]], outputs: Any = None) -> str:
    """A template with resources, each given by its type below `AWS::IoT` and its properties."""
    return json.dumps(
        {
            "Resources": {
                name: {"Type": f"AWS::IoT::{kind}", "Properties": properties}
                for name, (kind, properties) in resources.items()
            },
            "Outputs": {name: {"Value": value} for name, value in (outputs or {}).items()},
        }
    )


def create(aws: Aws, template: str, name: str = "fleet") -> dict[str, str]:
    """Create a stack; return its outputs."""
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=template)
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def update(aws: Aws, template: str) -> None:
    aws.client("cloudformation").update_stack(StackName="fleet", TemplateBody=template)


def delete(aws: Aws) -> None:
    aws.client("cloudformation").delete_stack(StackName="fleet")


def refusal(aws: Aws, template: str) -> str:
    """Return why a stack cannot be created, which its events and its status say too."""
    cloudformation = aws.client("cloudformation")
    with pytest.raises(ClientError) as refused:
        cloudformation.create_stack(StackName="fleet", TemplateBody=template)
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationError"
    (stack,) = cloudformation.describe_stacks(StackName="fleet")["Stacks"]
    assert stack["StackStatus"] == "CREATE_FAILED"
    message: str = error["Message"]
    reasons = [
        event.get("ResourceStatusReason", "")
        for event in cloudformation.describe_stack_events(StackName="fleet")["StackEvents"]
        if event["ResourceStatus"] == "CREATE_FAILED"
    ]
    assert len(reasons) == 2
    assert all(message in reason for reason in reasons)
    return message


def job(aws: Aws, **properties: Any) -> Properties:
    """Properties of a job for the thing `t1`."""
    return {"JobId": "j1", "Targets": [aws.thing("t1")], "Document": '{"op":"x"}', **properties}


def job_stack(aws: Aws, **properties: Any) -> str:
    outputs = {"Ref": {"Ref": "Job"}}
    for attribute in ("Arn", "CreatedAt"):
        outputs[attribute] = {"Fn::GetAtt": ["Job", attribute]}  # type: ignore[dict-item]
    return body({"Job": ("Job", job(aws, **properties))}, outputs)


# AWS::IoT::Job


def test_a_stack_makes_a_job(aws: Aws) -> None:
    outputs = create(aws, job_stack(aws, Description="Update"))
    arn = aws.arn("job", "j1")
    assert (outputs["Ref"], outputs["Arn"]) == (arn, arn)
    created = datetime.fromisoformat(outputs["CreatedAt"].replace("Z", "+00:00"))
    assert abs(created - aws.now()) < timedelta(minutes=1)
    assert aws.iot.describe_job(jobId="j1")["job"]["description"] == "Update"
    aws.report("t1", "j1", "SUCCEEDED")
    assert aws.status("j1") == "COMPLETED"


def test_every_property_arrives(aws: Aws) -> None:
    aws.iot.create_package(packageName="app")
    named = {"packageName": "app", "versionName": "1"}
    version = aws.iot.create_package_version(**named)["packageVersionArn"]
    aws.iot.update_package_version(**named, action="PUBLISH")
    start = (aws.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    end = (aws.now() + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    create(
        aws,
        job_stack(
            aws,
            TargetSelection="SNAPSHOT",
            SchedulingConfig={
                "StartTime": start,
                "EndTime": end,
                "EndBehavior": "FORCE_CANCEL",
            },
            DestinationPackageVersions=[version],
            JobExecutionsRetryConfig={
                "CriteriaList": [{"FailureType": "FAILED", "NumberOfRetries": 2}]
            },
            PresignedUrlConfig={
                "RoleArn": "arn:aws:iam::123456789012:role/jobs",
                "ExpiresInSec": 60,
            },
            JobExecutionsRolloutConfig={
                "MaximumPerMinute": "50",
                "ExponentialRate": {
                    "BaseRatePerMinute": 1,
                    "IncrementFactor": 1.5,
                    "RateIncreaseCriteria": {"NumberOfSucceededThings": 10},
                },
            },
            AbortConfig={
                "CriteriaList": [
                    {
                        "FailureType": "ALL",
                        "Action": "CANCEL",
                        "ThresholdPercentage": 12.5,
                        "MinNumberOfExecutedThings": 2,
                    }
                ]
            },
            TimeoutConfig={"InProgressTimeoutInMinutes": 5},
            Tags=[{"Key": "team", "Value": "a"}],
        ),
    )
    shown = aws.iot.describe_job(jobId="j1")["job"]
    assert shown["status"] == "SCHEDULED"
    assert shown["schedulingConfig"] == {
        "startTime": start,
        "endTime": end,
        "endBehavior": "FORCE_CANCEL",
    }
    assert shown["destinationPackageVersions"] == [version]
    assert shown["jobExecutionsRetryConfig"] == {
        "criteriaList": [{"failureType": "FAILED", "numberOfRetries": 2}]
    }
    assert shown["presignedUrlConfig"]["expiresInSec"] == 60
    assert shown["jobExecutionsRolloutConfig"] == {
        "maximumPerMinute": 50,
        "exponentialRate": {
            "baseRatePerMinute": 1,
            "incrementFactor": 1.5,
            "rateIncreaseCriteria": {"numberOfSucceededThings": 10},
        },
    }
    assert shown["abortConfig"]["criteriaList"][0]["thresholdPercentage"] == 12.5
    assert shown["timeoutConfig"] == {"inProgressTimeoutInMinutes": 5}
    tags = aws.iot.list_tags_for_resource(resourceArn=aws.arn("job", "j1"))["tags"]
    assert tags == [{"Key": "team", "Value": "a"}]


def test_a_job_of_a_template_has_its_document(aws: Aws) -> None:
    template = {"JobTemplateId": "m1", "Description": "d", "Document": '{"op":"tpl"}'}
    properties = job(aws, JobTemplateArn={"Fn::GetAtt": ["Template", "Arn"]})
    del properties["Document"]
    create(aws, body({"Template": ("JobTemplate", template), "Job": ("Job", properties)}))
    assert aws.iot.get_job_document(jobId="j1")["document"] == '{"op":"tpl"}'


def test_a_job_for_a_thing_of_the_same_stack(aws: Aws) -> None:
    targets = [{"Fn::GetAtt": ["Thing", "Arn"]}]
    create(
        aws,
        body(
            {
                "Thing": ("Thing", {"ThingName": "lamp"}),
                "Job": ("Job", {"JobId": "j1", "Targets": targets, "Document": "{}"}),
            }
        ),
    )
    assert aws.pending("lamp") == ([], ["j1"])


def test_an_update_is_update_job(aws: Aws) -> None:
    create(
        aws,
        job_stack(
            aws, Description="one", Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}]
        ),
    )
    update(
        aws,
        job_stack(
            aws,
            Description="two",
            TimeoutConfig={"InProgressTimeoutInMinutes": 7},
            Tags=[{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "1"}],
        ),
    )
    shown = aws.iot.describe_job(jobId="j1")["job"]
    assert shown["description"] == "two"
    assert shown["timeoutConfig"] == {"inProgressTimeoutInMinutes": 7}
    tags = aws.iot.list_tags_for_resource(resourceArn=aws.arn("job", "j1"))["tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"b": "2", "c": "1"}
    assert aws.execution("t1", "j1")["status"] == "QUEUED"


def test_another_document_is_another_job(aws: Aws) -> None:
    create(aws, job_stack(aws))
    update(aws, job_stack(aws, JobId="j2", Document='{"op":"y"}'))
    assert [each["jobId"] for each in aws.iot.list_jobs()["jobs"]] == ["j2"]
    delete(aws)
    assert aws.iot.list_jobs()["jobs"] == []


def test_a_replacement_under_the_same_id_is_an_error(aws: Aws) -> None:
    create(aws, job_stack(aws))
    with pytest.raises(ClientError, match=r"Job j1 already exists\."):
        update(aws, job_stack(aws, Document='{"op":"y"}'))
    assert aws.iot.get_job_document(jobId="j1")["document"] == '{"op":"x"}'


def test_a_stack_deletes_a_job_in_progress(aws: Aws) -> None:
    create(aws, job_stack(aws))
    aws.report("t1", "j1", "IN_PROGRESS")
    delete(aws)
    aws.refused("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="j1")


def test_a_deletion_that_lasts_is_waited_for(aws: Aws) -> None:
    aws.deletion("manual", times=3)
    create(aws, job_stack(aws))
    delete(aws)
    assert aws.iot.list_jobs()["jobs"] == []


def test_a_job_that_is_gone_does_not_stop_the_deletion(aws: Aws) -> None:
    create(aws, job_stack(aws))
    aws.iot.delete_job(jobId="j1", force=True)
    delete(aws)


# How it fails


@pytest.mark.parametrize(
    "properties, message",
    [
        (
            {"Targets": ["arn:aws:iot:eu-west-1:123456789012:thing/none"]},
            "Thing none cannot be found.",
        ),
        (
            {"DocumentSource": "https://s3.amazonaws.com/b/k"},
            "Job document and job document source cannot be specified at the same time.",
        ),
        (
            {
                "JobExecutionsRolloutConfig": {
                    "ExponentialRate": {
                        "BaseRatePerMinute": 1,
                        "IncrementFactor": 1.5,
                        "RateIncreaseCriteria": {"NumberOfSucceededThings": 10},
                    }
                }
            },
            "Provide MaximumPerMinute value when ExponentialRate is defined",
        ),
    ],
)
def test_an_error_of_create_job_fails_the_stack(
    aws: Aws, properties: Properties, message: str
) -> None:
    assert refusal(aws, job_stack(aws, **properties)) == message
    assert aws.iot.list_jobs()["jobs"] == []


def test_the_event_says_it_as_cloudformation_does(aws: Aws) -> None:
    create(aws, job_stack(aws), "first")
    refusal(aws, job_stack(aws))
    events = aws.client("cloudformation").describe_stack_events(StackName="fleet")["StackEvents"]
    (event,) = [each for each in events if each["ResourceType"] == "AWS::IoT::Job"]
    reason = event["ResourceStatusReason"]
    assert event["LogicalResourceId"] == "Job"
    assert reason.startswith(
        'Resource handler returned message: "Job j1 already exists. (Service: Iot, Status Code:'
        " 409, Request ID: "
    )
    assert reason.endswith("HandlerErrorCode: AlreadyExists)")


@pytest.mark.parametrize(
    "kind, properties, problems",
    [
        (
            "Job",
            {"jobId": "j"},
            [
                "#: required key [JobId] not found",
                "#: required key [Targets] not found",
                "#: extraneous key [jobId] is not permitted",
            ],
        ),
        (
            "Job",
            {"JobId": "j", "Targets": ["t"], "PresignedUrlConfig": {"roleArn": "r"}},
            ["#/PresignedUrlConfig: extraneous key [roleArn] is not permitted"],
        ),
        (
            "Job",
            {"JobId": "j", "Targets": "t", "TimeoutConfig": {"InProgressTimeoutInMinutes": "x"}},
            [
                "#/Targets: expected type: JSONArray, found: String",
                "#/TimeoutConfig/InProgressTimeoutInMinutes: expected type: Integer, found: String",
            ],
        ),
        (
            "Job",
            {
                "JobId": "j",
                "Targets": ["t"],
                "AbortConfig": {"CriteriaList": [{"Action": "CANCEL", "X": 1}]},
            },
            [
                "#/AbortConfig/CriteriaList/0: required key [FailureType] not found",
                "#/AbortConfig/CriteriaList/0: required key [MinNumberOfExecutedThings] not found",
                "#/AbortConfig/CriteriaList/0: required key [ThresholdPercentage] not found",
                "#/AbortConfig/CriteriaList/0: extraneous key [X] is not permitted",
            ],
        ),
        (
            "JobTemplate",
            {
                "JobTemplateId": "m",
                "Description": "d",
                "JobExecutionsRetryConfig": {"CriteriaList": []},
            },
            ["#/JobExecutionsRetryConfig: extraneous key [CriteriaList] is not permitted"],
        ),
        ("SoftwarePackage", {"Name": "p"}, ["#: extraneous key [Name] is not permitted"]),
        (
            "SoftwarePackageVersion",
            {"PackageName": "p", "Artifact": {"S3Location": {"Bucket": "b", "Key": "k"}}},
            ["#/Artifact/S3Location: required key [Version] not found"],
        ),
    ],
)
def test_properties_are_checked(
    aws: Aws, kind: str, properties: Properties, problems: list[str]
) -> None:
    sentence = "Properties validation failed for resource It with message:"
    told = refusal(aws, body({"It": (kind, properties)}))
    assert told == "\n".join([sentence, *problems])


def test_an_update_with_a_wrong_property_names_the_resource_and_changes_nothing(aws: Aws) -> None:
    properties = {"JobId": "j1", "Targets": [aws.thing("t1")], "Document": "{}"}
    create(aws, body({"It": ("Job", properties)}))
    wrong = body({"It": ("Job", {**properties, "description": "d"})})
    update = aws.client("cloudformation").update_stack
    told = aws.refused(
        "ValidationError", 400, update, StackName="fleet", TemplateBody=wrong
    ).message
    assert told.splitlines() == [
        "Properties validation failed for resource It with message:",
        "#: extraneous key [description] is not permitted",
    ]
    assert "description" not in aws.iot.describe_job(jobId="j1")["job"]


def test_a_type_of_iot_that_is_not_modelled_is_warned_of(aws: Aws) -> None:
    if aws.url is not None:
        pytest.skip("a server's log has it")
    template = body({"Filter": ("AccountAuditConfiguration", {})})
    with pytest.warns(UserWarning, match="AWS::IoT::AccountAuditConfiguration"):
        create(aws, template)


# AWS::IoT::JobTemplate


def test_all_properties_of_a_template_arrive(aws: Aws) -> None:
    aws.job("j0", "t1", document='{"op":"of a job"}')
    version = aws.arn("package", "app/version/1")
    windows = [{"StartTime": "cron(0 3 * * ? *)", "DurationInMinutes": 60}]
    properties = {
        "JobTemplateId": "m1",
        "Description": "d",
        "JobArn": aws.arn("job", "j0"),
        "MaintenanceWindows": windows,
        "DestinationPackageVersions": [version],
        "JobExecutionsRetryConfig": {
            "RetryCriteriaList": [{"FailureType": "ALL", "NumberOfRetries": 1}]
        },
        "JobExecutionsRolloutConfig": {
            "MaximumPerMinute": 10,
            "ExponentialRolloutRate": {
                "BaseRatePerMinute": 1,
                "IncrementFactor": 2,
                "RateIncreaseCriteria": {"NumberOfNotifiedThings": 5},
            },
        },
        "Tags": [{"Key": "team", "Value": "a"}],
    }
    outputs = {"Ref": {"Ref": "T"}, "Arn": {"Fn::GetAtt": ["T", "Arn"]}}
    arn = aws.arn("jobtemplate", "m1")
    assert create(aws, body({"T": ("JobTemplate", properties)}, outputs)) == {
        "Ref": "m1",
        "Arn": arn,
    }
    shown = aws.iot.describe_job_template(jobTemplateId="m1")
    assert shown["document"] == '{"op":"of a job"}'
    assert shown["maintenanceWindows"] == [
        {"startTime": "cron(0 3 * * ? *)", "durationInMinutes": 60}
    ]
    assert shown["destinationPackageVersions"] == [version]
    assert shown["jobExecutionsRetryConfig"]["criteriaList"][0]["numberOfRetries"] == 1
    rate = shown["jobExecutionsRolloutConfig"]["exponentialRate"]
    assert rate["rateIncreaseCriteria"] == {"numberOfNotifiedThings": 5}
    tags = aws.iot.list_tags_for_resource(resourceArn=arn)["tags"]
    assert tags == [{"Key": "team", "Value": "a"}]


def test_an_update_of_a_template_replaces_it(aws: Aws) -> None:
    properties = {"JobTemplateId": "m1", "Description": "one", "Document": "{}"}
    create(aws, body({"T": ("JobTemplate", properties)}))
    update(aws, body({"T": ("JobTemplate", {**properties, "Description": "two"})}))
    shown = aws.iot.describe_job_template(jobTemplateId="m1")
    assert shown["description"] == "two"
    update(aws, body({"T": ("JobTemplate", {**properties, "JobTemplateId": "m2"})}))
    listed = aws.iot.list_job_templates()["jobTemplates"]
    assert [each["jobTemplateId"] for each in listed] == ["m2"]
    delete(aws)
    assert aws.iot.list_job_templates()["jobTemplates"] == []


# AWS::IoT::SoftwarePackage and AWS::IoT::SoftwarePackageVersion

PACKAGE = {"PackageName": "app", "Description": "An app"}
VERSION = {
    "PackageName": {"Ref": "App"},
    "VersionName": "1.0",
    "Attributes": {"size": "3"},
    "Artifact": {"S3Location": {"Bucket": "b", "Key": "k", "Version": "v"}},
    "Recipe": "r",
    "Tags": [{"Key": "team", "Value": "a"}],
}


def package_stack(version: Properties | None = None, **package: Any) -> str:
    return body(
        {
            "App": ("SoftwarePackage", {**PACKAGE, **package}),
            "One": ("SoftwarePackageVersion", {**VERSION, **(version or {})}),
        },
        {
            "Package": {"Ref": "App"},
            "PackageArn": {"Fn::GetAtt": ["App", "PackageArn"]},
            "Version": {"Ref": "One"},
            "VersionArn": {"Fn::GetAtt": ["One", "PackageVersionArn"]},
            "Status": {"Fn::GetAtt": ["One", "Status"]},
        },
    )


def test_a_stack_makes_packages_and_versions(aws: Aws) -> None:
    assert create(aws, package_stack(Tags=[{"Key": "k", "Value": "v"}])) == {
        "Package": "app",
        "PackageArn": aws.arn("package", "app"),
        "Version": "app|1.0",
        "VersionArn": aws.arn("package", "app/version/1.0"),
        "Status": "DRAFT",
    }
    shown = aws.iot.get_package_version(packageName="app", versionName="1.0")
    assert (shown["attributes"], shown["recipe"]) == ({"size": "3"}, "r")
    assert shown["artifact"]["s3Location"] == {"bucket": "b", "key": "k", "version": "v"}
    tags = aws.iot.list_tags_for_resource(resourceArn=aws.arn("package", "app"))["tags"]
    assert tags == [{"Key": "k", "Value": "v"}]


def test_a_stack_updates_packages_and_versions(aws: Aws) -> None:
    create(aws, package_stack())
    tags = [{"Key": "team", "Value": "b"}]
    update(aws, package_stack({"Attributes": {"size": "4"}, "Tags": tags}, Description="Another"))
    assert aws.iot.get_package(packageName="app")["description"] == "Another"
    shown = aws.iot.get_package_version(packageName="app", versionName="1.0")
    assert shown["attributes"] == {"size": "4"}
    arn = aws.arn("package", "app/version/1.0")
    assert aws.iot.list_tags_for_resource(resourceArn=arn)["tags"] == tags


def test_an_update_that_the_status_forbids_fails(aws: Aws) -> None:
    create(aws, package_stack())
    aws.iot.update_package_version(packageName="app", versionName="1.0", action="PUBLISH")
    with pytest.raises(ClientError, match="in status PUBLISHED cannot get another attributes"):
        update(aws, package_stack({"Attributes": {"size": "4"}}))


def test_a_stack_deletes_a_default_version_and_versions_it_did_not_make(aws: Aws) -> None:
    create(aws, package_stack())
    aws.iot.update_package_version(packageName="app", versionName="1.0", action="PUBLISH")
    aws.iot.update_package(packageName="app", defaultVersionName="1.0")
    aws.iot.create_package_version(packageName="app", versionName="2.0")
    delete(aws)
    assert aws.iot.list_packages()["packageSummaries"] == []


def test_names_are_generated_where_none_are_given(aws: Aws) -> None:
    outputs = create(
        aws,
        body(
            {
                "App": ("SoftwarePackage", {}),
                "One": ("SoftwarePackageVersion", {"PackageName": {"Ref": "App"}}),
            },
            {"Package": {"Ref": "App"}, "Version": {"Ref": "One"}},
        ),
    )
    assert outputs["Package"].startswith("fleet-App-")
    package, version = outputs["Version"].split("|")
    assert package == outputs["Package"]
    assert version.startswith("fleet-One-")
    update(
        aws,
        body(
            {
                "App": ("SoftwarePackage", {"Description": "d"}),
                "One": ("SoftwarePackageVersion", {"PackageName": {"Ref": "App"}}),
            }
        ),
    )
    assert aws.iot.get_package(packageName=outputs["Package"])["description"] == "d"


# What AWS's CDK makes of its constructs


@pytest.mark.parametrize("name", ["job", "job_template", "software_package"])
def test_what_the_cdk_synthesises_works_unchanged(aws: Aws, name: str) -> None:
    aws.thing("sensor")
    template = (SYNTHESISED / f"{name}.template.json").read_text(encoding="utf-8")
    cloudformation = aws.client("cloudformation")
    # A parameter of every synthesised template names a version in the Systems Manager.
    parameter = "/cdk-bootstrap/hnb659fds/version"
    aws.client("ssm").put_parameter(Name=parameter, Value="21", Type="String")
    cloudformation.create_stack(StackName="fleet", TemplateBody=template)
    (stack,) = cloudformation.describe_stacks(StackName="fleet")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    made = cloudformation.describe_stack_resources(StackName="fleet")["StackResources"]
    # moto tells nothing of its own things.
    ours = [each for each in made if each["ResourceType"] != "AWS::IoT::Thing"]
    assert ours
    assert all(each["PhysicalResourceId"] for each in ours)
    delete(aws)
    assert aws.iot.list_jobs()["jobs"] == []
    assert aws.iot.list_packages()["packageSummaries"] == []
    assert aws.iot.list_job_templates()["jobTemplates"] == []

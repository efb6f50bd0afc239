"""What stands next to jobs in an account goes on working, and works together with them."""

from __future__ import annotations

import copy
import json
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.aws.conftest import Aws


# Things, groups, certificates, shadows, search and the dashboard are moto's own.


def test_things_and_groups_are_described_and_listed(aws: Aws) -> None:
    aws.job("j1", aws.group("g1", "t1", "t2"))
    assert aws.iot.describe_thing(thingName="t1")["thingArn"] == aws.arn("thing", "t1")
    assert [thing["thingName"] for thing in aws.iot.list_things()["things"]] == ["t1", "t2"]
    assert aws.iot.list_things_in_thing_group(thingGroupName="g1")["things"] == ["t1", "t2"]
    assert (
        aws.iot.list_thing_groups_for_thing(thingName="t1")["thingGroups"][0]["groupName"] == "g1"
    )


def test_a_group_may_go_while_its_job_runs(aws: Aws) -> None:
    aws.job("j1", aws.group("g1", "t1"))
    aws.iot.delete_thing_group(thingGroupName="g1")
    aws.report("t1", "j1", "SUCCEEDED")
    assert aws.status("j1") == "COMPLETED"


def test_the_executions_of_a_deleted_thing_stay_listed(aws: Aws) -> None:
    """Those that are queued are removed (API reference, JobProcessDetails)."""
    aws.job("j1", "t1", "t2")
    aws.iot.delete_thing(thingName="t1")
    listed = aws.iot.list_job_executions_for_job(jobId="j1")["executionSummaries"]
    assert {one["thingArn"]: one["jobExecutionSummary"]["status"] for one in listed} == {
        aws.arn("thing", "t1"): "REMOVED",
        aws.arn("thing", "t2"): "QUEUED",
    }
    assert aws.execution("t1", "j1")["status"] == "REMOVED"


def test_certificates_are_attached_as_ever(aws: Aws) -> None:
    aws.job("j1", "t1")
    principal = aws.iot.create_keys_and_certificate(setAsActive=True)["certificateArn"]
    aws.iot.attach_thing_principal(thingName="t1", principal=principal)
    assert aws.iot.list_thing_principals(thingName="t1")["principals"] == [principal]


def test_a_shadow_and_a_job_of_one_thing_leave_each_other_alone(aws: Aws) -> None:
    aws.job("j1", "t1")
    shadows = aws.client("iot-data")
    shadows.update_thing_shadow(
        thingName="t1", payload=json.dumps({"state": {"desired": {"lit": True}}})
    )
    aws.iot.delete_job(jobId="j1", force=True)
    shadow = json.loads(shadows.get_thing_shadow(thingName="t1")["payload"].read())
    assert shadow["state"]["desired"] == {"lit": True}


def test_the_index_finds_things_that_have_jobs(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    indexing = {"thingIndexingMode": "REGISTRY"}
    aws.iot.update_indexing_configuration(thingIndexingConfiguration=indexing)
    found = aws.iot.search_index(queryString="thingName:t1")["things"]
    assert [thing["thingName"] for thing in found] == ["t1"]


def test_a_thing_type_is_described_as_ever(aws: Aws) -> None:
    aws.iot.create_thing_type(thingTypeName="lamp")
    aws.iot.create_thing(thingName="typed", thingTypeName="lamp")
    aws.job("j1", aws.arn("thing", "typed"))
    assert aws.iot.describe_thing(thingName="typed")["thingTypeName"] == "lamp"
    assert aws.pending("typed") == ([], ["j1"])


def test_a_document_is_read_from_s3(aws: Aws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(
        Bucket="documents", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    s3.put_object(Bucket="documents", Key="update.json", Body=b'{ "op": "update" }')
    source = "https://documents.s3.eu-west-1.amazonaws.com/update.json"
    aws.job("j1", "t1", documentSource=source)
    s3.delete_object(Bucket="documents", Key="update.json")  # it was read once, at creation
    assert aws.iot.describe_job(jobId="j1")["documentSource"] == source
    assert aws.iot.get_job_document(jobId="j1")["document"] == '{ "op": "update" }'


def test_motos_dashboard_can_be_shown(aws: Aws) -> None:
    aws.job("j1", aws.group("g1", "t1"))
    aws.iot.create_job_template(jobTemplateId="tpl", description="d", document="{}")
    base = aws.url or "http://motoapi.amazonaws.com"
    response = requests.get(f"{base}/moto-api/data.json", timeout=30)
    assert (response.status_code, isinstance(response.json(), dict)) == (200, True)


# CloudFormation.

PROPERTIES_WITH_LISTS = {
    "AbortConfig": {
        "CriteriaList": [
            {
                "Action": "CANCEL",
                "FailureType": "FAILED",
                "MinNumberOfExecutedThings": 1,
                "ThresholdPercentage": 20,
            }
        ]
    },
    "JobExecutionsRetryConfig": {
        "RetryCriteriaList": [{"FailureType": "FAILED", "NumberOfRetries": 2}]
    },
}
STACK: dict[str, Any] = {
    "Resources": {
        "Update": {
            "Type": "AWS::IoT::JobTemplate",
            "Properties": {
                "JobTemplateId": "update",
                "Description": "Update the firmware",
                "Document": '{"op": "update"}',
                "TimeoutConfig": {"InProgressTimeoutInMinutes": 30},
                "JobExecutionsRolloutConfig": {"MaximumPerMinute": 10},
            },
        }
    },
    "Outputs": {
        "Ref": {"Value": {"Ref": "Update"}},
        "Arn": {"Value": {"Fn::GetAtt": ["Update", "Arn"]}},
    },
}


def create_stack(aws: Aws, **properties: Any) -> dict[str, str]:
    """Create the stack, its template with further properties; return its outputs."""
    body = copy.deepcopy(STACK)
    body["Resources"]["Update"]["Properties"].update(properties)
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(StackName="fleet", TemplateBody=json.dumps(body))
    (stack,) = cloudformation.describe_stacks(StackName="fleet")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def test_ref_and_getatt_name_the_template(aws: Aws) -> None:
    assert create_stack(aws) == {"Ref": "update", "Arn": aws.arn("jobtemplate", "update")}


def test_a_stacks_template_is_described_and_listed(aws: Aws) -> None:
    create_stack(aws)
    template = aws.iot.describe_job_template(jobTemplateId="update")
    assert template["jobTemplateArn"] == aws.arn("jobtemplate", "update")
    assert (template["description"], template["document"]) == (
        "Update the firmware",
        '{"op": "update"}',
    )
    assert template["timeoutConfig"] == {"inProgressTimeoutInMinutes": 30}
    assert template["jobExecutionsRolloutConfig"] == {"maximumPerMinute": 10}
    assert [one["jobTemplateId"] for one in aws.iot.list_job_templates()["jobTemplates"]] == [
        "update"
    ]


def test_criteria_of_a_stacks_template_are_read_as_cloudformation_writes_them(aws: Aws) -> None:
    """CloudFormation user guide, AWS::IoT::JobTemplate: every member begins with a capital, and
    one has a longer name.
    """
    create_stack(aws, **PROPERTIES_WITH_LISTS)
    template = aws.iot.describe_job_template(jobTemplateId="update")
    assert template["abortConfig"]["criteriaList"] == [
        {
            "failureType": "FAILED",
            "action": "CANCEL",
            "thresholdPercentage": 20.0,
            "minNumberOfExecutedThings": 1,
        }
    ]
    assert template["jobExecutionsRetryConfig"]["criteriaList"] == [
        {"failureType": "FAILED", "numberOfRetries": 2}
    ]


def test_a_job_is_made_from_a_stacks_template(aws: Aws) -> None:
    outputs = create_stack(aws)
    aws.job("j1", "t1", jobTemplateArn=outputs["Arn"])
    job = aws.iot.describe_job(jobId="j1")["job"]
    assert (job["jobTemplateArn"], job["timeoutConfig"]) == (
        outputs["Arn"],
        {"inProgressTimeoutInMinutes": 30},
    )
    assert aws.iot.get_job_document(jobId="j1")["document"] == '{"op": "update"}'
    aws.report("t1", "j1", "SUCCEEDED")
    assert aws.status("j1") == "COMPLETED"


def test_the_template_goes_with_its_stack(aws: Aws) -> None:
    create_stack(aws)
    aws.client("cloudformation").delete_stack(StackName="fleet")
    aws.raises(
        "ResourceNotFoundException", 404, aws.iot.describe_job_template, jobTemplateId="update"
    )
    assert aws.iot.list_job_templates()["jobTemplates"] == []


# Resource Groups Tagging API.

with_taggable_services = pytest.mark.skipif(
    find_spec("moto.core.resource_tagging") is None,
    reason="moto before 5.2.2 finds tagged resources only in services that it knows by name",
)


@with_taggable_services
def test_tagged_jobs_and_templates_are_found_by_their_tags(aws: Aws) -> None:
    tags = [{"Key": "team", "Value": "lamps"}]
    aws.job("j1", "t1", tags=tags)
    aws.job("j2", "t1", tags=[{"Key": "team", "Value": "doors"}])
    aws.iot.create_job_template(jobTemplateId="tpl", description="d", document="{}", tags=tags)
    tagging = aws.client("resourcegroupstaggingapi")
    found = tagging.get_resources(TagFilters=[{"Key": "team", "Values": ["lamps"]}])[
        "ResourceTagMappingList"
    ]
    assert {one["ResourceARN"]: one["Tags"] for one in found} == {
        aws.arn("job", "j1"): tags,
        aws.arn("jobtemplate", "tpl"): tags,
    }
    typed = tagging.get_resources(ResourceTypeFilters=["iot:job"])["ResourceTagMappingList"]
    assert {one["ResourceARN"] for one in typed} == {aws.arn("job", "j1"), aws.arn("job", "j2")}


@with_taggable_services
def test_a_tag_set_there_is_listed_here_and_a_deleted_job_is_found_no_more(aws: Aws) -> None:
    aws.job("j1", "t1")
    arn = aws.arn("job", "j1")
    tagging = aws.client("resourcegroupstaggingapi")
    tagging.tag_resources(ResourceARNList=[arn], Tags={"team": "lamps"})
    assert aws.iot.list_tags_for_resource(resourceArn=arn)["tags"] == [
        {"Key": "team", "Value": "lamps"}
    ]
    aws.iot.delete_job(jobId="j1", force=True)
    assert tagging.get_resources()["ResourceTagMappingList"] == []


# IAM.


def clients_allowed(aws: Aws, *actions: str) -> tuple[Any, Any]:
    """Make a user who may do nothing but these actions; return the user's clients of both planes."""
    iam = aws.client("iam")
    iam.create_user(UserName="owner")
    policy = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"},
    }
    iam.put_user_policy(UserName="owner", PolicyName="some", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="owner")["AccessKey"]
    credentials = {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
        "config": aws.iot.meta.config,
    }
    return aws.client("iot", **credentials), aws.client("iot-jobs-data", **credentials)


def test_what_is_allowed_is_done_and_what_is_not_is_denied(aws: Aws) -> None:
    aws.job("j1", "t1")
    iot, device = clients_allowed(aws, "iot:DescribeJob", "iotjobsdata:GetPendingJobExecutions")
    with aws.authenticating():
        assert iot.describe_job(jobId="j1")["job"]["jobId"] == "j1"
        aws.raises("AccessDeniedException", 403, iot.delete_job, jobId="j1", force=True)
        execution = {"jobId": "j1", "thingName": "t1"}
        aws.raises(
            "AccessDeniedException", 403, iot.delete_job_execution, **execution, executionNumber=1
        )
        assert device.get_pending_job_executions(thingName="t1")["queuedJobs"][0]["jobId"] == "j1"
        aws.raises(
            "AccessDeniedException",
            403,
            device.update_job_execution,
            **execution,
            status="SUCCEEDED",
        )
    assert (aws.status("j1"), aws.execution("t1", "j1")["versionNumber"]) == ("IN_PROGRESS", 1)


def test_deletion_is_an_action_like_any_other(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    iot, _ = clients_allowed(aws, "iot:DeleteJob*")
    with aws.authenticating():
        iot.delete_job_execution(jobId="j1", thingName="t1", executionNumber=1)
        iot.delete_job(jobId="j1", force=True)
        aws.raises("AccessDeniedException", 403, iot.list_jobs)
    assert aws.iot.list_jobs()["jobs"] == []


def test_the_devices_actions_have_their_own_prefix(aws: Aws) -> None:
    aws.job("j1", "t1")
    _, device = clients_allowed(aws, "iot:*", "iot-jobs-data:*")
    with aws.authenticating():
        aws.raises(
            "AccessDeniedException", 403, device.start_next_pending_job_execution, thingName="t1"
        )
    assert aws.execution("t1", "j1")["status"] == "QUEUED"

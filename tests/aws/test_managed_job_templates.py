"""The job templates that AWS provides, and jobs made from them (developer guide, Use AWS managed
templates).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

# The name, the parameters that must be given, and what the document asks of the device.
PUBLISHED: dict[str, tuple[list[str], str, str | None]] = {
    "AWS-Download-File": (["downloadUrl", "filePath"], "Download-File", "download-file.sh"),
    "AWS-Install-Application": (["packages"], "Install-Application", "install-packages.sh"),
    "AWS-Reboot": ([], "Reboot", "reboot.sh"),
    "AWS-Remove-Application": (["packages"], "Remove-Application", "remove-packages.sh"),
    "AWS-Restart-Application": (["services"], "Restart-Application", "restart-services.sh"),
    "AWS-Run-Command": (["command"], "Run-Command", None),
    "AWS-Start-Application": (["services"], "Start-Application", "start-services.sh"),
    "AWS-Stop-Application": (["services"], "Stop-Application", "stop-services.sh"),
}
EACH = pytest.mark.parametrize("name", PUBLISHED)


def arn(name: str) -> str:
    return f"arn:aws:iot:eu-west-1::jobtemplate/{name}:1.0"


def step(document: str) -> dict[str, Any]:
    whole = json.loads(document)
    assert whole["version"] == "1.0"
    (only,) = whole["steps"]
    action: dict[str, Any] = only["action"]
    return action


def given_to_the_device(aws: Aws, job_id: str = "j1") -> dict[str, Any]:
    response = aws.device.describe_job_execution(thingName="t1", jobId=job_id)
    return step(response["execution"]["jobDocument"])


def test_all_eight_are_listed(aws: Aws) -> None:
    listed = aws.iot.list_managed_job_templates()["managedJobTemplates"]
    assert {one["templateName"] for one in listed} == set(PUBLISHED)
    for one in listed:
        assert one["templateArn"] == arn(one["templateName"])
        assert (one["templateVersion"], one["environments"]) == ("1.0", ["LINUX"])
        assert one["description"]


def test_a_list_can_be_narrowed_to_a_name(aws: Aws) -> None:
    (one,) = aws.iot.list_managed_job_templates(templateName="AWS-Reboot")["managedJobTemplates"]
    assert one["templateName"] == "AWS-Reboot"


def test_pages_hold_every_template_once_and_end(aws: Aws) -> None:
    pages = aws.iot.get_paginator("list_managed_job_templates").paginate(
        PaginationConfig={"PageSize": 3}
    )
    names = [one["templateName"] for page in pages for one in page["managedJobTemplates"]]
    assert sorted(names) == sorted(PUBLISHED)


@EACH
def test_a_template_describes_its_parameters(aws: Aws, name: str) -> None:
    required, _, handler = PUBLISHED[name]
    shown = aws.iot.describe_managed_job_template(templateName=name)
    parameters = {one["key"]: one for one in shown["documentParameters"]}
    assert [key for key, one in parameters.items() if not one["optional"]] == required
    optional = {"runAsUser", "pathToHandler"} if handler else {"runAsUser"}
    assert {key for key, one in parameters.items() if one["optional"]} == optional
    assert parameters["runAsUser"]["regex"] == "(.){0,256}"
    assert (shown["templateName"], shown["templateArn"], shown["templateVersion"]) == (
        name,
        arn(name),
        "1.0",
    )
    assert shown["environments"] == ["LINUX"]


@EACH
def test_a_templates_document_names_its_action_and_handler(aws: Aws, name: str) -> None:
    required, action_name, handler = PUBLISHED[name]
    action = step(aws.iot.describe_managed_job_template(templateName=name)["document"])
    assert action["name"] == action_name
    assert action["runAsUser"] == "${aws:iot:parameter:runAsUser}"
    if handler is None:
        assert action["type"] == "runCommand"
        assert action["input"] == {"command": "${aws:iot:parameter:command}"}
    else:
        assert action["type"] == "runHandler"
        expected: dict[str, Any] = {
            "handler": handler,
            "path": "${aws:iot:parameter:pathToHandler}",
        }
        if required:
            expected["args"] = [f"${{aws:iot:parameter:{key}}}" for key in required]
        assert action["input"] == expected


def test_a_version_may_be_requested(aws: Aws) -> None:
    shown = aws.iot.describe_managed_job_template(templateName="AWS-Reboot", templateVersion="1.0")
    assert shown["templateVersion"] == "1.0"
    call = aws.iot.describe_managed_job_template
    aws.raises(
        "ResourceNotFoundException", 404, call, templateName="AWS-Reboot", templateVersion="9.0"
    )


def test_an_unknown_template_is_not_found(aws: Aws) -> None:
    call = aws.iot.describe_managed_job_template
    aws.raises("ResourceNotFoundException", 404, call, templateName="AWS-Ghost")


@EACH
def test_a_job_can_be_made_from_each(aws: Aws, name: str) -> None:
    required, action_name, _ = PUBLISHED[name]
    parameters = {key: f"value-of-{key}" for key in required}
    settings: dict[str, Any] = {"documentParameters": parameters} if parameters else {}
    aws.job("j1", "t1", jobTemplateArn=arn(name), **settings)
    action = given_to_the_device(aws)
    assert action["name"] == action_name
    text = json.dumps(action)
    assert all(f"value-of-{key}" in text for key in required)
    assert "${" not in text


def test_parameters_replace_their_placeholders_and_those_left_out_become_empty(
    aws: Aws,
) -> None:
    parameters = {
        "downloadUrl": "https://example.com/a",
        "filePath": "/opt/a",
        "runAsUser": "user1",
    }
    aws.job("j1", "t1", jobTemplateArn=arn("AWS-Download-File"), documentParameters=parameters)
    action = given_to_the_device(aws)
    assert action["input"] == {
        "handler": "download-file.sh",
        "args": ["https://example.com/a", "/opt/a"],
        "path": "",
    }
    assert action["runAsUser"] == "user1"


def test_the_response_and_the_job_carry_the_templates_description(aws: Aws) -> None:
    response = aws.job("j1", "t1", jobTemplateArn=arn("AWS-Reboot"))
    assert response["description"] == "A managed job template for rebooting the device."


def test_a_required_parameter_must_be_given(aws: Aws) -> None:
    request = {
        "jobId": "j1",
        "targets": [aws.thing("t1")],
        "jobTemplateArn": arn("AWS-Run-Command"),
    }
    aws.raises("InvalidRequestException", 400, aws.iot.create_job, **request)
    aws.raises(
        "InvalidRequestException",
        400,
        aws.iot.create_job,
        **request,
        documentParameters={"other": "x"},
    )
    assert aws.iot.list_jobs()["jobs"] == []


def test_a_template_that_aws_does_not_provide_is_not_found(aws: Aws) -> None:
    request = {"jobId": "j1", "targets": [aws.thing("t1")], "jobTemplateArn": arn("AWS-Ghost")}
    aws.raises("ResourceNotFoundException", 404, aws.iot.create_job, **request)


def test_managed_templates_are_not_among_the_accounts_own(aws: Aws) -> None:
    assert aws.iot.list_job_templates()["jobTemplates"] == []

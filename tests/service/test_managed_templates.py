"""AWS's own job templates against the pages that document them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from moto_iot_jobs.service.documents.document import JobDocument, check_document
from moto_iot_jobs.service.documents.substitution import substitute_parameters
from moto_iot_jobs.service.errors import InvalidRequest
from moto_iot_jobs.service.templates.managed import (
    MANAGED_TEMPLATES,
    ManagedJobTemplate,
    check_parameters,
    managed_template,
)
from moto_iot_jobs.service.templates.template import template_name

# Name, required parameters, handler and action of each, as the AWS IoT developer guide has them
# (job-templates-managed).
DOCUMENTED = [
    ("AWS-Download-File", ["downloadUrl", "filePath"], "download-file.sh", "Download-File"),
    ("AWS-Install-Application", ["packages"], "install-packages.sh", "Install-Application"),
    ("AWS-Reboot", [], "reboot.sh", "Reboot"),
    ("AWS-Remove-Application", ["packages"], "remove-packages.sh", "Remove-Application"),
    ("AWS-Restart-Application", ["services"], "restart-services.sh", "Restart-Application"),
    ("AWS-Start-Application", ["services"], "start-services.sh", "Start-Application"),
    ("AWS-Stop-Application", ["services"], "stop-services.sh", "Stop-Application"),
    ("AWS-Run-Command", ["command"], None, "Run-Command"),
]
GIVEN = {
    "AWS-Download-File": {"downloadUrl": "https://example.com/f", "filePath": "/path/to/file"},
    "AWS-Run-Command": {"command": "echo,ok"},
}


def template(name: str) -> ManagedJobTemplate:
    found = managed_template(name)
    assert found is not None
    return found


def test_there_are_the_eight_documented_ones() -> None:
    assert set(MANAGED_TEMPLATES) == {name for name, *_ in DOCUMENTED}


@pytest.mark.parametrize("name, required, handler, action", DOCUMENTED)
def test_documents_have_the_documented_schema(
    name: str, required: list[str], handler: str | None, action: str
) -> None:
    inputs: dict[str, Any] = {"command": "${aws:iot:parameter:command}"}
    if handler:
        inputs = {"handler": handler}
        if required:
            inputs["args"] = [f"${{aws:iot:parameter:{key}}}" for key in required]
        inputs["path"] = "${aws:iot:parameter:pathToHandler}"
    step = {
        "name": action,
        "type": "runHandler" if handler else "runCommand",
        "input": inputs,
        "runAsUser": "${aws:iot:parameter:runAsUser}",
    }
    # As text, because the guide's sample shows the order and that there are no blanks.
    document = json.dumps({"version": "1.0", "steps": [{"action": step}]}, separators=(",", ":"))
    assert template(name).document == document
    check_document(document)


@pytest.mark.parametrize("name, required, handler, action", DOCUMENTED)
def test_parameters_are_the_documented_ones(
    name: str, required: list[str], handler: str | None, action: str
) -> None:
    parameters = template(name).parameters
    assert [parameter.key for parameter in parameters if not parameter.optional] == required
    optional = {parameter.key: parameter.regex for parameter in parameters if parameter.optional}
    assert optional.pop("runAsUser") == "(.){0,256}"
    assert optional == ({"pathToHandler": "(.){0,4096}"} if handler else {})


@pytest.mark.parametrize(
    "name, description",
    [
        ("AWS-Reboot", "A managed job template for rebooting the device."),
        (
            "AWS-Remove-Application",
            "A managed job template for uninstalling one or more applications.",
        ),
        (
            "AWS-Stop-Application",
            "A managed job template for stopping one or more system services.",
        ),
        (
            "AWS-Restart-Application",
            "A managed job template for restarting one or more system services.",
        ),
        ("AWS-Download-File", "A managed job template for downloading a file."),
    ],
)
def test_known_descriptions(name: str, description: str) -> None:
    assert template(name).description == description


def test_parameters_of_download_file_are_those_of_the_sample_output() -> None:
    parameters = template("AWS-Download-File").parameters
    assert [
        (each.key, each.description, each.regex, each.example, each.optional) for each in parameters
    ] == [
        (
            "downloadUrl",
            "URL of file to download.",
            "(.*?)",
            "http://www.example.com/index.html",
            False,
        ),
        (
            "filePath",
            "Path on the device where downloaded file is written.",
            "(.*?)",
            "/path/to/file",
            False,
        ),
        (
            "runAsUser",
            (
                "Execute handler as another user. If not specified, then handler is executed as the"
                " same user as device client."
            ),
            "(.){0,256}",
            "user1",
            True,
        ),
        (
            "pathToHandler",
            (
                "Path to handler on the device. If not specified, then device client will use the"
                " current working directory."
            ),
            "(.){0,4096}",
            "/path/to/handler/script",
            True,
        ),
    ]


@pytest.mark.parametrize("each", MANAGED_TEMPLATES.values(), ids=MANAGED_TEMPLATES)
def test_every_template_is_complete(each: ManagedJobTemplate) -> None:
    assert (each.version, each.environments) == ("1.0", ("LINUX",))
    assert re.fullmatch("A managed job template for [a-z ]+[.]", each.description)
    assert each.arn("aws", "eu-west-1") == f"arn:aws:iot:eu-west-1::jobtemplate/{each.name}:1.0"
    for parameter in each.parameters:
        assert parameter.description
        check_parameters(each, {one.key: one.example for one in each.parameters})


def test_templates_are_found_by_name_and_version() -> None:
    reboot = MANAGED_TEMPLATES["AWS-Reboot"]
    assert managed_template("AWS-Reboot") is managed_template("AWS-Reboot", "1.0") is reboot
    assert managed_template("AWS-Reboot", "2.0") is None
    assert managed_template("AWS-Halt") is None


@pytest.mark.parametrize(
    "arn, name",
    [
        ("arn:aws:iot:us-east-1::jobtemplate/AWS-Reboot:1.0", "AWS-Reboot"),
        ("arn:aws:iot:us-east-1::jobtemplate/AWS-Reboot", "AWS-Reboot"),
        ("arn:aws:iot:us-east-1::jobtemplate/AWS-Reboot:2.0", None),
        ("arn:aws:iot:us-east-1:123456789012:jobtemplate/AWS-Reboot", None),
    ],
)
def test_templates_are_found_by_arn(arn: str, name: str | None) -> None:
    named = template_name(arn, "aws", "us-east-1", "123456789012")
    found = managed_template(named.name, named.version) if named.is_managed else None
    assert found is (name and MANAGED_TEMPLATES[name])


@pytest.mark.parametrize(
    "name, given, message",
    [
        pytest.param(
            "AWS-Reboot",
            {"command": "x"},
            "Document parameter command is not defined in managed job template AWS-Reboot.",
            id="unknown",
        ),
        pytest.param(
            "AWS-Download-File",
            {"downloadUrl": "x"},
            "Document parameter filePath is required by managed job template AWS-Download-File.",
            id="missing",
        ),
        pytest.param(
            "AWS-Reboot",
            {"runAsUser": "u" * 257},
            "Document parameter runAsUser must satisfy regular expression pattern: (.){0,256}",
            id="no match",
        ),
        pytest.param(
            "AWS-Reboot",
            {"pathToHandler": "/" * 4097},
            "Document parameter pathToHandler must satisfy regular expression pattern: (.){0,4096}",
            id="path too long",
        ),
    ],
)
def test_parameters_that_do_not_fit_are_an_error(
    name: str, given: dict[str, str], message: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_parameters(template(name), given)
    assert caught.value.message == message


def test_optional_parameters_may_be_left_out() -> None:
    for name, given in GIVEN.items():
        check_parameters(template(name), given)
    check_parameters(template("AWS-Reboot"), {})
    check_parameters(template("AWS-Reboot"), {"runAsUser": "u" * 256, "pathToHandler": "/" * 4096})


def test_devices_receive_the_parameters_and_nothing_for_optional_ones() -> None:
    text = substitute_parameters(template("AWS-Run-Command").document, GIVEN["AWS-Run-Command"])
    assert (
        JobDocument.of(text).rendered
        == '{"version":"1.0","steps":[{"action":{"name":"Run-Command","type":"runCommand",'
        '"input":{"command":"echo,ok"},"runAsUser":""}}]}'
    )

"""Two ways to send a request that no SDK has tidied, and a picture of everything that a request
could change.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

from moto_iot_jobs.wire import ServiceApi
from tests.aws.commands import report

from .bad_requests import ARN, REGION, HttpForm, name_execution

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

PATIENCE = 60
"""How long an answer may take, in seconds."""
SCOPES = {
    service: f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/{REGION}/{service}/aws4_request, "
    "SignedHeaders=host, Signature=0"
    for service in ("iot", "iot-jobs-data")
}
# What services answer with although no operation declares it: the request was not understood, or is
# for nobody.
UNDECLARED = {"SerializationException", "UnknownOperationException"}
# What fidelity.md says of operations whose model declares no error for something unknown.
UNKNOWN = {
    operation: {"ResourceNotFoundException"}
    for operation in ("DeleteCommand", "DeleteCommandExecution")
}


class Response(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """The error's type; empty for none."""
        return self.headers.get("x-amzn-errortype", "").partition(":")[0]


class Transport:
    """Sends requests to an account."""

    def ask(
        self, service: str, form: HttpForm, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send one request; an error that is no answer is raised."""
        raise NotImplementedError

    def json(self, service: str, target: str) -> Any:
        """GET something that must be there."""
        response = self.ask(service, HttpForm("GET", target, b""))
        assert response.status == 200, (target, response)
        return json.loads(response.body)

    def close(self) -> None:
        """Give back what is held."""


class InProcess(Transport):
    """Straight to the handlers, below all SDKs; whatever they raise goes through."""

    def ask(
        self, service: str, form: HttpForm, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send one request."""
        from moto_iot_jobs.dispatch.auth import credential_of
        from moto_iot_jobs.dispatch.http import HttpRequest
        from moto_iot_jobs.iot.urls import transport as control_plane
        from moto_iot_jobs.iotjobsdata.urls import transport as data_plane

        path, _, query = form.target.partition("?")
        sent = {"Authorization": SCOPES[service], **(headers or {})}
        host = {"iot": "iot", "iot-jobs-data": "data.jobs.iot"}[service]
        url = f"https://{host}.{REGION}.amazonaws.com{form.target}"
        request = HttpRequest(
            form.method,
            url,
            path,
            query,
            sent,
            credential_of(sent["Authorization"]),
            form.body,
            from_server=False,
        )
        response = (control_plane if service == "iot" else data_plane).respond(request)
        if response is None:
            return Response(
                404, {"x-amzn-errortype": "UnknownOperationException"}, b'{"message": "nobody\'s"}'
            )
        status, got, body = response
        return Response(status, {name.lower(): value for name, value in got.items()}, body)


class OverHttp(Transport):
    """To a server, over one connection that is kept."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=PATIENCE
        )

    def ask(
        self, service: str, form: HttpForm, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send one request."""
        sent = {"Authorization": SCOPES[service], **(headers or {})}
        self._connection.request(form.method, form.target, form.body or None, sent)
        response = self._connection.getresponse()
        return Response(
            response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        )

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def furnish(aws: Aws) -> None:
    """Give an account one of everything that a request can name."""
    for thing in ("t1", "t2", "t3"):
        aws.thing(thing)
    settings: dict[str, Any] = {
        "targetSelection": "CONTINUOUS",
        "tags": [{"Key": "a", "Value": "b"}],
        "jobExecutionsRetryConfig": {
            "criteriaList": [{"failureType": "FAILED", "numberOfRetries": 1}]
        },
    }
    aws.job("running", aws.group("g1", "t1", "t2"), **settings)
    aws.group("g2", "t3")
    aws.report("t1", "running", "IN_PROGRESS", statusDetails={"step": "1"})
    aws.job("done", "t2")
    aws.iot.cancel_job(jobId="done", reasonCode="WHY")
    aws.iot.create_job_template(jobTemplateId="m1", description="d", document="{}")
    aws.iot.update_indexing_configuration(
        thingIndexingConfiguration={"thingIndexingMode": "REGISTRY"}
    )
    aws.iot.create_dynamic_thing_group(thingGroupName="d1", queryString="thingName:nobody")
    aws.iot.create_package(packageName="bare")
    aws.iot.create_package(packageName="firmware")
    for version in ("1", "2"):
        aws.iot.create_package_version(packageName="firmware", versionName=version)
    aws.iot.update_package_version(packageName="firmware", versionName="1", action="PUBLISH")
    _furnish_with_command(aws)
    aws.iot.update_event_configurations(eventConfigurations={"JOB": {"Enabled": True}})


def _furnish_with_command(aws: Aws) -> None:
    payload = {"content": b"{}", "contentType": "application/json"}
    command = aws.iot.create_command(commandId="blink", payload=payload)["commandArn"]
    started = aws.device.start_command_execution(
        commandArn=command, targetArn=aws.arn("thing", "t3"), executionTimeoutSeconds=43_200
    )
    execution = started["executionId"]
    report(aws, execution, "SUCCEEDED", thing="t3", result={"a": {"s": "b"}})
    name_execution(execution)


def picture(aws: Aws, transport: Transport) -> dict[str, Any]:
    """Everything that describes and lists show; two pictures of the same state are equal."""
    seen: dict[str, Any] = {}

    def look(service: str, target: str) -> Any:
        seen[f"{service} {target}"] = found = transport.json(service, target)
        return found

    things = [one["thingName"] for one in aws.iot.list_things()["things"]]
    for summary in look("iot", "/jobs")["jobs"]:
        job = summary["jobId"]
        look("iot", f"/jobs/{job}")
        look("iot", f"/jobs/{job}/job-document")
        look("iot", f"/tags?resourceArn={ARN}:job/{job}")
        for one in look("iot", f"/jobs/{job}/things")["executionSummaries"]:
            thing = one["thingArn"].rpartition("/")[2]
            look("iot", f"/things/{thing}/jobs/{job}")
    for package in look("iot", "/packages")["packageSummaries"]:
        name = package["packageName"]
        look("iot", f"/packages/{name}")
        for one in look("iot", f"/packages/{name}/versions")["packageVersionSummaries"]:
            look("iot", f"/packages/{name}/versions/{one['versionName']}")
    look("iot", "/package-configuration")
    for command in look("iot", "/commands")["commands"]:
        name = command["commandId"]
        look("iot", f"/commands/{name}")
        look("iot", f"/tags?resourceArn={ARN}:command/{name}")
        listed = aws.iot.list_command_executions(
            commandArn=command["commandArn"], startedTimeFilter={"after": "2020-01-01T00:00"}
        )
        for one in listed["commandExecutions"]:
            target = quote(one["targetArn"], safe="")
            execution = one["executionId"]
            query = f"targetArn={target}&includeResult=true"
            look("iot", f"/command-executions/{execution}?{query}")
    for thing in things:
        look("iot", f"/things/{thing}/jobs")
        look("iot-jobs-data", f"/things/{thing}/jobs")
    for template in look("iot", "/job-templates")["jobTemplates"]:
        look("iot", f"/job-templates/{template['jobTemplateId']}")
    look("iot", "/event-configurations")
    groups = [one["groupName"] for one in aws.iot.list_thing_groups()["thingGroups"]]
    for group in groups:
        shown = aws.iot.describe_thing_group(thingGroupName=group)
        seen[group] = {name: value for name, value in shown.items() if name != "ResponseMetadata"}
    return {**seen, "things": things, "groups": groups}


def fault_of(service: str, operation: str | None, response: Response) -> str | None:
    """What is wrong with a refusal: it has to be a 4xx that the operation declares, in JSON; None
    if nothing is.
    """
    if not 400 <= response.status < 500:
        return f"status {response.status}: {response.body[:300]!r}"
    declared = UNDECLARED | (ServiceApi.of(service).errors(operation) if operation else set())
    if operation is not None and response.kind not in declared | UNKNOWN.get(operation, set()):
        return f"{response.kind} is not declared by {operation}"
    if (
        response.headers.get("content-type", "application/json").partition(";")[0]
        != "application/json"
    ):
        return f"content type {response.headers.get('content-type')}"
    if not isinstance(json.loads(response.body).get("message"), str):
        return f"no message: {response.body[:300]!r}"
    return None

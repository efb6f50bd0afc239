"""AWS's own job templates, as data.

Names, documents, environments, and which parameters there are: AWS IoT developer guide,
job-templates-managed. Its sample output (job-template-manage-cli-create) has the descriptions of
AWS-Download-File, AWS-Reboot, AWS-Remove-Application, AWS-Restart-Application and
AWS-Stop-Application, and all about the parameters downloadUrl, filePath, runAsUser and
pathToHandler. Ours, in the same style: the descriptions of AWS-Install-Application,
AWS-Start-Application and AWS-Run-Command; regex and example of the parameters packages, services
and command, which are described in the guide's words; the order, which fills the gap in that
output.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from moto_iot_jobs.service.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class DocumentParameter:
    """A value that a job made from a managed template may or must be given."""

    key: str
    description: str
    regex: str
    example: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ManagedJobTemplate:
    """One version of a template that AWS keeps.

    `document` is JSON text with `${aws:iot:parameter:...}` in it.
    """

    name: str
    description: str
    parameters: tuple[DocumentParameter, ...]
    document: str
    version: str = "1.0"
    environments: tuple[str, ...] = ("LINUX",)

    def arn(self, partition: str, region: str) -> str:
        """Return the template's ARN, in which the account is empty."""
        return f"arn:{partition}:iot:{region}::jobtemplate/{self.name}:{self.version}"


def managed_template(name: str, version: str | None = None) -> ManagedJobTemplate | None:
    """Return a managed template in a version or its default version, or None."""
    template = MANAGED_TEMPLATES.get(name)
    return template if template and version in (None, template.version) else None


def check_parameters(template: ManagedJobTemplate, given: Mapping[str, str]) -> None:
    """Check documentParameters against those that a template has.

    Raises:
        InvalidRequest: all three texts are ours; AWS's are not documented.
    """
    known = {parameter.key: parameter for parameter in template.parameters}
    for key in given:
        if key not in known:
            raise InvalidRequest(
                f"Document parameter {key} is not defined in managed job template {template.name}."
            )
    for key, parameter in known.items():
        if key not in given:
            if not parameter.optional:
                raise InvalidRequest(
                    f"Document parameter {key} is required by managed job template {template.name}."
                )
        elif not re.fullmatch(parameter.regex, given[key]):
            raise InvalidRequest(
                f"Document parameter {key} must satisfy regular expression pattern:"
                f" {parameter.regex}"
            )


# The data

_RUN_AS_USER = DocumentParameter(
    "runAsUser",
    "Execute handler as another user. If not specified, then handler is executed as the same user"
    " as device client.",
    "(.){0,256}",
    "user1",
    optional=True,
)
_PATH_TO_HANDLER = DocumentParameter(
    "pathToHandler",
    "Path to handler on the device. If not specified, then device client will use the current"
    " working directory.",
    "(.){0,4096}",
    "/path/to/handler/script",
    optional=True,
)
_DOWNLOAD_URL = DocumentParameter(
    "downloadUrl", "URL of file to download.", "(.*?)", "http://www.example.com/index.html"
)
_FILE_PATH = DocumentParameter(
    "filePath", "Path on the device where downloaded file is written.", "(.*?)", "/path/to/file"
)
_COMMAND = DocumentParameter(
    "command",
    "A comma separated string of command. Any comma contained in the command itself must be"
    " escaped.",
    "(.*?)",
    "echo,hello",
)


def _packages(verb: str) -> DocumentParameter:
    description = f"A space-separated list of one or more applications to be {verb}."
    return DocumentParameter("packages", description, "(.*?)", "package1 package2")


def _services(verb: str) -> DocumentParameter:
    description = f"A space-separated list of one or more applications to be {verb}."
    return DocumentParameter("services", description, "(.*?)", "service1 service2")


def _run_handler(
    action: str, purpose: str, handler: str, *required: DocumentParameter
) -> ManagedJobTemplate:
    step: dict[str, object] = {"handler": handler}
    if required:
        step["args"] = [_placeholder(parameter) for parameter in required]
    step["path"] = _placeholder(_PATH_TO_HANDLER)
    document = _document(action, "runHandler", step)
    return _template(action, purpose, (*required, _RUN_AS_USER, _PATH_TO_HANDLER), document)


def _run_command() -> ManagedJobTemplate:
    document = _document("Run-Command", "runCommand", {"command": _placeholder(_COMMAND)})
    return _template("Run-Command", "running a shell command", (_COMMAND, _RUN_AS_USER), document)


def _template(
    action: str, purpose: str, parameters: tuple[DocumentParameter, ...], document: str
) -> ManagedJobTemplate:
    return ManagedJobTemplate(
        f"AWS-{action}", f"A managed job template for {purpose}.", parameters, document
    )


def _document(name: str, kind: str, step: dict[str, object]) -> str:
    action = {"name": name, "type": kind, "input": step, "runAsUser": _placeholder(_RUN_AS_USER)}
    return json.dumps({"version": "1.0", "steps": [{"action": action}]}, separators=(",", ":"))


def _placeholder(parameter: DocumentParameter) -> str:
    return f"${{aws:iot:parameter:{parameter.key}}}"


_APPLICATIONS = "one or more applications"
_SYSTEM_SERVICES = "one or more system services"

_TEMPLATES = (
    _run_handler("Reboot", "rebooting the device", "reboot.sh"),
    _run_handler(
        "Remove-Application",
        f"uninstalling {_APPLICATIONS}",
        "remove-packages.sh",
        _packages("uninstalled"),
    ),
    _run_handler(
        "Stop-Application", f"stopping {_SYSTEM_SERVICES}", "stop-services.sh", _services("stopped")
    ),
    _run_handler(
        "Download-File", "downloading a file", "download-file.sh", _DOWNLOAD_URL, _FILE_PATH
    ),
    _run_handler(
        "Install-Application",
        f"installing {_APPLICATIONS}",
        "install-packages.sh",
        _packages("installed"),
    ),
    _run_command(),
    _run_handler(
        "Start-Application",
        f"starting {_SYSTEM_SERVICES}",
        "start-services.sh",
        _services("started"),
    ),
    _run_handler(
        "Restart-Application",
        f"restarting {_SYSTEM_SERVICES}",
        "restart-services.sh",
        _services("restarted"),
    ),
)
MANAGED_TEMPLATES: Mapping[str, ManagedJobTemplate] = {
    template.name: template for template in _TEMPLATES
}

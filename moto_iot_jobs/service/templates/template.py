"""Job templates of the account: settings and a document to make jobs from.

AWS's own are in `managed_templates`.
"""

from moto_iot_jobs.service.errors import InvalidRequest
from moto_iot_jobs.service.record import Record
from moto_iot_jobs.service.settings import JobSettings, MaintenanceWindow

MOST_TEMPLATES = 100


class JobTemplate(Record):
    """A job template. Immutable as AWS has no operation to change one, its tags apart.

    Attributes:
        order: its place among all templates, by creation.
        created_at: milliseconds since the epoch.
    """

    job_template_id: str
    job_template_arn: str
    order: int
    description: str
    created_at: int
    settings: JobSettings
    document: str
    tags: dict[str, str]
    document_source: str | None = None
    maintenance_windows: tuple[MaintenanceWindow, ...] | None = None
    destination_package_versions: tuple[str, ...] | None = None
    is_managed: bool = False


class TemplateName(Record):
    """The content of a job template ARN.

    Attributes:
        name: the template's id, or the name of a managed template.
        version: of a managed template; None for one of the account's.
        is_managed: whether the ARN is one of AWS's own (it has no account).
    """

    name: str
    version: str | None
    is_managed: bool
    is_here: bool


def template_name(arn: str, partition: str, region: str, account: str) -> TemplateName:
    """Read a job template ARN.

    Raises:
        InvalidRequest: the ARN is not one of a job template (wording captured for another resource
            type).
    """
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iot":
        raise InvalidRequest(f"Invalid arn in request: {arn}")
    kind, _, name = parts[5].partition("/")
    if kind != "jobtemplate" or not name:
        raise InvalidRequest(
            f"Resource type should be jobtemplate but found invalid resource type {kind}"
        )
    managed = parts[4] == ""
    name, _, version = name.partition(":") if managed else (name, "", "")
    here = parts[1] == partition and parts[3] == region and (managed or parts[4] == account)
    return TemplateName(name, version or None, managed, here)

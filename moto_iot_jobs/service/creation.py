"""CreateJob and CreateJobTemplate: checks in AWS's order, and the new job or template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from .documents.document import (
    JobDocument,
    ObjectStore,
    check_document,
    may_have_placeholders,
    read_document,
)
from .errors import (
    InvalidRequest,
    JobAlreadyExists,
    JobNotFound,
    JobTemplateAlreadyExists,
    JobTemplateNotFound,
    TooManyActiveJobs,
    TooManyConcurrentJobs,
    TooManyTargets,
    TooManyTemplates,
)
from .job import Job
from .scheduling.schedule import check_windows, read_windows, start_and_end
from .setting_checks import check_role, check_settings
from .settings import (
    JobRequest,
    JobSettings,
    JobTemplateRequest,
    JobUpdate,
    PresignedUrlConfig,
    SchedulingConfig,
)
from .states import LIVE
from .store import Store
from .tags import to_tags
from .targets import find_targets
from .templates.template import JobTemplate, template_name

# Not imported for all: placeholders and AWS's own templates are for those who use them.
if TYPE_CHECKING:
    from .documents.placeholders import Resolver


class Sources(Protocol):
    """A host's sources of documents and of the values in them."""

    @property
    def objects(self) -> ObjectStore:
        """The S3 objects that a documentSource can name."""
        ...

    def resolver(self, config: PresignedUrlConfig | None, server: str | None = None) -> Resolver:
        """Return the values of placeholders for a job with a configuration.

        Args:
            server: URL of the server that took a device's request, if one did.
        """
        ...

    def package_versions(self, arns: Sequence[str]) -> tuple[str, ...]:
        """Return the package versions that a job leads to, `$default` replaced by a version.

        Raises:
            InvalidRequest: one cannot be deployed.
        """
        ...


def new_job(store: Store, sources: Sources, request: JobRequest, now: int) -> Job:
    """Return the job of a CreateJob request, which is not kept yet.

    Raises:
        InvalidRequest, InvalidJobDocument: something is wrong with the request or the document.
        JobAlreadyExists: the id is in use; there is no idempotency (API reference, CreateJob).
        JobTemplateNotFound, ThingNotFound, ThingGroupNotFound: a template or target does not exist
            here.
        LimitExceeded: too many targets or active jobs, or the document is too large.
    """
    check_settings(request)
    if request.job_id in store.jobs:
        raise JobAlreadyExists(request.job_id, store.location.arn("job", request.job_id))
    _check_one_document(request.document, request.document_source)
    template = _find_template(store, request)
    request = _with_destinations(request, template)
    schedule = _with_windows(request.scheduling_config, template)
    windows = check_windows(schedule, request.target_selection)
    tags = to_tags(request.tags)
    start, end = start_and_end(schedule, now)
    if len(request.targets) > store.limits.targets_per_job:
        raise TooManyTargets(request.job_id, store.limits.targets_per_job)
    targets = find_targets(request.targets, store.location, store.registry)
    settings = JobSettings.of(request).over(template.settings if template else JobSettings())
    document = _document(store, sources, request, template, settings)
    destinations = request.destination_package_versions
    resolved = sources.package_versions(destinations) if destinations else destinations
    _check_limits(store, request.job_id, starts_now=start is None)

    job = Job(
        request.job_id,
        store.location.arn("job", request.job_id),
        store.next_order(),
        document,
        targets,
        now,
    )
    job.settings = settings
    job.target_selection = request.target_selection
    job.scheduling_config = schedule
    job.windows = windows
    job.starts_at, job.ends_at = start, end
    job.tags = tags
    job.document_source = _source(request, template)
    job.description = request.description
    if job.description is None and template is not None and template.is_managed:
        job.description = template.description
    job.destination_package_versions = resolved
    job.destinations_before_substitution = destinations
    for name in ("namespace_id", "job_template_arn", "document_parameters"):
        setattr(job, name, getattr(request, name))
    return job


def _check_limits(store: Store, job_id: str, *, starts_now: bool) -> None:
    limits = store.limits
    if limits.active_jobs is not None and store.listing.count(LIVE) >= limits.active_jobs:
        raise TooManyActiveJobs(job_id, limits.active_jobs)
    most = limits.concurrent_jobs_at_creation
    if starts_now and most is not None and len(store.rolling_out) >= most:
        raise TooManyConcurrentJobs(job_id, most)


def check_document_update(job: Job, update: JobUpdate) -> None:
    """Check that an update leaves the role that a job's presigned URLs need.

    Raises:
        InvalidRequest: as CreateJob without a role.
    """
    config = update.presigned_url_config
    if config is not None and job.document.needs_device_values:
        from .documents.placeholder_checks import check_placeholders

        check_placeholders(
            job.document.text,
            job_id=job.job_id,
            role_arn=config.role_arn,
            destination_package_versions=job.destination_package_versions or (),
        )


def _check_one_document(document: str | None, source: str | None) -> None:
    if document is not None and source is not None:
        raise InvalidRequest(
            "Job document and job document source cannot be specified at the same time."
        )


def _find_template(store: Store, request: JobRequest) -> JobTemplate | None:
    template = None
    if request.job_template_arn is not None:
        template = _template_of(store, request, request.job_template_arn)
    if request.document_parameters is not None and not (template and template.is_managed):
        raise InvalidRequest(
            "Document parameters can only be specified with a managed job template."
        )
    if template is None and request.document is None and request.document_source is None:
        raise InvalidRequest("Neither job document nor job document source is specified.")
    return template


def _template_of(store: Store, request: JobRequest, arn: str) -> JobTemplate:
    location = store.location
    named = template_name(arn, location.partition, location.region, location.account)
    if named.is_managed and named.is_here:
        from .templates.managed import check_parameters, managed_template

        managed = managed_template(named.name, named.version)
        if managed is None:
            raise JobTemplateNotFound(
                f"{named.name}:{named.version}" if named.version else named.name
            )
        given = request.document_parameters or {}
        check_parameters(managed, given)
        return JobTemplate(
            managed.name,
            arn,
            order=0,
            description=managed.description,
            created_at=0,
            settings=JobSettings(),
            document=managed.document,
            tags={},
            is_managed=True,
        )
    template = store.templates.get(named.name)
    if template is None or not named.is_here:
        raise JobTemplateNotFound(named.name)
    return template


def _with_destinations(request: JobRequest, template: JobTemplate | None) -> JobRequest:
    if request.destination_package_versions is not None or template is None:
        return request
    # Ours, for it is unknown whether AWS does: without them, placeholders in the template's
    # document mean nothing.
    return request._replace(destination_package_versions=template.destination_package_versions)


def _with_windows(
    config: SchedulingConfig | None, template: JobTemplate | None
) -> SchedulingConfig | None:
    inherited = template.maintenance_windows if template else None
    if not inherited or (config and config.maintenance_windows):
        return config
    return (config or SchedulingConfig())._replace(maintenance_windows=inherited)


def _source(request: JobRequest, template: JobTemplate | None) -> str | None:
    if request.document is None and request.document_source is None and template is not None:
        return template.document_source
    return request.document_source


def _document(
    store: Store,
    sources: Sources,
    request: JobRequest,
    template: JobTemplate | None,
    settings: JobSettings,
) -> JobDocument:
    text = _document_text(sources, request.document, request.document_source)
    if text is None:
        assert template is not None
        text = template.document
    presigned = settings.presigned_url_config
    if not may_have_placeholders(text):
        check_role(presigned)
        return JobDocument.of(text)
    from .documents.substitution import job_document, substitute_parameters

    given = text
    if template is not None and template.is_managed:
        text = substitute_parameters(text, request.document_parameters or {})
    check_role(presigned)
    document = job_document(
        text,
        job_id=request.job_id,
        role_arn=presigned.role_arn if presigned else None,
        destination_package_versions=request.destination_package_versions or (),
        resolve=sources.package_versions,
        region=store.location.region,
        resolver=sources.resolver(presigned),
    )
    return document._replace(before_substitution=given)


def _document_text(sources: Sources, document: str | None, source: str | None) -> str | None:
    if source is not None:
        return read_document(source, sources.objects)
    if document is not None:
        check_document(document)
    return document


def new_template(
    store: Store, sources: Sources, request: JobTemplateRequest, now: int
) -> JobTemplate:
    """Return the job template of a CreateJobTemplate request, which is not kept yet.

    A template made from a job takes the job's document and settings, but neither its description
    nor its tags; what the request gives wins (captured).

    Raises:
        InvalidRequest: something is wrong with the request or the document.
        JobTemplateAlreadyExists: the id is in use.
        JobNotFound: there is no job with the ARN given.
        TooManyTemplates: the account has as many as it may.
    """
    template_id = request.job_template_id
    check_settings(request)
    if template_id in store.templates:
        raise JobTemplateAlreadyExists(template_id)
    if len(store.templates) >= store.limits.job_templates:
        raise TooManyTemplates(template_id, store.limits.job_templates)
    _check_one_document(request.document, request.document_source)
    check_role(request.presigned_url_config)
    read_windows(request.maintenance_windows)
    job = _job_of(store, request.job_arn) if request.job_arn is not None else None
    tags = to_tags(request.tags)
    text = _document_text(sources, request.document, request.document_source)
    source = request.document_source
    if text is None:
        if job is None:
            raise InvalidRequest("Neither job document nor job document source is specified.")
        text, source = job.document.text, job.document_source
    settings = JobSettings.of(request).over(job.settings if job else JobSettings())
    if may_have_placeholders(text):
        from .documents.placeholder_checks import check_signing_role

        check_signing_role(text, template_id, settings.presigned_url_config)
    return JobTemplate(
        template_id,
        store.location.arn("jobtemplate", template_id),
        store.next_order(),
        request.description,
        now,
        settings,
        text,
        tags,
        document_source=source,
        maintenance_windows=request.maintenance_windows,
        destination_package_versions=request.destination_package_versions,
    )


def _job_of(store: Store, arn: str) -> Job:
    name = arn.rpartition("/")[2]
    job = store.jobs.get(name)
    if job is None or job.arn != arn:
        raise JobNotFound(name)
    return job

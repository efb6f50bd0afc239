"""The errors of IoT Jobs, a class each.

An error carries its thing, job, status and version beside the sentence that AWS writes. Error codes
and HTTP statuses of the planes are not decided here: the edges translate by the kinds that stand
first.
"""

from __future__ import annotations


class ServiceError(Exception):
    """A request that IoT Jobs does not carry out.

    Nothing was changed.

    Attributes:
        message: the sentence for the caller, in AWS's words where they are known.
        thing: name of the thing concerned, if any.
        job: id of the job (or job template) concerned, if any.
        status: status that stood in the way, if any.
        version: version number that was found, if any.
    """

    def __init__(
        self,
        message: str,
        *,
        thing: str | None = None,
        job: str | None = None,
        status: str | None = None,
        version: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.thing = thing
        self.job = job
        self.status = status
        self.version = version


class InvalidRequest(ServiceError):
    """The request is not valid, or the job's status does not allow it."""


class InvalidJobDocument(ServiceError):
    """The job document's placeholders cannot be resolved."""


class InvalidRole(ServiceError):
    """The role given for presigned URLs cannot be used."""


class ResourceNotFound(ServiceError):
    """The job, thing, execution, template or target does not exist."""


class ResourceAlreadyExists(ServiceError):
    """The job id is in use."""

    def __init__(self, message: str, *, resource_id: str, resource_arn: str) -> None:
        super().__init__(message, job=resource_id)
        self.resource_id = resource_id
        self.resource_arn = resource_arn


class Conflict(ServiceError):
    """The id is in use (of a job template), or something stands in the way of a change.

    Attributes:
        resource_id: what is concerned, where the younger APIs (packages, commands) name it.
    """

    resource_id: str | None = None


class InvalidStateTransition(ServiceError):
    """The job or execution cannot go from its status to the requested one."""


class VersionConflict(ServiceError):
    """The expected version is not the execution's version."""


class LimitExceeded(ServiceError):
    """A quota is used up."""


class InvalidInput(ServiceError):
    """The request is not valid, as the younger APIs (packages, commands) say it."""


class QuotaExceeded(ServiceError):
    """A quota is used up.

    What the younger APIs say instead of `LimitExceeded`.
    """


class TerminalState(ServiceError):
    """The execution has finished, so a device cannot read it any more."""


# Things that are not there


class JobNotFound(ResourceNotFound):
    """No job with that id."""

    def __init__(self, job: str) -> None:
        super().__init__(f"Job {job} cannot be found.", job=job)


class JobTemplateNotFound(ResourceNotFound):
    """No job template with that id."""

    def __init__(self, template: str) -> None:
        super().__init__(f"Job Template {template} cannot be found.", job=template)


class ThingNotFound(ResourceNotFound):
    """No thing with that name."""

    def __init__(self, thing: str) -> None:
        super().__init__(f"Thing {thing} cannot be found.", thing=thing)


class ThingGroupNotFound(ResourceNotFound):
    """No thing group with that name."""

    def __init__(self, group: str) -> None:
        super().__init__(f"Thing Group {group} cannot be found.")


class JobOfExecutionNotFound(ResourceNotFound):
    """The job of a requested execution does not exist (control plane)."""

    def __init__(self, job: str) -> None:
        super().__init__(f"Job execution cannot be found as the Job {job} does not exist.", job=job)


class JobExecutionNotFound(ResourceNotFound):
    """The job exists, but not that thing's execution or not that number (control plane)."""

    def __init__(self, thing: str, job: str) -> None:
        super().__init__(
            f"Job execution for thing {thing} cannot be found within job {job}.",
            thing=thing,
            job=job,
        )


class JobNotFoundForThing(ResourceNotFound):
    """A device's request names a job, thing or execution number that is not there for it."""

    def __init__(self, thing: str, job: str) -> None:
        super().__init__(f"Job {job} not found for {thing}", thing=thing, job=job)


# Ids in use


class JobAlreadyExists(ResourceAlreadyExists):
    """CreateJob with the id of a job that exists, one that is being deleted included."""

    def __init__(self, job: str, arn: str) -> None:
        super().__init__(f"Job {job} already exists.", resource_id=job, resource_arn=arn)


class JobTemplateAlreadyExists(Conflict):
    """CreateJobTemplate with an id in use."""

    def __init__(self, template: str) -> None:
        super().__init__(f"Job Template {template} already exists.", job=template)


# Statuses in the way


class JobNotCancelable(InvalidRequest):
    """CancelJob of a job that has finished.

    AWS declares no state error for it.
    """

    def __init__(self, job: str, status: str) -> None:
        super().__init__(
            f"Job {job} in status {status} cannot be canceled.", job=job, status=status
        )


class JobNotUpdatable(InvalidRequest):
    """UpdateJob of a job that has finished or is being deleted."""

    def __init__(self, job: str, status: str) -> None:
        super().__init__(f"Job {job} in status {status} cannot be updated.", job=job, status=status)


class JobNotAssociable(InvalidRequest):
    """AssociateTargetsWithJob of a job that is not continuous or not in progress."""

    def __init__(self, job: str, status: str, selection: str) -> None:
        sentence = (
            f"Targets cannot be associated with job {job} in status {status} with target selection"
            f" {selection}."
        )
        super().__init__(sentence, job=job, status=status)


class JobNotDeletable(InvalidStateTransition):
    """DeleteJob of a job that is not terminal without force, or is being deleted already."""

    def __init__(self, job: str, status: str, *, force_would_do: bool) -> None:
        suffix = " without force flag" if force_would_do else ""
        super().__init__(
            f"Job {job} in status {status} cannot be deleted{suffix}.", job=job, status=status
        )


class JobExecutionNotDeletable(InvalidStateTransition):
    """DeleteJobExecution of an execution in progress without force."""

    def __init__(self, thing: str, job: str, status: str, version: int) -> None:
        super().__init__(
            f"Job execution for thing {thing} within job {job} in status {status} cannot be deleted"
            " without force flag.",
            thing=thing,
            job=job,
            status=status,
            version=version,
        )


class JobExecutionNotCancelable(InvalidStateTransition):
    """CancelJobExecution of a finished execution, or of one in progress without force."""

    def __init__(
        self, thing: str, job: str, status: str, version: int, *, force_would_do: bool
    ) -> None:
        suffix = (
            f" in status {status} cannot be canceled without force flag."
            if force_would_do
            else " cannot be canceled."
        )
        super().__init__(
            f"Job execution for thing {thing} within job {job}{suffix}",
            thing=thing,
            job=job,
            status=status,
            version=version,
        )


class StatusNotSettable(InvalidStateTransition):
    """A device reported a status that only the service may set."""

    def __init__(self, status: str) -> None:
        super().__init__(
            f"The status of job execution cannot be changed to be {status}", status=status
        )


class JobExecutionFinished(InvalidStateTransition):
    """A device reported into an execution that has finished."""

    def __init__(self, thing: str, job: str, status: str, version: int) -> None:
        super().__init__(
            f"Job {job} for {thing} has already finished with status {status}",
            thing=thing,
            job=job,
            status=status,
            version=version,
        )


class JobExecutionTerminal(TerminalState):
    """A device's request to read an execution that has finished."""

    def __init__(self, thing: str, job: str, status: str, version: int) -> None:
        super().__init__(
            "Job Execution has reached terminal state. It is neither IN_PROGRESS nor QUEUED",
            thing=thing,
            job=job,
            status=status,
            version=version,
        )


class VersionMismatch(VersionConflict):
    """The expected version is not the one found."""

    def __init__(self, thing: str, job: str, status: str, expected: int, found: int) -> None:
        super().__init__(
            f"Expected version {expected} but found version {found}",
            thing=thing,
            job=job,
            status=status,
            version=found,
        )
        self.expected = expected


# Quotas


class TooManyActiveJobs(LimitExceeded):
    """As many jobs as allowed are SCHEDULED or IN_PROGRESS already."""

    def __init__(self, job: str, limit: int) -> None:
        super().__init__(f"Job {job} exceeds the limit of {limit} active jobs.", job=job)


class TooManyConcurrentJobs(LimitExceeded):
    """As many jobs as allowed are rolling out already."""

    def __init__(self, job: str, limit: int) -> None:
        super().__init__(f"Job {job} exceeds the limit of {limit} concurrent jobs.", job=job)


class TooManyDeletions(LimitExceeded):
    """As many jobs as allowed are in DELETION_IN_PROGRESS already."""

    def __init__(self, job: str, limit: int) -> None:
        super().__init__(
            f"Job {job} cannot be deleted: {limit} jobs are already in status"
            " DELETION_IN_PROGRESS.",
            job=job,
            status="DELETION_IN_PROGRESS",
        )


class TooManyTargets(LimitExceeded):
    """More targets than one job may have."""

    def __init__(self, job: str, limit: int) -> None:
        super().__init__(f"Job {job} cannot have more than {limit} targets.", job=job)


class TooManyTemplates(LimitExceeded):
    """As many job templates as allowed exist already."""

    def __init__(self, template: str, limit: int) -> None:
        super().__init__(
            f"Job Template {template} exceeds the limit of {limit} job templates.", job=template
        )


class DocumentTooLarge(LimitExceeded):
    """A job document read from its source is larger than a device can be sent."""

    def __init__(self, source: str, limit: int) -> None:
        super().__init__(f"Job document from {source} exceeds size limit {limit} bytes.")

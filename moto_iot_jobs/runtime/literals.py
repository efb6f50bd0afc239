"""Names of AWS's model and of the quotas, for type checkers.

Written by `python -m tests.wire.literals`; edit that instead.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

Service: TypeAlias = Literal[
    "iot",
    "iot-jobs-data",
]

Operation: TypeAlias = Literal[
    "AssociateTargetsWithJob",
    "CancelJob",
    "CancelJobExecution",
    "CreateDynamicThingGroup",
    "CreateJob",
    "CreateJobTemplate",
    "DeleteDynamicThingGroup",
    "DeleteJob",
    "DeleteJobExecution",
    "DeleteJobTemplate",
    "DescribeEndpoint",
    "DescribeEventConfigurations",
    "DescribeJob",
    "DescribeJobExecution",
    "DescribeJobTemplate",
    "DescribeManagedJobTemplate",
    "GetJobDocument",
    "GetPendingJobExecutions",
    "ListJobExecutionsForJob",
    "ListJobExecutionsForThing",
    "ListJobTemplates",
    "ListJobs",
    "ListManagedJobTemplates",
    "ListTagsForResource",
    "StartCommandExecution",
    "StartNextPendingJobExecution",
    "TagResource",
    "UntagResource",
    "UpdateDynamicThingGroup",
    "UpdateEventConfigurations",
    "UpdateJob",
    "UpdateJobExecution",
]

OperationPattern: TypeAlias = Literal[
    "*",
    "*CommandExecution",
    "*DynamicThingGroup",
    "*Endpoint",
    "*EventConfigurations",
    "*Job",
    "*JobDocument",
    "*JobExecution",
    "*JobExecutionsForJob",
    "*JobExecutionsForThing",
    "*JobTemplate",
    "*JobTemplates",
    "*Jobs",
    "*ManagedJobTemplate",
    "*ManagedJobTemplates",
    "*NextPendingJobExecution",
    "*PendingJobExecutions",
    "*Resource",
    "*TagsForResource",
    "*TargetsWithJob",
    "Associate*",
    "Cancel*",
    "Create*",
    "Delete*",
    "Describe*",
    "Get*",
    "List*",
    "Start*",
    "Tag*",
    "Untag*",
    "Update*",
]

ErrorName: TypeAlias = Literal[
    "AccessDeniedException",
    "CertificateValidationException",
    "ConflictException",
    "InternalError",
    "InternalFailureException",
    "InternalServerException",
    "InvalidJobDocumentException",
    "InvalidQueryException",
    "InvalidRequest",
    "InvalidRequestException",
    "InvalidRoleException",
    "InvalidSignatureException",
    "InvalidStateTransition",
    "InvalidStateTransitionException",
    "LimitExceededException",
    "RequestThrottled",
    "ResourceAlreadyExistsException",
    "ResourceNotFound",
    "ResourceNotFoundException",
    "ServiceQuotaExceededException",
    "ServiceUnavailableException",
    "TerminalStateException",
    "TerminalStateReached",
    "ThrottlingException",
    "UnauthorizedException",
    "UnrecognizedClientException",
    "ValidationException",
    "VersionConflictException",
    "VersionMismatch",
]

JobStatus: TypeAlias = Literal[
    "CANCELED",
    "COMPLETED",
    "DELETION_IN_PROGRESS",
    "IN_PROGRESS",
    "SCHEDULED",
]

JobExecutionStatus: TypeAlias = Literal[
    "CANCELED",
    "FAILED",
    "IN_PROGRESS",
    "QUEUED",
    "REJECTED",
    "REMOVED",
    "SUCCEEDED",
    "TIMED_OUT",
]

TargetSelection: TypeAlias = Literal[
    "CONTINUOUS",
    "SNAPSHOT",
]


class QuotaNumbers(TypedDict, total=False):
    """Numbers by the names of quotas."""

    active_jobs: int
    concurrent_jobs: int
    jobs_in_deletion: int
    targets_per_job: int
    job_templates: int
    CreateJob: float
    AssociateTargetsWithJob: float
    CancelJob: float
    CancelJobExecution: float
    CreateJobTemplate: float
    DeleteJob: float
    DeleteJobExecution: float
    DeleteJobTemplate: float
    DescribeJob: float
    DescribeJobExecution: float
    DescribeJobTemplate: float
    GetJobDocument: float
    ListJobExecutionsForJob: float
    ListJobExecutionsForThing: float
    ListJobTemplates: float
    ListJobs: float
    UpdateJob: float
    device_reads: float
    device_writes: float
    StartCommandExecution: float

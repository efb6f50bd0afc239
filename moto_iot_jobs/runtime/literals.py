"""Names of AWS's model and of the quotas, for type checkers.

Written by `python -m tests.wire.literals`; edit that instead.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

Service: TypeAlias = Literal[
    "iot",
    "iot-data",
    "iot-jobs-data",
]

Operation: TypeAlias = Literal[
    "AssociateSbomWithPackageVersion",
    "AssociateTargetsWithJob",
    "CancelJob",
    "CancelJobExecution",
    "CreateCommand",
    "CreateDynamicThingGroup",
    "CreateJob",
    "CreateJobTemplate",
    "CreatePackage",
    "CreatePackageVersion",
    "DeleteCommand",
    "DeleteCommandExecution",
    "DeleteDynamicThingGroup",
    "DeleteJob",
    "DeleteJobExecution",
    "DeleteJobTemplate",
    "DeletePackage",
    "DeletePackageVersion",
    "DeleteThingShadow",
    "DescribeEndpoint",
    "DescribeEventConfigurations",
    "DescribeIndex",
    "DescribeJob",
    "DescribeJobExecution",
    "DescribeJobTemplate",
    "DescribeManagedJobTemplate",
    "DisassociateSbomFromPackageVersion",
    "GetCommand",
    "GetCommandExecution",
    "GetIndexingConfiguration",
    "GetJobDocument",
    "GetPackage",
    "GetPackageConfiguration",
    "GetPackageVersion",
    "GetPendingJobExecutions",
    "GetThingShadow",
    "ListCommandExecutions",
    "ListCommands",
    "ListIndices",
    "ListJobExecutionsForJob",
    "ListJobExecutionsForThing",
    "ListJobTemplates",
    "ListJobs",
    "ListManagedJobTemplates",
    "ListNamedShadowsForThing",
    "ListPackageVersions",
    "ListPackages",
    "ListSbomValidationResults",
    "ListTagsForResource",
    "ListThingGroups",
    "ListThingGroupsForThing",
    "ListThingsInThingGroup",
    "SearchIndex",
    "StartCommandExecution",
    "StartNextPendingJobExecution",
    "TagResource",
    "UntagResource",
    "UpdateCommand",
    "UpdateCommandExecution",
    "UpdateDynamicThingGroup",
    "UpdateEventConfigurations",
    "UpdateIndexingConfiguration",
    "UpdateJob",
    "UpdateJobExecution",
    "UpdatePackage",
    "UpdatePackageConfiguration",
    "UpdatePackageVersion",
    "UpdateThingShadow",
]

OperationPattern: TypeAlias = Literal[
    "*",
    "*Command",
    "*CommandExecution",
    "*CommandExecutions",
    "*Commands",
    "*DynamicThingGroup",
    "*Endpoint",
    "*EventConfigurations",
    "*Index",
    "*IndexingConfiguration",
    "*Indices",
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
    "*NamedShadowsForThing",
    "*NextPendingJobExecution",
    "*Package",
    "*PackageConfiguration",
    "*PackageVersion",
    "*PackageVersions",
    "*Packages",
    "*PendingJobExecutions",
    "*Resource",
    "*SbomFromPackageVersion",
    "*SbomValidationResults",
    "*SbomWithPackageVersion",
    "*TagsForResource",
    "*TargetsWithJob",
    "*ThingGroups",
    "*ThingGroupsForThing",
    "*ThingShadow",
    "*ThingsInThingGroup",
    "Associate*",
    "Cancel*",
    "Create*",
    "Delete*",
    "Describe*",
    "Disassociate*",
    "Get*",
    "List*",
    "Search*",
    "Start*",
    "Tag*",
    "Untag*",
    "Update*",
]

ErrorName: TypeAlias = Literal[
    "AccessDeniedException",
    "CertificateValidationException",
    "ConflictException",
    "DataConflict",
    "IndexNotReadyException",
    "InternalError",
    "InternalFailureException",
    "InternalServerException",
    "InvalidJobDocumentException",
    "InvalidJson",
    "InvalidQueryException",
    "InvalidRequest",
    "InvalidRequestException",
    "InvalidRoleException",
    "InvalidSignatureException",
    "InvalidStateTransition",
    "InvalidStateTransitionException",
    "InvalidTopic",
    "LimitExceededException",
    "MethodNotAllowedException",
    "RequestEntityTooLargeException",
    "RequestExpired",
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
    "UnsupportedDocumentEncodingException",
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
    concurrent_jobs_at_creation: int
    jobs_in_deletion: int
    targets_per_job: int
    job_templates: int
    packages: int
    package_versions: int
    shadow_requests_in_flight: int
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
    CreateCommand: float
    DeleteCommand: float
    DeleteCommandExecution: float
    GetCommand: float
    GetCommandExecution: float
    ListCommandExecutions: float
    ListCommands: float
    UpdateCommand: float
    StartCommandExecution: float
    UpdateCommandExecution: float
    AssociateSbomWithPackageVersion: float
    CreatePackage: float
    CreatePackageVersion: float
    DeletePackage: float
    DeletePackageVersion: float
    DisassociateSbomFromPackageVersion: float
    GetPackage: float
    GetPackageConfiguration: float
    GetPackageVersion: float
    ListPackageVersions: float
    ListPackages: float
    ListSbomValidationResults: float
    UpdatePackage: float
    UpdatePackageConfiguration: float
    UpdatePackageVersion: float
    SearchIndex: float
    DescribeIndex: float
    ListIndices: float
    UpdateIndexingConfiguration: float
    shadow_requests: float
    shadow_requests_per_account: float

"""The control plane: operations on jobs and executions.

Each operation is given `now` (milliseconds since the epoch); timers that are due by then have run
already (see `jobs_service`).
"""

from __future__ import annotations

from .creation import Sources
from .execution_operations import JobExecutionOperations
from .job_operations import JobOperations
from .lifecycle import JobLifecycle
from .membership import GroupMembership
from .store import Store


class ControlPlane(JobOperations, JobExecutionOperations):
    """The control plane's operations of one account and region.

    Args:
        store: the jobs and their executions.
        lifecycle: carries out the consequences of an operation.
        membership: adds groups to jobs.
        sources: origin of job documents.
    """

    def __init__(
        self,
        store: Store,
        lifecycle: JobLifecycle,
        membership: GroupMembership,
        sources: Sources,
    ) -> None:
        JobOperations.__init__(self, store, lifecycle, membership, sources)
        JobExecutionOperations.__init__(self, store, lifecycle)

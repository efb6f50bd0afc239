"""Jobs and job templates as types of resources that stacks can have."""

from __future__ import annotations

from . import stack_types
from .stack_types import StackResourceType


def add_jobs() -> None:
    """Let stacks have jobs and job templates. Idempotent."""
    stack_types.add("AWS::IoT::Job", "JobId", frozenset({"Arn", "CreatedAt"}), _load_jobs)
    # In front of moto's own, which does not hand on every property.
    stack_types.add(
        "AWS::IoT::JobTemplate", "JobTemplateId", frozenset({"Arn"}), _load_job_templates
    )


def _load_jobs() -> StackResourceType:
    from .cloudformation.jobs import Jobs

    return Jobs()


def _load_job_templates() -> StackResourceType:
    from .cloudformation.jobs import JobTemplates

    return JobTemplates()

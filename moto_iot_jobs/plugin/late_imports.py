"""The modules that are imported where they are first needed, in process.

A thread that imports one holds that module's lock, which a fork would leave held in the child for
good: Python renews only the global lock of imports there. So all of them are imported before a fork
of a process with more than one thread.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec

PACKAGE = "moto_iot_jobs"

# tests/test_late_imports.py compares it with the import statements within functions.
LATE_IMPORTS = (
    "clock",
    "faults",
    "messages",
    "quotas",
    "broker.topics",
    "commands.cloudformation",
    "commands.messages",
    "commands.mqtt",
    "commands.pending",
    "commands.responses",
    "commands.service",
    "commands.topics",
    "commands.introspection",
    "dispatch.pipeline",
    "introspection.calls",
    "introspection.coverage",
    "introspection.coverage_counts",
    "introspection.dashboard",
    "iot.cloudformation.jobs",
    "iot.dynamic_group_responses",
    "iot.dynamic_groups.configuration",
    "iot.dynamic_groups.index",
    "iot.dynamic_groups.query",
    "iot.endpoints",
    "iot.fleet_index_responses",
    "iot.roles",
    "iot.thing_group_responses",
    "iot.topic_rules",
    "iotjobsdata.mqtt",
    "iotjobsdata.responses",
    "messaging.log",
    "moto_api.handlers",
    "moto_api.seed",
    "packages.catalog",
    "packages.cloudformation",
    "packages.references",
    "packages.responses",
    "packages.introspection",
    "runtime.fault_injection",
    "runtime.fault_parsing",
    "runtime.quota_table",
    "service.base64_text",
    "service.documents.placeholder_checks",
    "service.documents.s3_location",
    "service.documents.substitution",
    "service.scheduling.windows",
    "service.suggestions",
    "service.templates.managed",
    "shadows.backend",
    "shadows.http",
    "shadows.mqtt",
    "shadows.shadows",
    "shadows.topics",
    "wire",
    "wire.model",
)


@cache
def _present() -> list[str]:
    """Return the full names of those whose package is there: a neighbour can be taken out."""
    rooms = {name.partition(".")[0] for name in LATE_IMPORTS}
    found = {room for room in rooms if find_spec(f"{PACKAGE}.{room}")}
    return [f"{PACKAGE}.{name}" for name in LATE_IMPORTS if name.partition(".")[0] in found]


def import_all() -> None:
    """Import them all, waiting for those that other threads are importing. Idempotent."""
    for name in _present():
        import_module(name)

"""Writes `moto_iot_jobs/runtime/literals.py` from the botocore model and the table of quotas.

Run it after an update of botocore: `python -m tests.wire.literals`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from moto_iot_jobs.runtime import literals
from moto_iot_jobs.runtime.fault_parsing import known_errors
from moto_iot_jobs.runtime.quota_table import QUOTAS
from moto_iot_jobs.wire import SERVICES, ServiceApi
from moto_iot_jobs.wire.model import load

FILE = Path(literals.__file__)

_HEAD = '''"""Names of AWS's model and of the quotas, for type checkers.

Written by `python -m tests.wire.literals`; edit that instead.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict
'''


def words(operation: str) -> list[str]:
    """Split a name into its words: "DeleteJob" into "Delete" and "Job"."""
    return re.findall(r"[A-Z][a-z]+", operation)


def patterns(operations: Iterable[str]) -> set[str]:
    """Return the patterns with one star that are of use: operations' verbs, and what follows them."""
    parts = [words(operation) for operation in operations]
    return {"*", *(f"{verb}*" for verb, *_ in parts), *(f"*{''.join(rest)}" for _, *rest in parts)}


def alias(name: str, values: Iterable[str]) -> str:
    """Write one Literal."""
    lines = "".join(f'    "{value}",\n' for value in sorted(values))
    return f"\n{name}: TypeAlias = Literal[\n{lines}]\n"


def written() -> str:
    """Return the text of the module."""
    operations = {each for service in SERVICES for each in ServiceApi.of(service).all_operations}
    iot = load("iot")
    text = _HEAD
    text += alias("Service", SERVICES)
    text += alias("Operation", operations)
    text += alias("OperationPattern", patterns(operations))
    text += alias("ErrorName", known_errors())
    for shape in ("JobStatus", "JobExecutionStatus", "TargetSelection"):
        text += alias(shape, iot.shape_for(shape).enum)
    text += '\n\nclass QuotaNumbers(TypedDict, total=False):\n    """Numbers by the names of quotas."""\n\n'
    settable = (quota for quota in QUOTAS.values() if quota.settable)
    text += "".join(
        f"    {quota.name}: {'float' if quota.is_rate else 'int'}\n" for quota in settable
    )
    return text


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")

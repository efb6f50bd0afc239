"""Prints the steps of a request and the tables of transitions as Markdown, from the code itself.

`python docs/tables.py` prints all that stands in `docs/architecture.md`; a test keeps them equal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import TypeVar

from moto_iot_jobs.dispatch.pipeline import STEPS
from moto_iot_jobs.service.states import EXECUTION_TABLE, JOB_TABLE, ExecutionStatus, JobStatus

Act = TypeVar("Act", bound=Enum)
Status = TypeVar("Status", bound=Enum)


def markdown(
    corner: str, table: Mapping[Act, Mapping[Status, Enum]], statuses: Iterable[Status]
) -> str:
    """Write a table of transitions: a row for each act, a column for each status.

    Args:
        corner: what stands above the acts.
        table: for each act, what it leads to from each status.
        statuses: the columns, in order. Statuses that no act tells apart share one.
    """
    columns: dict[tuple[Enum, ...], list[Status]] = {}
    for status in statuses:
        columns.setdefault(tuple(cells[status] for cells in table.values()), []).append(status)
    header = [corner, *(", ".join(status.value for status in alike) for alike in columns.values())]
    rows = zip(
        [act.value for act in table], *(map(_cell, column) for column in columns), strict=True
    )
    return "\n".join(map(_line, [header, ["---"] * len(header), *rows]))


def _cell(outcome: Enum) -> str:
    """Print an outcome: a new status in bold, all else plain."""
    return f"**{outcome.value}**" if outcome.value.isupper() else outcome.value


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def steps(functions: Iterable[Callable[..., object]]) -> str:
    """List functions with the first lines of their docstrings."""
    return "\n".join(
        f"   - `{each.__name__}`: {(each.__doc__ or '').splitlines()[0]}" for each in functions
    )


def tables() -> str:
    """Return the table of executions and, after an empty line, that of jobs."""
    executions = markdown("execution", EXECUTION_TABLE, ExecutionStatus)
    return f"{executions}\n\n{markdown('job', JOB_TABLE, JobStatus)}"


def main() -> None:
    """Print everything."""
    sys.stdout.write(f"{steps(STEPS)}\n\n{tables()}\n")


if __name__ == "__main__":
    main()

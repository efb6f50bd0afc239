"""What an execution that is queued takes in memory; run as a program, the process in which it is
weighed.
"""

from __future__ import annotations

import json
import sys
import tracemalloc

from .core import DAY, Core
from .effort import Effort
from .processes import run
from .results import Bar, Findings
from .sampling import Sample

BYTES = Bar(400)


def measure(effort: Effort) -> Findings:
    """Weigh one job's executions."""
    findings = Findings()
    weight = json.loads(run([sys.executable, "-m", "benchmarks.memory", str(effort.remembered)]))
    what = f"memory for each queued execution, {effort.remembered:,} in one job"
    findings.add(what, Sample.of([weight]), "bytes", BYTES)
    findings.constants["bytes_of_an_execution"] = weight
    return findings


def weigh(executions: int) -> float:
    """Return the bytes that each of so many queued executions of one job takes, things not
    counted.
    """
    core = Core(executions)
    core.create("warm", core.things[:1])
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    core.create("job")
    core.advance(DAY)
    after = tracemalloc.get_traced_memory()[0]
    if core.queued("job") != executions:
        raise AssertionError(f"{core.queued('job')} of {executions} executions are queued")
    return (after - before) / executions


if __name__ == "__main__":
    sys.stdout.write(json.dumps(weigh(int(sys.argv[1]))))

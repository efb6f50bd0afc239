"""The command: measures what is asked for, prints it as it comes, and keeps it."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from . import calls, devices, groups, growth, imports, memory, page, serving, suites, year
from .effort import FULL, QUICK, SMOKE, Effort
from .results import ROW_HEADER, Findings, drawn

SECTIONS: dict[str, Callable[[Effort], Findings]] = {
    "suites": suites.measure,
    "calls": calls.measure,
    "growth": growth.measure,
    "groups": groups.measure,
    "memory": memory.measure,
    "year": year.measure,
    "imports": imports.measure,
    "server": serving.measure,
    "mqtt": devices.measure,
}
RESULTS = Path(__file__).parent / "results"


def main(arguments: list[str] | None = None) -> int:
    """Measure; return 1 when a bar was missed."""
    options = _options(arguments)
    effort = SMOKE if options.smoke else QUICK if options.quick else FULL
    say = sys.stdout.write
    began = time.monotonic()
    found: dict[str, Findings] = {}
    for name in options.sections or SECTIONS:
        say(f"\n{name} (after {time.monotonic() - began:.0f} s)\n")
        found[name] = SECTIONS[name](effort)
        say(_shown(found[name]))
        sys.stdout.flush()
    run = {
        "machine": machine(options, time.monotonic() - began),
        "sections": {n: f.as_json() for n, f in found.items()},
    }
    rows = [row for findings in found.values() for row in findings.rows]
    missed = [row.what for row in rows if row.verdict == "NO"]
    say(f"\n{_summary(run['machine'], found)}\n")
    say(f"{sum(row.verdict == 'yes' for row in rows)} bars met, {len(missed)} missed\n")
    say("".join(f"missed: {what}\n" for what in missed))
    _keep(run, options.json)
    if options.write_docs:
        page.write(run, found, _previous(run))
    return 1 if missed else 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "sections",
        nargs="*",
        metavar="section",
        help=f"one or more of {', '.join(SECTIONS)}; all by default",
    )
    effort = parser.add_mutually_exclusive_group()
    effort.add_argument(
        "--quick", action="store_true", help="smaller sizes and fewer rounds: about two minutes"
    )
    effort.add_argument(
        "--smoke",
        action="store_true",
        help="tiny sizes, nothing of anybody else's: only to see that it works",
    )
    parser.add_argument(
        "--json",
        type=Path,
        help="where to keep what was found; benchmarks/results/<date>.json by default",
    )
    parser.add_argument(
        "--write-docs",
        action="store_true",
        help="put the tables into docs/evidence/benchmarks.md and docs/evidence/scale.md",
    )
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.sections) - SECTIONS.keys())
    if unknown:
        parser.error(f"there is no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    if options.write_docs and (options.sections or options.quick or options.smoke):
        parser.error("--write-docs needs the full run of all sections")
    return options


def machine(options: argparse.Namespace, seconds: float) -> dict[str, Any]:
    """Return when, how and on what was measured."""
    return {
        "date": f"{datetime.now(timezone.utc):%Y-%m-%d}",
        "effort": "smoke" if options.smoke else "quick" if options.quick else "full",
        "seconds": round(seconds),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "gigabytes": _gigabytes(),
        "load": round(os.getloadavg()[1], 1) if hasattr(os, "getloadavg") else None,
    }


def _processor() -> str:
    """Return the name of the processor, as far as the system tells."""
    with suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line for line in lines if line.startswith("model name")).partition(": ")[2]
    return platform.processor() or "unknown"


def _gigabytes() -> float | None:
    """Return the memory of the machine, as far as the system tells."""
    with suppress(OSError, ValueError, AttributeError):
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    return None


def _previous(run: dict[str, Any]) -> dict[str, Any] | None:
    """Return the full run before a run, if one was kept."""
    kept = sorted(
        path for path in RESULTS.glob("*-full.json") if path.stem[:10] < run["machine"]["date"]
    )
    return json.loads(kept[-1].read_text(encoding="utf-8")) if kept else None


def _shown(findings: Findings) -> str:
    parts = [drawn(ROW_HEADER, [row.cells for row in findings.rows])]
    parts += [f"{table.title}:\n{drawn(table.header, table.lines)}" for table in findings.tables]
    parts += findings.remarks
    return "\n\n".join(parts) + "\n"


def _summary(machine: dict[str, Any], found: dict[str, Findings]) -> str:
    versions = {
        name: version for findings in found.values() for name, version in findings.versions.items()
    }
    on = (
        f"{machine['python']}, {machine['system']}, {machine['processor']}, {machine['cores']}"
        f" cores, load {machine['load']}"
    )
    return f"{machine['date']}, {on}. " + ", ".join(
        f"{name} {version}" for name, version in versions.items()
    )


def _keep(run: dict[str, Any], path: Path | None) -> None:
    if path is None:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{run['machine']['date']}-{run['machine']['effort']}.json"
    path.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"Kept in {path.name}.\n")


if __name__ == "__main__":
    sys.exit(main())

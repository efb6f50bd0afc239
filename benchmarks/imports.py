"""What importing this package costs a program that imports moto and its iot anyway; and what
pytest pays for the plugin.
"""

from __future__ import annotations

import json
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from .effort import Effort
from .processes import run
from .results import Bar, Findings
from .sampling import Sample, elapsed_seconds_of

IMPORT, PYTEST = Bar(45), Bar(30)
_MEASURED = """
import json, time
began = time.perf_counter()
import boto3, moto
from moto import mock_aws
import moto.iot.models, moto.iot.responses, moto.iot.urls
middle = time.perf_counter()
from moto_iot_jobs import mock_iot
print(json.dumps([middle - began, time.perf_counter() - middle]))
"""


def measure(effort: Effort) -> Findings:
    """Import everything in fresh processes, and run pytest without tests, with and without the
    plugin in turn.
    """
    findings = Findings()
    run([sys.executable, "-c", _MEASURED])  # so that everything is compiled
    pairs = [json.loads(run([sys.executable, "-c", _MEASURED])) for _ in range(effort.imports)]
    before, more = (
        Sample.of([pair[0] for pair in pairs]).times(1000),
        Sample.of([pair[1] for pair in pairs]).times(1000),
    )
    findings.add("import of mock_iot, over moto and its iot", more, "ms", IMPORT)
    findings.add("import of moto and its iot, for comparison", before, "ms")
    plugin = _plugin()
    if plugin is None:
        findings.remarks.append(
            "The pytest plugin was not measured: this package is not installed here with an entry"
            " point."
        )
    else:
        findings.add(
            "an empty pytest run, more with the plugin",
            _pytest(plugin, effort.imports),
            "ms",
            PYTEST,
        )
    return findings


def _plugin() -> str | None:
    try:
        entries = distribution("moto-iot-jobs").entry_points
    except PackageNotFoundError:
        return None
    return next((entry.name for entry in entries if entry.group == "pytest11"), None)


def _pytest(plugin: str, times: int) -> Sample:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_one.py").write_text("def test_one(): pass\n")
        # One of its own, so that nobody else's is read.
        configuration = Path(folder, "pytest.ini")
        configuration.write_text("[pytest]\n")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-c",
            str(configuration),
            folder,
        ]
        seconds = []
        for _ in range(times):
            without = elapsed_seconds_of(lambda: run([*command, "-p", f"no:{plugin}"]))
            seconds.append(elapsed_seconds_of(lambda: run(command)) - without)
    return Sample.of(seconds).times(1000)

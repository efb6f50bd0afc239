"""moto's own tests of `iot-data`, in the version that is installed, with this package active."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.acceptance.downloads import needs_downloads, sdist

_IS_ACTIVE = """
from moto import mock_aws
from moto.iotdata.models import iotdata_backends
from moto_iot_jobs.iotdata.models import IoTDataMixin

@mock_aws
def test_the_package_is_active():
    assert issubclass(iotdata_backends.backend, IoTDataMixin)
"""


@needs_downloads
def test_motos_tests_of_iot_data_pass(tmp_path: Path) -> None:
    original, tests = sdist("moto", tmp_path) / "tests", tmp_path / "run" / "tests"
    shutil.copytree(original / "test_iotdata", tests / "test_iotdata")
    for file in original.glob("*.py"):
        shutil.copy(file, tests)
    (tests / "test_iotdata" / "test_active.py").write_text(_IS_ACTIVE, encoding="utf-8")
    options = ("-q", "--color=no", "-p", "no:cacheprovider", "-o", "iot_jobs_activate=true")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "tests/test_iotdata"],
        cwd=tests.parent,
        env={**os.environ, "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None, done.stdout
    assert int(passed[1]) > 10

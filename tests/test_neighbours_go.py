"""Jobs do without their neighbours: each can be taken out of the package, and Jobs' tests pass."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.warm_python import warm_python

ROOT = Path(__file__).parents[1]
OURS = "moto_iot_jobs"
PACKAGE = ROOT / OURS
NEIGHBOURS = [name for name in ("commands", "packages", "shadows") if (PACKAGE / name).is_dir()]
TESTS = [
    str(ROOT / "tests" / "aws" / f"test_{name}.py")
    for name in ("delete_job", "delete_job_execution", "data_plane", "job_templates")
]


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_jobs_tests_pass_without(neighbour: str, tmp_path: Path) -> None:
    copy = tmp_path / OURS
    shutil.copytree(PACKAGE, copy)  # what is compiled already goes with it
    shutil.rmtree(copy / neighbour)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    options = ["-q", "-c", str(ROOT / "pyproject.toml"), "-o", "pythonpath="]
    options += ["-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-k", "not server"]
    run = "status = pytest.main(sys.argv[1:])"
    # An editable install, whose finder would find the room in the original, does not count.
    alone = "sys.meta_path[:] = [f for f in sys.meta_path if '__editable__' not in f.__module__]"
    gone = f"from importlib.util import find_spec; assert not find_spec('{OURS}.{neighbour}')"
    report = f"{gone}; print('tested:', sys.modules['{OURS}'].__file__); sys.exit(status)"
    # It has moto, and nothing of ours.
    python = warm_python("boto3", "moto.iot.models", "moto.iot.responses", "moto.iot.urls")
    done = subprocess.run(
        [*python, "-c", f"import pytest, sys; {alone}; {run}; {report}", *options, *TESTS],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"tested: {copy}" in done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 100


def test_there_are_neighbours() -> None:
    assert {"packages", "shadows"} <= set(NEIGHBOURS)

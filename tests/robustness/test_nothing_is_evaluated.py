"""No request makes the service run, compile, unpickle or start anything, or write to the disk;
Python's audit events tell.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_session_of_users_and_devices_leaves_no_trace_but_its_responses(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT)}
    program = Path(__file__).with_name("audited_session.py")
    done = subprocess.run(
        [sys.executable, str(program)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["seen"] == []
    assert [each.split()[0] for each in report["proof"]] == ["compile", "open"]
    assert report["first"] == report["second"]
    assert report["second"].count(200) >= 11, report
    assert max(report["second"]) < 500
    assert "unpickled" not in done.stdout
    assert list(tmp_path.iterdir()) == []

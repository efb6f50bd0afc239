"""AWS's SDK for JavaScript v3, from its registry and unmodified, against the server.

What it must see stands in `js/flow.test.mjs`. The SDK is installed into a temporary folder, which
needs npm and the package index that npm is configured for.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import Server

PROGRAM = Path(__file__).parent / "js"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or shutil.which("npm") is None,
    reason="node and npm are not installed here",
)


def test_the_flow_of_a_fleet(server: Server, installed: Path) -> None:
    environment = {**os.environ, "JOBS_URL": server.url}
    command = ["node", "--test", "--test-reporter=tap", "flow.test.mjs"]
    done = subprocess.run(
        command, cwd=installed, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    tests = len(
        re.findall(
            r"^test\(", (PROGRAM / "flow.test.mjs").read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    assert f"# pass {tests}\n# fail 0\n" in done.stdout, done.stdout

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


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the program and the SDK that it uses."""
    folder = tmp_path_factory.mktemp("javascript") / "js"
    shutil.copytree(PROGRAM, folder, ignore=shutil.ignore_patterns("node_modules"))
    command = [
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefer-offline",
        "--loglevel=error",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode != 0 and "CI" not in os.environ:
        pytest.skip(f"npm could not install the SDK here: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


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

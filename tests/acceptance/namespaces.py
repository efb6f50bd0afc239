"""Scripts that run where ports and the file of hosts are their own: in namespaces of Linux."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NAMESPACE = ("unshare", "--map-root-user", "--mount", "--net")
LIMIT_SECONDS = 120
BEFORE = """\
set -e -o pipefail
ip link set lo up
echo '127.0.0.1 localhost' > hosts
mount --bind hosts /etc/hosts
trap 'kill $(jobs -p)' EXIT
"""


def _has_namespaces() -> bool:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    command = [*NAMESPACE, "mount", "--bind", "/etc/hosts", "/etc/hosts"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


needs_namespaces = pytest.mark.skipif(
    not _has_namespaces(), reason="there are no namespaces for users here"
)


def run(folder: Path, scripts: list[str]) -> None:
    """Run scripts of a shell one after the other in a folder, until one fails."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "HOME": str(folder),
        "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    done = subprocess.run(
        [*NAMESPACE, "bash", "-c", BEFORE + "".join(scripts)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

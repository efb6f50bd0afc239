"""Unmodified programs under AWS's own names: the blocks of the manual's page, run in order.

They need ports and a hosts file of their own, and so a network and a mount namespace, which Linux
gives to every user.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "names.md"
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


pytestmark = [
    pytest.mark.skipif(not _has_namespaces(), reason="there are no namespaces for users here"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]


def blocks(*, with_node: bool) -> list[str]:
    """The scripts of the page, those that use Node's packages or the others."""
    found = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(found) == 6
    return [text for text in found if with_node or ".mjs" not in text]


def run(folder: Path, scripts: list[str]) -> None:
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


def test_boto3_the_cli_curl_and_the_device_sdk_find_the_server_by_the_names_of_aws(
    tmp_path: Path,
) -> None:
    run(tmp_path, blocks(with_node=False))


@pytest.mark.skipif(
    not os.environ.get("WITH_NODE_PACKAGES"),
    reason="tox -e names runs it, for it installs packages of Node",
)
def test_programs_of_node_do_too(tmp_path: Path, installed: Path) -> None:
    (tmp_path / "node_modules").symlink_to(installed / "node_modules")
    run(tmp_path, blocks(with_node=True))

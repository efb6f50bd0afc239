"""Unmodified programs under AWS's own names: the blocks of the manual's page, run in order.

They need ports and a hosts file of their own, and so a network and a mount namespace, which Linux
gives to every user.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.acceptance.namespaces import needs_namespaces, run

PAGE = Path(__file__).parents[2] / "docs" / "names.md"
pytestmark = [
    needs_namespaces,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]


def blocks(*, with_node: bool) -> list[str]:
    """The scripts of the page, those that use Node's packages or the others."""
    found = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(found) == 6
    return [text for text in found if with_node or ".mjs" not in text]


def test_boto3_the_cli_curl_and_the_device_sdk_find_the_server_by_the_names_of_aws(
    tmp_path: Path,
) -> None:
    run(tmp_path, blocks(with_node=False))


@pytest.mark.skipif(
    "DOWNLOADS" not in os.environ,
    reason="packages of Node are installed when DOWNLOADS is set, as in tox -e acceptance",
)
def test_programs_of_node_do_too(tmp_path: Path, installed: Path) -> None:
    (tmp_path / "node_modules").symlink_to(installed / "node_modules")
    run(tmp_path, blocks(with_node=True))

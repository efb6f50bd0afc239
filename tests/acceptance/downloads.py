"""Programs of other people, from the registries that pip, npm and git are configured for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

import pytest

WANTED = "DOWNLOADS" in os.environ
"""Whether tests may download: they take a minute, and need a network."""

needs_downloads = pytest.mark.skipif(
    not WANTED, reason="downloads other people's programs; DOWNLOADS=1 does, and CI"
)
needs_npm = pytest.mark.skipif(
    shutil.which("node") is None or shutil.which("npm") is None,
    reason="node and npm are not installed here",
)


def sdist(name: str, folder: Path, release: str | None = None) -> Path:
    """Download the source distribution of a package.

    Args:
        name: the package's name in the index.
        folder: where it is unpacked.
        release: its version; that which is installed by default.

    Returns:
        The folder with its files.
    """
    here = folder / name
    command = (
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *(
            "--no-deps",
            "--no-binary",
            name,
            "--dest",
            str(here),
            f"{name}=={release or version(name)}",
        ),
    )
    _run(f"pip could not download {name}", *command)
    [archive] = here.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        if hasattr(tarfile, "data_filter"):
            packed.extractall(here, filter="data")
        else:
            packed.extractall(here)
    [unpacked] = (each for each in here.iterdir() if each.is_dir())
    return unpacked


def npm_install(folder: Path) -> None:
    """Install what the `package.json` of a folder names."""
    command = ("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    _run("npm could not install", *command, "--prefer-offline", folder=folder)


def git_clone(url: str, commit: str, folder: Path) -> None:
    """Clone a repository, at one commit."""
    _run(f"git could not clone {url}", "git", "clone", "--quiet", url, str(folder))
    _run("git could not check it out", "git", "checkout", "--quiet", commit, folder=folder)


def _run(problem: str, *command: str, folder: Path | None = None) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        # Where nobody looks at what was skipped, it fails.
        give_up = pytest.fail if "CI" in os.environ else pytest.skip
        give_up(f"{problem}: {done.stderr.strip()[-300:]}")

"""What is installed is what was promised: metadata, entry points, types, and a package that costs
little to import.
"""

from __future__ import annotations

import configparser
import importlib.metadata
import importlib.resources
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import moto_iot_jobs

ROOT = Path(__file__).parents[1]
NAME = "moto-iot-jobs"


@pytest.fixture(scope="module")
def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


@pytest.fixture(scope="module")
def metadata() -> importlib.metadata.PackageMetadata:
    return importlib.metadata.metadata(NAME)


def python(code: str) -> str:
    """Run a few lines in an interpreter of their own and return what they print."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_installed_metadata_is_that_of_setup_cfg(
    setup_cfg: configparser.ConfigParser, metadata: importlib.metadata.PackageMetadata
) -> None:
    declared = setup_cfg["metadata"]
    assert (metadata["Name"], metadata["Version"]) == (declared["name"], declared["version"])
    assert metadata["Requires-Python"] == setup_cfg["options"]["python_requires"]
    assert metadata["Summary"] == declared["description"]


def test_the_version_is_the_same_everywhere(metadata: importlib.metadata.PackageMetadata) -> None:
    assert moto_iot_jobs.__version__ == metadata["Version"]


def test_the_license_is_apache_2_and_comes_with_its_text(
    metadata: importlib.metadata.PackageMetadata,
) -> None:
    assert "Apache-2.0" in str(
        metadata.get_all("License-Expression") or metadata.get_all("License")
    )
    assert "Version 2.0, January 2004" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def cells() -> set[str]:
    """The cells of the matrix in tox.ini, by their names."""
    listed = re.findall(
        r"^ +(py3\S+-moto\S+)$", (ROOT / "tox.ini").read_text(encoding="utf-8"), re.MULTILINE
    )
    expanded = set()
    for cell in listed:
        stem, braces, rest = cell.partition("{")
        versions, _, tail = rest.partition("}")
        expanded |= (
            {f"{stem}{version}{tail}" for version in versions.split(",")} if braces else {cell}
        )
    return expanded


def test_the_classifiers_name_every_python_of_the_matrix(
    setup_cfg: configparser.ConfigParser,
) -> None:
    classified = set(re.findall(r"Python :: 3\.(\d+)", setup_cfg["metadata"]["classifiers"]))
    assert setup_cfg["options"]["python_requires"] == f">=3.{min(classified, key=int)}"
    for versions in ("motooldest-botooldest", "motonewest-botonewest"):
        assert {f"py3{python}-{versions}" for python in classified} <= cells()


def test_old_and_new_are_crossed_with_one_python_at_least() -> None:
    for crossing in ("motooldest-botonewest", "motonewest-botooldest"):
        assert any(cell.endswith(crossing) for cell in cells())


def test_the_workflow_runs_every_cell_of_the_matrix() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    pythons = re.findall(r'"(3\.\d+)"', re.findall(r"python: \[(.*)\]", workflow)[0])
    excluded = set(re.findall(r'- \{ python: "(\S+)", moto: (\w+), boto: (\w+) \}', workflow))
    ages = ("oldest", "newest")
    run = {(python, moto, boto) for python in pythons for moto in ages for boto in ages} - excluded
    assert {
        f"py{python.replace('.', '')}-moto{moto}-boto{boto}" for python, moto, boto in run
    } == cells()


def test_the_oldest_of_the_matrix_is_the_oldest_that_may_be_installed(
    setup_cfg: configparser.ConfigParser,
) -> None:
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    required = setup_cfg["options"]["install_requires"]
    (moto,) = re.findall(r"^moto\[.*\]>=(\S+)$", required, re.MULTILINE)
    assert f"motooldest: moto=={moto}\n" in tox
    for name in ("boto3", "botocore"):
        (floor,) = re.findall(rf"^{name}>=(\S+)$", required, re.MULTILINE)
        assert f"botooldest: {name}=={floor}\n" in tox
    (awscli,) = re.findall(
        r"^awscli>=(\S+)$", setup_cfg["options.extras_require"]["test"], re.MULTILINE
    )
    # each version of the CLI wants one version of botocore
    assert f"botooldest: awscli=={awscli}\n" in tox


def test_what_tox_runs_is_there() -> None:
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    paths = set(re.findall(r"\btests/[\w/.]+", tox))
    assert len(paths) > 3
    # Not by git alone: what an ignored name hides is missing in a clone.
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_every_entry_point_leads_somewhere() -> None:
    entry_points = importlib.metadata.distribution(NAME).entry_points
    assert {("console_scripts", NAME)} <= {(point.group, point.name) for point in entry_points}
    for point in entry_points:
        loaded = point.load()
        # What pytest loads is a module.
        assert isinstance(loaded, ModuleType) if point.group == "pytest11" else callable(loaded), (
            point
        )


def test_the_types_are_shipped(setup_cfg: configparser.ConfigParser) -> None:
    assert importlib.resources.files(moto_iot_jobs).joinpath("py.typed").is_file()
    assert "py.typed" in setup_cfg["options.package_data"]["moto_iot_jobs"].split()


def test_every_public_name_resolves() -> None:
    assert len(set(moto_iot_jobs.__all__)) == len(moto_iot_jobs.__all__)
    for name in moto_iot_jobs.__all__:
        assert getattr(moto_iot_jobs, name) is not None
        assert name in dir(moto_iot_jobs)


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    name = "no_such_name"
    with pytest.raises(AttributeError, match=name):
        getattr(moto_iot_jobs, name)


def test_importing_the_package_alone_imports_neither_moto_nor_boto() -> None:
    loaded = python(
        "import sys, moto_iot_jobs; print(*{name.split('.')[0] for name in sys.modules})"
    ).split()
    assert "moto_iot_jobs" in loaded
    assert not {"moto", "boto3", "botocore", "responses", "werkzeug", "flask", "pytest"} & set(
        loaded
    )


def test_taking_a_public_name_brings_moto_with_it() -> None:
    assert (
        python("import sys; from moto_iot_jobs import mock_iot; print('moto' in sys.modules)")
        == "True"
    )


def test_the_package_can_be_run_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "moto_iot_jobs", "--help"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert {"server", "demo"} <= set(re.findall(r"\w+", done.stdout))

"""Software bills of materials: references, archives and results.

Source of the sentences: AWS IoT developer guide, software-package-catalog-troubleshooting.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.packages import sbom as sboms
from moto_iot_jobs.packages.package import S3Object, Sbom
from moto_iot_jobs.service.errors import InvalidInput, ResourceNotFound

if TYPE_CHECKING:
    from tests.packages.conftest import Catalog

WHERE = S3Object("boms", "app.zip", "v1")
NOT_THERE = "SBOM not accessible by the service. Please make sure the {} exists and S3 permission"


def archive(**files: object) -> bytes:
    """Return a zip archive; texts are written as they are, all else as JSON."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as opened:
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            opened.writestr(name, text)
    return written.getvalue()


CYCLONE = {"bomFormat": "CycloneDX"}
GOOD = archive(spdx={"spdxVersion": "SPDX-2.3"}, cyclone=CYCLONE)


@pytest.fixture
def kept(catalog: Catalog) -> Catalog:
    """A catalog with the version `app` 1, beside a bucket with a good archive."""
    catalog.package("app", "1")
    catalog.buckets.regions["boms"] = "eu-west-1"
    catalog.buckets.objects["boms", "app.zip", "v1"] = GOOD
    catalog.buckets.objects["boms", "app.zip", None] = GOOD
    return catalog


def test_a_good_archive_is_validated_at_once(kept: Catalog) -> None:
    version = kept.associate_sbom("app", "1", Sbom(WHERE), 9)
    assert (version.sbom, version.sbom_status, version.modified_at) == (
        Sbom(WHERE),
        "SUCCEEDED",
        9,
    )
    results, token = kept.list_sbom_validation_results("app", "1")
    assert [(each.file_name, each.result) for each in results] == [
        ("cyclone", "SUCCEEDED"),
        ("spdx", "SUCCEEDED"),
    ]
    assert token is None
    kept.disassociate_sbom("app", "1", 10)
    assert (version.sbom, version.sbom_status) == (None, None)
    assert kept.list_sbom_validation_results("app", "1") == ([], None)


def test_each_file_has_its_result(kept: Catalog) -> None:
    kept.buckets.objects["boms", "app.zip", "v1"] = archive(
        good={"spdxVersion": "SPDX-2.3"}, other={"bomFormat": "SWID"}, text="no JSON", list=[1]
    )
    version = kept.associate_sbom("app", "1", Sbom(WHERE), 9)
    assert version.sbom_status == "FAILED"
    failed, _ = kept.list_sbom_validation_results("app", "1", result="FAILED")
    assert {each.file_name: each.error_code for each in failed} == dict.fromkeys(
        ("list", "other", "text"), "INCOMPATIBLE_FORMAT"
    )
    good, _ = kept.list_sbom_validation_results("app", "1", result="SUCCEEDED")
    assert [each.file_name for each in good] == ["good"]


def test_a_file_that_is_too_large_is_said_so(
    kept: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sboms, "LARGEST_BYTES", 200)
    kept.buckets.objects["boms", "app.zip", "v1"] = _deflated("x" * 1000)
    kept.associate_sbom("app", "1", Sbom(WHERE), 9)
    (result,), _ = kept.list_sbom_validation_results("app", "1")
    assert result.error_code == "FILE_SIZE_LIMIT_EXCEEDED"
    monkeypatch.setattr(sboms, "LARGEST_BYTES", 20)
    with pytest.raises(InvalidInput, match="S3 object file size exceeds limit"):
        kept.associate_sbom("app", "1", Sbom(WHERE), 9)


def _deflated(text: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("big", text)
    return written.getvalue()


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_damaged_archive_is_validated_all_the_same(kept: Catalog, method: int) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as opened:
        opened.writestr("app.json", json.dumps({"bomFormat": "CycloneDX", "parts": ["x"] * 400}))
    whole = written.getvalue()
    for place in range(len(whole)):
        damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        for content in (damaged, whole[:place]):
            kept.buckets.objects["boms", "app.zip", "v1"] = content
            version = kept.associate_sbom("app", "1", Sbom(WHERE), 9)
            assert version.sbom_status in ("SUCCEEDED", "FAILED")


def test_no_more_is_unpacked_than_one_file_may_have(
    kept: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sboms, "LARGEST_BYTES", 500)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as opened:
        for number in range(3):
            opened.writestr(f"{number}.json", json.dumps(CYCLONE) + " " * 200)
    kept.buckets.objects["boms", "app.zip", "v1"] = written.getvalue()
    kept.associate_sbom("app", "1", Sbom(WHERE), 9)
    results, _ = kept.list_sbom_validation_results("app", "1")
    assert [each.error_code for each in results] == [None, None, "FILE_SIZE_LIMIT_EXCEEDED"]


def test_an_archive_of_very_many_files_is_not_read(
    kept: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sboms, "MOST_FILES", 2)
    kept.buckets.objects["boms", "app.zip", "v1"] = archive(a=CYCLONE, b=CYCLONE, c=CYCLONE)
    kept.associate_sbom("app", "1", Sbom(WHERE), 9)
    (result,), _ = kept.list_sbom_validation_results("app", "1")
    assert (result.file_name, result.error_code) == ("app.zip", "FILE_SIZE_LIMIT_EXCEEDED")


@pytest.mark.parametrize("content", [b"no zip", archive()], ids=["no archive", "an empty one"])
def test_an_archive_that_is_none_fails(kept: Catalog, content: bytes) -> None:
    kept.buckets.objects["boms", "app.zip", "v1"] = content
    assert kept.associate_sbom("app", "1", Sbom(WHERE), 9).sbom_status == "FAILED"


@pytest.mark.parametrize(
    "sbom, message",
    [
        (None, "Associate request needs to include SBOM reference"),
        (Sbom(None), "Associate request needs to include SBOM reference"),
        (Sbom(WHERE._replace(bucket=None)), "S3 bucket name for SBOM cannot be null"),
        (Sbom(WHERE._replace(key=None)), "S3 key name for SBOM cannot be null"),
        (Sbom(WHERE._replace(version=None)), "S3 object version for SBOM cannot be null"),
        (
            Sbom(WHERE._replace(bucket="b" * 64)),
            "S3 bucket name is illegal. String length exceeds limit",
        ),
        (
            Sbom(WHERE._replace(key="k" * 1025)),
            "S3 key name is illegal. String length exceeds limit",
        ),
    ],
)
def test_a_reference_is_complete(kept: Catalog, sbom: Sbom | None, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        kept.associate_sbom("app", "1", sbom, 9)
    assert caught.value.message == message


@pytest.mark.parametrize(
    "change, message",
    [
        ({"bucket": "none"}, NOT_THERE.format("bucket")),
        ({"key": "none"}, NOT_THERE.format("key")),
        ({"version": "none"}, NOT_THERE.format("bucket/key/version")),
        ({"bucket": "far"}, "Cross-region S3 bucket for far is not supported."),
    ],
)
def test_a_reference_leads_somewhere(kept: Catalog, change: dict[str, str], message: str) -> None:
    kept.buckets.regions["far"] = "us-east-1"
    with pytest.raises(InvalidInput) as caught:
        kept.associate_sbom("app", "1", Sbom(WHERE._replace(**change)), 9)
    assert caught.value.message.startswith(message)
    assert kept.get_package_version("app", "1").sbom is None


def test_the_version_exists(kept: Catalog) -> None:
    with pytest.raises(ResourceNotFound):
        kept.associate_sbom("app", "2", Sbom(WHERE), 9)
    with pytest.raises(ResourceNotFound):
        kept.disassociate_sbom("lib", "1", 9)
    with pytest.raises(ResourceNotFound):
        kept.list_sbom_validation_results("app", "2")

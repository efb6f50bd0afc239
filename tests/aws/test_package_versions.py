"""destinationPackageVersions, and placeholders for packages in job documents and templates.

Source: AWS IoT developer guide, preparing-jobs-for-service-package-catalog, and its page on
troubleshooting the software package catalog. The class and the sentences of what is said about
destinations that cannot be deployed are ours.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.aws.test_presigned_urls import open_url

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

ONE = "arn:aws:iot:eu-west-1:123456789012:package/app/version/1.0"
TWO = "arn:aws:iot:eu-west-1:123456789012:package/lib/version/2.0"
DEFAULT = "arn:aws:iot:eu-west-1:123456789012:package/app/version/$default"
NONE = "arn:aws:iot:eu-west-1:123456789012:package/app/version/$null"
ROLE = {"presignedUrlConfig": {"roleArn": "arn:aws:iam::123456789012:role/jobs"}}
ATTRIBUTES = {"url": "https://example.com/app", "note": 'say "hi"'}


@pytest.fixture
def catalog(aws: Aws) -> Aws:
    """An account with the packages `app` (1.0, published and the default) and `lib` (2.0), of which
    only the first has an artifact: the first of two versions of an object.
    """
    s3 = aws.client("s3")
    s3.create_bucket(
        Bucket="firmware", CreateBucketConfiguration={"LocationConstraint": aws.region}
    )
    s3.put_bucket_versioning(Bucket="firmware", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="firmware", Key="app.bin", Body=b"first")["VersionId"]
    s3.put_object(Bucket="firmware", Key="app.bin", Body=b"second")
    where = {"bucket": "firmware", "key": "app.bin", "version": first}
    publish(aws, "app", "1.0", attributes=ATTRIBUTES, artifact={"s3Location": where})
    publish(aws, "lib", "2.0")
    aws.iot.update_package(packageName="app", defaultVersionName="1.0")
    return aws


def publish(aws: Aws, package: str, version: str, **members: Any) -> None:
    known = {each["packageName"] for each in aws.iot.list_packages()["packageSummaries"]}
    if package not in known:
        aws.iot.create_package(packageName=package)
    named = {"packageName": package, "versionName": version}
    aws.iot.create_package_version(**named, **members)
    aws.iot.update_package_version(**named, action="PUBLISH")


def error_of(aws: Aws, code: str, value: str, *versions: str, **settings: Any) -> str:
    request = {
        "jobId": "j1",
        "targets": [aws.thing("t1")],
        "document": json.dumps({"app": value}),
        **settings,
    }
    if versions:
        request["destinationPackageVersions"] = list(versions)
    message = aws.raises(code, 400, aws.iot.create_job, **request).message
    assert aws.iot.list_jobs()["jobs"] == []
    return message


def received(aws: Aws, thing: str = "t1", job_id: str = "j1") -> Any:
    """What a device receives now."""
    execution = aws.device.describe_job_execution(thingName=thing, jobId=job_id)["execution"]
    return json.loads(execution["jobDocument"])


# Destinations


@pytest.mark.parametrize(
    "versions", [[ONE], [ONE, TWO], [TWO, NONE]], ids=["one", "two", "one and null"]
)
def test_a_job_shows_the_versions_that_it_leads_to(catalog: Aws, versions: list[str]) -> None:
    catalog.job("j1", "t1", destinationPackageVersions=versions)
    for before in (False, True):
        job = catalog.iot.describe_job(jobId="j1", beforeSubstitution=before)["job"]
        assert job["destinationPackageVersions"] == versions
    assert json.loads(catalog.iot.get_job_document(jobId="j1")["document"]) == {"op": "x"}


def test_default_is_the_default_version_at_creation(catalog: Aws) -> None:
    document = json.dumps(
        {
            "version": "${aws:iot:package:app:version:$default:attributes}",
            "url": "${aws:iot:package:app:version:$default:artifact:s3-presigned-url}",
        }
    )
    catalog.job("j1", "t1", document=document, destinationPackageVersions=[DEFAULT], **ROLE)
    publish(catalog, "app", "3.0")
    catalog.iot.update_package(packageName="app", defaultVersionName="3.0")

    describe, get = catalog.iot.describe_job, catalog.iot.get_job_document
    assert describe(jobId="j1")["job"]["destinationPackageVersions"] == [ONE]
    before = describe(jobId="j1", beforeSubstitution=True)["job"]
    assert before["destinationPackageVersions"] == [DEFAULT]
    assert json.loads(get(jobId="j1")["document"]) == {
        "version": ATTRIBUTES,
        "url": "${aws:iot:package:app:version:1.0:artifact-location:s3-presigned-url}",
    }
    assert get(jobId="j1", beforeSubstitution=True)["document"] == document
    assert open_url(catalog, "GET", received(catalog)["url"]) == b"first"


def test_a_template_shows_them_as_they_were_given(aws: Aws) -> None:
    request = {
        "jobTemplateId": "m1",
        "description": "d",
        "document": "{}",
        "destinationPackageVersions": [DEFAULT, TWO],
    }
    aws.iot.create_job_template(**request)
    shown = aws.iot.describe_job_template(jobTemplateId="m1")
    assert shown["destinationPackageVersions"] == [DEFAULT, TWO]


def test_a_job_takes_document_and_versions_from_a_template(catalog: Aws) -> None:
    template = catalog.iot.create_job_template(
        jobTemplateId="m1",
        description="d",
        document='{"url": "${aws:iot:package::version::attributes:url}"}',
        destinationPackageVersions=[DEFAULT],
    )
    catalog.job("j1", "t1", jobTemplateArn=template["jobTemplateArn"])
    assert received(catalog) == {"url": ATTRIBUTES["url"]}
    describe = catalog.iot.describe_job
    assert describe(jobId="j1")["job"]["destinationPackageVersions"] == [ONE]
    before = describe(jobId="j1", beforeSubstitution=True)["job"]
    assert before["destinationPackageVersions"] == [DEFAULT]


def test_at_most_25_are_accepted(aws: Aws) -> None:
    versions = [f"{ONE}.{number}" for number in range(26)]
    for number in range(25):
        publish(aws, "app", f"1.0.{number}")
    request = {"jobId": "j1", "targets": [aws.thing("t1")], "document": "{}"}
    call = aws.iot.create_job
    aws.raises("InvalidRequestException", 400, call, **request, destinationPackageVersions=versions)
    call(**request, destinationPackageVersions=versions[:25])
    assert aws.iot.describe_job(jobId="j1")["job"]["destinationPackageVersions"] == versions[:25]


def test_one_must_be_an_arn(aws: Aws) -> None:
    request = {
        "jobId": "j1",
        "targets": [aws.thing("t1")],
        "document": "{}",
        "destinationPackageVersions": ["app 1.0"],
    }
    message = aws.raises("InvalidRequestException", 400, aws.iot.create_job, **request).message
    assert "at 'destinationPackageVersions" in message
    assert "Member must satisfy regular expression pattern: ^arn:[!-~]+$" in message


@pytest.mark.parametrize(
    "version, message",
    [
        ("app/version/9", "Package app version 9 cannot be found."),
        ("gone/version/1.0", "Package gone version 1.0 cannot be found."),
        ("lib/version/$default", "Package lib does not have a default version."),
        ("app/version/0.9", "Package app version 0.9 in status DRAFT cannot be deployed."),
    ],
)
def test_one_must_be_deployable(catalog: Aws, version: str, message: str) -> None:
    catalog.iot.create_package_version(packageName="app", versionName="0.9")
    arn = catalog.arn("package", version)
    assert error_of(catalog, "InvalidRequestException", "x", ONE, arn) == message


def test_a_deprecated_version_can_be_deployed(catalog: Aws) -> None:
    catalog.iot.update_package_version(packageName="app", versionName="1.0", action="DEPRECATE")
    catalog.job("j1", "t1", destinationPackageVersions=[ONE])
    assert catalog.status("j1") == "IN_PROGRESS"


# Placeholders


@pytest.mark.parametrize(
    "value, expected",
    [
        ("${aws:iot:package:app:version:1.0:attributes:url}", ATTRIBUTES["url"]),
        ("see ${aws:iot:package:app:version:1.0:attributes:note}!", 'see say "hi"!'),
        ("${aws:iot:package:app:version:1.0:attributes}", ATTRIBUTES),
        ("${aws:iot:package::version::attributes:url}", ATTRIBUTES["url"]),
        ("${aws:iot:package::version::attributes}", ATTRIBUTES),
    ],
)
def test_attributes_are_put_in_at_creation(catalog: Aws, value: str, expected: object) -> None:
    document = json.dumps({"app": value})
    catalog.job("j1", "t1", document=document, destinationPackageVersions=[ONE])
    assert json.loads(catalog.iot.get_job_document(jobId="j1")["document"]) == {"app": expected}
    before = catalog.iot.get_job_document(jobId="j1", beforeSubstitution=True)
    assert before["document"] == document
    assert received(catalog) == {"app": expected}


@pytest.mark.parametrize("spelling", ["artifact", "artifact-location"])
@pytest.mark.parametrize("names", [("app", "1.0"), ("", "")], ids=["named", "the only one"])
def test_a_device_downloads_the_object_of_that_version(
    catalog: Aws, spelling: str, names: tuple[str, str]
) -> None:
    package, version = names
    value = f"${{aws:iot:package:{package}:version:{version}:{spelling}:s3-presigned-url}}"
    document = json.dumps({"url": value})
    catalog.job("j1", "t1", document=document, destinationPackageVersions=[ONE], **ROLE)
    shown = json.loads(catalog.iot.get_job_document(jobId="j1")["document"])["url"]
    kept = spelling if package else "artifact-location"
    assert shown == f"${{aws:iot:package:app:version:1.0:{kept}:s3-presigned-url}}"
    assert open_url(catalog, "GET", received(catalog)["url"]) == b"first"


def test_attributes_alone_need_no_role(catalog: Aws) -> None:
    value = "${aws:iot:package:app:version:1.0:attributes:url}"
    document = json.dumps({"app": value})
    catalog.job("j1", "t1", document=document, destinationPackageVersions=[ONE])
    assert received(catalog)["app"] == ATTRIBUTES["url"]


def test_an_attribute_may_hold_a_placeholder_of_its_own(catalog: Aws) -> None:
    url = "https://s3.eu-west-1.amazonaws.com/firmware/app.bin"
    publish(catalog, "lib", "3.0", attributes={"url": f"${{aws:iot:s3-presigned-url:{url}}}"})
    document = json.dumps({"url": "${aws:iot:package:lib:version:3.0:attributes:url}"})
    arn = catalog.arn("package", "lib/version/3.0")
    catalog.job("j1", "t1", document=document, destinationPackageVersions=[arn], **ROLE)
    assert open_url(catalog, "GET", received(catalog)["url"]) == b"second"


def test_a_version_that_is_deleted_leaves_its_placeholder(catalog: Aws) -> None:
    value = "${aws:iot:package:app:version:1.0:artifact:s3-presigned-url}"
    document = json.dumps({"url": value})
    catalog.job("j1", "t1", document=document, destinationPackageVersions=[ONE], **ROLE)
    catalog.iot.update_package(packageName="app", unsetDefaultVersion=True)
    catalog.iot.delete_package_version(packageName="app", versionName="1.0")
    assert received(catalog) == {"url": value}


@pytest.mark.parametrize(
    "value, versions, message",
    [
        (
            "${aws:iot:package:app:version:$null:attributes:url}",
            [NONE],
            "$null is not allowed to be referenced as a package version in job documents.",
        ),
        (
            "${aws:iot:package::version::attributes:url}",
            [NONE],
            "$null is not allowed to be referenced as a package version in job documents.",
        ),
        (
            "${aws:iot:package::version::attributes:url}",
            [ONE, TWO],
            (
                "Cannot resolve empty package name and version name given multiple elements in"
                " destination package versions."
            ),
        ),
        (
            "${aws:iot:package:app:version::attributes:url}",
            [ONE],
            "Empty package name and version name have to be used in pair.",
        ),
        (
            "all of ${aws:iot:package:app:version:1.0:attributes}",
            [ONE],
            (
                "The package version attribute placeholder for all attributes has to be a json"
                " value by itself and not appended with other strings or nested with other"
                " placeholders."
            ),
        ),
        (
            "${aws:iot:package:app:version:1.0:attributes:url",
            [ONE],
            "One or more parameters or placeholders are not terminated.",
        ),
        (
            "${aws:iot:package:lib:version:2.0:attributes:url}",
            [ONE],
            ("Package lib version 2.0 does not match any element in destination package versions."),
        ),
        (
            "${aws:iot:package:app:version:$default:attributes:url}",
            [ONE],
            (
                "Package app version $default does not match any element in destination package"
                " versions."
            ),
        ),
        (
            "${aws:iot:package:app:version:1.0:attributes:none}",
            [ONE],
            "Package app version 1.0 does not have an attribute none.",
        ),
        (
            (
                "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/b/"
                "${aws:iot:package:app:version:1.0:artifact:s3-presigned-url}}"
            ),
            [ONE],
            (
                "${aws:iot:package:[...]:artifact:s3-presigned-url} cannot be nested inside another"
                " placeholder."
            ),
        ),
        (
            "${aws:iot:package:lib:version:2.0:artifact:s3-presigned-url}",
            [TWO],
            (
                "Package lib version 2.0 does not have an associated artifact to generate an S3"
                " presigned url."
            ),
        ),
    ],
)
def test_a_placeholder_must_be_well_formed(
    catalog: Aws, value: str, versions: list[str], message: str
) -> None:
    code = "InvalidJobDocumentException"
    assert error_of(catalog, code, value, *versions, **ROLE) == message


@pytest.mark.parametrize(
    "value",
    [
        "${aws:iot:package:app:version:1.0:attributes:url}",
        "${aws:iot:package:app:version:1.0:attributes}",
        "${aws:iot:package::version::attributes:url}",
        "${aws:iot:package:app:version:1.0:artifact-location:s3-presigned-url}",
    ],
    ids=["an attribute", "all attributes", "empty names", "the artifact"],
)
def test_a_package_that_does_not_exist_is_an_error(aws: Aws, value: str) -> None:
    message = error_of(aws, "InvalidRequestException", value, ONE, **ROLE)
    assert message == "Package app version 1.0 cannot be found."


def test_the_artifact_needs_a_role(aws: Aws) -> None:
    value = "${aws:iot:package:app:version:1.0:artifact-location:s3-presigned-url}"
    assert error_of(aws, "InvalidRequestException", value, ONE) == (
        "presignedUrlConfig role ARN is required to generate an S3 presigned url in job document"
        " for package app version 1.0 artifact."
    )


@pytest.mark.parametrize(
    "where, message",
    [
        (
            {"bucket": "firmware", "key": "app.bin"},
            "VersionId not found when attempting to access s3 url",
        ),
        (
            {"bucket": "no bucket", "key": "app.bin", "version": "1"},
            "Provided S3 bucket is not valid: no bucket. Error: Bucket name should not contain"
            " white space",
        ),
        (
            {"bucket": "Firmware", "key": "app.bin", "version": "1"},
            "Provided S3 bucket is not valid: Firmware. Error: Bucket name should not contain"
            " uppercase characters",
        ),
    ],
    ids=["no version", "no bucket name", "a bucket name in capitals"],
)
def test_a_url_must_be_possible(catalog: Aws, where: dict[str, str], message: str) -> None:
    publish(catalog, "lib", "3.0", artifact={"s3Location": where})
    arn = catalog.arn("package", "lib/version/3.0")
    value = "${aws:iot:package:lib:version:3.0:artifact:s3-presigned-url}"
    assert error_of(catalog, "InvalidRequestException", value, arn, **ROLE) == message


def test_a_bucket_without_versions_needs_none(catalog: Aws) -> None:
    s3 = catalog.client("s3")
    s3.create_bucket(
        Bucket="plain", CreateBucketConfiguration={"LocationConstraint": catalog.region}
    )
    s3.put_object(Bucket="plain", Key="app.bin", Body=b"plain")
    where = {"bucket": "plain", "key": "app.bin"}
    publish(catalog, "lib", "3.0", artifact={"s3Location": where})
    document = json.dumps({"url": "${aws:iot:package:lib:version:3.0:artifact:s3-presigned-url}"})
    arn = catalog.arn("package", "lib/version/3.0")
    catalog.job("j1", "t1", document=document, destinationPackageVersions=[arn], **ROLE)
    assert open_url(catalog, "GET", received(catalog)["url"]) == b"plain"


def test_the_bucket_of_an_upload_has_a_possible_name(aws: Aws) -> None:
    url = f"https://s3.eu-west-1.amazonaws.com/{'b' * 64}/key"
    value = f"${{aws:iot:s3-presigned-url-upload:{url}}}"
    message = error_of(aws, "InvalidRequestException", value, **ROLE)
    assert message == "Given S3 bucket name is invalid."

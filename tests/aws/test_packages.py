"""The Software Package Catalog as its owner calls it: answers, documented errors, pages, tags,
permissions, quotas and faults.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

TOKEN = "0123456789" * 4
ARTIFACT = {"s3Location": {"bucket": "firmware", "key": "image.bin", "version": "v1"}}
ROLE = "arn:aws:iam::123456789012:role/packages"


def bare(response: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without what boto3 adds."""
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


def version(
    aws: Aws, package: str = "app", name: str = "1.0", action: str | None = "PUBLISH"
) -> str:
    """Create a version, and its package as needed; return its ARN."""
    with suppress(aws.iot.exceptions.ConflictException):
        aws.iot.create_package(packageName=package)
    arn: str = aws.iot.create_package_version(packageName=package, versionName=name)[
        "packageVersionArn"
    ]
    if action is not None:
        aws.iot.update_package_version(packageName=package, versionName=name, action=action)
    return arn


# Answers


def test_a_package_is_created_shown_and_deleted(aws: Aws) -> None:
    created = aws.iot.create_package(packageName="app", description="An app")
    arn = aws.arn("package", "app")
    assert bare(created) == {"packageName": "app", "packageArn": arn, "description": "An app"}
    shown = bare(aws.iot.get_package(packageName="app"))
    assert abs(shown.pop("creationDate") - aws.now()) < timedelta(minutes=1)
    assert abs(shown.pop("lastModifiedDate") - aws.now()) < timedelta(minutes=1)
    assert shown == {"packageName": "app", "packageArn": arn, "description": "An app"}
    assert bare(aws.iot.delete_package(packageName="app")) == {}
    aws.raises("ResourceNotFoundException", 404, aws.iot.get_package, packageName="app")


def test_a_version_shows_all_that_it_was_given(aws: Aws) -> None:
    aws.iot.create_package(packageName="app")
    given = {
        "packageName": "app",
        "versionName": "1.0.0-rc.1",
        "description": "First",
        "attributes": {"size": "3", "url:md5": "a b"},
        "recipe": '{"x": 1}',
        "artifact": ARTIFACT,
    }
    created = bare(aws.iot.create_package_version(**given))
    arn = aws.arn("package", "app/version/1.0.0-rc.1")
    unseen = {"recipe", "artifact"}
    echoed = {name: value for name, value in given.items() if name not in unseen}
    assert created == {**echoed, "packageVersionArn": arn, "status": "DRAFT"}
    shown = bare(aws.iot.get_package_version(packageName="app", versionName="1.0.0-rc.1"))
    dates = {shown.pop("creationDate"), shown.pop("lastModifiedDate")}
    assert len(dates) == 1
    assert shown == {**given, "packageVersionArn": arn, "status": "DRAFT"}


def test_updates_change_what_they_name(aws: Aws) -> None:
    version(aws)
    aws.advance(minutes=5)
    update = {"packageName": "app", "versionName": "1.0"}
    assert bare(aws.iot.update_package_version(**update, description="new", recipe="r")) == {}
    shown = aws.iot.get_package_version(packageName="app", versionName="1.0")
    assert (shown["description"], shown["recipe"], shown["status"]) == ("new", "r", "PUBLISHED")
    assert shown["lastModifiedDate"] - shown["creationDate"] >= timedelta(minutes=5)
    assert bare(aws.iot.update_package(packageName="app", defaultVersionName="1.0")) == {}
    assert aws.iot.get_package(packageName="app")["defaultVersionName"] == "1.0"
    aws.iot.update_package(packageName="app", unsetDefaultVersion=True)
    assert "defaultVersionName" not in aws.iot.get_package(packageName="app")


def test_the_configuration_is_off_until_it_is_switched_on(aws: Aws) -> None:
    get = aws.iot.get_package_configuration
    assert get()["versionUpdateByJobsConfig"] == {"enabled": False}
    config = {"enabled": True, "roleArn": ROLE}
    assert bare(aws.iot.update_package_configuration(versionUpdateByJobsConfig=config)) == {}
    assert get()["versionUpdateByJobsConfig"] == config
    aws.iot.update_package_configuration(versionUpdateByJobsConfig={"enabled": False})
    assert get()["versionUpdateByJobsConfig"] == {"enabled": False, "roleArn": ROLE}


def test_a_bill_of_materials_is_validated(aws: Aws) -> None:
    version(aws)
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="boms", CreateBucketConfiguration={"LocationConstraint": aws.region})
    s3.put_bucket_versioning(Bucket="boms", VersioningConfiguration={"Status": "Enabled"})
    object_version = s3.put_object(Bucket="boms", Key="a.zip", Body=b"no zip")["VersionId"]
    where = {"s3Location": {"bucket": "boms", "key": "a.zip", "version": object_version}}
    named = {"packageName": "app", "versionName": "1.0"}
    associated = bare(aws.iot.associate_sbom_with_package_version(**named, sbom=where))
    assert associated == {**named, "sbom": where, "sbomValidationStatus": "FAILED"}
    shown = aws.iot.get_package_version(**named)
    assert (shown["sbom"], shown["sbomValidationStatus"]) == (where, "FAILED")
    (result,) = aws.iot.list_sbom_validation_results(**named)["validationResultSummaries"]
    assert (result["fileName"], result["validationResult"]) == ("a.zip", "FAILED")
    assert result["errorCode"] == "INCOMPATIBLE_FORMAT"
    good = aws.iot.list_sbom_validation_results(**named, validationResult="SUCCEEDED")
    assert good["validationResultSummaries"] == []
    assert bare(aws.iot.disassociate_sbom_from_package_version(**named)) == {}
    assert "sbom" not in aws.iot.get_package_version(**named)


def test_regions_and_accounts_have_packages_of_their_own(aws: Aws) -> None:
    version(aws)
    elsewhere = aws.client("iot", region="us-east-1")
    assert elsewhere.list_packages()["packageSummaries"] == []
    assert elsewhere.create_package(packageName="app")["packageArn"] == (
        "arn:aws:iot:us-east-1:123456789012:package/app"
    )


# Documented errors


def test_names_in_use_are_conflicts_that_name_the_resource(aws: Aws) -> None:
    version(aws)
    error = aws.raises("ConflictException", 409, aws.iot.create_package, packageName="app")
    assert error.message == "Package app already exists."
    assert error.response["resourceId"] == "app"
    error = aws.raises(
        "ConflictException",
        409,
        aws.iot.create_package_version,
        packageName="app",
        versionName="1.0",
    )
    assert error.response["resourceId"] == "1.0"


def test_a_status_that_does_not_allow_it_is_a_conflict(aws: Aws) -> None:
    version(aws, action=None)
    named = {"packageName": "app", "versionName": "1.0"}
    update = aws.iot.update_package_version
    error = aws.raises("ConflictException", 409, update, **named, action="DEPRECATE")
    assert error.message == "Package app version 1.0 in status DRAFT cannot be deprecated."
    default = {"packageName": "app", "defaultVersionName": "1.0"}
    aws.raises("ConflictException", 409, aws.iot.update_package, **default)
    update(**named, action="PUBLISH")
    aws.raises("ConflictException", 409, update, **named, attributes={"a": "b"})
    aws.raises("ConflictException", 409, update, **named, artifact=ARTIFACT)


NAMED = {"packageName": "app", "versionName": "9"}


@pytest.mark.parametrize(
    "operation, members",
    [
        ("get_package", {"packageName": "lib"}),
        ("update_package", {"packageName": "lib", "description": "d"}),
        ("update_package", {"packageName": "app", "defaultVersionName": "9"}),
        ("create_package_version", {"packageName": "lib", "versionName": "1"}),
        ("get_package_version", NAMED),
        ("update_package_version", {**NAMED, "description": "d"}),
        ("disassociate_sbom_from_package_version", NAMED),
        ("list_sbom_validation_results", NAMED),
        (
            "associate_sbom_with_package_version",
            {**NAMED, "sbom": {"s3Location": {"bucket": "b", "key": "k", "version": "v"}}},
        ),
    ],
)
def test_what_is_not_there_is_not_found(aws: Aws, operation: str, members: dict[str, Any]) -> None:
    version(aws)
    aws.raises("ResourceNotFoundException", 404, getattr(aws.iot, operation), **members)


def test_what_is_in_use_cannot_be_deleted(aws: Aws) -> None:
    version(aws)
    aws.iot.update_package(packageName="app", defaultVersionName="1.0")
    named = {"packageName": "app", "versionName": "1.0"}
    aws.raises("ValidationException", 400, aws.iot.delete_package_version, **named)
    aws.iot.update_package(packageName="app", unsetDefaultVersion=True)
    error = aws.raises("ValidationException", 400, aws.iot.delete_package, packageName="app")
    assert "All package versions must be deleted before" in error.message
    aws.iot.delete_package_version(**named)
    aws.iot.delete_package(packageName="app")


@pytest.mark.parametrize(
    "operation, members",
    [
        ("create_package", {"packageName": "a b"}),
        ("create_package", {"packageName": "a" * 129}),
        ("create_package", {"packageName": "a", "description": "d" * 1025}),
        ("create_package", {"packageName": "a", "tags": {"aws:a": "b"}}),
        ("list_packages", {"maxResults": 101}),
        ("list_packages", {"nextToken": "nonsense"}),
        ("update_package", {"packageName": "app", "defaultVersionName": "1.0"}),
        ("create_package_version", {"packageName": "app", "versionName": "v" * 65}),
        (
            "create_package_version",
            {"packageName": "app", "versionName": "2", "attributes": {"a": "b" * 3072}},
        ),
        (
            "create_package_version",
            {"packageName": "app", "versionName": "2", "recipe": "r" * 3073},
        ),
        (
            "update_package_version",
            {"packageName": "app", "versionName": "1.0", "action": "RETIRE"},
        ),
        ("list_package_versions", {"packageName": "app", "status": "GONE"}),
        ("update_package_configuration", {"versionUpdateByJobsConfig": {"roleArn": "r" * 2049}}),
        (
            "associate_sbom_with_package_version",
            {"packageName": "app", "versionName": "1.0", "sbom": {}},
        ),
    ],
)
def test_what_is_wrong_with_a_request_is_a_validation_exception(
    aws: Aws, operation: str, members: dict[str, Any]
) -> None:
    version(aws)
    if operation == "update_package":
        members = {**members, "unsetDefaultVersion": True}
    aws.raises("ValidationException", 400, getattr(aws.iot, operation), **members)
    assert [each["packageName"] for each in aws.iot.list_packages()["packageSummaries"]] == ["app"]


@pytest.mark.usefixtures("public_modules_reach_it")
def test_quotas_can_be_enforced(aws: Aws) -> None:
    from moto_iot_jobs import quotas

    with quotas.enforce(packages=1, package_versions=1):
        version(aws)
        error = aws.raises(
            "ServiceQuotaExceededException", 402, aws.iot.create_package, packageName="lib"
        )
        assert error.message == "There cannot be more than 1 packages."
        aws.raises(
            "ServiceQuotaExceededException",
            402,
            aws.iot.create_package_version,
            packageName="app",
            versionName="2",
        )
    version(aws, "lib", "2")


@pytest.mark.usefixtures("public_modules_reach_it")
def test_rates_can_be_enforced(aws: Aws) -> None:
    from moto_iot_jobs import quotas

    with quotas.enforce(ListPackages=1, GetPackageConfiguration=True):
        aws.iot.list_packages()
        aws.raises("ThrottlingException", 429, aws.iot.list_packages)
        for _ in range(5):
            aws.iot.get_package_configuration()
        aws.raises("ThrottlingException", 429, aws.iot.get_package_configuration)


@pytest.mark.parametrize(
    "operation, error, status",
    [
        ("CreatePackage", "InternalServerException", 500),
        ("GetPackage", "ThrottlingException", 429),
        ("CreatePackageVersion", "ServiceQuotaExceededException", 402),
        ("DeletePackage", "ValidationException", 400),
    ],
)
def test_faults_can_be_injected(aws: Aws, operation: str, error: str, status: int) -> None:
    members = {"packageName": "app"}
    if "Version" in operation:
        members["versionName"] = "1"
    name = "".join(f"_{c.lower()}" if c.isupper() else c for c in operation).lstrip("_")
    aws.fault(operation, error)
    aws.raises(error, status, getattr(aws.iot, name), **members)
    assert aws.iot.list_packages()["packageSummaries"] == []


def test_too_many_validations_at_once_can_be_injected(aws: Aws) -> None:
    aws.fault("AssociateSbomWithPackageVersion", "ServiceQuotaExceededException")
    error = aws.raises(
        "ServiceQuotaExceededException",
        402,
        aws.iot.associate_sbom_with_package_version,
        packageName="app",
        versionName="1",
        sbom={"s3Location": {"bucket": "b", "key": "k", "version": "v"}},
    )
    message = "Too many ongoing SBOM validation workflows. Please wait and retry"
    assert error.message == message


# Idempotency


def test_a_retried_creation_gives_the_first_response(aws: Aws) -> None:
    request = {"packageName": "app", "description": "d", "clientToken": TOKEN}
    first = bare(aws.iot.create_package(**request))
    assert bare(aws.iot.create_package(**request)) == first
    aws.raises("ConflictException", 409, aws.iot.create_package, **{**request, "description": "e"})
    request = {"packageName": "app", "versionName": "1", "clientToken": TOKEN}
    first = bare(aws.iot.create_package_version(**request))
    assert bare(aws.iot.create_package_version(**request)) == first


def test_deleting_twice_is_no_error(aws: Aws) -> None:
    version(aws)
    for _ in range(2):
        aws.iot.delete_package_version(packageName="app", versionName="1.0")
    for _ in range(2):
        aws.iot.delete_package(packageName="app")


# Lists


def test_paginators_see_everything_once(aws: Aws) -> None:
    names = [f"p{number}" for number in range(5)]
    for name in names:
        aws.iot.create_package(packageName=name)
        version(aws, "p0", name, None)
    size = {"PaginationConfig": {"PageSize": 2}}
    pages = list(aws.iot.get_paginator("list_packages").paginate(**size))
    assert [len(page["packageSummaries"]) for page in pages] == [2, 2, 1]
    listed = [each["packageName"] for page in pages for each in page["packageSummaries"]]
    assert listed == names
    pages = list(aws.iot.get_paginator("list_package_versions").paginate(packageName="p0", **size))
    listed = [each["versionName"] for page in pages for each in page["packageVersionSummaries"]]
    assert listed == names
    summary = pages[0]["packageVersionSummaries"][0]
    assert summary.keys() == {
        "packageName",
        "versionName",
        "status",
        "creationDate",
        "lastModifiedDate",
    }


def test_versions_are_listed_by_status(aws: Aws) -> None:
    version(aws, name="1")
    version(aws, name="2", action=None)
    listed = aws.iot.list_package_versions(packageName="app", status="DRAFT")
    assert [each["versionName"] for each in listed["packageVersionSummaries"]] == ["2"]
    listed = aws.iot.list_package_versions(packageName="nothing")
    assert listed["packageVersionSummaries"] == []


# Tags


def test_packages_and_versions_are_tagged_by_arn(aws: Aws) -> None:
    aws.iot.create_package(packageName="app", tags={"team": "a"})
    arns = [aws.arn("package", "app"), version(aws)]
    for arn in arns:
        aws.iot.tag_resource(resourceArn=arn, tags=[{"Key": "stage", "Value": "beta"}])
    tags = aws.iot.list_tags_for_resource(resourceArn=arns[0])["tags"]
    assert tags == [{"Key": "team", "Value": "a"}, {"Key": "stage", "Value": "beta"}]
    aws.iot.untag_resource(resourceArn=arns[1], tagKeys=["stage", "none"])
    assert aws.iot.list_tags_for_resource(resourceArn=arns[1])["tags"] == []


def test_what_does_not_exist_cannot_be_tagged(aws: Aws) -> None:
    arn = aws.arn("package", "app")
    tags = [{"Key": "stage", "Value": "beta"}]
    aws.raises("ResourceNotFoundException", 404, aws.iot.tag_resource, resourceArn=arn, tags=tags)
    assert aws.iot.list_tags_for_resource(resourceArn=arn)["tags"] == []


def test_tagged_packages_are_found_by_the_tagging_api(aws: Aws) -> None:
    aws.iot.create_package(packageName="app", tags={"team": "a"})
    tagging = aws.client("resourcegroupstaggingapi")
    found = tagging.get_resources(ResourceTypeFilters=["iot:package"])
    assert [each["ResourceARN"] for each in found["ResourceTagMappingList"]] == [
        aws.arn("package", "app")
    ]


# Permissions


@pytest.mark.parametrize("action", ["iot:CreatePackage", "iot:*Package"])
def test_permission_goes_by_the_name_of_the_operation(aws: Aws, action: str) -> None:
    user = member_of_staff(aws, action)
    with aws.authenticating():
        user.create_package(packageName="app")
        with pytest.raises(ClientError) as caught:
            user.get_package_version(packageName="app", versionName="1")
    error = caught.value.response
    assert error["Error"]["Code"] == "AccessDeniedException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert "iot:GetPackageVersion" in error["Error"]["Message"]


def member_of_staff(aws: Aws, action: str) -> Any:
    """Return the client of a user who may do one thing."""
    iam = aws.client("iam")
    iam.create_user(UserName="user")
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_user_policy(UserName="user", PolicyName="p", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="user")["AccessKey"]
    return aws.client(
        "iot",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )

"""The order of calls of AWS's own workshop on device management, which works at AWS: a package is
made and published, a job brings it to a fleet, and the fleet is searched by what it has.

Source: aws-samples/sample-aws-iot-device-management-learning-path-basics, scripts
manage_packages.py, create_job.py, simulate_job_execution.py, manage_dynamic_groups.py and
cleanup_script.py.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.aws.test_presigned_urls import open_url

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

BUCKET, PACKAGE, THINGS = "fleet-firmware", "SedanVehicle", ("Vehicle-001", "Vehicle-002")
INDEXING: dict[str, Any] = {
    "thingIndexingMode": "REGISTRY_AND_SHADOW",
    "thingConnectivityIndexingMode": "STATUS",
    "deviceDefenderIndexingMode": "VIOLATIONS",
    "namedShadowIndexingMode": "ON",
    "filter": {"namedShadowNames": ["$package"]},
    "customFields": [{"name": "attributes.country", "type": "String"}],
}


class Workshop:
    """The steps of the scripts, each as they call it."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.iot, self.data, self.s3 = aws.iot, aws.client("iot-data"), aws.client("s3")

    def provision(self) -> None:
        """Index the fleet, and make things and roles."""
        self.iot.update_indexing_configuration(
            thingIndexingConfiguration=INDEXING,
            thingGroupIndexingConfiguration={"thingGroupIndexingMode": "ON"},
        )
        index = self.iot.describe_index(indexName="AWS_Things")
        assert index["indexStatus"] == "ACTIVE"
        for name in THINGS:
            self.iot.create_thing(
                thingName=name, attributePayload={"attributes": {"country": "DE"}}
            )
        self.s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": self.aws.region}
        )
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        role = self.aws.client("iam").create_role(
            RoleName="IoTJobsRole", AssumeRolePolicyDocument="{}"
        )
        self.role = role["Role"]["Arn"]

    def publish(self, version: str) -> str:
        """Make a version of the package with attributes and an artifact; return its ARN."""
        key = f"{PACKAGE}-{version}.zip"
        body = f"firmware {version}".encode()
        uploaded = self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        names = [each["packageName"] for each in self.iot.list_packages()["packageSummaries"]]
        if PACKAGE not in names:
            created = self.iot.create_package(packageName=PACKAGE, description="Sedans")
            self.iot.tag_resource(
                resourceArn=created["packageArn"], tags=[{"Key": "workshop", "Value": "basics"}]
            )
        named = {"packageName": PACKAGE, "versionName": version}
        created = self.iot.create_package_version(
            **named,
            attributes={"version": version, "s3Url": f"s3://{BUCKET}/{key}"},
            artifact={
                "s3Location": {
                    "bucket": BUCKET,
                    "key": key,
                    "version": uploaded["VersionId"],
                }
            },
        )
        arn: str = created["packageVersionArn"]
        self.iot.tag_resource(resourceArn=arn, tags=[{"Key": "workshop", "Value": "basics"}])
        assert self.iot.get_package_version(**named)["status"] == "DRAFT"
        self.iot.update_package_version(**named, action="PUBLISH")
        assert self.iot.get_package_version(**named)["status"] == "PUBLISHED"
        # A newer object under the same key is not the version's.
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=b"something else")
        return arn

    def deploy(self, job_id: str, version: str, arn: str, *targets: str, **settings: Any) -> None:
        """Create a job that brings a version to targets."""
        reference = f"${{aws:iot:package:{PACKAGE}:version:{version}:"
        document = {
            "operation": "install",
            "packages": {
                PACKAGE: {
                    "attributes": f"{reference}attributes}}",
                    "artifact": {"s3PresignedUrl": f"{reference}artifact:s3-presigned-url}}"},
                }
            },
        }
        self.iot.create_job(
            jobId=job_id,
            targets=list(targets),
            document=json.dumps(document),
            destinationPackageVersions=[arn],
            presignedUrlConfig={"roleArn": self.role, "expiresInSec": 3600},
            **settings,
        )

    def install(self, thing: str, version: str) -> None:
        """Be a device: download what the document says, and report."""
        device = self.aws.device
        execution = device.start_next_pending_job_execution(thingName=thing)["execution"]
        packages = json.loads(execution["jobDocument"])["packages"][PACKAGE]
        assert packages["attributes"]["version"] == version
        content = open_url(self.aws, "GET", packages["artifact"]["s3PresignedUrl"])
        assert content == f"firmware {version}".encode()
        device.update_job_execution(thingName=thing, jobId=execution["jobId"], status="SUCCEEDED")

    def version_of(self, thing: str) -> str:
        """Read back what a thing's shadow says it has."""
        shadow = self.data.get_thing_shadow(thingName=thing, shadowName="$package")
        document = json.loads(shadow["payload"].read())
        found: str = document["state"]["reported"][PACKAGE]["version"]
        return found

    def things_with(self, version: str) -> list[str]:
        """Search the fleet, all pages."""
        request: dict[str, Any] = {
            "queryString": f"shadow.name.$package.reported.{PACKAGE}.version:{version}",
            "maxResults": 250,
        }
        found: list[str] = []
        while True:
            response = self.iot.search_index(**request)
            found += [thing["thingName"] for thing in response["things"]]
            if "nextToken" not in response:
                return found
            request["nextToken"] = response["nextToken"]

    def clean_up(self) -> None:
        """Delete everything, versions before their package, groups before the index."""
        for job in self.iot.list_jobs()["jobs"]:
            self.iot.delete_job(jobId=job["jobId"], force=True)
        for group in self.iot.list_thing_groups()["thingGroups"]:
            self.iot.delete_dynamic_thing_group(thingGroupName=group["groupName"])
        self.iot.update_package(packageName=PACKAGE, unsetDefaultVersion=True)
        pages = self.iot.get_paginator("list_package_versions").paginate(packageName=PACKAGE)
        for page in pages:
            for each in page["packageVersionSummaries"]:
                self.iot.delete_package_version(
                    packageName=PACKAGE, versionName=each["versionName"]
                )
        self.iot.delete_package(packageName=PACKAGE)
        self.iot.update_indexing_configuration(
            thingIndexingConfiguration={"thingIndexingMode": "OFF"}
        )


@pytest.fixture
def workshop(aws: Aws) -> Workshop:
    """The workshop, provisioned."""
    made = Workshop(aws)
    made.provision()
    return made


def test_the_workshop_runs_unchanged(workshop: Workshop) -> None:
    iot, aws = workshop.iot, workshop.aws
    one = workshop.publish("1.0.0")
    iot.update_package(packageName=PACKAGE, defaultVersionName="1.0.0")
    iot.update_package_configuration(
        versionUpdateByJobsConfig={"enabled": True, "roleArn": workshop.role}
    )
    workshop.deploy("first", "1.0.0", one, *(aws.arn("thing", name) for name in THINGS))
    for thing in THINGS:
        workshop.install(thing, "1.0.0")
        assert workshop.version_of(thing) == "1.0.0"
    assert aws.status("first") == "COMPLETED"
    assert workshop.things_with("1.0.0") == list(THINGS)

    query = f"shadow.name.$package.reported.{PACKAGE}.version:1.0.0 AND attributes.country:DE"
    group = iot.create_dynamic_thing_group(thingGroupName="outdated", queryString=query)
    two = workshop.publish("1.1.0")
    workshop.deploy("second", "1.1.0", two, group["thingGroupArn"], targetSelection="CONTINUOUS")
    workshop.install(THINGS[0], "1.1.0")
    listed = iot.list_things_in_thing_group(thingGroupName="outdated")["things"]
    assert listed == [THINGS[1]]
    assert workshop.things_with("1.1.0") == [THINGS[0]]
    query = (
        f"shadow.name.$package.reported.{PACKAGE}.version:* AND NOT"
        f" shadow.name.$package.reported.{PACKAGE}.version:1.1.0"
    )
    found = iot.search_index(queryString=query)["things"]
    assert [thing["thingName"] for thing in found] == [THINGS[1]]

    workshop.clean_up()
    assert iot.list_packages()["packageSummaries"] == []
    assert iot.list_jobs()["jobs"] == []
    assert iot.list_indices()["indexNames"] == ["AWS_ThingGroups"]


def test_a_device_writes_the_shadow_itself(workshop: Workshop) -> None:
    state = {"state": {"reported": {PACKAGE: {"version": "0.9", "attributes": {}}}}}
    workshop.data.update_thing_shadow(
        thingName=THINGS[0], shadowName="$package", payload=json.dumps(state)
    )
    assert workshop.version_of(THINGS[0]) == "0.9"
    assert workshop.things_with("0.9") == [THINGS[0]]

"""The shadow `$package`: written when an execution succeeds, if the package configuration says so.

Source: AWS IoT developer guide, preparing-to-use-software-package-catalog.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs import messages
from tests.aws.test_package_versions import publish

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

ROLE = "arn:aws:iam::123456789012:role/packages"


@pytest.fixture
def catalog(aws: Aws) -> Aws:
    """An account with the packages `app` (1.0, 2.0) and `lib` (1.0), whose jobs write shadows."""
    for package, version in (("app", "1.0"), ("app", "2.0"), ("lib", "1.0")):
        publish(aws, package, version)
    configure(aws, enabled=True, roleArn=ROLE)
    return aws


def configure(aws: Aws, **config: Any) -> None:
    aws.iot.update_package_configuration(versionUpdateByJobsConfig=config)


def arns(aws: Aws, *versions: str) -> list[str]:
    """The ARNs of versions, written `app 1.0`."""
    return [aws.arn("package", "/version/".join(each.split())) for each in versions]


def reported(aws: Aws, thing: str = "t1") -> dict[str, Any] | None:
    """What the shadow of a thing reports, or None when there is none."""
    data = aws.client("iot-data")
    try:
        response = data.get_thing_shadow(thingName=thing, shadowName="$package")
    except data.exceptions.ResourceNotFoundException:
        return None
    found: dict[str, Any] = json.loads(response["payload"].read())["state"].get("reported", {})
    return found


def versions(aws: Aws, thing: str = "t1") -> dict[str, str]:
    """The versions that the shadow of a thing reports."""
    return {name: entry["version"] for name, entry in (reported(aws, thing) or {}).items()}


def report(aws: Aws, *destinations: str, status: str = "SUCCEEDED", job_id: str = "j1") -> None:
    """Let a job for `t1` come to an end."""
    aws.job(job_id, "t1", destinationPackageVersions=arns(aws, *destinations))
    aws.report("t1", job_id, status)


def test_a_success_writes_an_entry_for_each_destination(catalog: Aws) -> None:
    catalog.job("j1", "t1", "t2", destinationPackageVersions=arns(catalog, "app 1.0", "lib 1.0"))
    catalog.report("t1", "j1", "IN_PROGRESS")
    assert reported(catalog) is None
    catalog.report("t1", "j1", "SUCCEEDED")
    assert versions(catalog) == {"app": "1.0", "lib": "1.0"}
    assert reported(catalog, "t2") is None


def test_the_attributes_of_the_version_are_not_copied(catalog: Aws) -> None:
    publish(catalog, "tool", "1", attributes={"size": "3"})
    report(catalog, "tool 1")
    assert (reported(catalog) or {})["tool"].get("attributes", {}) == {}


def test_other_entries_and_attributes_of_the_device_stay(catalog: Aws) -> None:
    catalog.thing("t1")
    mine = {"app": {"version": "0", "attributes": {"slot": "b"}}, "os": {"version": "9"}}
    catalog.client("iot-data").update_thing_shadow(
        thingName="t1",
        shadowName="$package",
        payload=json.dumps({"state": {"reported": mine}}),
    )
    report(catalog, "app 2.0")
    assert versions(catalog) == {"app": "2.0", "os": "9"}
    assert (reported(catalog) or {})["app"]["attributes"] == {"slot": "b"}


def test_null_removes_the_entry(catalog: Aws) -> None:
    report(catalog, "app 1.0", "lib 1.0")
    report(catalog, "app $null", job_id="j2")
    assert versions(catalog) == {"lib": "1.0"}


def test_null_alone_makes_no_shadow(catalog: Aws) -> None:
    report(catalog, "app $null")
    assert reported(catalog) is None


def test_default_is_written_as_the_version_that_it_was(catalog: Aws) -> None:
    catalog.iot.update_package(packageName="app", defaultVersionName="2.0")
    report(catalog, "app $default")
    assert versions(catalog) == {"app": "2.0"}


@pytest.mark.parametrize("status", ["FAILED", "REJECTED", "TIMED_OUT", "CANCELED"])
def test_another_end_writes_nothing(catalog: Aws, status: str) -> None:
    catalog.in_status("t1", "j1", status, destinationPackageVersions=arns(catalog, "app 1.0"))
    assert reported(catalog) is None


def test_a_retry_that_succeeds_writes_once(catalog: Aws) -> None:
    retries = {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 1}]}
    destinations = arns(catalog, "app 1.0")
    catalog.job(
        "j1", "t1", jobExecutionsRetryConfig=retries, destinationPackageVersions=destinations
    )
    catalog.report("t1", "j1", "FAILED")
    catalog.report("t1", "j1", "SUCCEEDED")
    response = catalog.client("iot-data").get_thing_shadow(thingName="t1", shadowName="$package")
    assert json.loads(response["payload"].read())["version"] == 1
    assert versions(catalog) == {"app": "1.0"}


@pytest.mark.parametrize(
    "config", [{"enabled": False}, {"enabled": False, "roleArn": ROLE}], ids=["off", "with role"]
)
def test_a_configuration_that_is_off_writes_nothing(catalog: Aws, config: Any) -> None:
    configure(catalog, **config)
    report(catalog, "app 1.0")
    assert reported(catalog) is None


def test_without_a_role_nothing_is_written(aws: Aws) -> None:
    publish(aws, "app", "1.0")
    configure(aws, enabled=True)
    report(aws, "app 1.0")
    assert (reported(aws), aws.execution("t1", "j1")["status"]) == (None, "SUCCEEDED")


def test_a_version_that_was_deleted_writes_nothing(catalog: Aws) -> None:
    catalog.job("j1", "t1", destinationPackageVersions=arns(catalog, "app 1.0", "lib 1.0"))
    catalog.iot.delete_package_version(packageName="app", versionName="1.0")
    catalog.report("t1", "j1", "SUCCEEDED")
    assert (reported(catalog), catalog.execution("t1", "j1")["status"]) == (None, "SUCCEEDED")


def test_a_job_without_destinations_writes_nothing(catalog: Aws) -> None:
    catalog.job("j1", "t1")
    catalog.report("t1", "j1", "SUCCEEDED")
    assert reported(catalog) is None


def test_what_succeeded_before_the_configuration_is_not_written(aws: Aws) -> None:
    publish(aws, "app", "1.0")
    report(aws, "app 1.0")
    configure(aws, enabled=True, roleArn=ROLE)
    report(aws, "app 1.0", status="FAILED", job_id="j2")
    assert reported(aws) is None


def test_a_dynamic_group_follows_what_devices_have(catalog: Aws) -> None:
    catalog.iot.update_indexing_configuration(
        thingIndexingConfiguration={
            "thingIndexingMode": "REGISTRY_AND_SHADOW",
            "namedShadowIndexingMode": "ON",
            "filter": {"namedShadowNames": ["$package"]},
        }
    )
    for name, version in (("old", "1.0"), ("new", "2.0")):
        query = f"shadow.name.$package.reported.app.version:{version}"
        catalog.iot.create_dynamic_thing_group(thingGroupName=name, queryString=query)
    report(catalog, "app 1.0")
    assert members(catalog) == {"old": ["t1"], "new": []}
    catalog.job(
        "j2",
        catalog.arn("thinggroup", "old"),
        targetSelection="CONTINUOUS",
        destinationPackageVersions=arns(catalog, "app 2.0"),
    )
    catalog.report("t1", "j2", "SUCCEEDED")
    assert members(catalog) == {"old": [], "new": ["t1"]}


def members(aws: Aws) -> dict[str, list[str]]:
    listed = aws.iot.list_things_in_thing_group
    return {name: listed(thingGroupName=name)["things"] for name in ("old", "new")}


# By topic


def test_a_success_by_topic_writes_it_and_is_published_before_it(in_process: Aws) -> None:
    aws = in_process
    publish(aws, "app", "1.0")
    configure(aws, enabled=True, roleArn=ROLE)
    kinds = {"JOB_EXECUTION": {"Enabled": True}}
    aws.iot.update_event_configurations(eventConfigurations=kinds)
    aws.job("j1", "t1", destinationPackageVersions=arns(aws, "app 1.0"))
    messages.clear()
    update = {"status": "SUCCEEDED"}
    messages.request("$aws/things/t1/jobs/j1/update", update, region=aws.region)
    assert versions(aws) == {"app": "1.0"}
    topics = [message.topic for message in messages.published()]
    shadow = "$aws/things/t1/shadow/name/$package/update/"
    event, accepted = "$aws/events/jobExecution/j1/succeeded", f"{shadow}accepted"
    assert topics.index(event) < topics.index(accepted)
    assert f"{shadow}documents" in topics


def test_each_device_of_a_fleet_has_its_own(in_process: Aws) -> None:
    aws = in_process
    publish(aws, "app", "1.0")
    configure(aws, enabled=True, roleArn=ROLE)
    things = [f"t{number}" for number in range(5)]
    group = aws.group("fleet", *things)
    aws.job("j1", group, destinationPackageVersions=arns(aws, "app 1.0"))
    for thing in things[:3]:
        aws.report(thing, "j1", "SUCCEEDED")
    aws.report(things[3], "j1", "FAILED")
    found = {thing: versions(aws, thing) for thing in things}
    assert [thing for thing, each in found.items() if each == {"app": "1.0"}] == things[:3]

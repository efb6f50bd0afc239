"""Which operation a request line means."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from moto_iot_jobs.wire import ServiceApi
from moto_iot_jobs.wire.routing import Routes

CONTROL_PLANE = [
    "CreateJob",
    "DescribeJob",
    "UpdateJob",
    "CancelJob",
    "DeleteJob",
    "GetJobDocument",
    "ListJobs",
    "AssociateTargetsWithJob",
    "ListJobExecutionsForJob",
    "ListJobExecutionsForThing",
    "DescribeJobExecution",
    "CancelJobExecution",
    "DeleteJobExecution",
    "CreateJobTemplate",
    "DescribeJobTemplate",
    "DeleteJobTemplate",
    "ListJobTemplates",
    "DescribeManagedJobTemplate",
    "ListManagedJobTemplates",
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
    "ListThingGroups",
    "ListThingGroupsForThing",
    "ListThingsInThingGroup",
    "UpdateEventConfigurations",
    "DescribeEventConfigurations",
    "DescribeEndpoint",
    "CreateDynamicThingGroup",
    "UpdateDynamicThingGroup",
    "DeleteDynamicThingGroup",
    "SearchIndex",
    "DescribeIndex",
    "GetIndexingConfiguration",
    "ListIndices",
    "UpdateIndexingConfiguration",
    # Commands.
    "CreateCommand",
    "GetCommand",
    "ListCommands",
    "UpdateCommand",
    "DeleteCommand",
    "GetCommandExecution",
    "ListCommandExecutions",
    "DeleteCommandExecution",
    # Software Package Catalog.
    "CreatePackage",
    "GetPackage",
    "ListPackages",
    "UpdatePackage",
    "DeletePackage",
    "CreatePackageVersion",
    "GetPackageVersion",
    "ListPackageVersions",
    "UpdatePackageVersion",
    "DeletePackageVersion",
    "GetPackageConfiguration",
    "UpdatePackageConfiguration",
    "AssociateSbomWithPackageVersion",
    "DisassociateSbomFromPackageVersion",
    "ListSbomValidationResults",
]
DATA_PLANE = [
    "GetPendingJobExecutions",
    "StartNextPendingJobExecution",
    "DescribeJobExecution",
    "UpdateJobExecution",
    "StartCommandExecution",
]


def routes() -> Iterator[tuple[str, str, str, str]]:
    for service, operations in (("iot", CONTROL_PLANE), ("iot-jobs-data", DATA_PLANE)):
        model = ServiceModel(Loader().load_service_model(service, "service-2"))
        for operation in operations:
            http = model.operation_model(operation).http
            yield service, operation, http["method"], http["requestUri"]


@pytest.mark.parametrize("service, operation, method, uri", list(routes()))
def test_every_operation_is_found_at_the_uri_of_the_model(
    service: str, operation: str, method: str, uri: str
) -> None:
    labels = {name: f"my:{name}" for name in re.findall(r"{(\w+)}", uri)}
    encoded = uri.format(**{name: quote(value, safe="") for name, value in labels.items()})

    assert ServiceApi.of(service).match(method, encoded) == (operation, labels)
    assert ServiceApi.of(service).match(method, uri.format(**labels)) == (operation, labels)


def test_a_service_has_these_operations_and_no_others(
    control_plane: ServiceApi, data_plane: ServiceApi
) -> None:
    assert set(control_plane.operations) == set(CONTROL_PLANE)
    assert set(data_plane.operations) == set(DATA_PLANE)


def test_the_same_path_means_another_operation_on_the_other_plane(
    control_plane: ServiceApi, data_plane: ServiceApi
) -> None:
    assert control_plane.match("GET", "/things/t/jobs") == (
        "ListJobExecutionsForThing",
        {"thingName": "t"},
    )
    assert data_plane.match("GET", "/things/t/jobs") == (
        "GetPendingJobExecutions",
        {"thingName": "t"},
    )


@pytest.mark.parametrize("segment", ["$next", "%24next", "%24%6Eext"])
def test_next_is_no_job_id_when_it_is_put(data_plane: ServiceApi, segment: str) -> None:
    assert data_plane.match("PUT", f"/things/t/jobs/{segment}") == (
        "StartNextPendingJobExecution",
        {"thingName": "t"},
    )


@pytest.mark.parametrize("segment", ["$next", "%24next"])
def test_next_is_a_job_id_when_it_is_described(data_plane: ServiceApi, segment: str) -> None:
    call = data_plane.match("GET", f"/things/t/jobs/{segment}")

    assert call == ("DescribeJobExecution", {"thingName": "t", "jobId": "$next"})
    assert call is not None
    assert data_plane.read(call, "", b"") == {"thingName": "t", "jobId": "$next"}


def test_only_next_may_be_put_on_the_data_plane(data_plane: ServiceApi) -> None:
    assert data_plane.match("PUT", "/things/t/jobs/job-1") is None


def test_the_route_that_spells_out_more_wins_whatever_their_order() -> None:
    uris = [
        ("Describe", "GET", "/things/{thing}/jobs/{job}"),
        ("Next", "GET", "/things/{thing}/jobs/$next"),
    ]

    for table in (Routes(uris), Routes(reversed(uris))):
        assert table.match("GET", "/things/t/jobs/%24next") == ("Next", {"thing": "t"})
        assert table.match("GET", "/things/t/jobs/j") == ("Describe", {"thing": "t", "job": "j"})


def test_labels_are_decoded(control_plane: ServiceApi) -> None:
    assert control_plane.match("GET", "/things/a%3Ab/jobs") == (
        "ListJobExecutionsForThing",
        {"thingName": "a:b"},
    )
    assert control_plane.match("GET", "/things/a%2Bb/jobs") == (
        "ListJobExecutionsForThing",
        {"thingName": "a+b"},
    )
    assert control_plane.match("GET", "/things/a+b/jobs") == (
        "ListJobExecutionsForThing",
        {"thingName": "a+b"},
    )
    assert control_plane.match("GET", "/jobs/caf%C3%A9") == ("DescribeJob", {"jobId": "café"})


def test_an_encoded_slash_separates_nothing(control_plane: ServiceApi) -> None:
    assert control_plane.match("GET", "/jobs/a%2Fthings") == ("DescribeJob", {"jobId": "a/things"})


def test_a_job_may_be_called_like_a_part_of_a_path(control_plane: ServiceApi) -> None:
    assert control_plane.match("PUT", "/jobs/cancel") == ("CreateJob", {"jobId": "cancel"})
    assert control_plane.match("GET", "/jobs/things/things") == (
        "ListJobExecutionsForJob",
        {"jobId": "things"},
    )


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/"),
        ("GET", ""),
        ("GET", "/jobs/"),
        ("GET", "/jobs/j/"),
        ("PUT", "/jobs//cancel"),
        ("GET", "//jobs"),
        ("GET", "/things//jobs"),
        ("GET", "/things/t/jobs/"),
        ("DELETE", "/things/t/jobs/j/executionNumber/"),
        ("POST", "/jobs/j"),
        ("get", "/jobs"),
        ("GET", "/Jobs"),
        ("GET", "/things"),
        ("GET", "/things/t"),
        ("GET", "/things/t/principals"),
        ("GET", "/thing-types"),
        ("GET", "/endpoint/x"),
    ],
)
def test_what_is_not_ours_is_left_to_others(
    control_plane: ServiceApi, method: str, path: str
) -> None:
    assert control_plane.match(method, path) is None

"""The page's files and the state behind it, over HTTP: from a real server, and in process."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import boto3
import pytest
import requests
from time_machine import travel

from moto_iot_jobs import mock_iot
from moto_iot_jobs.moto_api.paths import plug_in, pull_out

if TYPE_CHECKING:
    from .conftest import Account


def test_the_state_is_what_a_snapshot_shows(account: Account) -> None:
    account.job("update", "lamp")
    account.report("lamp", "update", "IN_PROGRESS", statusDetails={"step": "write"})
    state = account.state()
    members = ["account", "calls", "messages", "milliseconds", "packages", "regions", "shadows"]
    assert sorted(state) == members
    (region,) = state["regions"]
    (job,) = region["jobs"]
    (execution,) = job["executions"]
    assert (region["region"], job["jobId"], execution["thing"], execution["statusDetails"]) == (
        "eu-west-1",
        "update",
        "lamp",
        {"step": "write"},
    )


def test_a_server_records_from_its_first_request_by_itself(account: Account) -> None:
    account.job("update", "lamp")
    account.report("lamp", "update", "SUCCEEDED")
    state = account.state()
    transitions = state["regions"][0]["jobs"][0]["executions"][0]["transitions"]
    assert [(transition["after"], transition["cause"]) for transition in transitions] == [
        ("QUEUED", "CreateJob"),
        ("SUCCEEDED", "UpdateJobExecution"),
    ]
    assert {message["topic"].rpartition("/")[2] for message in state["messages"]} == {
        "notify",
        "notify-next",
    }


def test_the_state_has_shadows_with_their_last_changes(account: Account) -> None:
    data = account.client("iot-data")
    data.update_thing_shadow(thingName="lamp", payload='{"state": {"desired": {"on": true}}}')
    data.update_thing_shadow(
        thingName="lamp", shadowName="config", payload='{"state": {"reported": {"a": 1}}}'
    )
    data.delete_thing_shadow(thingName="lamp", shadowName="config")
    data.update_thing_shadow(thingName="door", payload='{"state": {"reported": {"open": 1}}}')
    door, config, lamp = account.state()["shadows"]
    assert (door["thing"], door["name"], door["version"]) == ("door", None, 1)
    assert (config["name"], config["version"], config["state"]) == ("config", None, {})
    assert [(each["operation"], each["version"]) for each in config["changes"]] == [
        ("UpdateThingShadow", 1),
        ("DeleteThingShadow", 1),
    ]
    assert lamp["state"] == {"desired": {"on": True}, "delta": {"on": True}}
    assert lamp["changes"][0]["state"] == {"desired": {"on": True}}
    assert len(account.state(thing="lamp")["shadows"]) == 2
    assert [each["thing"] for each in account.state(shadows=1)["shadows"]] == ["door"]
    assert account.state(job="update")["shadows"] == []
    assert account.state(region="us-east-1")["shadows"] == []
    account.reset()
    assert account.state()["shadows"] == []


def test_the_state_has_packages_with_the_statuses_of_their_versions(account: Account) -> None:
    for package in ("app", "firmware"):
        account.iot.create_package(packageName=package)
    for version in ("1.0", "2.0"):
        account.iot.create_package_version(packageName="app", versionName=version)
    account.iot.update_package_version(packageName="app", versionName="1.0", action="PUBLISH")
    account.iot.update_package(packageName="app", defaultVersionName="1.0")
    firmware, app = account.state()["packages"]
    assert (firmware["name"], firmware["versions"], firmware["default"]) == ("firmware", [], None)
    assert (app["default"], app["versionsLeftOut"]) == ("1.0", 0)
    assert app["versions"] == [
        {"name": "2.0", "status": "DRAFT"},
        {"name": "1.0", "status": "PUBLISHED"},
    ]
    assert [each["name"] for each in account.state(packages=1)["packages"]] == ["firmware"]


def test_every_choice_can_be_made_by_its_name(account: Account) -> None:
    account.job("first", "lamp-0", "lamp-1", "lamp-2")
    account.job("second", "lamp-0")
    account.report("lamp-1", "first", "FAILED")
    (region,) = account.state(jobs=1, executions=0, messages=2)["regions"]
    assert [(job["jobId"], job["executions"]) for job in region["jobs"]] == [("second", [])]
    assert len(account.state(messages=2)["messages"]) == 2
    (after,) = account.state(jobs=1, jobs_below=region["nextJobs"], executions=2)["regions"]
    (first,) = after["jobs"]
    assert [each["thing"] for each in first["executions"]] == ["lamp-1", "lamp-2"]
    rest = account.state(job="first", executions_below=first["nextExecutions"])["regions"][0][
        "jobs"
    ][0]
    assert [each["thing"] for each in rest["executions"]] == ["lamp-0"]
    failed = account.state(
        account="123456789012", region="eu-west-1", job="first", status="FAILED", thing="lamp-1"
    )
    assert len(failed["regions"][0]["jobs"][0]["executions"]) == 1
    assert (
        account.state(region="us-west-2")["regions"] == account.state(job="third")["regions"] == []
    )


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"jobs": "many"}, "jobs must be a number up to 250, not 'many'."),
        ({"executions": "-1"}, "executions must be a number up to 250, not '-1'."),
        ({"messages": "1001"}, "messages must be a number up to 1000, not '1001'."),
        ({"jobs": ""}, "jobs must be a number up to 250, not ''."),
        ({"executions_below": "9" * 5000}, f"executions_below must be a number, not '{'9' * 50}'."),
        ({"jobs": "٣"}, "jobs must be a number up to 250, not '٣'."),
        ({"status": "DONE"}, "There is no status 'DONE'; it is one of: QUEUED"),
        (
            {"topic": "#"},
            "There is no parameter 'topic'; it is one of: jobs, executions, messages, calls, shadows, packages, commands, account",
        ),
    ],
)
def test_what_cannot_be_requested_is_explained(
    account: Account, query: dict[str, str], sentence: str
) -> None:
    response = account.ask("state", **query)
    assert response.status_code == 400
    assert response.json()["message"].startswith(sentence)


@pytest.mark.parametrize("path", ["", "state", "page.css", "page.js"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_written_there(account: Account, method: str, path: str) -> None:
    response = account.ask(path, method)
    assert (response.status_code, response.json()) == (
        405,
        {"message": f"Only GET and HEAD are supported, not {method}."},
    )


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "text/html; charset=utf-8"),
        ("page.css", "text/css; charset=utf-8"),
        ("page.js", "text/javascript; charset=utf-8"),
        ("state", "application/json"),
    ],
)
def test_the_page_runs_no_foreign_script_has_no_frame_and_is_not_stored(
    account: Account, path: str, kind: str
) -> None:
    response = account.ask(path)
    assert (response.status_code, response.headers["Content-Type"]) == (200, kind)
    policy = dict(
        part.strip().split(" ", 1)
        for part in response.headers["Content-Security-Policy"].split(";")
    )
    assert (policy["default-src"], policy["script-src"], policy["frame-ancestors"]) == (
        "'none'",
        "'self'",
        "'none'",
    )
    assert "unsafe" not in str(policy)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"


def test_the_page_is_there_with_and_without_the_slash(account: Account) -> None:
    without = requests.get(account.page.removesuffix("/"), timeout=30, allow_redirects=False)
    assert (without.status_code, without.text) == (200, account.ask("").text)
    assert requests.head(account.page, timeout=30).status_code == 200


class _Page(HTMLParser):
    """Finds what a page loads, and what of it the policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.refused: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in {"script", "link", "img", "iframe"}:
            self.loads.append(found.get("src") or found.get("href") or "")
        self.refused += [
            f"{tag} {name}" for name in found if name.startswith("on") or name == "style"
        ]


def test_the_page_loads_only_what_the_server_has(account: Account) -> None:
    page = _Page()
    page.feed(account.ask("").text)
    assert page.loads == ["data:,", "/moto-api/iot-jobs/page.css", "/moto-api/iot-jobs/page.js"]
    assert page.refused == []
    script = account.ask("page.js").text
    assert not [
        word
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "document.write")
        if word in script
    ]
    assert "http" not in account.ask("page.css").text + script


def test_the_state_can_be_requested_while_others_work(account: Account) -> None:
    account.job("update", *(f"lamp-{number}" for number in range(40)))
    done = threading.Event()

    def look() -> int:
        looks = 0
        while not done.is_set() or not looks:
            state = account.state()
            (job,) = state["regions"][0]["jobs"]
            assert sum(job["counts"].values()) == 40
            looks += 1
        return looks

    with ThreadPoolExecutor(3) as pool:
        looking = [pool.submit(look) for _ in range(2)]
        try:
            for number in range(40):
                account.report(f"lamp-{number}", "update", "SUCCEEDED")
        finally:
            done.set()
        assert all(each.result() for each in looking)
    assert account.state()["regions"][0]["jobs"][0]["counts"]["SUCCEEDED"] == 40


IN_PROCESS = "http://motoapi.amazonaws.com/moto-api/iot-jobs"


def test_it_is_there_in_process_too() -> None:
    with mock_iot():
        assert requests.get(f"{IN_PROCESS}/state", timeout=30).json()["regions"] == []
        assert requests.get(f"{IN_PROCESS}/", timeout=30).text.startswith("<!doctype html>")
        assert requests.get(IN_PROCESS, timeout=30).text.startswith("<!doctype html>")
        assert "milliseconds" in requests.get(f"{IN_PROCESS}/clock", timeout=30).json()


def test_timers_that_are_due_have_run_before_it_is_shown() -> None:
    # In process, where no clock ticks by itself.
    noon = datetime(2040, 1, 1, 12, tzinfo=timezone.utc)
    with mock_iot(), travel(noon, tick=False) as traveller:
        session = boto3.session.Session(
            aws_access_key_id="testing", aws_secret_access_key="testing", region_name="eu-west-1"
        )
        iot, device = session.client("iot"), session.client("iot-jobs-data")
        lamp = iot.create_thing(thingName="lamp")["thingArn"]
        iot.create_job(
            jobId="update",
            targets=[lamp],
            document="{}",
            timeoutConfig={"inProgressTimeoutInMinutes": 1},
        )
        device.start_next_pending_job_execution(thingName="lamp")
        traveller.shift(timedelta(hours=1))
        (region,) = requests.get(f"{IN_PROCESS}/state", timeout=30).json()["regions"]
        (execution,) = region["jobs"][0]["executions"]
        assert (execution["status"], execution["lastUpdatedAt"]) == (
            "TIMED_OUT",
            (noon.timestamp() + 60) * 1000,
        )


def test_the_operations_and_their_errors_are_listed(account: Account) -> None:
    operations = account.ask("operations").json()["operations"]
    errors = {(each["service"], each["operation"]): each["errors"] for each in operations}
    assert "InvalidStateTransitionException" in errors["iot", "DeleteJob"]
    assert "TerminalStateException" in errors["iot-jobs-data", "DescribeJobExecution"]
    assert errors["iot", "DescribeJob"][-1] == "UnrecognizedClientException"


def test_one_job_is_shown_with_its_details(account: Account) -> None:
    account.job("update", "lamp", jobExecutionsRolloutConfig={"maximumPerMinute": 5})
    (region,) = account.state()["regions"]
    assert region["jobs"][0]["details"] is None
    (region,) = account.state(job="update")["regions"]
    details = region["jobs"][0]["details"]
    assert details["jobExecutionsRolloutConfig"] == {"maximumPerMinute": 5}
    assert details["targets"] == [account.iot.describe_thing(thingName="lamp")["thingArn"]]
    assert details["document"] == account.iot.get_job_document(jobId="update")["document"]
    assert (details["tags"], details["waitingThings"]) == ({}, [])


def test_motos_dashboard_is_what_it_was_once_jobs_are_taken_out() -> None:
    paths = {"{0}/moto-api/$": lambda *_: "<html><body>moto</body></html>"}
    before = dict(paths)
    plug_in(paths)
    plug_in(paths)
    assert paths["{0}/moto-api/$"](None, "", {}).count('<a href="/moto-api/iot-jobs/">') == 1
    pull_out(paths)
    assert paths == before

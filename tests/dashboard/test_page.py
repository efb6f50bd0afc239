"""The page of a server, in a real browser, while a real server works.

With the environment variable MOTO_IOT_JOBS_PICTURES set to a folder, the picture of the manual is
saved there: `MOTO_IOT_JOBS_PICTURES=docs/pictures python -m pytest tests/dashboard`.
"""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.aws.commands import report, start

from .browser import Tab

if TYPE_CHECKING:
    from .conftest import Account

EXECUTION = ".execution"
STATUS = ".execution > .status"
HOSTILE = "<script>window.broken = 1</script><img src=x onerror='window.broken = 1'>"


def test_a_reader_follows_a_job_from_its_creation_to_its_deletion(
    account: Account, tab: Tab, tmp_path: Path
) -> None:
    tab.page.goto(account.page)
    tab.wait_for_text("There are no jobs yet.")

    account.job(
        "update", "lamp-1", "lamp-2", "lamp-3", timeoutConfig={"inProgressTimeoutInMinutes": 60}
    )
    tab.wait_for_text("3 QUEUED", ".job")
    tab.click(".job a", "update")
    _wait_for_execution(tab, "lamp-1 #1", "QUEUED")

    account.device.start_next_pending_job_execution(thingName="lamp-1")
    account.report("lamp-2", "update", "REJECTED", statusDetails={"reason": "no space left"})
    _wait_for_execution(tab, "lamp-1 #1", "IN_PROGRESS")
    tab.wait_for_text("device starts its next execution", ".transitions")

    tab.click("button", "+10 min")
    _wait_for_execution(tab, "lamp-1 #1", "times out in 49 min")
    account.report(
        "lamp-1", "update", "IN_PROGRESS", statusDetails={"step": "write", "progress": "40 %"}
    )
    tab.wait_for_text("40 %", ".status-details dd")
    _picture(tab, tmp_path)

    account.report("lamp-3", "update", "FAILED")
    account.report("lamp-1", "update", "SUCCEEDED", statusDetails={"step": "done"})
    tab.wait_for_text("COMPLETED", ".job > .status")
    assert tab.texts(".counts li") == ["1 SUCCEEDED", "1 FAILED", "1 REJECTED"]
    assert tab.texts(".execution > h4")[0] == "lamp-1 #1"
    transitions = [
        " ".join(transition)
        for transition in zip(
            tab.texts(".transitions .status"), tab.texts(".transitions .why"), strict=True
        )
    ]
    assert transitions[:4] == [
        "QUEUED CreateJob",
        "IN_PROGRESS StartNextPendingJobExecution, device starts its next execution",
        "IN_PROGRESS again UpdateJobExecution, device reports IN_PROGRESS",
        "SUCCEEDED UpdateJobExecution, device reports SUCCEEDED",
    ]
    tab.wait_for_text("jobs/notify-next", "#messages")
    tab.click("button", "+1 day")
    tab.wait_for_text("created 20", ".job > .facts")
    assert tab.texts(".execution summary")[0].startswith("4 transitions in 10 min")

    account.iot.delete_job(jobId="update")
    tab.wait_for_text("There is no job update any more.")
    tab.click("a", "All jobs")
    tab.wait_for_text("There are no jobs yet.")


def _wait_for_execution(tab: Tab, name: str, text: str) -> None:
    found = tab.page.locator(".execution").filter(has=tab.page.get_by_text(name, exact=True))
    found.filter(has_text=text).first.wait_for()


def _picture(tab: Tab, folder: Path) -> None:
    path = Path(os.environ.get("MOTO_IOT_JOBS_PICTURES", folder)) / "page.png"
    tab.page.set_viewport_size({"width": 1000, "height": 780})
    tab.page.screenshot(path=path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_reader_sees_shadows_and_packages_change(account: Account, tab: Tab) -> None:
    tab.page.goto(account.page)
    tab.wait_for_text("There are no jobs yet.")
    assert not tab.page.locator("#shadows-panel").is_visible()
    data = account.client("iot-data")
    hostile = json.dumps({"state": {"desired": {"on": HOSTILE}}})
    data.update_thing_shadow(thingName="lamp", shadowName="config", payload=hostile)
    tab.wait_for_text("lamp · config", ".shadow")
    tab.wait_for_text("version 1", ".shadow")
    tab.click(".shadow summary", "config")
    tab.wait_for_text("onerror", ".shadow pre")
    tab.wait_for_text("UpdateThingShadow, version 1", ".shadow .transitions")
    data.delete_thing_shadow(thingName="lamp", shadowName="config")
    tab.wait_for_text("deleted", ".shadow summary")
    account.iot.create_package(packageName="app")
    account.iot.create_package_version(packageName="app", versionName="1.0")
    tab.wait_for_text("1.0 DRAFT", ".package .status")
    account.iot.update_package_version(packageName="app", versionName="1.0", action="PUBLISH")
    account.iot.update_package(packageName="app", defaultVersionName="1.0")
    tab.wait_for_text("1.0 PUBLISHED", ".package .status")
    tab.wait_for_text("default 1.0", ".package")


def test_what_others_wrote_stays_text(account: Account, tab: Tab) -> None:
    account.job("update", "lamp", document=json.dumps({"op": HOSTILE}))
    account.report("lamp", "update", "IN_PROGRESS", statusDetails={"step": HOSTILE})
    account.iot.cancel_job(jobId="update", comment=HOSTILE, force=True)
    tab.page.goto(f"{account.page}#job=update")
    tab.wait_for_text(HOSTILE, ".status-details")
    tab.wait_for_text(HOSTILE, ".job > .facts")
    tab.page.evaluate(
        "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
    )
    tab.wait_for_text(HOSTILE, "#messages")
    tab.page.goto(
        f"{account.page}?again#job=%3Cimg%20src%3Dx%20onerror%3D%22window.broken%3D1%22%3E"
    )
    tab.wait_for_text('There is no job <img src=x onerror="window.broken=1"> any more.')
    assert tab.page.evaluate(
        "[window.broken === undefined, document.querySelectorAll('img, main script').length]"
    ) == [True, 0]


def test_even_if_it_did_not_the_policy_of_the_page_would_stop_it(
    account: Account, tab: Tab
) -> None:
    tab.page.goto(account.page)
    tab.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=data:, onerror=\"window.broken ="
        " 1\">')"
    )
    tab.page.evaluate(
        "new Promise((resolve) => { document.addEventListener('securitypolicyviolation', resolve);"
        " const s = document.createElement('script'); s.textContent = 'window.broken = 1';"
        " document.body.append(s); })"
    )
    assert tab.page.evaluate("window.broken === undefined")
    assert all("Content Security Policy" in problem for problem in tab.problems)
    tab.problems.clear()


def test_the_page_sends_requests_to_its_server_only(account: Account, tab: Tab) -> None:
    account.job("update", "lamp")
    tab.page.goto(account.page)
    tab.wait_for_text("update")
    requested = {
        url.partition("?")[0] for url in tab.requests if not url.startswith(("data:", "about:"))
    }
    assert requested == {
        account.page,
        *(f"{account.page}{name}" for name in ("page.css", "page.js", "state")),
    }


def test_pages_lead_through_many_jobs(account: Account, tab: Tab) -> None:
    account.job("job-0", "lamp")
    arn = account.iot.describe_thing(thingName="lamp")["thingArn"]
    for number in range(1, 25):
        account.iot.create_job(jobId=f"job-{number}", targets=[arn], document="{}")
    tab.page.goto(account.page)
    tab.wait_for_text("20 of 25 jobs")
    assert tab.texts(".job > h3") == [f"job-{number}" for number in range(24, 4, -1)]
    tab.click("a", "Older jobs")
    tab.wait_for_text("5 of 25 jobs")
    assert tab.texts(".job > h3") == [f"job-{number}" for number in range(4, -1, -1)]
    tab.click("a", "Newest jobs")
    tab.wait_for_text("20 of 25 jobs")
    tab.page.go_back()
    tab.wait_for_text("5 of 25 jobs")


def test_pages_lead_through_many_executions_and_a_thing_or_a_status_can_be_picked(
    account: Account, tab: Tab
) -> None:
    things = [f"lamp-{number:02}" for number in range(45)]
    account.job("update", *things)
    account.report("lamp-07", "update", "FAILED", statusDetails={"reason": "no space"})
    tab.page.goto(f"{account.page}#job=update")
    tab.wait_for_text("20 of 45 executions")
    newest = tab.texts(".execution > h4")
    assert newest[0] == "lamp-07 #1"
    tab.click("a", "Older executions")
    tab.page.locator(".executions").filter(has_text="lamp-07").wait_for(state="detached")
    older = tab.texts(".execution > h4")
    tab.click("a", "Older executions")
    tab.wait_for_text("5 of 45 executions")
    oldest = tab.texts(".execution > h4")
    assert (len(newest), len(older), len(oldest)) == (20, 20, 5)
    assert sorted(newest + older + oldest) == [f"{thing} #1" for thing in things]

    tab.click(".counts a", "1 FAILED")
    tab.wait_for_text("1 execution, FAILED")
    assert tab.texts(EXECUTION)[0].startswith("lamp-07 #1")
    tab.click("input[name=thing]")
    tab.page.keyboard.type("lamp-33")
    tab.page.keyboard.press("Enter")
    tab.wait_for_text("1 execution, of lamp-33")
    assert tab.texts(".execution > h4") == ["lamp-33 #1"]


def test_what_a_reader_opened_and_focused_stays_so(account: Account, tab: Tab) -> None:
    account.job("update", "lamp")
    tab.page.goto(account.page)
    tab.click("#messages summary", "jobs/notify-next")
    tab.click(".job a", "update")
    tab.wait_for_text("CreateJob", ".transitions")
    tab.click(".execution summary")
    tab.page.evaluate("document.querySelector('.execution summary').marked = true")
    assert tab.texts(".transitions li") == []
    account.device.start_next_pending_job_execution(thingName="lamp")
    tab.wait_for_text("IN_PROGRESS", STATUS)
    assert tab.texts(".transitions li") == []
    assert tab.page.evaluate("document.activeElement.marked") is True
    assert '"jobId": "update"' in tab.texts("#messages pre")[0]


def test_the_keyboard_is_enough(account: Account, tab: Tab) -> None:
    account.job("update", "lamp", timeoutConfig={"inProgressTimeoutInMinutes": 1})
    account.device.start_next_pending_job_execution(thingName="lamp")
    tab.page.goto(account.page)
    tab.wait_for_text("1 IN_PROGRESS", ".counts")
    _tab_to(tab, "+1 min")
    tab.page.keyboard.press(" ")
    tab.wait_for_text("1 TIMED_OUT", ".counts")
    assert _focused(tab) == "+1 min"
    _tab_to(tab, "update")
    tab.page.keyboard.press("Enter")
    tab.wait_for_text("time went on, a timer runs out", ".transitions")


def _tab_to(tab: Tab, text: str) -> None:
    for _ in range(30):
        tab.page.keyboard.press("Tab")
        if _focused(tab) == text:
            return
    raise AssertionError(f"Tab never comes to {text!r}")


def _focused(tab: Tab) -> str:
    return str(tab.page.evaluate("document.activeElement.textContent.trim()"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it_in_the_colours_of_its_reader(
    account: Account, tab: Tab, scheme: Literal["light", "dark"]
) -> None:
    account.job("j" * 64, "t" * 128)
    account.report("t" * 128, "j" * 64, "IN_PROGRESS", statusDetails={"k" * 128: "v" * 1024})
    tab.page.set_viewport_size({"width": 360, "height": 740})
    tab.page.emulate_media(color_scheme=scheme)
    tab.page.goto(f"{account.page}#job={'j' * 64}")
    tab.wait_for_text("v" * 1024, ".status-details")
    tab.page.evaluate(
        "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
    )
    assert tab.page.evaluate("document.documentElement.scrollWidth") == 360
    too_wide = (
        "Array.from(document.querySelectorAll('main *')).filter((each) =>"
        " each.getBoundingClientRect().right > 360)"
    )
    assert tab.page.evaluate(f"{too_wide}.map((each) => each.outerHTML)") == []
    ground, ink = tab.page.evaluate(
        "[getComputedStyle(document.body)].flatMap((s) => [s.backgroundColor, s.color])"
    )
    assert (_brightness(ground) > _brightness(ink)) is (scheme == "light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_it(
    account: Account, tab: Tab, scheme: Literal["light", "dark"]
) -> None:
    account.job("update", "lamp")
    account.report("lamp", "update", "FAILED", statusDetails={"reason": "flash is full"})
    tab.page.emulate_media(color_scheme=scheme)
    tab.page.goto(f"{account.page}#job=update")
    tab.wait_for_text("flash is full", ".status-details")
    tab.page.evaluate(
        "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
    )
    # The rules of WCAG 2, levels A and AA, that a program can check.
    found = Axe().run(tab.page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert found.violations_count == 0, found.generate_report()


def _brightness(colour: str) -> int:
    return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))


def test_an_error_is_chosen_from_lists_and_injected(account: Account, tab: Tab) -> None:
    account.job("update", "lamp")
    tab.page.goto(account.page)
    tab.click("#faults summary")
    error = tab.page.locator("#fault select[name=error]")
    tab.page.locator("select[name=error] option").nth(3).wait_for(state="attached")
    assert error.input_value() == "ThrottlingException"
    tab.click("#fault button", "Inject")
    tab.wait_for_text("UpdateJobExecution will return ThrottlingException 1 time.")
    tab.wait_for_text("ThrottlingException from UpdateJobExecution", "#active-faults")
    with pytest.raises(account.device.exceptions.ThrottlingException):
        account.report("lamp", "update", "SUCCEEDED")
    tab.page.locator("#active-faults li").first.wait_for(state="detached")
    account.report("lamp", "update", "SUCCEEDED")


def test_the_errors_are_those_of_the_operation_and_a_fault_is_cancelled(
    account: Account, tab: Tab
) -> None:
    tab.page.goto(account.page)
    tab.click("#faults summary")
    tab.page.locator("select[name=error] option").nth(3).wait_for(state="attached")
    tab.page.locator("select[name=operation]").select_option("iot DeleteJob")
    errors = tab.page.locator("select[name=error] option").all_inner_texts()
    assert "InvalidStateTransitionException" in errors
    assert "TerminalStateException" not in errors
    tab.page.locator("select[name=error]").select_option("InvalidStateTransitionException")
    tab.page.locator("input[name=times]").fill("3")
    tab.click("#fault button", "Inject")
    tab.wait_for_text("DeleteJob will return InvalidStateTransitionException 3 times.")
    tab.click("#active-faults button", "Cancel")
    tab.wait_for_text("It is cancelled.")
    account.job("update", "lamp")
    account.iot.delete_job(jobId="update", force=True)


SETTINGS: dict[str, Any] = {
    "description": "Firmware 2.0 for the whole house",
    "document": '{"firmware": "2.0"}',
    "jobExecutionsRolloutConfig": {
        "exponentialRate": {
            "baseRatePerMinute": 1,
            "incrementFactor": 1.5,
            "rateIncreaseCriteria": {"numberOfSucceededThings": 10},
        },
        "maximumPerMinute": 50,
    },
    "abortConfig": {
        "criteriaList": [
            {
                "failureType": "FAILED",
                "action": "CANCEL",
                "thresholdPercentage": 20,
                "minNumberOfExecutedThings": 5,
            }
        ]
    },
    "timeoutConfig": {"inProgressTimeoutInMinutes": 90},
    "jobExecutionsRetryConfig": {
        "criteriaList": [{"failureType": "TIMED_OUT", "numberOfRetries": 2}]
    },
    "tags": [{"Key": "team", "Value": "lights"}],
}


def test_a_job_is_described_with_its_settings_and_its_document(account: Account, tab: Tab) -> None:
    account.job("update", "lamp-1", "lamp-2", "lamp-3", **SETTINGS)
    tab.page.goto(f"{account.page}#job=update")
    tab.wait_for_text("Firmware 2.0 for the whole house", ".job > .facts")
    tab.wait_for_text("The rollout has not reached 2 things yet: lamp-2, lamp-3")
    tab.click("summary", "Settings and document")
    settings = dict(
        zip(tab.texts(".settings dt"), tab.texts(".settings dd"), strict=True),
    )
    arns = settings.pop("targets").splitlines()
    assert [arn.rpartition("/")[2] for arn in arns] == ["lamp-1", "lamp-2", "lamp-3"]
    assert settings.pop("ARN").endswith("job/update")
    assert settings == {
        "rollout": "from 1 a minute, times 1.5 after each 10 succeeded, at most 50 a minute",
        "abort": "CANCEL when 20 % FAILED of at least 5",
        "timeout": "90 min in progress",
        "retry": "TIMED_OUT up to 2 times",
        "tags": "team = lights",
    }
    assert '"firmware": "2.0"' in tab.texts("pre[data-slot=document]")[0]
    tab.click("button", "+1 min")
    tab.wait_for_text("The rollout has not reached 1 thing yet: lamp-3")


def test_a_scheduled_job_says_when_it_starts(account: Account, tab: Tab) -> None:
    start = datetime.now(timezone.utc) + timedelta(hours=3)
    schedule = {
        "startTime": f"{start:%Y-%m-%dT%H:%M}",
        "endTime": f"{start + timedelta(hours=5):%Y-%m-%dT%H:%M}",
        "endBehavior": "CANCEL",
    }
    account.job("update", "lamp", schedulingConfig=schedule)
    tab.page.goto(f"{account.page}#job=update")
    tab.wait_for_text("starts in 2 h 59 min", ".job > .facts")
    tab.click("summary", "Settings and document")
    tab.wait_for_text("then CANCEL", ".settings dd")


def test_the_last_calls_are_shown_with_their_errors(account: Account, tab: Tab) -> None:
    account.job("update", "lamp")
    account.job("other", "kettle")
    with pytest.raises(account.iot.exceptions.InvalidStateTransitionException):
        account.iot.delete_job(jobId="update")
    tab.page.goto(account.page)
    tab.wait_for_text("409 InvalidStateTransitionException", "#calls .error")
    assert [text[9:].strip() for text in tab.texts("#calls summary")] == [
        "DeleteJob · update 409 InvalidStateTransitionException",
        "CreateJob · other",
        "CreateJob · update",
    ]
    tab.click(".job a", "update")
    tab.wait_for_text("Calls of update", "#calls-title")
    tab.page.locator("#calls").filter(has_text="other").wait_for(state="detached")
    tab.click("#calls summary", "CreateJob")
    tab.wait_for_text('"document": "{\\"op\\":\\"x\\"}"', "#calls pre")


def test_only_messages_of_the_job_are_shown_beside_it(account: Account, tab: Tab) -> None:
    account.job("update", "lamp")
    account.job("other", "kettle")
    tab.page.goto(account.page)
    tab.wait_for_text("things/kettle/jobs/notify-next", "#messages")
    tab.click(".job a", "update")
    tab.wait_for_text("Messages of update", "#messages-title")
    tab.page.locator("#messages").filter(has_text="kettle").wait_for(state="detached")
    tab.wait_for_text("things/lamp/jobs/notify-next", "#messages")


def test_the_bar_of_an_execution_has_a_legend(account: Account, tab: Tab) -> None:
    account.job("update", "lamp")
    tab.page.goto(f"{account.page}#job=update")
    tab.wait_for_text("QUEUED", ".execution > .status")
    tab.click("button", "+1 h")
    tab.wait_for_text("QUEUED 1 h", ".legend")
    account.report("lamp", "update", "FAILED")
    tab.wait_for_text("FAILED", ".legend")


def test_a_button_keeps_its_text_on_one_line_on_a_phone(account: Account, tab: Tab) -> None:
    tab.page.set_viewport_size({"width": 320, "height": 640})
    account.job("update", "lamp")
    tab.page.goto(f"{account.page}#job=update")
    tab.click("#faults summary")
    tab.page.locator("select[name=error] option").nth(3).wait_for(state="attached")
    heights = tab.page.evaluate(
        "Array.from(document.querySelectorAll('button')).filter((each) => each.checkVisibility())"
        ".map((each) => each.getBoundingClientRect().height)"
    )
    assert len(heights) >= 6
    assert max(heights) <= 44
    assert tab.page.evaluate("document.documentElement.scrollWidth") == 320


def test_motos_own_dashboard_leads_to_ours(account: Account, tab: Tab) -> None:
    tab.page.goto(f"{account.url}/moto-api/", wait_until="commit")
    tab.click("a", "IoT Jobs")
    tab.wait_for_text("There are no jobs yet.")
    tab.problems.clear()


def test_a_server_that_does_not_respond_is_noticed_and_so_is_its_return(
    account: Account, tab: Tab
) -> None:
    tab.page.goto(account.page)
    tab.wait_for_text("There are no jobs yet.")
    tab.page.context.set_offline(True)
    tab.wait_for_text("This may be out of date", "#trouble")
    tab.page.context.set_offline(False)
    tab.page.locator("#trouble").wait_for(state="hidden")
    tab.problems.clear()


def test_refreshing_can_be_switched_off(account: Account, tab: Tab) -> None:
    account.job("first", "lamp")
    tab.page.clock.install()
    tab.page.goto(account.page)
    tab.wait_for_text("first", ".job")
    with tab.page.expect_request("**/state?**"):
        tab.page.clock.run_for(2_000)
    tab.click("label", "Refresh")
    assert not tab.page.locator("#refresh").is_checked()
    tab.click("h2 a", "eu-west-1")
    tab.wait_for_text("All jobs", "nav")
    requests = len(tab.requests)
    account.job("second", "lamp")
    tab.page.clock.run_for(60_000)
    assert len(tab.requests) == requests
    assert tab.texts(".job > h3") == ["first"]
    tab.click("label", "Refresh")
    tab.wait_for_text("second", ".job")


def test_a_reader_sees_commands_and_what_became_of_them(account: Account, tab: Tab) -> None:
    execution = start(account)
    tab.page.goto(account.page)
    tab.wait_for_text("lock on thing door", ".commands h4")
    tab.wait_for_text("CREATED", ".commands .status")
    tab.click("button", "+10 min")
    tab.wait_for_text("TIMED_OUT", ".commands .status")
    tab.wait_for_text("reason $NO_RESPONSE_FROM_DEVICE", ".commands .facts")
    report(account, execution, "SUCCEEDED", statusReason={"reasonCode": "LATE"})
    tab.wait_for_text("SUCCEEDED", ".commands .status")
    tab.click(".commands summary")
    tab.wait_for_text("device reports SUCCEEDED", ".commands .transitions")

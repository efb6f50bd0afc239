"""The page of a server, in a real browser, while a real server works.

With the environment variable MOTO_IOT_JOBS_PICTURES set to a folder, the picture of the manual is
saved there: `MOTO_IOT_JOBS_PICTURES=docs/pictures python -m pytest tests/dashboard`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .browser import Browser

if TYPE_CHECKING:
    from .conftest import Account

EXECUTION = ".execution"
STATUS = ".execution > .status"
HOSTILE = "<script>window.broken = 1</script><img src=x onerror='window.broken = 1'>"


def test_a_reader_follows_a_job_from_its_creation_to_its_deletion(
    account: Account, tab: Browser, tmp_path: Path
) -> None:
    tab.open(account.page)
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
    tab.wait_for_text("40 %", ".told dd")
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


def _wait_for_execution(tab: Browser, name: str, text: str) -> None:
    here = "Array.from(document.querySelectorAll('.execution'), (each) => each.innerText)"
    tab.wait(
        f"{here}.some((each) => each.startsWith({json.dumps(name)}) &&"
        f" each.includes({json.dumps(text)}))"
    )


def _picture(tab: Browser, folder: Path) -> None:
    path = Path(os.environ.get("MOTO_IOT_JOBS_PICTURES", folder)) / "page.png"
    tab.resize(1000, 780)
    tab.screenshot(path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_what_others_wrote_stays_text(account: Account, tab: Browser) -> None:
    account.job("update", "lamp", document=json.dumps({"op": HOSTILE}))
    account.report("lamp", "update", "IN_PROGRESS", statusDetails={"step": HOSTILE})
    account.iot.cancel_job(jobId="update", comment=HOSTILE, force=True)
    tab.open(f"{account.page}#job=update")
    tab.wait_for_text(HOSTILE, ".told")
    tab.wait_for_text(HOSTILE, ".job > .facts")
    tab.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    tab.wait_for_text(HOSTILE, "#messages")
    tab.open(f"{account.page}?again#job=%3Cimg%20src%3Dx%20onerror%3D%22window.broken%3D1%22%3E")
    tab.wait_for_text('There is no job <img src=x onerror="window.broken=1"> any more.')
    assert tab.evaluate(
        "[window.broken === undefined, document.querySelectorAll('img, main script').length]"
    ) == [True, 0]


def test_even_if_it_did_not_the_policy_of_the_page_would_stop_it(
    account: Account, tab: Browser
) -> None:
    tab.open(account.page)
    tab.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=data:, onerror=\"window.broken ="
        " 1\">')"
    )
    tab.evaluate(
        "new Promise((resolve) => { document.addEventListener('securitypolicyviolation', resolve);"
        " const s = document.createElement('script'); s.textContent = 'window.broken = 1';"
        " document.body.append(s); })"
    )
    assert tab.evaluate("window.broken === undefined")
    assert all("Content Security Policy" in problem for problem in tab.problems)
    tab.problems.clear()


def test_nothing_is_asked_of_anybody_but_the_server(account: Account, tab: Browser) -> None:
    account.job("update", "lamp")
    tab.open(account.page)
    tab.wait_for_text("update")
    asked = {
        url.partition("?")[0] for url in tab.requests if not url.startswith(("data:", "about:"))
    }
    assert asked == {
        account.page,
        *(f"{account.page}{name}" for name in ("page.css", "page.js", "state")),
    }


def test_pages_lead_through_many_jobs(account: Account, tab: Browser) -> None:
    account.job("job-0", "lamp")
    arn = account.iot.describe_thing(thingName="lamp")["thingArn"]
    for number in range(1, 25):
        account.iot.create_job(jobId=f"job-{number}", targets=[arn], document="{}")
    tab.open(account.page)
    tab.wait_for_text("20 of 25 jobs")
    assert tab.texts(".job > h3") == [f"job-{number}" for number in range(24, 4, -1)]
    tab.click("a", "Older jobs")
    tab.wait_for_text("5 of 25 jobs")
    assert tab.texts(".job > h3") == [f"job-{number}" for number in range(4, -1, -1)]
    tab.click("a", "Newest jobs")
    tab.wait_for_text("20 of 25 jobs")
    tab.evaluate("history.back()")
    tab.wait_for_text("5 of 25 jobs")


def test_pages_lead_through_many_executions_and_a_thing_or_a_status_can_be_picked(
    account: Account, tab: Browser
) -> None:
    things = [f"lamp-{number:02}" for number in range(45)]
    account.job("update", *things)
    account.report("lamp-07", "update", "FAILED", statusDetails={"reason": "no space"})
    tab.open(f"{account.page}#job=update")
    tab.wait_for_text("20 of 45 executions")
    newest = tab.texts(".execution > h4")
    assert newest[0] == "lamp-07 #1"
    tab.click("a", "Older executions")
    tab.wait("!document.querySelector('.executions').textContent.includes('lamp-07')")
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
    tab.type("lamp-33")
    tab.press("Enter")
    tab.wait_for_text("1 execution, of lamp-33")
    assert tab.texts(".execution > h4") == ["lamp-33 #1"]


def test_what_a_reader_opened_and_focused_stays_so(account: Account, tab: Browser) -> None:
    account.job("update", "lamp")
    tab.open(account.page)
    tab.click("#messages summary", "jobs/notify-next")
    tab.click(".job a", "update")
    tab.wait_for_text("CreateJob", ".transitions")
    tab.click(".execution summary")
    tab.evaluate("document.querySelector('.execution summary').marked = true")
    assert tab.texts(".transitions li") == []
    account.device.start_next_pending_job_execution(thingName="lamp")
    tab.wait_for_text("IN_PROGRESS", STATUS)
    assert tab.texts(".transitions li") == []
    assert tab.evaluate("document.activeElement.marked") is True
    assert '"jobId": "update"' in tab.texts("#messages pre")[0]


def test_the_keyboard_is_enough(account: Account, tab: Browser) -> None:
    account.job("update", "lamp", timeoutConfig={"inProgressTimeoutInMinutes": 1})
    account.device.start_next_pending_job_execution(thingName="lamp")
    tab.open(account.page)
    tab.wait_for_text("1 IN_PROGRESS", ".counts")
    _tab_to(tab, "+1 min")
    tab.press(" ")
    tab.wait_for_text("1 TIMED_OUT", ".counts")
    assert _focused(tab) == "+1 min"
    _tab_to(tab, "update")
    tab.press("Enter")
    tab.wait_for_text("time went on, a timer runs out", ".transitions")


def _tab_to(tab: Browser, text: str) -> None:
    for _ in range(30):
        tab.press("Tab")
        if _focused(tab) == text:
            return
    raise AssertionError(f"Tab never comes to {text!r}")


def _focused(tab: Browser) -> str:
    return str(tab.evaluate("document.activeElement.textContent.trim()"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it_in_the_colours_of_its_reader(
    account: Account, tab: Browser, scheme: str
) -> None:
    account.job("j" * 64, "t" * 128)
    account.report("t" * 128, "j" * 64, "IN_PROGRESS", statusDetails={"k" * 128: "v" * 1024})
    tab.resize(360, 740)
    tab.prefer(scheme)
    tab.open(f"{account.page}#job={'j' * 64}")
    tab.wait_for_text("v" * 1024, ".told")
    tab.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    too_wide = (
        "Array.from(document.querySelectorAll('main *')).filter((each) =>"
        " each.getBoundingClientRect().right > 360)"
    )
    assert tab.evaluate(f"{too_wide}.map((each) => each.outerHTML)") == []
    ground, ink = tab.evaluate(
        "[getComputedStyle(document.body)].flatMap((s) => [s.backgroundColor, s.color])"
    )
    assert (_brightness(ground) > _brightness(ink)) is (scheme == "light")


def _brightness(colour: str) -> int:
    return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))


def test_an_error_is_ordered_and_a_wrong_one_is_explained(account: Account, tab: Browser) -> None:
    account.job("update", "lamp")
    tab.open(account.page)
    tab.click("#faults summary")
    tab.click("#fault button", "Order")
    tab.wait_for_text("UpdateJobExecution will give ThrottlingException 1 time.")
    with pytest.raises(account.device.exceptions.ThrottlingException):
        account.report("lamp", "update", "SUCCEEDED")
    account.report("lamp", "update", "SUCCEEDED")
    tab.click("[name=operation]")
    tab.evaluate("document.activeElement.select()")
    tab.type("DeleteEverything")
    tab.press("Enter")
    tab.wait_for_text("There is no operation 'DeleteEverything'")
    tab.problems[:] = [problem for problem in tab.problems if "400" not in problem]


def test_a_server_that_does_not_answer_is_noticed_and_so_is_its_return(
    account: Account, tab: Browser
) -> None:
    tab.open(account.page)
    tab.wait_for_text("There are no jobs yet.")
    network = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    tab.call("Network.emulateNetworkConditions", offline=True, **network)
    tab.wait_for_text("This may be out of date", "#trouble")
    tab.call("Network.emulateNetworkConditions", offline=False, **network)
    tab.wait("document.querySelector('#trouble').hidden")
    tab.problems.clear()


def test_refreshing_can_be_switched_off(account: Account, tab: Browser) -> None:
    account.job("first", "lamp")
    tab.open(account.page)
    tab.wait_for_text("first", ".job")
    tab.evaluate(
        "window.waits = []; const wait = setTimeout; window.setTimeout = (...given) =>"
        " (waits.push(given[1]), wait(...given))"
    )
    tab.click("label", "Refresh")
    tab.wait("!document.querySelector('#refresh').checked && (waits.length = 0, true)")
    tab.click("h2 a", "eu-west-1")
    tab.wait_for_text("All jobs", "nav")
    assert tab.evaluate("waits.includes(EVERY)") is False
    account.iot.create_job(
        jobId="second", targets=["arn:aws:iot:eu-west-1:123456789012:thing/lamp"], document="{}"
    )
    assert tab.texts(".job > h3") == ["first"]
    tab.click("label", "Refresh")
    tab.wait_for_text("second", ".job")

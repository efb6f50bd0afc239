"""The tests of jobs of another emulator, ministack, unmodified and against our server.

They are downloaded, not kept here. Which cases do not pass, and why, stands below and in docs/fidelity.md; any other outcome fails.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.acceptance.downloads import needs_downloads, sdist
from tests.server_process import server_process

RELEASE = "1.5.33"
FILES = ("test_iot_jobs_data.py", "test_iot_data.py")
CASES = 151

#: They import ministack's own modules and send nothing to an endpoint.
INTERNAL = {
    "test_iot_jobs_stored_document_too_deep_to_parse_stays_text": 1,
    "test_iot_jobs_presigned_url_host": 7,
    "test_iot_jobs_presigned_url_needs_a_role_iot_may_assume_under_auth": 3,
    "test_iot_jobs_rollout_notifies_a_batch_per_interval": 1,
    "test_iot_jobs_rollout_exponential_rate_grows_by_step": 1,
    "test_iot_jobs_rollout_survives_persistence_in_each_scope_and_stops_on_reset": 1,
    "test_iot_job_templates_are_scoped_and_persisted": 1,
    "test_iot_jobs_device_cannot_describe_a_timed_out_execution": 1,
    "test_iot_jobs_deleted_continuous_executions_survive_persistence": 1,
    "test_iot_jobs_update_job_survives_persistence": 1,
}
#: What AWS does otherwise, or what is ministack's own; by name, the number of cases.
NEVER = {
    "test_iot_job_template_create_describe_list_delete": 1,
    "test_iot_jobs_data_post_to_jobs_collection_is_unsupported": 1,
    "test_iot_jobs_deleting_a_thing_sweeps_its_execution_and_unblocks_the_job": 1,
    "test_iot_jobs_document_source_refusals": 1,
    "test_iot_jobs_lists_do_not_paginate_and_return_no_token": 1,
    "test_iot_jobs_presigned_url_signs_in_the_jobs_account": 1,
    "test_iot_jobs_recreated_thing_starts_with_no_execution_history": 1,
    "test_iot_jobs_update_non_numeric_expected_version_is_400": 1,
}
#: What passes with the conventions of other emulators only: a response is heard by another
#: connection than the one that sent the request,
OVERHEARD = {
    "test_iot_jobs_data_not_found_messages": 4,
    "test_jobs_mqtt_create_job_notifies_and_get_lists": 1,
    "test_jobs_mqtt_job_document_leaves_out_null_members": 1,
    "test_jobs_mqtt_job_named_get_does_not_break_thing_level_get": 1,
    "test_jobs_mqtt_malformed_json_is_rejected_invalidjson": 1,
    "test_jobs_mqtt_messages_are_compact_in_aws_member_order": 1,
    "test_jobs_mqtt_next_get_on_idle_thing_answers_bare_timestamp": 1,
    "test_jobs_mqtt_next_sentinel_get": 1,
    "test_jobs_mqtt_non_object_payload_rejected": 1,
    "test_jobs_mqtt_null_job_document_is_sent_as_null": 1,
    "test_jobs_mqtt_presigned_urls": 1,
    "test_jobs_mqtt_refused_status_carries_no_execution_state": 1,
    "test_jobs_mqtt_start_next_of_first_job_is_silent": 1,
    "test_jobs_mqtt_start_next_twice_rehands_in_progress_silently": 1,
    "test_jobs_mqtt_status_details_and_update_responses_escape_non_bmp": 1,
    "test_jobs_mqtt_terminal_update_rejected_invalidstatetransition": 1,
    "test_jobs_mqtt_unknown_execution_number_rejected": 1,
    "test_jobs_mqtt_update_include_flags_and_terminal_notify": 1,
    "test_jobs_mqtt_update_unknown_job_refused_status_rejected": 1,
    "test_jobs_mqtt_update_unknown_job_rejected": 1,
    "test_jobs_mqtt_version_mismatch_rejected": 1,
    "test_jobs_mqtt_wrong_version_carries_execution_state": 1,
}
#: an access key is the number of an account,
ACCOUNTS = {
    "test_iot_jobs_do_not_bleed_across_accounts_or_regions": 1,
    "test_iot_jobs_document_source_is_read_in_the_callers_account": 1,
    "test_iot_jobs_update_job_only_while_in_progress": 1,
}
#: and the body of an error has `__type`.
TYPED = {
    "test_iot_jobs_delete_job_execution": 1,
    "test_iot_jobs_list_executions_for_job_refusals": 1,
    "test_iot_jobs_update_refuses_status_details_that_is_not_a_string_map": 4,
}
FIDELITY = Path(__file__).parents[2] / "docs" / "fidelity.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ministack's two files of tests, and a conftest of ours."""
    into = tmp_path_factory.mktemp("ministack")
    tests = sdist("ministack", into / "sdist", RELEASE) / "tests"
    for name in FILES:
        shutil.copy(tests / name, into)
    shutil.copy(Path(__file__).with_name("ministack_conftest.py"), into / "conftest.py")
    return into


def failures(folder: Path, *options: str) -> dict[str, int]:
    """Run ministack's tests against a server; by name, the number of cases that did not pass."""
    report = folder / "report.xml"
    arguments = ["-q", "-n", "4", "-p", "no:cacheprovider", "-p", "no:moto_iot_jobs", FILES[0]]
    with server_process(folder / "server.log", "--quiet", *options) as server:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments, f"--junitxml={report}"],
            cwd=folder,
            env={**os.environ, "MINISTACK_ENDPOINT": server.url},
            capture_output=True,
            text=True,
            timeout=580,
        )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    cases = list(ET.parse(report).iter("testcase"))
    assert len(cases) == CASES
    found: dict[str, int] = {}
    for case in cases:
        if len(case):
            name = case.get("name", "").partition("[")[0]
            found[name] = found.get(name, 0) + 1
    return found


@needs_downloads
def test_all_that_aws_does_as_they_say_passes(folder: Path) -> None:
    assert failures(folder, "--strict-endpoints") == {
        **INTERNAL,
        **NEVER,
        **OVERHEARD,
        **ACCOUNTS,
        **TYPED,
    }


@needs_downloads
def test_with_the_conventions_of_emulators_at_least_122_of_133_pass(folder: Path) -> None:
    found = failures(folder, "--strict-endpoints", "--emulator-conventions")
    assert found == {**INTERNAL, **NEVER}
    reach_an_endpoint = CASES - sum(INTERNAL.values())
    assert (reach_an_endpoint, reach_an_endpoint - sum(NEVER.values())) == (133, 125)


def test_the_manual_names_each_case_that_does_not_pass() -> None:
    page = FIDELITY.read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", page.partition("## ministack's own tests")[2]))
    assert named == {*NEVER, *OVERHEARD, *ACCOUNTS, *TYPED, *INTERNAL}

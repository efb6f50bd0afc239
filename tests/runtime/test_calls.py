"""The record of handled calls."""

from __future__ import annotations

from moto_iot_jobs.runtime.calls import CallRecorder, HandledCall


def call(number: int) -> HandledCall:
    return HandledCall(
        "iot",
        "CreateJob",
        {"jobId": f"job-{number}"},
        200,
        None,
        "123456789012",
        "eu-west-1",
        number,
        "https",
    )


def test_records_are_kept_in_order() -> None:
    recorder = CallRecorder()
    for number in range(3):
        recorder.record(call(number))
    assert recorder.all() == [call(0), call(1), call(2)]


def test_the_oldest_records_make_room_for_new_ones() -> None:
    recorder = CallRecorder(most=2)
    for number in range(3):
        recorder.record(call(number))
    assert recorder.all() == [call(1), call(2)]


def test_no_more_is_kept_than_so_many_bytes_of_requests() -> None:
    recorder = CallRecorder(most_bytes=100)
    for number in range(4):
        recorder.record(call(number)._replace(size=40))
    assert [each.at for each in recorder.all()] == [2, 3]
    recorder.record(call(4)._replace(size=101))
    assert recorder.all() == []
    recorder.record(call(5)._replace(size=100))
    assert [each.at for each in recorder.all()] == [5]


def test_parameters_are_kept_by_reference() -> None:
    recorder = CallRecorder()
    handled = call(0)
    recorder.record(handled)
    assert recorder.all()[0].parameters is handled.parameters


def test_cleared_records_are_gone() -> None:
    recorder = CallRecorder()
    recorder.record(call(0))
    recorder.clear()
    assert recorder.all() == []

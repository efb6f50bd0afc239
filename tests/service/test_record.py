"""Records: made by position or by name, compared by value, and never changed."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest

from moto_iot_jobs.service.record import Record


class Window(Record):
    """A record with a default."""

    start: str
    minutes: int = 30


class NamedWindow(Window):
    """One with more."""

    name: str = ""


class Rule(Record):
    """One whose default is a function."""

    fits: Callable[[str], bool] = str.isdigit
    says: Callable[[str], str] = lambda text: f"{text}!"


def test_a_function_as_default_is_no_method() -> None:
    assert Rule().fits("7")
    assert (Rule().says("so"), Rule(says=str.upper).says("so")) == ("so!", "SO")


def test_values_are_given_by_position_or_by_name() -> None:
    assert Window("09:00") == Window(start="09:00", minutes=30) == Window("09:00", minutes=30)


class Check(Record):
    """A record with a function for a default."""

    holds: Callable[[str], bool] = str.isdigit
    name: Callable[[str], str] = lambda text: text.lower()


def test_a_function_is_a_value_and_no_method() -> None:
    assert Check().holds("5")
    assert Check().name("A") == Check(name=str.lower).name("A") == "a"


def test_a_subclass_has_the_fields_of_its_base_first() -> None:
    assert NamedWindow._fields == ("start", "minutes", "name")
    assert NamedWindow("09:00", 5, "morning").name == "morning"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ((), {}),
        ((), {"minutes": 5}),
        (("09:00", 5, "more"), {}),
        (("09:00",), {"start": "10:00"}),
        (("09:00",), {"seconds": 5}),
    ],
)
def test_what_lacks_a_value_or_has_one_too_many_is_refused(
    values: tuple[object, ...], named: dict[str, object]
) -> None:
    with pytest.raises(TypeError, match=r"Window has \('start', 'minutes'\)"):
        Window(*values, **named)  # type: ignore[arg-type]


def test_a_record_does_not_change() -> None:
    window = Window("09:00")
    with pytest.raises(AttributeError, match="does not change"):
        window.start = "10:00"  # type: ignore[misc]
    with pytest.raises(AttributeError, match="does not change"):
        del window.start
    assert window == Window("09:00")


def test_records_of_different_classes_or_values_differ() -> None:
    assert Window("09:00") != Window("09:01")
    assert Window("09:00") != NamedWindow("09:00")
    assert Window("09:00") != ("09:00", 30)
    assert len({Window("09:00"), Window("09:00", 30), Window("09:01")}) == 2


def test_one_with_some_values_changed_is_another() -> None:
    window = NamedWindow("09:00", name="morning")
    assert window._replace(minutes=5) == NamedWindow("09:00", 5, "morning")
    assert window._asdict() == {"start": "09:00", "minutes": 30, "name": "morning"}
    with pytest.raises(TypeError):
        window._replace(seconds=5)


def test_a_record_shows_its_values() -> None:
    assert repr(Window("09:00")) == "Window(start='09:00', minutes=30)"


def test_values_are_matched_in_their_order() -> None:
    match Window("09:00", 5):
        case Window(start, minutes):
            assert (start, minutes) == ("09:00", 5)


def test_copies_are_equal() -> None:
    window = Window("09:00", 5)
    assert (
        copy.deepcopy(window) == copy.copy(window) == pickle.loads(pickle.dumps(window)) == window
    )


def _never(_topic: str) -> bool:
    return False


class Service(Record):
    """One with a function that has a default."""

    knows: Callable[[str], bool] = _never


def test_a_function_that_is_a_default_is_a_value_and_no_method() -> None:
    assert Service().knows("topic") is False
    assert Service() == Service(_never)

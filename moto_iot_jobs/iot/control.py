"""What tests order and move over HTTP, beside moto's own `/moto-api`; and the same in process.

* `POST /moto-api/iot-jobs/clock/advance {"seconds": n}` and `GET /moto-api/iot-jobs/clock` answer `{"milliseconds": n}`.
* `POST /moto-api/iot-jobs/faults {"operation", "error", "times", "service"}` answers `{"number": n}`;
  `DELETE` of the same path takes all orders back, or with `?number=n` one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from moto.core.base_backend import backend_lock
from moto.iot.models import iot_backends

from . import simulation
from .delivery import delivery
from .http import HttpRequest
from .operations import Answer

_ANY_ACCOUNT = "123456789012"


def advance(milliseconds: int) -> int:
    """Move the clock and let everything happen that becomes due, everywhere; return the new time in milliseconds.

    Raises:
        ValueError: the time would go back.
    """
    with backend_lock:
        _touch()
        simulation.clock.advance(milliseconds)
    delivery.settle_all()
    return simulation.clock.now()


def order_fault(operation: str, error: str, times: int | None, service: str | None) -> int:
    """Order an error and return the order's number. Raises ValueError as `simulation.FaultOrders.order` does."""
    with backend_lock:
        _touch()
        return simulation.faults.order(operation, error, times, service).number


def _touch() -> None:
    # moto resets, at the end of a mock, the backends that were used in it; what tests bend has to end there as well.
    iot_backends[_ANY_ACCOUNT]["us-east-1"]


def clock(_request: Any, _full_url: str, _headers: Any) -> Answer:
    """GET the time."""
    return _answer({"milliseconds": simulation.clock.now()})


def clock_advance(request: Any, full_url: str, headers: Any) -> Answer:
    """POST a distance to move the time by."""
    return _carry_out(request, full_url, headers, _advance)


def faults(request: Any, full_url: str, headers: Any) -> Answer:
    """POST an order, or DELETE one or all."""
    return _carry_out(request, full_url, headers, _delete_faults if request.method == "DELETE" else _order)


def _advance(asked: HttpRequest) -> dict[str, object]:
    return {"milliseconds": advance(round(float(json.loads(asked.body)["seconds"]) * 1000))}


def _order(asked: HttpRequest) -> dict[str, object]:
    order = json.loads(asked.body)
    number = order_fault(order["operation"], order["error"], order.get("times", 1), order.get("service"))
    return {"number": number}


def _delete_faults(asked: HttpRequest) -> dict[str, object]:
    numbers = parse_qs(asked.query).get("number")
    if numbers is None:
        simulation.faults.clear()
    else:
        simulation.faults.cancel(int(numbers[0]))
    return {}


def _carry_out(request: Any, full_url: str, headers: Any, act: Callable[[HttpRequest], dict[str, object]]) -> Answer:
    try:
        return _answer(act(HttpRequest.of(request, full_url, headers)))
    except KeyError as missing:
        return _answer({"message": f"The member {missing} is missing."}, 400)
    except (ValueError, TypeError) as problem:
        return _answer({"message": str(problem)}, 400)


def _answer(members: dict[str, object], status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(members)


PATHS = {
    "{0}/moto-api/iot-jobs/clock": clock,
    "{0}/moto-api/iot-jobs/clock/advance": clock_advance,
    "{0}/moto-api/iot-jobs/faults": faults,
}

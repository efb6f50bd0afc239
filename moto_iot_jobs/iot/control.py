"""What tests order and move over HTTP, beside moto's own `/moto-api`; and the same in process.

* `POST /moto-api/iot-jobs/clock/advance {"seconds": n}` and `GET /moto-api/iot-jobs/clock` answer `{"milliseconds": n}`.
* `POST /moto-api/iot-jobs/faults {"operation", "error", …}` answers `{"number": n}`, `GET` tells what is ordered and what was
  not met, and `DELETE` takes all orders back, or with `?number=n` one (which stays pending with `&ended=true`).
* `POST /moto-api/iot-jobs/quotas {name: number}` answers `{"number": n}`, `GET` tells what is enforced, and `DELETE` ends all
  of it, or with `?number=n` one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from moto.core.base_backend import backend_lock
from moto.iot.models import iot_backends

from . import simulation
from .delivery import delivery
from .http import HttpRequest
from .operations import Answer
from .quotas import quotas as enforced_quotas

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


def order_fault(members: Mapping[str, Any]) -> int:
    """Order a fault and return the order's number. Takes and raises what `fault_requests.read` does."""
    # Imported late, as what quotas there are is below: most tests order no faults and enforce no quotas.
    from . import fault_requests

    which, effect, times = fault_requests.read(members)
    with backend_lock:
        _touch()
        return simulation.faults.order(which, effect, times).number


def enforce_quotas(numbers: Mapping[str, Any]) -> int:
    """Enforce quotas and return a number to end it by. Raises ValueError as `Quotas.enforce` does."""
    with backend_lock:
        _touch()
        return enforced_quotas.enforce(numbers)


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
    """POST an order, GET all there are, or DELETE one or all."""
    acts = {"GET": _tell_faults, "DELETE": _delete_faults}
    return _carry_out(request, full_url, headers, acts.get(request.method, _order))


def quotas(request: Any, full_url: str, headers: Any) -> Answer:
    """POST quotas to enforce, GET those that are, or DELETE one enforcement or all."""
    acts = {"GET": _tell_quotas, "DELETE": _lift_quotas}
    return _carry_out(request, full_url, headers, acts.get(request.method, _enforce))


def _advance(asked: HttpRequest) -> dict[str, object]:
    return {"milliseconds": advance(round(float(json.loads(asked.body)["seconds"]) * 1000))}


def _order(asked: HttpRequest) -> dict[str, object]:
    return {"number": order_fault(_members(asked))}


def _tell_faults(_asked: HttpRequest) -> dict[str, object]:
    orders = [{"number": order.number, "description": str(order)} for order in simulation.faults.active()]
    return {"faults": orders, "pending": [pending._asdict() for pending in simulation.faults.pending()]}


def _delete_faults(asked: HttpRequest) -> dict[str, object]:
    number = _number(asked)
    if number is None:
        simulation.faults.clear()
    elif "ended" in parse_qs(asked.query):
        simulation.faults.end(number)
    else:
        simulation.faults.cancel(number)
    return {}


def _enforce(asked: HttpRequest) -> dict[str, object]:
    return {"number": enforce_quotas(_members(asked))}


def _tell_quotas(_asked: HttpRequest) -> dict[str, object]:
    from .quota_table import QUOTAS

    known = [{"name": each.name, "value": each.value, "unit": each.unit, "kept": each.kept.value} for each in QUOTAS.values()]
    return {"enforced": enforced_quotas.enforced(), "quotas": known}


def _lift_quotas(asked: HttpRequest) -> dict[str, object]:
    number = _number(asked)
    if number is None:
        enforced_quotas.clear()
    else:
        enforced_quotas.lift(number)
    return {}


def _number(asked: HttpRequest) -> int | None:
    numbers = parse_qs(asked.query).get("number")
    return int(numbers[0]) if numbers is not None else None


def _members(asked: HttpRequest) -> dict[str, Any]:
    members = json.loads(asked.body or b"{}")
    if not isinstance(members, dict):
        raise ValueError(f"The body must be a JSON object, not {members!r}.")
    return members


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
    "{0}/moto-api/iot-jobs/quotas": quotas,
}

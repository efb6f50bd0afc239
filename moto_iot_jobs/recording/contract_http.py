"""The report of the contract over HTTP, beside moto's own `/moto-api`.

* `GET /moto-api/iot-jobs/contract` answers what `coverage` returns, and in `counts` the numbers that it rests on;
* `DELETE` forgets what was seen, and is how recording begins. The numbers outlive `/moto-api/reset`.
"""

from __future__ import annotations

import json
from typing import Any

from moto_iot_jobs.iot.operations import Answer

from .contract import contract
from .coverage import coverage


def answer(request: Any, _full_url: str, _headers: Any) -> Answer:
    """GET what was seen, or DELETE it."""
    contract.start()
    if request.method == "DELETE":
        contract.clear()
        return _json({})
    return _json({**coverage(contract), "counts": contract.counts()})


def _json(members: dict[str, Any]) -> Answer:
    return 200, {"Content-Type": "application/json"}, json.dumps(members)

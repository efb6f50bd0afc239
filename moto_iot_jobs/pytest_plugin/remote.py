"""A mock in another process, reached over HTTP: what fixtures and reports ask of it and tell it.

It speaks by the standard library alone, so that no mock of HTTP clients in the test's process gets in between.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

_DELETION = "iot::job_deletion"
_SECONDS = 10


class Remote:
    """A server with AWS IoT Jobs.

    Args:
        url: where it is, without a path.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def state(self, **choice: Any) -> dict[str, Any]:
        """Return a snapshot; see `recording.snapshot`."""
        asked = {name: value for name, value in choice.items() if value is not None}
        found: dict[str, Any] = self.ask("GET", f"iot-jobs/state?{urlencode(asked)}")
        return found

    def reset(self) -> None:
        """Forget everything, how long deletions take included."""
        self.ask("POST", "reset")
        self.set_deletion(None)

    def set_deletion(self, transition: Any) -> None:
        """Say how long deletions take, in the words of moto's state manager; None is moto's default again."""
        if transition is None:
            self.ask("POST", "state-manager/unset-transition", {"model_name": _DELETION})
        else:
            self.ask("POST", "state-manager/set-transition", {"model_name": _DELETION, "transition": dict(transition)})

    def pending_faults(self) -> list[str]:
        """Describe the faults that were ordered and never met."""
        return [str(fault["description"]) for fault in self.ask("GET", "iot-jobs/faults")["pending"]]

    def enforce_quotas(self, numbers: Mapping[str, float]) -> None:
        """Enforce quotas until the server is reset; see `moto_iot_jobs.quotas.enforce`."""
        self.ask("POST", "iot-jobs/quotas", dict(numbers))

    def begin_contract(self) -> None:
        """Record from now on what the tests see of the contract."""
        self.ask("DELETE", "iot-jobs/contract")

    def contract_counts(self) -> dict[str, Any]:
        """Return what was seen of the contract, as numbers."""
        counts: dict[str, Any] = self.ask("GET", "iot-jobs/contract")["counts"]
        return counts

    def ask(self, method: str, path: str, members: Any = None) -> Any:
        """Send a request to a path below `/moto-api/` and return what the answer's JSON says; {} for none.

        Raises:
            ConnectionError: the server does not answer.
            ValueError: it refuses.
        """
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 80, timeout=_SECONDS)
        body = json.dumps(members).encode() if members is not None else None
        try:
            connection.request(method, f"/moto-api/{path}", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read().decode()
        except (OSError, HTTPException) as problem:
            raise ConnectionError(f"The server at {self.url} does not answer: {problem}") from problem
        finally:
            connection.close()
        if response.status >= 400:
            raise ValueError(f"{method} {self.url}/moto-api/{path} was refused with {response.status}: {answer}")
        return json.loads(answer) if answer.startswith(("{", "[")) else {}

"""The mock of a server, reached over HTTP.

The standard library alone is used, so that no mock of HTTP clients in the test's process gets in
between.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.runtime.faults import PendingFault
from moto_iot_jobs.service.base64_text import decode_base64

from .json_texts import json_text

if TYPE_CHECKING:
    from moto_iot_jobs.introspection.calls import RecordedCall

_DELETION = "iot::job_deletion"
_TIMEOUT_SECONDS = 30


class RemoteMock:
    """A server with AWS IoT Jobs.

    The methods that it shares with `LocalMock` do the same there.

    Args:
        url: of the server, without a path.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def now(self) -> int:
        """Return the server's time in milliseconds since the epoch."""
        return int(self.ask("GET", "iot-jobs/clock")["milliseconds"])

    def advance(self, milliseconds: int) -> None:
        """Move the server's clock. Raises ValueError when it would go back."""
        self.ask("POST", "iot-jobs/clock/advance", {"seconds": milliseconds / 1000})

    def move_to(self, milliseconds: int) -> None:
        """Move the server's clock to a point in time. Raises ValueError when it would go back."""
        self.ask("POST", "iot-jobs/clock/move-to", {"milliseconds": milliseconds})

    def freeze(self) -> int:
        """Stop the server's clock, and return a number to end it by."""
        return int(self.ask("POST", "iot-jobs/clock/freeze", {})["number"])

    def unfreeze(self, number: int) -> None:
        """End one `freeze`. Idempotent."""
        self.ask("DELETE", f"iot-jobs/clock/freeze?number={number}")

    def inject_fault(self, members: Mapping[str, Any]) -> int:
        """Inject a fault and return its number. Raises ValueError for what makes no sense."""
        return int(self.ask("POST", "iot-jobs/faults", dict(members))["number"])

    def end_fault(self, number: int) -> None:
        """Cancel a fault whose block has ended.

        If it was not met, it stays pending.
        """
        self.ask("DELETE", f"iot-jobs/faults?number={number}&ended=true")

    def cancel_fault(self, number: int) -> None:
        """Cancel a fault. Idempotent."""
        self.ask("DELETE", f"iot-jobs/faults?number={number}")

    def clear_faults(self) -> None:
        """Cancel all faults."""
        self.ask("DELETE", "iot-jobs/faults")

    def pending_faults(self) -> list[PendingFault]:
        """Return the faults that were not met, or not as often as injected."""
        return [
            PendingFault(**members) for members in self.ask("GET", "iot-jobs/faults")["pending"]
        ]

    def enforce_quotas(self, numbers: Mapping[str, Any]) -> int:
        """Enforce quotas and return a number to end it by.

        Raises ValueError for a quota or number that there is not.
        """
        return int(self.ask("POST", "iot-jobs/quotas", dict(numbers))["number"])

    def cancel_quotas(self, number: int) -> None:
        """End one enforcement of quotas. Idempotent."""
        self.ask("DELETE", f"iot-jobs/quotas?number={number}")

    def clear_quotas(self) -> None:
        """End all enforcement of quotas."""
        self.ask("DELETE", "iot-jobs/quotas")

    def enforced_quotas(self) -> dict[str, float]:
        """Return the numbers that are enforced, by the names of quotas."""
        return dict(self.ask("GET", "iot-jobs/quotas")["enforced"])

    def published(self, topic: str, region: str | None) -> list[Message]:
        """Return the messages that the server published, oldest first."""
        query = urlencode({"topic": topic} | ({"region": region} if region is not None else {}))
        return [
            _message(members)
            for members in self.ask("GET", f"iot-jobs/messages?{query}")["messages"]
        ]

    def command_requests(self, device: str, region: str, account: str) -> list[Message]:  # noqa: ARG002 - a server tells of all accounts
        """Return the commands that were published to a device and have not timed out."""
        now = self.now()
        found = self.published(f"$aws/commands/+/{device}/executions/+/request/#", region)
        return [each for each in found if each.expires_at is not None and each.expires_at > now]

    def clear_messages(self) -> None:
        """Let the server forget what it published."""
        self.ask("DELETE", "iot-jobs/messages")

    def calls(self, operation: str | None) -> list[RecordedCall]:
        """Return the calls that the server handled, oldest first."""
        from moto_iot_jobs.introspection.calls import RecordedCall

        query = f"?{urlencode({'operation': operation})}" if operation is not None else ""
        found = self.ask("GET", f"iot-jobs/calls{query}")["calls"]
        return [RecordedCall.from_json(members) for members in found]

    def clear_calls(self) -> None:
        """Let the server forget the calls that it handled."""
        self.ask("DELETE", "iot-jobs/calls")

    def request(self, topic: str, payload: bytes, region: str, account: str) -> Message | None:
        """Play a device at the server, and return the response."""
        members = {
            "topic": topic,
            **with_payload(payload),
            "region": region,
            "account": account,
        }
        response = self.ask("POST", "iot-jobs/messages", members)["answer"]
        return _message(response) if response else None

    def state(self, **choice: Any) -> dict[str, Any]:
        """Return a snapshot.

        See `introspection.snapshot`.
        """
        query = urlencode({name: value for name, value in choice.items() if value is not None})
        found: dict[str, Any] = self.ask("GET", f"iot-jobs/state?{query}")
        return found

    def reset(self) -> None:
        """Forget everything, how long deletions take included."""
        self.ask("POST", "reset")
        self.set_deletion(None)

    def set_deletion(self, transition: Any) -> None:
        """Say how long deletions take, as moto's state manager has it.

        None is moto's default again.
        """
        if transition is None:
            self.ask("POST", "state-manager/unset-transition", {"model_name": _DELETION})
        else:
            members = {"model_name": _DELETION, "transition": dict(transition)}
            self.ask("POST", "state-manager/set-transition", members)

    def begin_coverage(self) -> None:
        """Count from now on which operations, errors and transitions are exercised."""
        self.ask("DELETE", "iot-jobs/coverage")

    def coverage_counts(self) -> dict[str, Any]:
        """Return what was counted."""
        counts: dict[str, Any] = self.ask("GET", "iot-jobs/coverage")["counts"]
        return counts

    def ask(self, method: str, path: str, members: Any = None) -> Any:
        """Send a request to a path below `/moto-api/` and return its response's JSON.

        {} for none.

        Raises:
            ConnectionError: the server does not respond.
            ValueError: the server responds with an error, whose message it has.
        """
        parts = urlsplit(self.url)
        connection = HTTPConnection(
            parts.hostname or "127.0.0.1", parts.port or 80, timeout=_TIMEOUT_SECONDS
        )
        body = json.dumps(members).encode() if members is not None else None
        try:
            connection.request(
                method, f"/moto-api/{path}", body, {"Content-Type": "application/json"}
            )
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, HTTPException) as problem:
            raise ConnectionError(
                f"The server at {self.url} does not respond: {problem}"
            ) from problem
        finally:
            connection.close()
        parsed = json.loads(text) if text.startswith(("{", "[")) else {}
        if response.status == 400 and isinstance(parsed, dict) and "message" in parsed:
            raise ValueError(parsed["message"])
        if response.status >= 400:
            raise ValueError(
                f"{method} {self.url}/moto-api/{path} failed with {response.status}: {text}"
            )
        return parsed


def _message(members: Mapping[str, Any]) -> Message:
    payload = payload_of(members)
    return Message(
        members["topic"],
        int(members["milliseconds"]),
        str(members["region"]),
        lambda: payload,
        str(members.get("account", "")),
        content_type=members.get("contentType"),
        expires_at=members.get("expiresAt"),
    )


def with_payload(payload: bytes) -> dict[str, str]:
    """Return the member that carries a payload: as text, or in base64 what is none."""
    try:
        return {"payload": payload.decode()}
    except UnicodeDecodeError:
        return {"payloadBase64": b64encode(payload).decode()}


def payload_of(members: Mapping[str, Any]) -> bytes:
    """Return the payload of members that `with_payload` made, or of an object as JSON.

    Raises:
        TypeError, ValueError: there is no such payload.
    """
    if "payloadBase64" in members:
        return decode_base64(members["payloadBase64"])
    return json_text("payload", members.get("payload", "")).encode()

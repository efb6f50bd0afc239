"""Run as a program: a session of owners and devices, twice; the second time everything that a
request must not cause is told.

What the first session imports and compiles is Python's business. The second one sends other values,
with code in all of them.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import pickle
import sys
import threading
from typing import Any

from moto_iot_jobs import mock_iot, mqtt
from moto_iot_jobs.broker.packets import Connect, Publish, Subscribe, Subscription, Version
from moto_iot_jobs.server.http import Server

FORBIDDEN = (
    *("exec", "compile", "pickle.", "marshal.", "code.__new__", "function.__new__", "ctypes."),
    *(
        "subprocess.",
        "os.system",
        "os.exec",
        "os.spawn",
        "os.posix_spawn",
        "os.fork",
        "os.startfile",
        "pty.",
        "webbrowser.",
    ),
    *(
        "shutil.",
        "tempfile.",
        "os.remove",
        "os.rename",
        "os.mkdir",
        "os.rmdir",
        "os.link",
        "os.symlink",
        "os.chmod",
        "os.truncate",
    ),
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC

seen: list[str] = []
watching = False


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """The audit hook: note what is forbidden."""
    if not watching:
        return
    if event == "open":
        _, mode, flags = arguments
        if (isinstance(mode, str) and set(mode) & set("wxa+")) or (
            isinstance(flags, int) and flags & WRITING
        ):
            seen.append(f"open {arguments}")
    elif event.startswith(FORBIDDEN):
        seen.append(f"{event} {str(arguments)[:200]}")


class Session:
    """Requests over one connection each of HTTP and MQTT."""

    def __init__(self, server: Server, broker: tuple[str, int], evil: str) -> None:
        self._http = http.client.HTTPConnection(server.host, server.port, timeout=20)
        self._broker = broker
        self._evil = evil

    def ask(self, service: str, method: str, path: str, body: Any = None) -> int:
        """Send one request; give the status."""
        scope = f"AKIDEXAMPLE/20260101/us-east-1/{service}/aws4_request"
        headers = {
            "Authorization": (
                f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
            ),
            "X-Evil": self._evil,
        }
        self._http.request(
            method, path, body if isinstance(body, bytes) else json.dumps(body), headers
        )
        response = self._http.getresponse()
        response.read()
        return response.status

    def run(self, name: str) -> list[int]:
        """Let a job be created, run, and be deleted; half of the requests are wrong."""
        evil = self._evil
        arn = f"arn:aws:iot:us-east-1:123456789012:thing/{name}"
        document = json.dumps(
            {
                "op": evil,
                "run": [
                    "{{7*7}}",
                    "${aws:iot:parameter:x}",
                    "!!python/object/apply:os.system [id]",
                ],
            }
        )
        tags = [{"Key": "k", "Value": "v"}]
        statuses = [
            self.ask("iot", "POST", f"/things/{name}", {}),
            self.ask("iot", "PUT", f"/jobs/{name}", {"targets": [arn], "document": document}),
            self.ask(
                "iot",
                "PUT",
                f"/jobs/{name}",
                {"targets": [arn], "document": evil, "description": evil},
            ),
            self.ask("iot", "PUT", f"/jobs/{name}", pickle.dumps(Payload())),
            self.ask("iot", "PUT", f"/jobs/{name}", b"{" * 2000),
            self.ask(
                "iot",
                "PUT",
                f"/job-templates/{name}",
                {"description": "d", "document": document, "tags": tags},
            ),
            self.ask("iot", "GET", f"/jobs/{name}"),
            self.ask(
                "iot",
                "GET",
                "/jobs?nextToken=" + base64.urlsafe_b64encode(pickle.dumps(Payload())).decode(),
            ),
            self.ask(
                "iot",
                "PATCH",
                "/event-configurations",
                {"eventConfigurations": {"JOB": {"Enabled": True}}},
            ),
            self.ask(
                "iot-jobs-data",
                "PUT",
                f"/things/{name}/jobs/$next",
                {"statusDetails": {"k": "x" * 1000}},
            ),
            self.ask("iot-jobs-data", "POST", f"/things/{name}/jobs/{name}", {"status": evil}),
            *self.speak_mqtt(name),
            self.ask("iot", "DELETE", f"/things/{name}/jobs/{name}/executionNumber/1?force=true"),
            self.ask("iot", "DELETE", f"/jobs/{name}?force=true"),
            self.ask("iot", "DELETE", f"/job-templates/{name}"),
            self.ask("iot", "GET", "/..%2f..%2fetc%2fpasswd"),
        ]
        self._http.close()
        return statuses

    def speak_mqtt(self, name: str) -> list[int]:
        """Ask for what is next and report; the answers are counted."""
        from tests.mqtt.conftest import Device

        topics = f"$aws/things/{name}/jobs"
        with Device(self._broker, Version.V5) as device:
            device.send(
                Connect(Version.V5, name, username=self._evil, password=self._evil.encode())
            )
            device.receive()
            device.send(Subscribe(1, (Subscription(f"{topics}/+/+/+", 0),)))
            device.receive()
            payloads = [
                b"{}",
                pickle.dumps(Payload()),
                json.dumps({"status": "SUCCEEDED", "statusDetails": {"k": "v"}}).encode(),
            ]
            responses = []
            for verb, payload in zip(("get", "update", "update"), payloads, strict=True):
                device.send(Publish(f"{topics}/{name}/{verb}", payload))
                responses.append(device.message().topic.endswith("/accepted"))
        return [200 if accepted else 400 for accepted in responses]


class Payload:
    """What a pickle that is loaded would do."""

    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("unpickled",)


def main() -> None:
    """Run both sessions; print what was seen in the second as JSON."""
    global watching
    with mock_iot(), mqtt.Endpoint() as broker:
        server = Server(port=0)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        sys.addaudithook(watch)
        first = Session(server, broker.address, "harmless text").run("warm")
        watching = True
        second = Session(server, broker.address, "__import__('os').system('true')").run("hot")
        found = seen.copy()
        compile("1", "proof", "eval")
        with open(os.devnull, "w"):  # noqa: PTH123 - the proof that this would be seen
            watching = False
        server.close()
        serving.join()
    report = {"first": first, "second": second, "seen": found, "proof": seen[len(found) :]}
    sys.stdout.write(f"{json.dumps(report)}\n")


if __name__ == "__main__":
    main()

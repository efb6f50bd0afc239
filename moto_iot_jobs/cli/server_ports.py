"""The ports of a running server, for the person and for the program that started it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moto_iot_jobs.server.http import netloc


class Ports:
    """Ports that listen.

    Attributes:
        bridge: host and port of the broker, if there is a bridge.
    """

    def __init__(self) -> None:
        self._listening: dict[str, dict[str, Any]] = {}
        self.bridge: str | None = None

    def add(self, kind: str, host: str, port: int, ca_file: Path | None = None) -> None:
        """Note a port.

        Args:
            kind: `http`, `mqtt`, `mqtts`, `https` (devices with certificates) or `tls`.
            ca_file: the authority that certifies it.
        """
        scheme = "https" if kind == "tls" else kind
        url = f"{scheme}://{netloc(host, port)}"
        self._listening[kind] = {"host": host, "port": port, "url": url}
        if ca_file is not None:
            self._listening[kind]["ca_file"] = str(ca_file)

    def lines(self) -> Iterator[str]:
        """Yield a line for each port, that of HTTP first."""
        for kind, port in self._listening.items():
            if kind == "http":
                yield f"moto with AWS IoT Jobs on {port['url']}"
                # Without its scheme: scripts take the one URL with http:// from this output.
                yield f"dashboard at {port['url'].partition('://')[2]}/moto-api/iot-jobs/"
                if self.bridge is not None:
                    yield f"bridge to {self.bridge}"
                continue
            certified = f" certified by {port['ca_file']}" if "ca_file" in port else ""
            yield f"{'all services over TLS: ' if kind == 'tls' else ''}{port['url']}{certified}"

    def write(self, file: Path) -> None:
        """Write all ports as JSON, at once: who finds the file finds it whole.

        Raises:
            OSError: the file cannot be written.
        """
        members = {"pid": os.getpid(), **self._listening}
        unfinished = file.with_name(f".{file.name}.{os.getpid()}")
        unfinished.write_text(json.dumps(members, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(file)

"""The Dockerfile and what the manual says of it, as far as they can be tried without an engine.

`.ci/image` builds the image and runs all of it.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.namespaces import needs_namespaces, run

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
FINAL = DOCKERFILE.rpartition("\nFROM ")[2]


def instruction(name: str) -> str:
    """The only instruction of that name in the last stage."""
    [found] = re.findall(rf"^{name} (.*)$", FINAL, re.MULTILINE)
    return str(found)


def block(language: str, part: str) -> str:
    """The block of the manual that is written in a language and has a text in it."""
    page = (ROOT / "docs" / "server.md").read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    [text] = [each for each in found if part in each]
    return str(text)


@needs_namespaces
def test_the_entry_point_serves_and_the_health_check_sees_it(tmp_path: Path) -> None:
    entry = json.loads(instruction("ENTRYPOINT"))
    assert entry[-2:] == ["--tls-dir", instruction("VOLUME")]
    health = json.loads(re.findall(r"CMD +(\[.*\])", FINAL)[0])
    script = f"""
        if {shlex.join(health)} 2> /dev/null; then exit 1; fi
        {shlex.join([*entry[:-1], "tls"])} > printed &
        until test -s printed; do sleep 0.1; done
        {shlex.join(health)}
        test "$(stat -c %a tls/ca.key)" = 600
        for port in {instruction("EXPOSE")}; do grep ":$port" printed; done
    """
    run(tmp_path, [script])


def test_the_image_runs_as_a_user_without_rights_and_without_the_source() -> None:
    user = instruction("USER")
    assert re.search(rf"useradd .*--uid 10001 {user}\b", FINAL)
    assert re.findall(r"^COPY (.*)$", FINAL, re.MULTILINE) == ["--from=build /venv /venv"]
    assert FINAL.startswith("python:3.12-slim\n")


def test_the_services_of_the_compose_file_use_what_the_image_has() -> None:
    services: Any = yaml.safe_load(block("yaml", "services:"))["services"]
    mock = services["mock"]
    assert mock["volumes"] == [f"tls:{instruction('VOLUME')}"]
    host, _, port = mock["command"][1].rpartition(":")
    assert (host, port in instruction("EXPOSE").split()) == ("mock", True)
    for name in ("owner", "device"):
        assert services[name]["environment"]["AWS_ENDPOINT_URL"] == f"https://{host}:{port}"
        assert services[name]["environment"]["AWS_CA_BUNDLE"] == f"{instruction('VOLUME')}/ca.pem"


@needs_namespaces
@pytest.mark.skipif(
    "DOWNLOADS" not in os.environ, reason="takes long; tox -e acceptance sets DOWNLOADS"
)
def test_the_commands_of_the_compose_file_do_a_job(tmp_path: Path) -> None:
    services: Any = yaml.safe_load(block("yaml", "services:"))["services"]
    entry = json.loads(instruction("ENTRYPOINT"))
    command = [*entry[:-1], "tls", *services["mock"]["command"]]
    settings = services["owner"]["environment"]
    scripts = ["echo '127.0.0.1 mock' >> /etc/hosts\n", f"{shlex.join(command)} > printed &\n"]
    scripts += ["until test -s printed; do sleep 0.1; done\n"]
    scripts += [
        f"export {name}={value.replace('/tls/', 'tls/')}\n" for name, value in settings.items()
    ]
    scripts += [services[name]["command"][0] for name in ("owner", "device")]
    run(tmp_path, scripts)

"""A real browser, driven by its own protocol: the distribution's chromium, without a window.

It clicks and types as a reader does, by mouse and key events at what is on the screen, and notes
whatever went wrong in the page and whatever was asked of the network. Nothing here sleeps: waiting
is done in the page, by watching it change.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

PATIENCE_SECONDS = 20
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

_OPTIONS = [
    "--headless=new",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
]

# A promise kept when the condition holds; it looks again whenever the page changes.
_WAIT = """new Promise((resolve, reject) => {
  const look = () => { let holds; try { holds = (%s); } catch { holds = false; } if (holds) { end(); resolve(holds); } };
  const observer = new MutationObserver(look);
  const timer = setTimeout(() => { end(); reject(new Error("never: " + %s + " in\\n" + document.body.innerText)); }, %d);
  const end = () => { observer.disconnect(); clearTimeout(timer); };
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  look();
})"""

# The element with that text that a reader would click, at the middle of its first box.
_PLACE = """(() => {
  const all = Array.from(document.querySelectorAll(%s)).filter((each) => each.checkVisibility());
  const found = all.find((each) => each.textContent.trim() === %s) ?? all.find((each) => each.textContent.includes(%s));
  if (!found) return null;
  found.scrollIntoView({ block: "center", behavior: "instant" });
  const { x, y, width, height } = found.getClientRects()[0];
  const middle = { x: x + width / 2, y: y + height / 2 };
  const hit = document.elementFromPoint(middle.x, middle.y);
  return found.contains(hit) || hit?.contains(found) ? middle : null;
})()"""

_KEYS = {"Tab": 9, "Enter": 13, " ": 32}


def find_browser() -> str | None:
    """Return the program of a browser, or None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class PageError(AssertionError):
    """The page did not do what was waited for, or a script in it failed."""


class Browser:
    """One tab.

    Args:
        address: of the tab's debugging socket.

    Attributes:
        problems: what went wrong in the page: exceptions, errors on the console, refusals by its
            policy.
        requests: the URLs that were asked for.
    """

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(address, timeout=PATIENCE_SECONDS + 10)
        self._number = 0
        self.problems: list[str] = []
        self.requests: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the browser's protocol and return its result."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while (message := json.loads(self._socket.recv())).get("id") != self._number:
            self._note(message)
        if "error" in message:
            raise PageError(f"{method}: {message['error']['message']}")
        result: dict[str, Any] = message["result"]
        return result

    def _note(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        match message.get("method"):
            case "Runtime.exceptionThrown":
                self.problems.append(json.dumps(params["exceptionDetails"]))
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.problems.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page; a promise is waited for."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise PageError(answer["exceptionDetails"]["exception"].get("description", str(answer)))
        return answer["result"].get("value")

    def open(self, url: str) -> None:
        """Go to an address and wait until the page was read."""
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)
        self.wait(f"location.href === {json.dumps(url)} && document.readyState === 'complete'")

    def wait(self, condition: str) -> Any:
        """Wait until an expression in the page is true; return its value."""
        return self.evaluate(_WAIT % (condition, json.dumps(condition), PATIENCE_SECONDS * 1000))

    def wait_for_text(self, text: str, selector: str = "body") -> None:
        """Wait until some element can be seen and has a text in it."""
        here = f"document.querySelectorAll({json.dumps(selector)})"
        self.wait(
            f"Array.from({here}).some((each) => each.checkVisibility() &&"
            f" each.innerText.includes({json.dumps(text)}))"
        )

    def texts(self, selector: str) -> list[str]:
        """Return the texts of the elements that can be seen."""
        here = f"Array.from(document.querySelectorAll({json.dumps(selector)}))"
        found: list[str] = self.evaluate(
            f"{here}.filter((each) => each.checkVisibility()).map((each) => each.innerText)"
        )
        return found

    def click(self, selector: str, text: str = "") -> None:
        """Click on the element with that text, where it is on the screen and nothing covers it."""
        place = self.wait(_PLACE % (json.dumps(selector), json.dumps(text), json.dumps(text)))
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def press(self, key: str) -> None:
        """Press a key: Tab, Enter or the space bar."""
        code = {
            "key": key,
            "code": "Space" if key == " " else key,
            "windowsVirtualKeyCode": _KEYS[key],
        }
        text = {"Enter": {"text": "\r"}, " ": {"text": " "}}.get(key, {})
        self.call("Input.dispatchKeyEvent", type="keyDown", **code, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **code)

    def resize(self, width: int, height: int) -> None:
        """Give the screen a size, in pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def prefer(self, scheme: str) -> None:
        """Let the reader's system be `light` or `dark`."""
        self.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    def screenshot(self, path: Path) -> None:
        """Save what is on the screen as PNG."""
        path.write_bytes(
            base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        )


@contextmanager
def browser(program: str, folder: Path) -> Iterator[Browser]:
    """Run a browser that keeps its files in a folder, for the length of the block."""
    log = folder / "browser.log"
    options = [*_OPTIONS, f"--user-data-dir={folder}"]
    if os.name == "posix" and os.geteuid() == 0:
        options.append("--no-sandbox")  # it has none for root
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [program, *options, "about:blank"], stdout=output, stderr=subprocess.PIPE
        ) as process,
    ):
        try:
            assert process.stderr is not None
            address = next(
                (
                    found[1]
                    for line in process.stderr
                    if (found := re.search(rb"DevTools listening on (\S+)", line))
                ),
                b"",
            )
            if not address:
                raise PageError(f"{program} did not start")
            tab = Browser(_tab(address.decode()))
            try:
                yield tab
            finally:
                tab.close()
        finally:
            process.terminate()


def _tab(browser_address: str) -> str:
    socket = websocket.create_connection(browser_address, timeout=PATIENCE_SECONDS)
    try:
        socket.send(
            json.dumps({"id": 1, "method": "Target.createTarget", "params": {"url": "about:blank"}})
        )
        while (message := json.loads(socket.recv())).get("id") != 1:
            pass
    finally:
        socket.close()
    return re.sub(
        r"/devtools/browser/.*", f"/devtools/page/{message['result']['targetId']}", browser_address
    )

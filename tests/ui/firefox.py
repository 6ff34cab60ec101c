"""A real Firefox, spoken to in WebDriver BiDi: it needs neither a driver nor a build of its own."""

import itertools
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from waiting import wait_until
from websockets.sync.client import ClientConnection, connect

ADDRESS_FILE = "WebDriverBiDiServer.json"
"""Firefox writes into its profile where it listens."""

QUIET = """user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.enabled", false);
user_pref("app.normandy.enabled", false);
user_pref("browser.startup.page", 0);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
"""
"""It asks nobody but the page."""


class FirefoxPage:
    """One tab."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.errors: list[str] = []
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        self._context = self.ask("browsingContext.create", type="tab")["context"]

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a command; AssertionError with Firefox's words where it has none."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=60))
            if message.get("id") == number:
                assert message["type"] == "success", message
                return dict(message["result"])
            entry = message.get("params", {})
            if entry.get("type") == "javascript" and entry.get("level") == "error":
                self.errors.append(str(entry.get("text")))

    def open(self, address: str) -> None:
        """Go there, and wait until the document is loaded."""
        self.ask("browsingContext.navigate", context=self._context, url=address, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, which JSON can hold."""
        answer = self.ask(
            "script.evaluate",
            expression=f"(async () => JSON.stringify((await ({expression})) ?? null))()",
            target={"context": self._context},
            awaitPromise=True,
            userActivation=True,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    def wait_for(self, expression: str) -> None:
        """Until an expression is true."""
        wait_until(lambda: bool(self.evaluate(f"Boolean({expression})")), expression)

    def press(self, selector: str) -> None:
        """A click of the mouse in an element's middle, by way of the screen."""
        element = f"document.querySelector({json.dumps(selector)})"
        self.evaluate(f"{element}.scrollIntoView({{ block: 'center' }})")
        x, y = self.evaluate(
            f"(({{ x, y, width, height }}) => [x + width / 2, y + height / 2])"
            f"({element}.getBoundingClientRect())"
        )
        self.drag((x, y))

    def drag(self, *points: tuple[float, float]) -> None:
        """Press at the first point of the screen, move through the others, let go."""
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y)} for x, y in points]
        down, up = ({"type": f"pointer{way}", "button": 0} for way in ("Down", "Up"))
        mouse = {"type": "pointer", "id": "mouse", "actions": [moves[0], down, *moves[1:], up]}
        self.ask("input.performActions", context=self._context, actions=[mouse])


@contextmanager
def open_firefox(profile: Path) -> Iterator[FirefoxPage]:
    """A Firefox with a fresh profile; the test is skipped where there is none."""
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        pytest.skip("no Firefox on this machine")
    (profile / "user.js").write_text(QUIET, "utf-8")
    size = ("--width", "1440", "--height", "900")
    command = [path, "--headless", "--profile", str(profile), "--remote-debugging-port", "0", *size]
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        told = profile / ADDRESS_FILE
        wait_until(lambda: told.is_file() and told.stat().st_size > 0, "Firefox's start")
        where = json.loads(told.read_text("utf-8"))
        address = f"ws://{where['ws_host']}:{where['ws_port']}/session"
        with connect(address, max_size=None) as socket:
            yield FirefoxPage(socket)
    finally:
        browser.terminate()
        browser.wait()

"""A headless Chromium driven over its own debugging protocol, with nothing but the standard library."""

import base64
import itertools
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

BROWSER = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--remote-debugging-port=0"]


class Chromium:
    """One page of one browser; `with Chromium() as page: page.open(path); page.run("1 + 1")`."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [BROWSER, *FLAGS, f"--user-data-dir={self._folder.name}", "about:blank"],
            stderr=subprocess.DEVNULL,
        )
        self._ids, self.events = itertools.count(1), []
        self._connect(self._port())
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        self._socket.close()
        self._process.terminate()
        self._process.wait(timeout=30)
        self._folder.cleanup()

    def _port(self):
        told = Path(self._folder.name, "DevToolsActivePort")
        for _ in range(600):
            if told.exists() and told.read_text().count("\n"):
                return told.read_text().split()[0]
            time.sleep(0.1)
        raise TimeoutError("Chromium did not start")

    def _connect(self, port):
        with urlopen(f"http://127.0.0.1:{port}/json") as answer:
            place = next(tab["webSocketDebuggerUrl"] for tab in json.load(answer) if tab["type"] == "page")
        self._socket = socket.create_connection(("127.0.0.1", int(port)), timeout=120)
        key = base64.b64encode(os.urandom(16)).decode()
        path = place.split(port, 1)[1]
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self._socket.recv(1)

    def send(self, method, **params):
        """Send a command and wait for its answer; events that come between are kept."""
        number = next(self._ids)
        self._write(json.dumps({"id": number, "method": method, "params": params}).encode())
        while True:
            message = self._read()
            if message.get("id") == number:
                return message.get("result", message)
            self.events.append(message)

    def _write(self, data):
        size, mask = len(data), os.urandom(4)
        if size < 126:
            length = bytes([0x80 | size])
        else:
            length = struct.pack(">BH", 0xFE, size) if size < 65536 else struct.pack(">BQ", 0xFF, size)
        self._socket.sendall(
            b"\x81" + length + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
        )

    def _read(self):
        whole = b""
        while True:
            first, second = self._take(2)
            size = second & 0x7F
            if size > 125:
                size = int.from_bytes(self._take(2 if size == 126 else 8), "big")
            whole += self._take(size)
            if first & 0x80:
                return json.loads(whole)

    def _take(self, size):
        data = b""
        while len(data) < size:
            data += self._socket.recv(size - len(data))
        return data

    def open(self, path, width=1280):
        """Open a file and wait until it stands."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.send("Page.navigate", url=Path(path).as_uri())
        while self.run("document.readyState") != "complete":
            time.sleep(0.05)

    def prefer(self, theme):
        """Take a reader who prefers a light or a dark page."""
        wanted = [{"name": "prefers-color-scheme", "value": theme}]
        self.send("Emulation.setEmulatedMedia", features=wanted)

    def run(self, script):
        """Evaluate a script in the page and give its value."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key):
        """Press a key as a person would."""
        text = {"Enter": "\r"}.get(key, key)
        code = {"Enter": 13}.get(key, 0)
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, text=text, windowsVirtualKeyCode=code)

    def problems(self):
        """Errors and warnings of the console, and exceptions, so far."""
        wanted = {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}
        return [event for event in self.events if event.get("method") in wanted]

    def requests(self):
        """Addresses that the page asked for, so far."""
        sent = (event for event in self.events if event.get("method") == "Network.requestWillBeSent")
        return [event["params"]["request"]["url"] for event in sent]

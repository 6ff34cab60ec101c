"""The front end's files: an address that names their contents, compressed once, kept by browsers.

`ui/web/` is served below `busdemo-web/<hash of the whole tree>/`, so that a module's relative
imports work and a browser never asks for a file twice. The document links the files that the first
tab needs, so that they arrive beside Gradio's own; it is compressed, too (event streams are not).
"""

import asyncio
import gzip
import hashlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import brotli  # Gradio's own dependency

from busdemo.workflows.benchmark_sections import PASSAGES_STYLE

WEB = Path(__file__).parent / "web"
PREFIX = "busdemo-web"
KINDS = {
    ".js": b"text/javascript; charset=utf-8",
    ".mjs": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".wasm": b"application/wasm",
}
"""What is served, by the end of its name; `.br` behind it: a file that lies here compressed."""

FIRST_MODULES = tuple(
    f"{name}.js" for name in ("host/gradio", "segment/mount", "intake/mount", "analysis/mount")
)
"""With all that they import: linked in the document."""

_IMPORT = re.compile(r"^(?:import|export) [^;]*? from '([^']+)';", re.MULTILINE)
_STYLE = re.compile(r"new URL\('([^']+\.css)', import\.meta\.url\)")
_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*\*(?:(?!\*/).)*\*/)[ \t]*$", re.MULTILINE | re.DOTALL)
_BASE = re.compile(rb"<base [^>]*>")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

EMBEDDER: Headers = [(b"cross-origin-embedder-policy", b"credentialless")]
ISOLATED: Headers = [(b"cross-origin-opener-policy", b"same-origin"), *EMBEDDER]
"""What a browser wants to hear before several threads of a page may share memory: the network on a
visitor's own device is faster for it. A page in another site's frame is left as that site has it.
"""


@dataclass(frozen=True)
class StaticFile:
    """A file's contents as they lie here, and in other forms when they are asked for first."""

    kind: bytes
    stored: bytes
    is_packed: bool = False
    """Whether it lies here in brotli's form."""

    @cached_property
    def plain(self) -> bytes:
        """For tests, and for browsers that take nothing else."""
        return bytes(brotli.decompress(self.stored)) if self.is_packed else self.stored

    @cached_property
    def brotli(self) -> bytes:
        """For nearly every browser."""
        return self.stored if self.is_packed else bytes(brotli.compress(self.stored, quality=11))

    @cached_property
    def gzip(self) -> bytes:
        """For browsers that reach this page without https, which get no brotli."""
        return gzip.compress(self.plain, mtime=0)

    def encode(self, accepted: bytes) -> tuple[bytes, Headers]:
        """The shortest form that a browser accepts, and the headers that say which."""
        if b"br" in accepted:
            return self.brotli, [(b"content-encoding", b"br")]
        if b"gzip" in accepted:
            return self.gzip, [(b"content-encoding", b"gzip")]
        return self.plain, []


@cache
def read_files() -> dict[str, StaticFile]:
    """All of `ui/web/` by path, read once, and the passages' style, which reports have, too."""
    files: dict[str, StaticFile] = {}
    for path in sorted(WEB.rglob("*")):
        name = path.relative_to(WEB).as_posix()
        if path.suffix in KINDS:
            files[name] = StaticFile(KINDS[path.suffix], _read(path))
        elif path.suffix == ".br":
            name = name.removesuffix(".br")
            files[name] = StaticFile(KINDS[Path(name).suffix], path.read_bytes(), is_packed=True)
    passages = f":is(#bd, .bd-bench-view) {{\n{PASSAGES_STYLE.read_text('utf-8')}}}\n"
    files["benchmark/passages.css"] = StaticFile(KINDS[".css"], passages.encode())
    return files


def _read(path: Path) -> bytes:
    """A file as it is sent: whole lines of comments, a third of a module, are left empty."""
    text = path.read_text("utf-8")
    if path.suffix == ".js":
        text = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)
    return text.encode()


@cache
def web_folder() -> str:
    """Where the files lie below the page: `busdemo-web/` and a hash of them all."""
    digest = hashlib.sha256()
    for name, file in read_files().items():
        digest.update(f"{name}\0{len(file.stored)}\0".encode() + file.stored)
    return f"{PREFIX}/{digest.hexdigest()[:16]}"


def list_imports(modules: tuple[str, ...] = FIRST_MODULES) -> list[str]:
    """Modules and all that they import, and the stylesheets that these name, by path."""
    found: dict[str, None] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        found[name] = None
        if name.endswith(".js"):
            text = read_files()[name].plain.decode("utf-8")
            here = (WEB / name).parent
            for other in (*_IMPORT.findall(text), *_STYLE.findall(text)):
                waiting.append((here / other).resolve().relative_to(WEB.resolve()).as_posix())
    return list(found)


@cache
def build_links() -> bytes:
    """What the document's head says of the first tab's files."""
    lines = [
        f'<link rel="stylesheet" href="./{web_folder()}/{name}">'
        if name.endswith(".css")
        else f'<link rel="modulepreload" href="./{web_folder()}/{name}">'
        for name in list_imports()
    ]
    return "\n".join(lines).encode()


def write_mount_script(view: str) -> str:
    """The one line that `gr.HTML` evaluates: import the host, which mounts a view of `ui/web/`."""
    address = f"{web_folder()}/host/gradio.js"
    return (
        f"import(new URL('{address}', window.gradio_config.root.replace(/[/]?$/, '/'))).then("
        f"({{ open }}) => open('{view}', {{ element, props, trigger, watch, server, upload }}));"
    )


class StaticFiles:
    """ASGI middleware in front of the page: serves `ui/web/`, links and compresses the document."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for a file of ours, or pass the request on."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        accepted = headers.get(b"accept-encoding", b"")
        _, found, name = scope["path"].rpartition(f"/{web_folder()}/")
        if found and name in read_files():
            await _answer(send, read_files()[name], accepted)
        elif b"text/html" in headers.get(b"accept", b""):
            await self._app(scope, receive, _Document(send, accepted))
        else:
            await self._app(scope, receive, send)


class _Document:
    """Takes an answer; if it is an HTML document, passes it on linked and compressed."""

    def __init__(self, send: Send, accepted: bytes) -> None:
        self._send = send
        self._accepted = accepted
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        """Hold a document back until it is whole; all else goes through."""
        if message["type"] == "http.response.start" and _is_document(message):
            self._start = message
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._start)
        else:
            await self._send(message)

    async def _finish(self, start: Message) -> None:
        linked = _BASE.sub(lambda base: base[0] + b"\n" + build_links(), self._body, count=1)
        body, encoding = _compress(linked, self._accepted)
        kept = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
        size = (b"content-length", b"%d" % len(body))
        headers = [*kept, *encoding, *ISOLATED, size, (b"vary", b"accept-encoding")]
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _is_document(message: Message) -> bool:
    headers = {name.lower(): value for name, value in message["headers"]}
    is_html = headers.get(b"content-type", b"").startswith(b"text/html")
    return is_html and b"content-encoding" not in headers


def _compress(body: bytes, accepted: bytes) -> tuple[bytes, Headers]:
    """As hard as pays for a document that is made anew for every visitor."""
    if b"br" in accepted:
        return brotli.compress(body, quality=5), [(b"content-encoding", b"br")]
    if b"gzip" in accepted:
        return gzip.compress(body, 6, mtime=0), [(b"content-encoding", b"gzip")]
    return body, []


async def _answer(send: Send, file: StaticFile, accepted: bytes) -> None:
    # What has to be unpacked for an old browser takes a second, in which others are answered.
    body, encoding = await asyncio.to_thread(file.encode, accepted)
    headers = [
        (b"content-type", file.kind),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"public, max-age=31536000, immutable"),
        (b"vary", b"accept-encoding"),
        *encoding,
        *EMBEDDER,
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})

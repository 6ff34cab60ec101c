"""As much of the Hugging Face Hub as its own client needs, over HTTP on loopback.

    with HubServer() as hub:
        commit = hub.commit("org/name", {"config.json": b"{}"}, "main", "v1")
        ...  # a client in a process of its own, with HF_ENDPOINT=hub.address

Paths, headers and error codes are the Hub's. Safetensors come by a redirect to a store with
another host name, as large files do; like the true one, it takes no token. `faults` go wrong on
purpose; writing is `hub_uploads`.
"""

import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from hub_uploads import Uploads

Files = dict[str, bytes]
Response = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""


@dataclass
class Fault:
    """What goes wrong with requests whose path contains `path`, as many `times`.

    `status` is answered in place of the content; `cut` bytes of it are sent, then the connection is
    closed; `pause_s` goes by before every 64 KB, and nothing comes before `until` is set.
    """

    path: str
    times: int = 1
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    pause_s: float = 0
    until: threading.Event | None = None


@dataclass
class Repository:
    """Its commits, what its branches and tags point to, and who may read it."""

    commits: dict[str, Files] = field(default_factory=dict)
    revisions: dict[str, str] = field(default_factory=dict)
    token: str | None = None
    gated: bool = False
    sizes: dict[str, int] = field(default_factory=dict)
    """Sizes that the listing names in place of the true ones."""


class HubServer:
    """A Hub with the repositories that a test puts there; `requests` are those it got."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.requests: list[tuple[str, str]] = []
        self.ranges: list[str] = []
        self.faults: list[Fault] = []
        self.uploads = Uploads(self)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def commit(self, repo_id: str, files: Files, *revisions: str) -> str:
        """Add a commit that these branches and tags point to from now on; its name."""
        repository = self.repositories.setdefault(repo_id, Repository())
        names = [f"{name} {name_object(content)}" for name, content in files.items()]
        commit = name_object(f"{repo_id}\n{sorted(names)}".encode())
        repository.commits[commit] = files
        repository.revisions |= dict.fromkeys(revisions, commit)
        return commit

    def fetched(self) -> list[str]:
        """The names of the files that were asked for, HEAD requests included."""
        return [path.split("/resolve/")[1] for _, path in self.requests if "/resolve/" in path]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = unquote(urlsplit(self.path).path)
                hub.requests.append((self.command, path))
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fault = hub.meet(path) or Fault(path)
                if wanted := self.headers.get("Range"):
                    hub.ranges.append(wanted)
                if fault.until:
                    fault.until.wait()
                if fault.status:
                    self._send(fault.status, fault.headers, b"", fault)
                    return
                written = hub.uploads.answer(self.command, path, token, body)
                self._send(*(written or hub.answer(path, token)), fault)

            do_HEAD = do_POST = do_PUT = do_GET

            def _send(
                self, status: int, headers: dict[str, str], body: bytes, fault: Fault
            ) -> None:
                if (wanted := self.headers.get("Range")) and status == 200:
                    first = int(wanted.removeprefix("bytes=").split("-")[0])
                    whole = f"bytes {first}-{len(body) - 1}/{len(body)}"
                    status, headers, body = 206, headers | {"Content-Range": whole}, body[first:]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "HEAD":
                    return
                sent = body[: fault.cut] if fault.cut else body
                for start in range(0, len(sent), 65536):
                    time.sleep(fault.pause_s)
                    self.wfile.write(sent[start : start + 65536])
                if fault.cut:
                    self.wfile.flush()
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def meet(self, path: str) -> Fault | None:
        """The fault that waits for this path, one time less from now on."""
        for fault in self.faults:
            if fault.path in path and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def answer(self, path: str, token: str) -> Response:
        """What a path gives to someone with this token ("" for none)."""
        if collection := self.uploads.describe_collection(path):
            return collection
        if match := re.fullmatch(r"/lfs/(\w+)", path):
            return (400, {}, b"") if token else (200, {}, self._large(match[1]))
        path = re.sub(r"^/api/(datasets|spaces)/", r"/api/models/\1+", path)
        listing = re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/(revision|tree)/(.+))?", path)
        resolve = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([0-9a-f]{40}|[^/]+)/(.+)", path)
        match = listing or resolve
        repository = match and self.repositories.get(match[1].replace("+", "/", 1))
        if not match or not repository or (repository.token and token != repository.token):
            return refuse(401 if match else 404, "RepoNotFound")
        revision = (match[3] if listing else match[2]) or "main"
        commit = repository.revisions.get(revision, revision)
        if commit not in repository.commits:
            return refuse(404, "RevisionNotFound")
        if listing:
            return describe(match[1], commit, repository, tree=match[2] == "tree")
        return self._give(commit, match[3], repository)

    def _give(self, commit: str, name: str, repository: Repository) -> Response:
        if repository.gated:
            return refuse(403, "GatedRepo")
        if name not in repository.commits[commit]:
            return refuse(404, "EntryNotFound")
        content = repository.commits[commit][name]
        headers = {"X-Repo-Commit": commit, "ETag": f'"{name_object(content)}"'}
        if not name.endswith(".safetensors"):
            return 200, headers, content
        digest = hashlib.sha256(content).hexdigest()
        headers |= {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content))}
        store = self.address.replace("127.0.0.1", "localhost")
        return 302, headers | {"Location": f"{store}/lfs/{digest}"}, b""

    def _large(self, digest: str) -> bytes:
        return next(
            content
            for repository in self.repositories.values()
            for files in repository.commits.values()
            for content in files.values()
            if hashlib.sha256(content).hexdigest() == digest
        )


def name_object(content: bytes) -> str:
    """A name of 40 hex digits for some content, as git's objects have."""
    return hashlib.sha256(content).hexdigest()[:40]


def refuse(status: int, code: str) -> Response:
    return status, {"X-Error-Code": code}, b""


def describe(repo_id: str, commit: str, repository: Repository, *, tree: bool) -> Response:
    """The Hub's JSON about a commit, or the tree of its files."""
    files = repository.commits[commit]
    sizes = {name: len(content) for name, content in files.items()} | repository.sizes
    if tree:
        entries = [
            {"type": "file", "path": name, "size": sizes[name], "oid": name_object(c)}
            for name, c in files.items()
        ]
        return 200, {"Content-Type": "application/json"}, json.dumps(entries).encode()
    about = {
        "id": repo_id,
        "sha": commit,
        "siblings": [{"rfilename": name, "size": sizes[name]} for name in files],
    }
    return 200, {"Content-Type": "application/json"}, json.dumps(about).encode()

"""The half of the Hub that takes: new repositories, large files, commits, collections.

Paths and shapes are those the Hub's client speaks: create repo, preupload, Git LFS batch, commit.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub_server import HubServer, Response

Lines = list[dict[str, Any]]
"""A request's JSON, one document a line."""

LARGE = (".safetensors", ".parquet")
"""What goes by Git LFS."""


class Uploads:
    """What a Hub was given; `hub` keeps the repositories."""

    def __init__(self, hub: "HubServer") -> None:
        self.hub = hub
        self.objects: dict[str, bytes] = {}
        self.collections: dict[str, dict[str, Any]] = {}
        self.writers: set[str] | None = None
        """Tokens that may write; None for everybody."""

    def answer(self, method: str, path: str, token: str, body: bytes) -> "Response | None":
        """What a writing request gives, None if it is none."""
        if method == "PUT" and path.startswith("/lfs/"):
            digest = path.removeprefix("/lfs/")
            self.objects[digest] = body
            return (200 if hashlib.sha256(body).hexdigest() == digest else 400), {}, b""
        if method != "POST":
            return None
        if self.writers is not None and token not in self.writers:
            return 403, {}, b'{"error": "You have no write access."}'
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
        repository = r"/api/(models|datasets|spaces)/([^/]+/[^/]+)"
        routes: list[tuple[str, Callable[..., Response]]] = [
            (r"/api/repos/create", self._create),
            (r"/api/validate-yaml", lambda _: _json({"errors": [], "warnings": []})),
            (rf"{repository}/preupload/.+", self._preupload),
            (rf"{repository}/commit/.+", self._commit),
            (r".*/info/lfs/objects/batch", self._batch),
            (r"/api/collections", self._collect),
            (r"/api/collections/([^/]+/[^/]+)/items", self._add_item),
        ]
        for pattern, give in routes:
            if match := re.fullmatch(pattern, path):
                return give(lines, *match.groups())
        return None

    def _create(self, lines: Lines) -> "Response":
        (asked,) = lines
        repo_id = f"{asked['organization']}/{asked['name']}"
        kind = asked.get("type", "model")
        name = key(f"{kind}s", repo_id)
        url = f"{self.hub.address}/{name}"
        if name in self.hub.repositories:
            return 409, {}, json.dumps({"error": "exists", "url": url}).encode()
        self.hub.commit(name, {".gitattributes": b""}, "main")
        return _json({"url": url, "name": repo_id, "id": name})

    def _preupload(self, lines: Lines, kind: str, repo_id: str) -> "Response":
        (asked,), present = lines, self._head(key(kind, repo_id))
        files = []
        for file in asked["files"]:
            path, large = file["path"], file["path"].endswith(LARGE)
            answer = {"path": path, "uploadMode": "lfs" if large else "regular"}
            if path in present:
                answer["oid"] = (
                    hashlib.sha256(present[path]).hexdigest() if large else blob(present[path])
                )
            files.append(answer | {"shouldIgnore": False})
        return _json({"files": files})

    def _batch(self, lines: Lines) -> "Response":
        (asked,) = lines
        objects = [
            {
                **entry,
                "actions": {"upload": {"href": f"{self.hub.address}/lfs/{entry['oid']}"}},
            }
            for entry in asked["objects"]
        ]
        return _json({"transfer": "basic", "objects": objects})

    def _commit(self, lines: Lines, kind: str, repo_id: str) -> "Response":
        name = key(kind, repo_id)
        files = dict(self._head(name))
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.objects[value["oid"]]
        oid = self.hub.commit(name, files, "main")
        return _json({"commitOid": oid, "commitUrl": f"{self.hub.address}/{name}/commit/{oid}"})

    def _collect(self, lines: Lines) -> "Response":
        (asked,) = lines
        slug = f"{asked['namespace']}/busdemo-0123456789abcdef01234567"
        if slug in self.collections:
            return 409, {}, json.dumps({"slug": slug}).encode()
        self.collections[slug] = {"title": asked["title"], "items": []}
        return _json(self._describe(slug))

    def _add_item(self, lines: Lines, slug: str) -> "Response":
        items = self.collections[slug]["items"]
        if lines[0]["item"] not in items:
            items.append(lines[0]["item"])
        return _json(self._describe(slug))

    def describe_collection(self, path: str) -> "Response | None":
        """What a GET of a collection gives."""
        slug = path.removeprefix("/api/collections/")
        return _json(self._describe(slug)) if slug in self.collections else None

    def _describe(self, slug: str) -> dict[str, Any]:
        owner = slug.split("/", maxsplit=1)[0]
        return {
            "slug": slug,
            "title": self.collections[slug]["title"],
            "owner": {"name": owner, "type": "org"},
            "items": [],
            "lastUpdated": "2026-11-21T00:00:00.000Z",
            "position": 0,
            "private": False,
            "theme": "green",
            "upvotes": 0,
        }

    def _head(self, name: str) -> dict[str, bytes]:
        repository = self.hub.repositories[name]
        return repository.commits[repository.revisions["main"]]


def key(kind: str, repo_id: str) -> str:
    """The name a repository is kept under: models by their own, others after their kind."""
    return repo_id if kind == "models" else f"{kind}/{repo_id}"


def blob(content: bytes) -> str:
    """Git's name of a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _json(content: Any) -> "Response":
    return 200, {"Content-Type": "application/json"}, json.dumps(content).encode()

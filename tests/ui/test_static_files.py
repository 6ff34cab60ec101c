"""The front end's files: their address, their forms, and the document that links them."""

import gzip
import re
from collections.abc import Iterator

import brotli
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from busdemo.ui.static_files import (
    WEB,
    StaticFiles,
    build_links,
    list_imports,
    read_files,
    web_folder,
    write_mount_script,
)

MODULE = f"/{web_folder()}/core/scoring.js"
DOCUMENT = '<!doctype html><html><head><base href="./" /></head><body>busdemo</body></html>'
HTML = {"accept": "text/html"}


def show_document(_: Request) -> Response:
    return HTMLResponse(DOCUMENT)


def stream_events(_: Request) -> Response:
    def tell() -> Iterator[str]:
        yield "data: one\n\n"
        yield "data: two\n\n"

    return StreamingResponse(tell(), media_type="text/event-stream")


@pytest.fixture(scope="module")
def client() -> TestClient:
    page = Starlette(
        routes=[Route("/", show_document), Route("/events", stream_events)],
        middleware=[Middleware(StaticFiles)],
    )
    return TestClient(Starlette(routes=[Mount("/zoo", page), Mount("/", page)]))


@pytest.mark.parametrize("root", ["", "/zoo"])
def test_a_module_is_kept_for_good_by_the_browser_that_asked_for_it(
    client: TestClient, root: str
) -> None:
    answer = client.get(root + MODULE)
    assert answer.status_code == 200
    assert answer.text == read_files()["core/scoring.js"].plain.decode()
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("accepted", "unpack"),
    [("gzip, br", brotli.decompress), ("gzip", gzip.decompress), ("identity", bytes)],
)
def test_a_file_comes_in_the_shortest_form_that_is_accepted(
    client: TestClient, accepted: str, unpack: object
) -> None:
    with client.stream("GET", MODULE, headers={"accept-encoding": accepted}) as answer:
        sent = b"".join(answer.iter_raw())
    assert unpack(sent) == read_files()["core/scoring.js"].plain  # type: ignore[operator]
    assert answer.headers["vary"] == "accept-encoding"
    assert int(answer.headers["content-length"]) == len(sent)


@pytest.mark.parametrize("path", ["/../page.py", "/core/../../page.py", "/nothing.js", "/"])
def test_nothing_but_these_files_is_served(client: TestClient, path: str) -> None:
    assert client.get(f"/{web_folder()}{path}").status_code == 404


def test_another_hash_is_not_found(client: TestClient) -> None:
    other = MODULE.replace(web_folder(), "busdemo-web/0123456789abcdef")
    assert client.get(other).status_code == 404


@pytest.mark.parametrize("accepted", ["br", "gzip", "identity"])
def test_the_document_is_compressed_and_links_what_the_first_tab_needs(
    client: TestClient, accepted: str
) -> None:
    answer = client.get("/", headers=HTML | {"accept-encoding": accepted})
    assert answer.headers.get("content-encoding", "identity") == accepted
    linked = re.findall(r'<link rel="(\w+)" href="\./([^"]+)">', answer.text)
    assert ("modulepreload", MODULE[1:]) in linked
    assert ("stylesheet", f"{web_folder()}/segment/grid.css") in linked
    assert not [path for _, path in linked if "/compare/" in path or "/benchmark/" in path]
    assert all(client.get(f"/{path}").status_code == 200 for _, path in linked)
    assert answer.text.index("<base") < answer.text.index("<link")
    assert answer.text.replace("\n" + build_links().decode(), "") == DOCUMENT


def test_events_go_through_as_they_come(client: TestClient) -> None:
    answer = client.get("/events", headers=HTML | {"accept-encoding": "br, gzip"})
    assert answer.text == "data: one\n\ndata: two\n\n"
    assert "content-encoding" not in answer.headers


def test_every_import_leads_to_a_file() -> None:
    mounts = tuple(name for name in read_files() if name.endswith("/mount.js"))
    reached = set(
        list_imports(
            ("host/gradio.js", "device/desk.js", "device/worker.js", "device/support.js", *mounts)
        )
    )
    apart = {"host/host.js"} | {name for name in read_files() if name.startswith("vendor/")}
    assert {name for name in read_files() if name not in reached} <= apart


def test_what_gradio_evaluates_is_one_import() -> None:
    script = write_mount_script("segment")
    assert script.count(";") == 1
    assert script.startswith("import(")
    assert f"{web_folder()}/host/gradio.js" in script


def test_only_whole_lines_of_comments_are_left_out_and_every_line_keeps_its_number() -> None:
    for name, file in read_files().items():
        if not name.endswith(".js"):
            continue
        written = (WEB / name).read_text("utf-8").split("\n")
        sent = file.plain.decode().split("\n")
        assert len(sent) == len(written), name
        for line, left in zip(written, sent, strict=True):
            assert left in (line, ""), name
            assert left or not line or line.lstrip().startswith(("//", "/**", "*")), line

"""A link to the page, where somebody posts it."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui.examples import EXAMPLES
from busdemo.ui.page import build_page
from busdemo.ui.preview import PICTURE, write_preview
from busdemo.views.preview import SIZE_WH
from busdemo.zoo.cards import read_cards

TAG = re.compile(
    r'<meta\s+(?:property|name)="((?:og|twitter):[^"]+|description)"\s+content="([^"]*)"'
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    page = build_page(SegmenterPool(read_cards()))
    yield page.launch(prevent_thread_lock=True, quiet=True)[1].rstrip("/")
    page.close()


@pytest.fixture(scope="module")
def tags(address: str) -> list[tuple[str, str]]:
    """Names and contents, as a site sees them that knows the page as demo.example."""
    return TAG.findall(httpx.get(f"{address}/", headers={"Host": "demo.example"}).text)


def test_there_is_one_set_of_tags_and_it_is_ours(tags: list[tuple[str, str]]) -> None:
    assert set(Counter(name for name, _ in tags).values()) == {1}
    told = dict(tags)
    assert told["og:title"] == "busdemo: breast-ultrasound segmentation, compared"
    assert told["og:url"] == "http://demo.example/"
    assert "Research and teaching only" in told["og:description"]
    assert not [content for _, content in tags if "gradio.app" in content or "{" in content]


def test_its_picture_is_served_and_as_large_as_it_says(
    address: str, tags: list[tuple[str, str]]
) -> None:
    told = dict(tags)
    answer = httpx.get(told["og:image"].replace("http://demo.example", address))
    picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    size_wh = picture.shape[1::-1]
    assert size_wh == (int(told["og:image:width"]), int(told["og:image:height"])) == SIZE_WH


def test_the_picture_shows_the_opening_example_as_it_is_now(tmp_path: Path) -> None:
    folder = tmp_path / "examples"
    folder.mkdir()
    for path in EXAMPLES.iterdir():
        if path.name != PICTURE:
            (folder / path.name).symlink_to(path)
    write_preview(folder, SegmenterPool(read_cards()))
    kept, drawn = (cv2.imread(str(place / PICTURE)) for place in (EXAMPLES, folder))
    assert kept is not None
    assert drawn is not None
    # Not the words: fonts differ between machines.
    assert np.array_equal(kept[168:400], drawn[168:400])

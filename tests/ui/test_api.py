"""The verbs over HTTP, driven by gradio_client against the running page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from pixels import read_pixels, read_white

from busdemo.imaging.images import read_scan
from busdemo.inference.segmenter import SegmenterPool
from busdemo.phantoms import EXAMPLES, simulate
from busdemo.scoring.overlap import score_overlap
from busdemo.ui.page import launch
from busdemo.workflows.segmenting import segment
from busdemo.zoo.cards import read_cards
from busdemo.zoo.shipped import find_shipped


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    page, address = launch(wait=False)
    yield Client(address, verbose=False)
    page.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("files")
    phantom = simulate(*EXAMPLES["simple-cyst"])
    cv2.imwrite(str(folder / "scan.png"), phantom.image)
    cv2.imwrite(str(folder / "outline.png"), phantom.mask.astype(np.uint8) * 255)
    return folder / "scan.png", folder / "outline.png"


def test_all_verbs_are_named_typed_and_nothing_else_is_public(client: Client) -> None:
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert set(endpoints) == {
        *("/segment", "/explain", "/classify"),
        *("/score", "/describe", "/compare", "/study"),
    }
    names = [parameter["parameter_name"] for parameter in endpoints["/segment"]["parameters"]]
    first, rest = ["image", "model", "threshold", "masks"], ["process", "mm_per_px", "two_stage"]
    reading = ["frame", "label", "invert", "score", "image_name", "crop", "mask_frame", "presence"]
    assert names == first + rest + reading


def test_segment_returns_the_mask_python_computes_and_its_scores(
    client: Client, files: tuple[Path, Path]
) -> None:
    scan, outline = files
    card = next(card for card in read_cards() if not card.problem)
    mask, probability, overlay, receipt = client.predict(
        image=handle_file(scan),
        model=card.id,
        threshold=0,
        masks=[handle_file(outline)],
        api_name="/segment",
    )
    result, _ = segment(read_scan(scan.read_bytes(), "scan.png"), card.id, SegmenterPool([card]))
    expected = result.mask(card.stop, card.post_processing)
    assert np.array_equal(read_white(mask), expected)
    assert read_pixels(probability).dtype == np.uint16
    assert read_pixels(overlay).shape == (*expected.shape, 3)
    truth = read_white(outline)
    assert receipt["numbers"]["dice"] == score_overlap(expected, truth).dice
    assert receipt["threshold"] == card.threshold


REQUIRED = {
    "/segment": {"image": 0},
    "/classify": {"image": 0},
    "/explain": {"image": 0},
    "/describe": {"image": 0},
    "/compare": {"image": 0},
    "/score": {"masks": 1, "references": 1},
    "/study": {"archive": 2},
}
"""Arguments that an endpoint cannot do without: 0 the scan, 1 a list of the outline, 2 a ZIP."""


@pytest.mark.parametrize("endpoint", REQUIRED)
def test_every_endpoint_answers_with_its_required_arguments_alone(
    client: Client, files: tuple[Path, Path], endpoint: str
) -> None:
    told = client.view_api(return_format="dict")["named_endpoints"][endpoint]["parameters"]
    required = {one["parameter_name"] for one in told if not one["parameter_has_default"]}
    assert required == set(REQUIRED[endpoint])
    sample = find_shipped("examples") / "oval-fibroadenoma" / "study.zip"
    values = handle_file(files[0]), [handle_file(files[1])], handle_file(sample)
    given = {name: values[which] for name, which in REQUIRED[endpoint].items()}
    assert client.predict(**given, api_name=endpoint)


def test_the_image_may_be_given_without_its_name(client: Client, files: tuple[Path, Path]) -> None:
    mask, *_ = client.predict(handle_file(files[0]), api_name="/segment")
    assert Path(mask).name == "scan-unet-mask.png"


def test_score_gives_null_where_a_number_is_undefined(
    client: Client, files: tuple[Path, Path], tmp_path: Path
) -> None:
    empty = tmp_path / "empty.png"
    cv2.imwrite(str(empty), np.zeros_like(cv2.imread(str(files[1]), cv2.IMREAD_GRAYSCALE)))
    masks = [handle_file(empty)]
    scores = client.predict(masks=masks, references=masks, api_name="/score")
    assert scores["dice"] is None
    assert scores["outcome"] == "correct rejection"


def test_a_bad_file_gets_one_sentence(client: Client, tmp_path: Path) -> None:
    text = tmp_path / "notes.png"
    text.write_text("no picture")
    with pytest.raises(AppError, match=r"notes\.png"):
        client.predict(
            image=handle_file(text), model="unet", threshold=0, masks=None, api_name="/segment"
        )


@pytest.mark.parametrize("uploaded", [True, False])
def test_only_an_uploaded_file_can_be_named(
    client: Client, files: tuple[Path, Path], uploaded: bool
) -> None:
    # A perfectly good image either way. By plain HTTP: the client would upload a path by itself.
    url, path = f"{client.src.rstrip('/')}/gradio_api", str(files[0])
    if uploaded:
        path = httpx.post(f"{url}/upload", files={"files": files[0].open("rb")}).json()[0]
    image = {"path": path, "meta": {"_type": "gradio.FileData"}}
    values = [image, "unet", 0, None, "", 0, False, 0, "", False, 0.5, "", "auto", 0, ""]
    asked = httpx.post(f"{url}/call/segment", json={"data": values}).json()
    answer = httpx.get(f"{url}/call/segment/{asked['event_id']}", timeout=60).text
    assert ("event: complete" in answer) == uploaded
    assert ("event: error" in answer) == (not uploaded)


def test_compare_returns_a_report_and_every_number(
    client: Client, files: tuple[Path, Path]
) -> None:
    scan, outline = files
    report, numbers = client.predict(
        image=handle_file(scan),
        masks=[handle_file(outline), handle_file(outline)],
        models=[],
        consensus=["staple"],
        reference="outline (2)",
        tolerance_px=3,
        mm_per_px=0.1,
        api_name="/compare",
    )
    assert "<h1>Annotation comparison</h1>" in Path(report).read_text("utf-8")
    assert numbers["reference"] == "outline (2)"
    assert np.array(numbers["matrices"]["dice"]).tolist() == np.ones((3, 3)).tolist()
    assert numbers["units"]["hd95"] == "mm"


def test_compare_takes_a_threshold_and_steps_for_its_models(
    client: Client, files: tuple[Path, Path]
) -> None:
    def ask(**settings: object) -> dict[str, Any]:
        _, numbers = client.predict(
            image=handle_file(files[0]),
            masks=[handle_file(files[1])],
            models=["unet"],
            **settings,
            api_name="/compare",
        )
        return dict(numbers["annotators"][1])

    frozen, asked = ask(), ask(threshold=0.3, post_processing="largest")
    assert (asked["threshold"], asked["post_processing"]) == (0.3, "largest")
    assert frozen["threshold"] != 0.3
    with pytest.raises(AppError, match="nonsense"):
        ask(post_processing="nonsense")


def test_compare_says_in_one_sentence_what_is_missing(
    client: Client, files: tuple[Path, Path]
) -> None:
    arguments = {"models": [], "consensus": [], "reference": "", "tolerance_px": 2, "mm_per_px": 0}
    with pytest.raises(AppError, match="at least two masks or models"):
        client.predict(
            image=handle_file(files[0]),
            masks=[handle_file(files[1])],
            **arguments,
            api_name="/compare",
        )

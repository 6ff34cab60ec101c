"""Processing and lesions in a real Chromium: the same pixels and numbers as Python."""

import base64
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from blobs import draw_blobs, draw_specks, one_pixel

pytest.importorskip("playwright")
from playwright.sync_api import Page
from ui.chromium import without_errors
from ui.viewer_harness import CASES, NEXT_FRAMES, clear, read_bytes, show

from busdemo.imaging.arrays import Levels, Mask
from busdemo.imaging.masks import binarize
from busdemo.imaging.post_processing import NO_POST_PROCESSING, PostProcessing
from busdemo.scoring.lesions import measure_lesions
from busdemo.scoring.lesionwise import match_lesions
from busdemo.scoring.overlap import score_overlap

pytestmark = pytest.mark.browser

ALL_STEPS = PostProcessing("all", 6, True, 1, 2, 2)
CANDIDATES = (
    NO_POST_PROCESSING,
    PostProcessing(keep="largest"),
    PostProcessing(smallest_px=9),
    PostProcessing(fill_holes=True),
    PostProcessing(opening_px=3),
    PostProcessing(closing_px=4),
    PostProcessing(smoothing_px=3),
    ALL_STEPS,
    PostProcessing("largest", 5, True, 2, 5, 4),
)
ASK = """({mask, levels, reference, width, height, steps}) => {
  const read = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const {functions} = __busdemoViewer, raw = read(mask), truth = read(reference);
  const theirs = functions.findComponents(truth, width);
  theirs.labels = functions.labelPixels(theirs, truth.length);
  return steps.map((one) => {
    const processed = functions.processMask(raw, width, height, one);
    const ours = functions.findComponents(processed, width);
    const matched = functions.matchLesions(ours, theirs), dash = (v) => Number.isNaN(v) ? null : v;
    const lesions = functions.measureLesions(ours, width, read(levels)).map((l) => [
      l.number, l.area, l.longest, l.perpendicular, l.depthToWidth, l.centre.x, l.centre.y,
      l.probability, l.ends[0].x, l.ends[0].y, l.ends[1].x, l.ends[1].y]);
    return [Array.from(processed).join(''), lesions, matched.predicted, matched.reference,
      matched.partners, dash(matched.precision), dash(matched.recall), dash(matched.f1)];
  });
}"""


def to_text(pixels: Mask | Levels) -> str:
    return base64.b64encode(np.ascontiguousarray(pixels).astype(np.uint8).tobytes()).decode()


def by_python(mask: Mask, levels: Levels, reference: Mask) -> list[Any]:
    matched = match_lesions(mask, reference)
    shares = (matched.precision, matched.recall, matched.f1)
    lesions = [
        [
            *(one.number, one.area_px, one.longest_px, one.perpendicular_px, one.depth_to_width),
            *(*one.centre_xy, one.mean_probability, *one.longest_ends[0], *one.longest_ends[1]),
        ]
        for one in measure_lesions(mask, levels)
    ]
    return [
        "".join(map(str, mask.astype(int).ravel().tolist())),
        lesions,
        [str(word) for word in matched.predicted],
        [str(word) for word in matched.reference],
        [list(numbers) for numbers in matched.partners],
        *(None if math.isnan(share) else share for share in shares),
    ]


def draw_cases() -> dict[str, tuple[Mask, Levels]]:
    cases: dict[str, tuple[Mask, Levels]] = {}
    for seed in range(6):
        levels = draw_blobs(seed)
        cases |= {f"blobs {seed} at {stop}": (levels >= stop, levels) for stop in (95, 130)}
    specks, one, full = draw_specks(), one_pixel(), np.ones((20, 30), np.bool_)
    for name, mask in {"specks": specks, "one": one, "full": full, "empty": ~full}.items():
        cases[name] = (mask, np.full(mask.shape, 120, np.uint8))
    return cases


@pytest.fixture
def page(harness: Page) -> Iterator[Page]:
    """The page with its first case and no step taken, and no errors in the end."""
    clear(harness)
    show(harness, "first")
    with without_errors(harness):
        yield harness


def set_steps(page: Page, steps: PostProcessing, stop: int) -> None:
    page.evaluate("(steps) => __busdemoViewer.session.setSteps(steps)", steps.as_settings())
    page.evaluate(f"__busdemoViewer.setStop({stop})")
    page.evaluate(NEXT_FRAMES)


def text_of(page: Page, selector: str) -> str:
    return (page.text_content(f".bd-viewer {selector}") or "").strip()


@pytest.mark.parametrize("name", draw_cases())
def test_the_browser_processes_measures_and_matches_exactly_as_python_does(
    page: Page, name: str
) -> None:
    mask, levels = draw_cases()[name]
    reference = np.roll(mask, 3, axis=1)
    told = {
        "mask": to_text(mask),
        "levels": to_text(levels),
        "reference": to_text(reference),
        "width": mask.shape[1],
        "height": mask.shape[0],
        "steps": [steps.as_settings() for steps in CANDIDATES],
    }
    for steps, seen in zip(CANDIDATES, page.evaluate(ASK, told), strict=True):
        assert seen == by_python(steps.apply(mask), levels, reference), str(steps)


def test_the_panes_numbers_and_table_are_those_of_the_processed_mask(page: Page) -> None:
    case, steps = CASES["first"], PostProcessing(smallest_px=200, fill_holes=True, smoothing_px=3)
    set_steps(page, steps, 40)
    raw = binarize(case.levels["unet"], 40)
    mask = steps.apply(raw)
    assert not np.array_equal(mask, raw), "the steps must change something"
    drawn = read_bytes(page, "__busdemoViewer.pixels('prediction')").reshape(*mask.shape, 4)
    assert np.array_equal(drawn[..., 0] > 0, mask)
    score, before = score_overlap(mask, case.reference), score_overlap(raw, case.reference)
    assert text_of(page, "[data-number=dice]") == f"{score.dice:.3f}"
    change = f"Dice {before.dice:.3f} raw → {score.dice:.3f} processed"
    assert text_of(page, ".bd-before-after") == change
    (lesion, *_) = measure_lesions(mask, case.levels["unet"])
    cells = page.locator(".bd-lesions tbody tr").first.locator("td").all_text_contents()
    assert cells[:2] == ["1", f"{lesion.area_px:,} px"]
    assert cells[2] == f"{lesion.longest_px:.1f} px"


def test_the_raw_mask_stands_beside_the_processed_one_when_asked_for(page: Page) -> None:
    set_steps(page, PostProcessing(smallest_px=200, fill_holes=True), 40)
    page.click(".bd-strip-opener")
    page.click(".bd-raw-button")
    page.evaluate(NEXT_FRAMES)
    assert page.is_visible("[data-pane=raw]")
    assert text_of(page, "[data-pane=prediction] figcaption") == "Prediction · processed"
    raw = binarize(CASES["first"].levels["unet"], 40)
    drawn = read_bytes(page, "__busdemoViewer.pixels('raw')").reshape(*raw.shape, 4)
    assert np.array_equal(drawn[..., 0] > 0, raw)
    page.click(".bd-raw-button")
    page.click(".bd-strip-opener")
    assert not page.is_visible("[data-pane=raw]")


def test_a_drag_with_all_steps_asks_the_server_nothing(page: Page, requests: list[str]) -> None:
    set_steps(page, ALL_STEPS, 100)
    requests.clear()
    for stop in range(60, 140, 10):
        page.evaluate(f"__busdemoViewer.setStop({stop})")
        page.evaluate(NEXT_FRAMES)
    assert requests == []


def test_a_size_that_cannot_be_taken_gets_a_sentence_and_changes_nothing(page: Page) -> None:
    page.click(".bd-strip-opener")
    before = page.evaluate("__busdemoViewer.session.steps")
    for text in ("-3", "0", "21", "far", "1.5"):
        page.fill("[data-size=opening_px]", text)
        page.keyboard.press("Enter")
        sentence = f"The radius of opening is a whole number of px from 1 to 20, not “{text}”."
        assert text_of(page, ".bd-strip-note") == sentence
        assert page.evaluate("__busdemoViewer.session.steps") == before
    page.click("[data-step=fill_holes]")
    assert not page.is_visible(".bd-strip-note")
    page.click(".bd-strip-opener")


def test_millimetres_come_with_a_spacing_and_an_impossible_one_changes_nothing(
    page: Page,
) -> None:
    area = ".bd-lesions tbody tr td:nth-child(2)"
    page.fill(".bd-spacing-box", "0.1")
    page.keyboard.press("Enter")
    page.evaluate(NEXT_FRAMES)
    in_mm = text_of(page, area)
    assert in_mm.endswith(" mm²")
    for text in ("0", "-1", "far", "99"):
        page.fill(".bd-spacing-box", text)
        page.keyboard.press("Enter")
        page.evaluate(NEXT_FRAMES)
        assert f"mm per px, not “{text}”." in text_of(page, ".bd-spacing-note")
        assert text_of(page, area) == in_mm
    page.click("#tell")
    page.wait_for_function("document.querySelector('#told textarea').value.includes('0.1')")
    assert "mm_per_px=0.1" in page.input_value("#told textarea")
    page.fill(".bd-spacing-box", "")
    page.keyboard.press("Enter")
    page.evaluate(NEXT_FRAMES)
    assert text_of(page, area).endswith(" px")


def test_a_known_length_marked_on_the_scan_gives_the_spacing(page: Page) -> None:
    page.click(".bd-mark")
    pane = page.locator("[data-pane=original]").bounding_box()
    assert pane is not None
    for share in (0.25, 0.75):
        page.mouse.click(pane["x"] + pane["width"] * share, pane["y"] + pane["height"] / 2)
    page.fill(".bd-length-box", "20")
    page.keyboard.press("Enter")
    px = page.evaluate("20 / __busdemoViewer.state.mmPerPx")
    scale = page.evaluate("__busdemoViewer.session.view.scale")
    assert px == pytest.approx(pane["width"] / 2 / scale, abs=2 / scale)

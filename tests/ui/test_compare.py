"""The comparison in a real Chromium: counts, pictures, drawing, blind mode, links, names."""

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("playwright")
from playwright.sync_api import Browser, FilePayload, Page
from ui.bare_page import list_violations, wait_for
from ui.chromium import without_errors
from ui.compare_harness import (
    ADDRESS,
    CASE,
    FROZEN,
    LEVELS,
    NAMES,
    STILL,
    answer,
    build_value,
    encode_grey,
    lay,
    mask_of,
    open_desk,
    prepare,
    read_bytes_of,
    wait_until_drawn,
)
from ui.stillness import wait_until_still, watch_timers

from busdemo.annotations.annotation import Annotation
from busdemo.annotations.rle import encode_rle
from busdemo.imaging.masks import binarize
from busdemo.imaging.post_processing import PostProcessing
from busdemo.scoring.agreement import compare
from busdemo.scoring.consensus import WAYS
from busdemo.scoring.overlap import score_overlap

pytestmark = pytest.mark.browser

EVIL = '<img src=x onerror="window.hacked=1">'
HEIGHT, WIDTH = CASE.reference.shape
MASKS = {"truth": CASE.reference} | {
    f"model:{key}": binarize(levels, FROZEN[key]) for key, levels in LEVELS.items()
}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, has_touch=True)
    page = context.new_page()
    with without_errors(page):
        prepare(page)
        open_desk(page)
        yield page
        assert not list_violations(page)
        context.close()


def desk(page: Page, expression: str) -> Any:
    return page.evaluate(f"((desk) => {expression})(window.__busdemoDesk)")


def act(page: Page, statement: str) -> None:
    page.evaluate(f"((desk) => {{ {statement} }})(window.__busdemoDesk)")
    wait_until_drawn(page)


def draw_new(page: Page) -> str:
    page.click("[data-act=draw]")
    page.evaluate(STILL)
    return str(desk(page, "desk.easel.key"))


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the scan lies on the screen."""
    box = page.locator("[data-stage=picture]").bounding_box()
    assert box is not None
    at = page.evaluate("([x, y]) => window.__busdemoDesk.view.toPane(x, y)", [x, y])
    return box["x"] + at["x"], box["y"] + at["y"]


def stroke(page: Page, *points: tuple[float, float]) -> None:
    page.mouse.move(*place(page, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*place(page, *point), steps=4)
    page.mouse.up()
    page.evaluate(STILL)


def test_every_pair_is_counted_as_python_counts_it(page: Page) -> None:
    for a, mask in MASKS.items():
        np.testing.assert_array_equal(mask_of(page, a), mask)
        for b, reference in MASKS.items():
            score = score_overlap(mask, reference)
            seen = page.evaluate("([a, b]) => window.__busdemoDesk.scoreKeys(a, b)", [a, b])
            assert (seen["dice"], seen["iou"]) == (score.dice, score.iou)
            assert seen["outcome"] == str(score.outcome)


@pytest.mark.parametrize("stop", [1, 50, 120, 199])
def test_a_threshold_moves_its_mask_and_every_score_without_a_request(
    page: Page, stop: int
) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    act(page, f"desk.store.setStop('model:unet', {stop})")
    mask = binarize(LEVELS["unet"], stop)
    np.testing.assert_array_equal(mask_of(page, "model:unet"), mask)
    dice = score_overlap(mask, CASE.reference).dice
    text = page.text_content('[data-key="model:unet"] .bd-row-dice')
    assert text == ("–" if math.isnan(dice) else f"{dice:.3f}")
    assert requests == []


def test_a_model_s_steps_are_those_of_python_and_its_own_come_back(page: Page) -> None:
    steps = PostProcessing(keep="largest", fill_holes=True, opening_px=2, smoothing_px=1)
    act(page, f"desk.store.setSteps('model:shifted', {json.dumps(steps.as_settings())})")
    expected = steps.apply(MASKS["model:shifted"])
    np.testing.assert_array_equal(mask_of(page, "model:shifted"), expected)
    act(page, "desk.store.setSteps('model:shifted', null)")
    np.testing.assert_array_equal(mask_of(page, "model:shifted"), MASKS["model:shifted"])


def test_vote_and_disagreement_maps_equal_numpy(page: Page) -> None:
    annotations = [Annotation(key, "person", mask) for key, mask in MASKS.items()]
    comparison = compare(annotations)
    kinds = read_bytes_of(page, "window.__busdemoDesk.pictures.kinds").reshape(HEIGHT, WIDTH)
    np.testing.assert_array_equal(kinds, comparison.votes)
    entropies = page.evaluate("window.__busdemoDesk.entropies()")
    np.testing.assert_allclose(np.array(entropies)[kinds], comparison.entropy, atol=1e-6)


def test_counts_and_maps_stay_true_whatever_changes(page: Page) -> None:
    act(page, "desk.store.addConsensus('majority', 'all'); desk.store.setStop('model:unet', 30)")
    draw_new(page)
    stroke(page, (40, 40), (80, 60), (70, 90))
    stroke(page, (60, 50), (90, 70))
    act(page, "desk.easel.startFrom('model:shifted'); desk.easel.undo(); desk.easel.undo()")
    act(page, "desk.easel.redo(); desk.easel.stop(); desk.store.setStop('model:shifted', 150)")
    act(page, "desk.store.removeAnnotator('model:attention-unet')")
    act(page, "desk.store.setStop('model:unet', 120); desk.store.setStop('model:unet', 70)")
    keys = desk(page, "desk.roster.ready.map((one) => one.key)")
    masks = {key: mask_of(page, key) for key in keys}
    for a in keys:
        for b in keys:
            shared = desk(
                page,
                f"desk.planes.shared[desk.roster.find('{a}').slot * 32"
                f" + desk.roster.find('{b}').slot]",
            )
            assert shared == np.count_nonzero(masks[a] & masks[b]), (a, b)
    voters = desk(page, "desk.votersShown.map((one) => one.key)")
    votes = np.sum([masks[key] for key in voters], axis=0)
    kinds = read_bytes_of(page, "window.__busdemoDesk.pictures.kinds").reshape(HEIGHT, WIDTH)
    np.testing.assert_array_equal(kinds, votes)
    counts = desk(page, "Array.from(desk.pictures.counts)")
    assert counts == np.bincount(votes.ravel(), minlength=256).tolist()
    shown = "Uint8Array.from(desk.pictures.sources.map.pixels)"
    before = desk(page, f"{shown}.join()")
    act(page, "desk.redraw('look')")
    assert desk(page, f"{shown}.join()") == before


def test_a_against_b_says_who_marks_what(page: Page) -> None:
    page.click("[data-map-button=pair]")
    act(page, "desk.store.setPair('truth', 'model:shifted')")
    kinds = read_bytes_of(page, "window.__busdemoDesk.pictures.kinds").reshape(HEIGHT, WIDTH)
    np.testing.assert_array_equal(kinds, MASKS["truth"] + 2 * MASKS["model:shifted"].astype(int))


@pytest.mark.parametrize("rule", ["majority", "union", "intersection"])
def test_a_consensus_is_python_s_and_follows_its_members(page: Page, rule: str) -> None:
    act(page, f"desk.store.addConsensus('{rule}', 'models')")
    act(page, "desk.store.setStop('model:unet', 40)")
    masks = [binarize(LEVELS[key], 40 if key == "unet" else FROZEN[key]) for key in LEVELS]
    np.testing.assert_array_equal(mask_of(page, f"consensus:{rule}:models"), WAYS[rule](masks))


def test_a_consensus_of_those_shown_keeps_its_members(page: Page) -> None:
    act(page, "desk.store.toggleShown('model:unet')")
    page.click("[data-opens=consensus]")
    page.select_option(".bd-among-select", "chosen")
    page.click("[data-rule=intersection]")
    wait_until_drawn(page)
    key = "consensus:intersection:chosen:model:attention-unet:model:shifted"
    assert desk(page, f"desk.roster.find('{key}').name") == "Intersection of 2 chosen"
    act(page, "desk.store.toggleShown('model:unet'); desk.store.toggleShown('model:shifted')")
    both = MASKS["model:attention-unet"] & MASKS["model:shifted"]
    np.testing.assert_array_equal(mask_of(page, key), both)


def test_an_example_s_readers_count_as_people_and_are_called_simulated(
    browser: Browser,
) -> None:
    context = browser.new_context()
    page = context.new_page()
    prepare(page)
    note = "Drawn by a program."
    readers = [
        {"name": f"Reader {k} (simulated)", "note": note, "mask": {"url": f"{ADDRESS}{name}.png"}}
        for k, name in ((1, "truth"), (2, "shifted"))
    ]
    open_desk(page, build_value(readers=readers))
    kinds = desk(page, "desk.roster.list.map((one) => [one.key, one.kind])")
    assert kinds[1:3] == [["reader:1", "person"], ["reader:2", "person"]]
    said = page.locator('[data-key^="reader:"]').all_inner_texts()
    assert all("simulated reader" in words and "person" not in words for words in said)
    assert len(said) == 2
    np.testing.assert_array_equal(mask_of(page, "reader:1"), MASKS["truth"])
    wait_for(
        page, "document.querySelector('.bd-yardstick-sentence').textContent.includes('each other')"
    )
    context.close()


def test_a_pixel_size_that_is_typed_turns_lengths_into_mm(page: Page) -> None:
    page.select_option(".bd-metric", "hd95")
    page.fill(".bd-spacing-box", "0,1")
    page.press(".bd-spacing-box", "Tab")
    comparison = compare(
        [Annotation(key, "person", mask) for key, mask in MASKS.items()], mm_per_px=0.1
    )
    expected = f"{comparison.matrix('hd95')[0, 1]:.2f}"
    wait_for(
        page,
        f"document.querySelector('.bd-matrix tbody td:nth-child(3)').textContent === '{expected}'",
    )
    assert "mm" in str(page.text_content(".bd-matrix-note"))
    page.fill(".bd-spacing-box", "99")
    page.press(".bd-spacing-box", "Tab")
    assert "0.001 to 10 mm per px" in str(page.text_content(".bd-error"))
    assert desk(page, "desk.state.spacing") == 0.1


def test_staple_comes_from_the_server_and_can_be_the_reference(page: Page) -> None:
    act_later = (
        "store.addConsensus('staple', 'models'); store.setReference('consensus:staple:models')"
    )
    page.evaluate(f"(({{ store }}) => {{ {act_later} }})(window.__busdemoDesk)")
    wait_for(page, "window.__busdemoDesk.roster.find('consensus:staple:models').ready")
    expected = WAYS["staple"]([MASKS[f"model:{key}"] for key in LEVELS])
    np.testing.assert_array_equal(mask_of(page, "consensus:staple:models"), expected)
    page.wait_for_selector(".bd-staple:not([hidden]) td")
    assert page.text_content(".bd-reference-name") == "STAPLE of models"


def test_the_server_s_numbers_stand_in_the_matrix(page: Page) -> None:
    page.select_option(".bd-metric", "hd95")
    comparison = compare([Annotation(key, "person", mask) for key, mask in MASKS.items()])
    expected = f"{comparison.matrix('hd95')[0, 1]:.1f}"
    wait_for(
        page,
        f"document.querySelector('.bd-matrix tbody td:nth-child(3)').textContent === '{expected}'",
    )
    page.click(".bd-matrix tbody tr:first-child td:nth-child(4)")
    assert desk(page, "[desk.pair.a.key, desk.pair.b.key]") == list(MASKS)[0:3:2]


def test_visibility_colour_swipe_and_blink_ask_the_server_nothing(page: Page) -> None:
    wait_for(page, "window.__busdemoDesk.panel.answered !== ''")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    asked = len(page.evaluate("window.asked"))
    watch_timers(page)
    page.click('[data-key="model:unet"] .bd-eye')
    page.evaluate("window.__busdemoDesk.store.dress('truth', {colour: '#ff00ff', dash: 0})")
    page.click("[data-picture-button=swipe]")
    page.locator(".bd-divider").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.evaluate("document.activeElement.blur()")
    for _ in range(4):
        page.keyboard.press(" ")
    page.click("[data-map-button=disagreement]")
    wait_until_still(page)
    assert requests == []
    assert len(page.evaluate("window.asked")) == asked
    assert page.evaluate("window.events.length") == 0


def test_the_space_bar_shows_a_and_b_in_turn(page: Page) -> None:
    shown = []
    for _ in range(3):
        page.keyboard.press(" ")
        page.evaluate(STILL)
        shown.append(desk(page, "desk.layersShown().map(({ annotator }) => annotator.key)"))
    assert shown[0] == shown[2] != shown[1]
    assert all(len(keys) == 1 for keys in shown)


def test_a_brush_marks_the_pixels_whose_centres_it_covers(page: Page) -> None:
    key = draw_new(page)
    act(page, "desk.easel.setRadius(10)")
    stroke(page, (80.0, 60.0))
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    at = desk(page, "desk.easel.at")
    np.testing.assert_array_equal(
        mask_of(page, key), np.hypot(columns - at["x"], rows - at["y"]) <= 10
    )
    assert page.text_content(f'[data-key="{key}"] .bd-row-dice') != "–"


def test_the_eraser_takes_away_and_fifty_steps_come_back(page: Page) -> None:
    key = draw_new(page)
    act(page, "desk.easel.setRadius(4)")
    states = [mask_of(page, key)]
    for step in range(52):
        page.keyboard.press("e" if step % 4 == 3 else "b")
        stroke(page, (20 + 2 * step, 40), (24 + 2 * step, 60 + step % 7))
        states.append(mask_of(page, key))
    for back in range(1, 51):
        page.keyboard.press("Control+z")
        np.testing.assert_array_equal(mask_of(page, key), states[52 - back])
    page.keyboard.press("Control+z")
    np.testing.assert_array_equal(mask_of(page, key), states[2])
    for _ in range(50):
        page.keyboard.press("Control+y")
    np.testing.assert_array_equal(mask_of(page, key), states[52])


def test_a_polygon_closes_at_its_first_corner_and_a_hole_is_filled(page: Page) -> None:
    key = draw_new(page)
    page.keyboard.press("p")
    for corner in ((20, 20), (60, 20), (60, 60), (20, 60), (20, 20)):
        page.mouse.click(*place(page, *corner))
    page.evaluate(STILL)
    square = mask_of(page, key)
    assert square.sum() == pytest.approx(1600, rel=0.05)
    page.keyboard.press("e")
    act(page, "desk.easel.setRadius(6)")
    stroke(page, (40.0, 40.0))
    assert mask_of(page, key).sum() < square.sum()
    page.keyboard.press("f")
    page.mouse.click(*place(page, 40, 40))
    page.evaluate(STILL)
    np.testing.assert_array_equal(mask_of(page, key), square)
    page.mouse.click(*place(page, 100, 100))
    page.evaluate(STILL)
    assert "not enclosed" in (page.text_content(".bd-error") or "")
    np.testing.assert_array_equal(mask_of(page, key), square)


def test_shift_with_the_wheel_and_brackets_change_the_brush_and_nothing_else(page: Page) -> None:
    draw_new(page)
    before = desk(page, "[desk.easel.radius, desk.view.zoom]")
    page.mouse.move(*place(page, 80, 60))
    page.keyboard.down("Shift")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Shift")
    page.keyboard.press("]")
    after = desk(page, "[desk.easel.radius, desk.view.zoom]")
    assert after[0] == pytest.approx(before[0] * 1.12**2)
    assert after[1] == before[1]
    page.keyboard.press("[")
    assert desk(page, "desk.easel.radius") == pytest.approx(before[0] * 1.12)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float], button: Any) -> None:
    page.mouse.move(*start)
    page.mouse.down(button=button)
    page.mouse.move(*end)
    page.mouse.up(button=button)
    page.evaluate(STILL)


def test_while_drawing_the_wheel_zooms_and_the_picture_is_moved_without_a_mark(page: Page) -> None:
    key = draw_new(page)
    page.mouse.move(*place(page, 80, 60))
    page.mouse.wheel(0, -400)
    page.evaluate(STILL)
    assert desk(page, "desk.view.zoom") > 1.5
    centre = desk(page, "desk.view.centre.x")
    x, y = place(page, 80, 60)
    drag(page, (x, y), (x - 60, y), "middle")
    moved = desk(page, "desk.view.centre.x")
    assert moved > centre
    page.keyboard.down(" ")
    drag(page, (x, y), (x - 60, y), "left")
    page.keyboard.up(" ")
    assert desk(page, "desk.view.centre.x") > moved
    assert not mask_of(page, key).any()
    drag(page, (x, y), (x - 60, y), "left")
    assert mask_of(page, key).any()


def test_tools_are_chosen_by_key_after_blind_was_ticked(page: Page) -> None:
    draw_new(page)
    page.check(".bd-blind")
    page.keyboard.press("p")
    assert desk(page, "desk.easel.tool") == "polygon"


def test_one_finger_draws_and_two_zoom_without_leaving_a_mark(page: Page) -> None:
    key = draw_new(page)
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        places = [place(page, *point) for point in points]
        spots = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    send("touchStart", (60, 60))
    send("touchMove", (90, 60))
    send("touchEnd")
    page.evaluate(STILL)
    drawn = mask_of(page, key)
    assert drawn.any()
    send("touchStart", (60, 90))
    send("touchStart", (60, 90), (70, 90))
    send("touchMove", (50, 90), (90, 90))
    send("touchEnd")
    page.evaluate(STILL)
    np.testing.assert_array_equal(mask_of(page, key), drawn)
    assert desk(page, "desk.view.zoom") > 1


def test_blind_drawing_shows_the_scan_and_the_drawing_and_nothing_else(page: Page) -> None:
    bare = "desk.roster.list.forEach((one) => { one.shown = false; }); desk.changed('masks');"
    draw_new(page)
    page.check(".bd-blind")
    page.mouse.move(5, 5)
    page.evaluate(STILL)
    picture = page.locator("[data-stage=picture] canvas")
    seen = picture.screenshot()
    assert desk(page, "desk.visible.length") == 1
    assert page.locator(".bd-figures").is_hidden()
    assert page.locator("[data-stage=map]").is_hidden()
    words = page.locator(".bd-list").inner_text()
    assert "0." not in words.replace("0 px", "")
    assert "px" not in words.replace("drawn here · 0 px", "")
    act(page, bare)
    assert picture.screenshot() == seen
    page.click("[data-act=done]")
    assert desk(page, "desk.blind") is False


def test_a_link_restores_models_thresholds_reference_and_view(browser: Browser) -> None:
    context = browser.new_context()
    first = context.new_page()
    prepare(first)
    open_desk(first)
    act(first, "desk.store.removeAnnotator('model:shifted'); desk.store.setStop('model:unet', 33)")
    act(
        first,
        "desk.store.toggleShown('model:attention-unet'); desk.store.setReference('model:unet')",
    )
    act(
        first,
        "desk.store.addConsensus('union', 'models'); desk.setMap('pair'); desk.setPicture('swipe')",
    )
    act(first, "desk.store.addConsensus('majority', 'chosen', false, ['model:unet'])")
    first.click("[data-act=link]")
    first.evaluate(STILL)
    fragment = first.evaluate("window.address")
    assert fragment.startswith("#compare?example=oval&")
    state = """[desk.roster.list.map((one) => [one.key, one.stop || 0, one.shown, one.steps]),
        desk.roster.reference, desk.picture, desk.map, desk.pair.a.key, desk.pair.b.key]"""
    before = desk(first, state)
    second = context.new_page()
    prepare(second)
    open_desk(second, fragment=fragment)
    assert desk(second, state) == before
    context.close()


def test_a_hostile_link_is_ignored_where_it_makes_no_sense(browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    prepare(page)
    evil = "%3Cimg src=x onerror=window.hacked=1%3E"
    fragment = f"#compare?models={evil}.x,unet.9999,unet.5&reference={evil}&picture={evil}&pair=a,b"
    open_desk(page, fragment=fragment)
    assert desk(page, "desk.roster.list.map((one) => one.key)") == ["truth", "model:unet"]
    assert desk(page, "[desk.roster.reference, desk.picture]") == ["truth", "outlines"]
    assert page.evaluate("window.hacked") is None
    context.close()


def test_uploaded_masks_are_named_after_their_files_and_described(page: Page) -> None:
    file = FilePayload(name=f"{EVIL}.png", mimeType="image/png", buffer=encode_grey(CASE.reference))
    other = FilePayload(name="b.png", mimeType="image/png", buffer=encode_grey(MASKS["model:unet"]))
    page.set_input_files(".bd-mask-files", [file, other])
    wait_for(page, "window.__busdemoDesk.roster.ready.length === 6")
    page.evaluate(STILL)
    np.testing.assert_array_equal(mask_of(page, "upload:1"), CASE.reference)
    note = page.text_content('[data-key="upload:1"] .bd-row-note')
    assert note
    watch_timers(page)
    page.evaluate("(name) => window.__busdemoDesk.store.rename('upload:2', name)", EVIL)
    wait_until_still(page)
    assert page.evaluate("window.hacked") is None
    assert page.locator(".bd-desk img").count() == 0


def test_a_frame_of_an_uploaded_mask_is_chosen_in_its_row(page: Page) -> None:
    from imaging.dicom_files import dicom_file

    masks = [MASKS["model:unet"], MASKS["model:shifted"], MASKS["model:unet"] & MASKS["truth"]]
    frames = np.stack(masks).astype(np.uint8) * np.uint8(255)
    fullest = int(np.argmax([mask.sum() for mask in masks]))
    file = FilePayload(name="cine.dcm", mimeType="", buffer=dicom_file(frames, frames=3))
    still = FilePayload(name="b.png", mimeType="image/png", buffer=encode_grey(CASE.reference))
    page.set_input_files(".bd-mask-files", [still, file])
    wait_for(page, "window.__busdemoDesk.roster.ready.length === 6")
    page.evaluate(STILL)
    number = page.locator('[data-key="upload:2"] .bd-row-frame input')
    assert number.input_value() == str(fullest + 1)
    assert page.text_content('[data-key="upload:2"] .bd-row-frame output') == "3"
    assert page.locator('[data-key="upload:1"] .bd-row-frame').is_hidden()
    for frame in (3, 1, 2):
        number.fill(str(frame))
        number.press("Enter")
        wait_for(page, f"__busdemoDesk.roster.find('upload:2').frame === {frame}")
        page.evaluate(STILL)
        np.testing.assert_array_equal(mask_of(page, "upload:2"), masks[frame - 1])
        note = page.text_content('[data-key="upload:2"] .bd-row-note') or ""
        assert note.startswith(f"Frame {frame} of 3")
    number.fill("7")
    number.press("Enter")
    assert number.input_value() == "2"


def upload(page: Page, name: str, data: bytes) -> None:
    page.set_input_files(".bd-mask-files", [FilePayload(name=name, mimeType="", buffer=data)])


def labelled(
    *masks: tuple[str, NDArray[np.bool_]], name: str = "scan.png", score: float = 1
) -> bytes:
    """A COCO file: a category for each label, of the last of three images."""
    images = [
        {"id": n, "file_name": one, "width": WIDTH, "height": HEIGHT}
        for n, one in enumerate(("one.png", "two.png", name))
    ]
    pieces = [
        {
            "image_id": 2,
            "category_id": n,
            "score": score,
            "segmentation": encode_rle(mask),
        }
        for n, (_, mask) in enumerate(masks)
    ]
    names = [{"id": n, "name": label} for n, (label, _) in enumerate(masks)]
    return json.dumps({"images": images, "annotations": pieces, "categories": names}).encode()


def test_one_file_is_one_person_and_labels_are_compared_one_by_one(page: Page) -> None:
    tumour, calcification = CASE.reference, MASKS["model:shifted"] & ~CASE.reference
    title, both = build_value()["title"], (("calcification", calcification), ("tumour", tumour))
    upload(page, "reader1.json", labelled(*both, name=title))
    wait_for(page, "__busdemoDesk.roster.find('upload:1')")
    upload(page, "reader2.json", labelled(("tumour", MASKS["model:unet"]), name=title))
    wait_for(page, "__busdemoDesk.roster.find('upload:2')")
    wait_for(page, "__busdemoDesk.people.label === 'tumour'")
    page.evaluate(STILL)
    assert page.locator(".bd-one").count() == 6  # truth, three models, two people
    assert page.locator(".bd-labels option").all_text_contents() == [
        *("tumour", "calcification"),
        "all of them, merged",
    ]
    np.testing.assert_array_equal(mask_of(page, "upload:1"), tumour)
    np.testing.assert_array_equal(mask_of(page, "upload:2"), MASKS["model:unet"])

    page.select_option(".bd-labels select", "calcification")
    page.evaluate(STILL)
    np.testing.assert_array_equal(mask_of(page, "upload:1"), calcification)
    assert not desk(page, "desk.roster.find('upload:2').ready")
    note = page.text_content('[data-key="upload:2"] .bd-row-note')
    assert note == "Without the label calcification: not compared."
    told = desk(page, "desk.people.tell()")
    assert (told["label"], told["without"]) == ("calcification", ["reader2"])

    page.select_option(".bd-labels select", label="all of them, merged")
    page.evaluate(STILL)
    np.testing.assert_array_equal(mask_of(page, "upload:1"), tumour | calcification)
    page.evaluate("__busdemoDesk.store.removeAnnotator('upload:1')")
    page.evaluate(STILL)
    assert page.locator(".bd-labels").is_hidden()
    assert desk(page, "desk.roster.find('upload:2').ready")


def test_an_image_of_another_name_is_chosen_from_a_list(page: Page) -> None:
    upload(page, "all.json", labelled(("tumour", CASE.reference)))
    page.wait_for_selector(".bd-error:not([hidden])")
    assert "annotations of 3 images" in (page.text_content(".bd-error") or "")
    assert not desk(page, "desk.roster.find('upload:1')")
    page.select_option(".bd-refused select", "scan.png")
    wait_for(page, "__busdemoDesk.roster.find('upload:1')")
    page.evaluate(STILL)
    np.testing.assert_array_equal(mask_of(page, "upload:1"), CASE.reference)
    assert page.locator(".bd-refused select").count() == 0


def test_the_least_score_that_counts_is_changed_where_a_file_has_scores(page: Page) -> None:
    title = build_value()["title"]
    upload(page, "found.json", labelled(("tumour", CASE.reference), name=title, score=0.4))
    page.wait_for_selector(".bd-refused input")
    page.fill(".bd-refused input", "0.3")
    page.press(".bd-refused input", "Enter")
    wait_for(page, "__busdemoDesk.roster.find('upload:1')")
    page.evaluate(STILL)
    np.testing.assert_array_equal(mask_of(page, "upload:1"), CASE.reference)
    box = page.locator('[data-key="upload:1"] .bd-row-reading input')
    assert box.input_value() == "0.3"
    assert page.locator('[data-key="truth"] .bd-row-reading input').is_hidden()


def test_an_inverted_mask_is_asked_about_and_exchanged_with_one_click(page: Page) -> None:
    upload(page, "inverted.png", encode_grey(~CASE.reference))
    wait_for(page, "__busdemoDesk.roster.find('upload:1')")
    page.evaluate(STILL)
    assert "is it inverted?" in (page.text_content('[data-key="upload:1"] .bd-row-note') or "")
    page.click('[data-key="upload:1"] .bd-row-reading button')
    wait_for(page, "__busdemoDesk.roster.find('upload:1').how.invert")
    page.evaluate(STILL)
    np.testing.assert_array_equal(mask_of(page, "upload:1"), CASE.reference)
    assert "nverted as asked" in (page.text_content('[data-key="upload:1"] .bd-row-note') or "")
    assert page.locator('[data-key="upload:1"] .bd-row-reading button').text_content() == (
        "Exchange back"
    )


def sent_of(page: Page, key: str) -> dict[str, Any]:
    """What the server is told of an annotator."""
    asked = page.evaluate("__busdemoDesk.panel.describeAll()")
    return next(one for one in asked["annotators"] if one["key"] == key)


def test_what_an_outline_was_started_from_and_whether_blind_is_kept(page: Page) -> None:
    key = draw_new(page)
    page.select_option(".bd-start", "model:unet")
    page.evaluate(STILL)
    assert sent_of(page, key)["provenance"] == {"drawn_from": "U-Net", "blind": False}
    note = page.text_content(f'[data-key="{key}"] .bd-row-note')
    assert note == (
        "Started from the mask of U-Net: not an independent person. "
        "Drawn while the others were in sight."
    )
    page.click("[data-act=done]")
    blind = draw_new(page)
    page.check(".bd-blind")
    x, y = place(page, 40, 40)
    page.mouse.click(x, y)
    page.evaluate(STILL)
    assert sent_of(page, blind)["provenance"] == {"blind": True}
    page.uncheck(".bd-blind")
    page.mouse.click(x, y)
    page.evaluate(STILL)
    assert sent_of(page, blind)["provenance"] == {"blind": False}


def test_the_whole_provenance_of_a_file_goes_to_the_server_again(page: Page) -> None:
    upload(page, "reader.png", encode_grey(CASE.reference))
    wait_for(page, "__busdemoDesk.roster.find('upload:1')")
    facts = sent_of(page, "upload:1")["provenance"]
    assert facts["files"] == ["reader.png"]
    assert facts["notes"]


def test_another_frame_of_the_scan_is_asked_for_in_its_card(page: Page) -> None:
    assert page.locator(".bd-scan-frame").is_hidden()
    lay(page, build_value(case="cine", frame=2, frames=6))
    box = page.locator(".bd-scan-frame input")
    box.wait_for(state="visible")
    assert (box.input_value(), page.text_content(".bd-scan-frame output")) == ("2", "6")
    page.evaluate("__busdemoDesk.told.openFrame = (frame) => window.asked.push(frame)")
    for typed in ("7", "5"):
        box.fill(typed)
        box.press("Enter")
        if typed == "7":
            assert box.input_value() == "2"
    assert page.evaluate("window.asked.filter((one) => typeof one === 'number')") == [5]


def test_a_wrong_file_gets_one_sentence_and_changes_nothing(page: Page) -> None:
    before = desk(page, "desk.roster.list.map((one) => [one.key, one.version])")
    film = FilePayload(name="film.gif", mimeType="image/gif", buffer=b"GIF89a" + bytes(64))
    page.set_input_files(".bd-mask-files", [film])
    page.wait_for_selector(".bd-error:not([hidden])")
    assert "film.gif" in (page.text_content(".bd-error") or "")
    assert desk(page, "desk.roster.list.map((one) => [one.key, one.version])") == before


def test_a_twenty_first_annotator_is_refused_in_words(page: Page) -> None:
    act(page, "for (let n = 0; n < 25; n++) desk.easel.start('truth');")
    assert desk(page, "desk.roster.list.length") == 20
    assert "At most 20" in (page.text_content(".bd-error") or "")
    assert len(set(desk(page, "desk.roster.list.map((one) => one.name)"))) == 20
    looks = desk(page, "desk.roster.list.map((one) => one.colour + one.dash)")
    assert len(set(looks)) == 20


def test_a_model_that_has_not_answered_says_so_and_is_there_when_it_has(page: Page) -> None:
    value = build_value(case="second")
    for model in value["models"]:
        model.update(state="waiting", levels=None)
    lay(page, value)
    page.evaluate(STILL)
    words = page.text_content('[data-key="model:unet"] .bd-row-words')
    assert words == "waits for its turn…"
    lay(page, build_value(case="second"))
    wait_until_drawn(page)
    np.testing.assert_array_equal(mask_of(page, "model:unet"), MASKS["model:unet"])


def test_the_page_s_masks_reach_python_as_they_are(page: Page) -> None:
    sent = page.evaluate("window.__busdemoDesk.panel.describeAll()")
    numbers = answer("measure", sent)
    comparison = compare([Annotation(key, "person", mask) for key, mask in MASKS.items()])
    assert numbers["keys"] == tuple(MASKS)
    assert [one["name"] for one in sent["annotators"]] == ["Ground truth", *NAMES.values()]
    np.testing.assert_allclose(numbers["matrices"]["dice"], comparison.matrix("dice"), atol=1e-6)

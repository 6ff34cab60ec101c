"""Several models at once in the viewer, in a real Chromium, on the harness beside this file."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page
from ui.chromium import list_requests, without_errors
from ui.viewer_harness import BROKEN, NEXT_FRAMES, ZOO, ZOOS, read_bytes, wait_for_case

from busdemo.imaging.masks import binarize
from busdemo.scoring.overlap import score_overlap

pytestmark = pytest.mark.browser

FIRST = ["unet", "attention-unet", "segformer", "deeplabv3"]
"""What is compared to begin with: the chosen model, and the first usable one of other families."""
FRESH = """() => {
  const {session} = __busdemoViewer, {comparison, workspace} = session;
  const first = ['unet', 'attention-unet', 'segformer', 'deeplabv3'];
  comparison.setMode(false);
  Object.assign(comparison, {colouring: 'marks', refusal: ''});
  session.state.style = 'fill';
  for (const id of first) workspace.addModel(id);
  workspace.chooseModel('unet');
  const others = workspace.models.filter(({model}) => !first.includes(model));
  for (const {key} of others) workspace.removeAnnotator(key);
  for (const one of workspace.models) Object.assign(one, {shown: true, passing: false});
  for (const one of workspace.models) workspace.setSteps(one.key, null);
  workspace.setOwn(true);
  workspace.toFrozen();
  workspace.setPair('', '');
  workspace.setReference('truth');
  session.setLook({brightness: 0, contrast: 0, invert: false, opacity: 0.5});
  session.resetView();
  comparison.setMode(true);
  document.activeElement.blur();
}"""
DRAWN = """[...document.querySelectorAll('.bd-grid .bd-pane canvas')].map((c) => c.toDataURL())"""


@pytest.fixture
def page(harness: Page) -> Iterator[Page]:
    """Four of twelve models compared, as if just begun; and no errors in the end."""
    harness.set_viewport_size({"width": 1440, "height": 900})
    harness.mouse.move(0, 0)
    if harness.evaluate("__busdemoViewer.state.case") != "zoo":
        show(harness, "zoo")
    with without_errors(harness):
        harness.evaluate(FRESH)
        harness.evaluate(NEXT_FRAMES)
        yield harness


@pytest.fixture
def alone(page: Page) -> Iterator[Page]:
    """The page, which makes no request whatever the visitor does."""
    with list_requests(page) as urls:
        yield page
    assert urls == []


def show(page: Page, case: str) -> None:
    page.click(f"#{case}")
    models = [key for key, _, _ in ZOO if key in ZOOS[case.removesuffix("-alone")].levels]
    wait_for_case(page, case, ready=" ".join(models))


def picked(page: Page) -> list[str]:
    """The ids of the panes, in their order."""
    return page.eval_on_selector_all("[data-cell]", "(cells) => cells.map((c) => c.dataset.cell)")


def tick(page: Page, *models: str) -> None:
    page.click("[data-opens=models]")
    for model in models:
        page.click(f".bd-picker input[value={model}]")
    page.keyboard.press("Escape")
    page.evaluate(NEXT_FRAMES)


def kinds_of(page: Page, name: str, shape: tuple[int, ...]) -> Any:
    page.evaluate(NEXT_FRAMES)
    return read_bytes(page, f"__busdemoViewer.kinds('{name}')").reshape(shape)


def colours_of(page: Page, name: str, shape: tuple[int, ...]) -> Any:
    """(H, W, 3) as last drawn."""
    page.evaluate(NEXT_FRAMES)
    rgba = read_bytes(page, f"__busdemoViewer.pixels('{name}')").reshape(*shape, 4)
    return rgba[..., :3].astype(int)


def words_of(page: Page, selector: str) -> str:
    page.evaluate(NEXT_FRAMES)
    return " ".join(page.inner_text(selector).split())


def masks_of(name: str, models: list[str], stop: int = 0) -> Any:
    """The models' masks (n, H, W), at their frozen thresholds unless a stop is given."""
    zoo = ZOOS[name]
    return np.stack([binarize(zoo.levels[m], stop or zoo.frozen[m]) for m in models])


def dice_words(model: str, stop: int) -> str:
    score = score_overlap(binarize(ZOOS["zoo"].levels[model], stop), ZOOS["zoo"].reference)
    return f"Dice {score.dice:.3f} IoU {score.iou:.3f} {score.outcome}"


def test_the_selector_groups_by_family_and_says_what_one_needs_to_choose(alone: Page) -> None:
    alone.keyboard.press("c")
    groups = alone.eval_on_selector_all(
        ".bd-model-select optgroup", "(all) => all.map((g) => [g.label, g.children.length])"
    )
    families = [family for _, _, family in ZOO]
    assert groups == [[name, families.count(name)] for name in dict.fromkeys(families)]
    first = alone.locator(".bd-model-select option").first
    assert first.text_content() == "U-Net — test Dice 0.75 (0.73–0.77) · 7.0 M · 20 ms"
    broken = alone.locator(".bd-model-select option:disabled")
    assert broken.text_content() == "TransUNet — It has no weights."
    usable = [key for key, _, _ in ZOO if key != BROKEN]
    for n in range(1, 10):
        alone.keyboard.press(str(n))
        assert alone.evaluate("__busdemoViewer.state.model") == usable[n - 1]


def test_the_panes_show_hit_extra_and_missed_at_each_models_frozen_threshold(alone: Page) -> None:
    assert picked(alone) == FIRST
    alone.evaluate("__busdemoViewer.session.setLook({opacity: 1})")
    zoo = ZOOS["zoo"]
    for model in FIRST:
        seen = colours_of(alone, model, zoo.image.shape)
        mask, reference = binarize(zoo.levels[model], zoo.frozen[model]), zoo.reference
        assert (seen[mask & reference] == (0, 158, 115)).all()
        assert (seen[mask & ~reference] == (213, 94, 0)).all()
        assert (seen[~mask & reference] == (0, 114, 178)).all()
        assert (seen[~mask & ~reference] == zoo.image[~mask & ~reference, None]).all()
        assert words_of(alone, f"[data-cell={model}] .bd-cell-line") == dice_words(
            model, zoo.frozen[model]
        )


def test_the_vote_map_is_the_sum_of_the_masks(alone: Page) -> None:
    tick(alone, "se-unet", "ensemble")
    models = ["unet", "attention-unet", "se-unet", "segformer", "deeplabv3", "ensemble"]
    assert picked(alone) == models
    masks = masks_of("zoo", models)
    votes = masks.sum(axis=0)
    assert (kinds_of(alone, "votes", votes.shape) == votes).all()
    assert len(np.unique(votes)) == 7
    steps = alone.locator(".bd-steps li").all_inner_texts()
    counts = np.bincount(votes.ravel(), minlength=7)
    assert steps == [f"{n} vote{'s' * (n != 1)} {px:,}" for n, px in enumerate(counts)]
    share = counts[6] / counts[1:].sum()
    assert words_of(alone, ".bd-sentence") == (
        f"All 6 agree on {counts[6]:,} of the {counts[1:].sum():,} px that any of them marks"
        f" ({share:.1%})."
    ).replace("%)", " %)")
    seen = colours_of(alone, "votes", votes.shape)
    light = [seen[votes == n].mean(axis=1) for n in range(1, 7)]
    assert all((step == step[0]).all() for step in light), "one flat colour a step"
    assert all(low[0] < high[0] for low, high in pairwise(light))


def test_a_against_b_counts_who_marks_and_who_is_right(alone: Page) -> None:
    alone.select_option("[data-side=b] select", "model:deeplabv3")
    a, b = masks_of("zoo", ["unet", "deeplabv3"])
    reference = ZOOS["zoo"].reference
    bits = a + 2 * b + 4 * reference
    assert (kinds_of(alone, "pair", a.shape) == bits).all()
    assert words_of(alone, "[data-colours=marks]") == (
        f"A only {(a & ~b).sum():,} px B only {(~a & b).sum():,} px "
        f"both {(a & b).sum():,} px neither {(~a & ~b).sum():,} px"
    )
    seen = colours_of(alone, "pair", a.shape)
    assert (seen[a & ~b] == (230, 159, 0)).all()
    assert (seen[~a & b] == (86, 180, 233)).all()
    assert (seen[a & b] == (205, 211, 218)).all()
    alone.click("text=Who is right")
    differ, a_right = a ^ b, (a ^ b) & (a == reference)
    share = a_right.sum() / differ.sum()
    assert words_of(alone, "[data-colours=right]") == (
        f"A is right {a_right.sum():,} px · {share * 100:.1f} % "
        f"B is right {(differ & ~a_right).sum():,} px · {(1 - share) * 100:.1f} % "
        f"they agree {(~differ).sum():,} px outline of the reference"
    )
    seen = colours_of(alone, "pair", a.shape)
    assert (seen[a_right] == (230, 159, 0)).all()
    assert (seen[differ & ~a_right] == (86, 180, 233)).all()
    white = (seen == 255).all(axis=2)
    assert white.any(), "the outline of the reference"
    assert (reference & ~differ)[white].all()
    alone.select_option("[data-side=a] select", "model:deeplabv3")
    pair = "(({a, b}) => [a.key, b.key])(__busdemoViewer.session.workspace.pairOf())"
    assert alone.evaluate(pair) == ["model:deeplabv3", "model:unet"]


def test_each_model_has_its_own_threshold_or_all_have_one(alone: Page) -> None:
    zoo = ZOOS["zoo"]
    assert alone.is_visible(".bd-at-frozen")
    slider = alone.locator("[data-cell=segformer] .bd-own input")
    slider.focus()
    for _ in range(3):
        alone.keyboard.press("ArrowRight")
    own = {model: zoo.frozen[model] + 3 * (model == "segformer") for model in FIRST}
    alone.click("[data-cell=attention-unet] .bd-name")
    alone.keyboard.press("Shift+ArrowLeft")  # the chosen model's, as in the card below
    own["attention-unet"] -= 10
    for model, stop in own.items():
        words = words_of(alone, f"[data-cell={model}] figcaption")
        assert words == f"{dice_words(model, stop)} raw {stop / 200:.3f}"
    assert alone.input_value(".bd-number") == f"{own['attention-unet'] / 200:.3f}"
    votes = np.sum([binarize(zoo.levels[m], own[m]) for m in FIRST], axis=0)
    assert (kinds_of(alone, "votes", votes.shape) == votes).all()

    alone.click("text=One for all")
    assert not slider.is_visible()
    alone.locator(".bd-shared input").focus()
    alone.keyboard.press("ArrowRight")
    stop = own["attention-unet"] + 1
    for model in FIRST:
        assert (
            words_of(alone, f"[data-cell={model}] figcaption") == f"{dice_words(model, stop)} raw"
        )
    assert (kinds_of(alone, "votes", votes.shape) == masks_of("zoo", FIRST, stop).sum(0)).all()

    alone.click("text=Each its own")
    assert words_of(alone, "[data-cell=segformer] output") == f"{own['segformer'] / 200:.3f}"
    alone.click("text=Back to the frozen ones")
    assert alone.is_visible(".bd-at-frozen")
    assert (kinds_of(alone, "votes", votes.shape) == masks_of("zoo", FIRST).sum(axis=0)).all()


def test_models_come_and_go_and_one_always_stays(alone: Page) -> None:
    tick(alone, "se-unet", "ensemble", "wide-unet")
    assert len(picked(alone)) == 7
    alone.evaluate("document.activeElement.blur()")
    alone.keyboard.press("2")
    assert len(picked(alone)) == 8, "one that is chosen is shown"
    alone.click("[data-opens=models]")
    for model in picked(alone)[:-1]:
        alone.click(f".bd-picker input[value={model}]")
    alone.evaluate(NEXT_FRAMES)
    (last,) = picked(alone)
    alone.click(f".bd-picker input[value={last}]")
    assert words_of(alone, ".bd-picker-note").startswith("One model stays")
    assert picked(alone) == [last] == [alone.evaluate("__busdemoViewer.state.model")]
    alone.keyboard.press("Escape")


def test_a_model_that_cannot_be_used_is_listed_with_its_reason_and_not_picked(alone: Page) -> None:
    alone.click("[data-opens=models]")
    box = alone.locator(f".bd-picker input[value={BROKEN}]")
    assert box.is_disabled()
    assert "It has no weights." in words_of(alone, f".bd-picker label:has([value={BROKEN}])")
    alone.evaluate(f"__busdemoViewer.session.pickModel('{BROKEN}')")
    assert picked(alone) == FIRST
    alone.keyboard.press("Escape")


def test_zoom_crosshair_and_window_are_those_of_all_panes(alone: Page) -> None:
    before = alone.evaluate(DRAWN)
    pane = alone.locator("[data-cell=segformer] .bd-pane").bounding_box()
    assert pane is not None
    alone.mouse.move(pane["x"] + pane["width"] * 0.4, pane["y"] + pane["height"] * 0.4)
    alone.mouse.wheel(0, -600)
    alone.wait_for_function("__busdemoViewer.session.view.zoom > 2")
    alone.evaluate(NEXT_FRAMES)
    zoomed = alone.evaluate(DRAWN)
    assert len(before) == 6
    assert all(one != other for one, other in zip(before, zoomed, strict=True))
    crosses = alone.locator(".bd-grid .bd-cross-x")
    assert all(crosses.nth(n).is_visible() for n in range(6))
    assert "of 4 mark it" in words_of(alone, ".bd-readout")
    alone.evaluate("__busdemoViewer.session.setLook({brightness: 40})")
    alone.evaluate(NEXT_FRAMES)
    assert all(a != b for a, b in zip(zoomed, alone.evaluate(DRAWN), strict=True))
    alone.evaluate("__busdemoViewer.session.setLook({brightness: 0})")
    alone.locator("[data-map=votes] .bd-pane").dblclick()
    alone.mouse.move(0, 0)
    alone.evaluate(NEXT_FRAMES)
    assert alone.evaluate(DRAWN) == before


def test_everything_is_reached_by_keyboard_and_names_choose(alone: Page) -> None:
    alone.locator("[data-mode-button=several]").focus()
    reached = []
    for _ in range(26):
        alone.keyboard.press("Tab")
        reached.append(
            alone.evaluate(
                "(document.activeElement.ariaLabel || document.activeElement.textContent).trim()"
            )
        )
        if reached[-1] == "SegFormer":
            alone.keyboard.press("Enter")
    for name in ("Models 4 of 12", "One for all", "Vote map", "Threshold of SegFormer", "A"):
        assert name in reached
    assert alone.evaluate("__busdemoViewer.state.model") == "segformer"
    assert alone.get_attribute("[data-cell=segformer] .bd-name", "aria-pressed") == "true"
    assert words_of(alone, ".bd-numbers > .bd-of") == "SegFormer"
    alone.click("text=Vote map")
    assert not alone.is_visible("[data-map=votes]")
    alone.click("text=Vote map")
    alone.evaluate("document.activeElement.blur()")
    alone.keyboard.press("c")
    assert alone.is_visible("[data-pane=overlay]")
    assert not alone.is_visible(".bd-grid")


def test_without_a_reference_there_is_one_colour_and_nobody_is_right(page: Page) -> None:
    show(page, "zoo-alone")
    zoo = ZOOS["zoo"]
    mask = binarize(zoo.levels["unet"], zoo.frozen["unet"])
    page.evaluate("__busdemoViewer.session.setLook({opacity: 1})")
    assert (colours_of(page, "unet", mask.shape)[mask] == (240, 228, 66)).all()
    assert words_of(page, "[data-cell=unet] .bd-cell-line") == f"{mask.sum():,} px predicted"
    assert not page.is_visible("text=Who is right")


def test_models_that_have_not_answered_say_so_in_their_panes(page: Page) -> None:
    tick(page, "unet-plus-plus")
    page.click("#zoo-half")
    page.wait_for_selector('.bd-viewer[data-case="zoo-half"][data-ready="unet"]')
    assert words_of(page, "[data-cell=unet-plus-plus] .bd-veil") == "U-Net++ is running…"
    assert words_of(page, "[data-cell=deeplabv3] .bd-veil") == "DeepLabV3 waits for its turn…"
    assert words_of(page, "[data-map=votes] .bd-name") == "Votes of 1 of 5 models"


def test_a_large_scan_is_drawn_thinned_and_counted_in_full(page: Page) -> None:
    show(page, "large")
    models = ["unet", "unet-plus-plus", "attention-unet"]
    tick(page, *(model for model in models if model not in picked(page)))
    votes = masks_of("large", models).sum(axis=0)
    assert (kinds_of(page, "votes", votes[::2, ::2].shape) == votes[::2, ::2]).all()
    count = int((votes == 3).sum())
    page.wait_for_function(
        "(count) => document.querySelector('.bd-sentence').textContent.includes(count)",
        arg=f"All 3 agree on {count:,} of the {int((votes > 0).sum()):,} px",
    )


@pytest.mark.parametrize(("width", "columns"), [(375, 2), (800, 3), (1440, 3)])
def test_the_grid_stands_in_columns_and_nothing_overflows(
    alone: Page, width: int, columns: int
) -> None:
    alone.set_viewport_size({"width": width, "height": 812})
    alone.evaluate(NEXT_FRAMES)
    assert alone.evaluate("document.documentElement.scrollWidth") <= width
    inside = "(e) => e.scrollWidth <= e.clientWidth"
    assert alone.locator(".bd-viewer").evaluate(inside)
    for figure in alone.locator(".bd-cell").all():
        assert figure.locator("figcaption").evaluate(inside)
    boxes = [pane.bounding_box() for pane in alone.locator(".bd-grid .bd-pane").all()]
    assert len({round(box["width"]) for box in boxes if box}) == 1, "linked panes share one size"
    heights = [box["y"] for box in boxes if box]
    assert heights.count(heights[0]) == columns

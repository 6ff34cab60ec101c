"""A phantom's image and mask belong together, and come out the same every time."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from busdemo.phantoms import EXAMPLES, Phantom, PhantomRecipe, random_recipe, simulate
from busdemo.phantoms.lesions import LesionRecipe, Margin, fill_outline, outline_lesion
from busdemo.phantoms.speckle import ScannerRecipe

SMALL = PhantomRecipe("A small one", "For tests.", size_wh=(260, 200), depth_mm=30)
SOLID = LesionRecipe((0.5, 0.45), (12, 8), posterior_db=0)


def contrast(phantom: Phantom) -> float:
    """Mean grey inside the outline minus that of a ring around it."""
    grown = cv2.dilate(phantom.mask.astype(np.uint8), np.ones((25, 25), np.uint8)).astype(bool)
    return float(phantom.image[phantom.mask].mean() - phantom.image[grown & ~phantom.mask].mean())


def test_same_recipe_and_seed_give_the_same_phantom() -> None:
    recipe = replace(SMALL, lesions=(SOLID,))
    one, again, other = simulate(recipe, 5), simulate(recipe, 5), simulate(recipe, 6)
    assert np.array_equal(one.image, again.image)
    assert np.array_equal(one.mask, again.mask)
    assert not np.array_equal(one.image, other.image)


def test_image_and_mask_have_the_recipes_size_and_types() -> None:
    phantom = simulate(replace(SMALL, lesions=(SOLID,)), 1)
    assert phantom.image.shape == phantom.mask.shape == (200, 260)
    assert phantom.image.dtype == np.uint8
    assert phantom.mask.dtype == np.bool_


def test_no_lesion_means_an_empty_mask() -> None:
    assert not simulate(SMALL, 1).mask.any()


def test_two_lesions_are_two_components() -> None:
    pair = (
        replace(SOLID, centre_xy=(0.25, 0.4), size_mm=(8, 6)),
        replace(SOLID, centre_xy=(0.75, 0.5), size_mm=(8, 6)),
    )
    mask = simulate(replace(SMALL, lesions=pair), 2).mask
    assert cv2.connectedComponents(mask.astype(np.uint8))[0] - 1 == 2


@pytest.mark.parametrize("seed", range(3))
def test_darker_lesion_is_darker_and_brighter_one_brighter(seed: int) -> None:
    greys = [
        contrast(simulate(replace(SMALL, lesions=(replace(SOLID, echo_db=level),)), seed))
        for level in (-24, -10, 0, 8)
    ]
    assert greys == sorted(greys)
    assert greys[0] < -40
    assert greys[1] < -15
    assert greys[3] > 10


def test_edge_of_the_echo_lies_on_the_edge_of_the_mask() -> None:
    """Shifting the mask by a few px any way blurs the contrast: it is best where it is."""
    sharp = ScannerRecipe(axial_mm=0.06, lateral_mm=0.06, looks=6, clutter_db=-40)
    lesion = replace(SOLID, echo_db=-26, edge_mm=0.0, texture_db=0.0)
    phantom = simulate(replace(SMALL, lesions=(lesion,), scanner=sharp), 3)
    here = contrast(phantom)
    for shift in ((4, 0), (-4, 0), (0, 4), (0, -4)):
        moved = np.roll(phantom.mask, shift, axis=(0, 1))
        assert contrast(replace(phantom, mask=moved)) > here


@pytest.mark.parametrize(("posterior_db", "sign"), [(-15, -1), (9, 1)])
def test_shadow_darkens_and_enhancement_brightens_what_lies_behind(
    posterior_db: float, sign: int
) -> None:
    """Same seed with and without: tissue and speckle are the same, only the beam differs."""
    plain = simulate(replace(SMALL, lesions=(SOLID,)), 4)
    changed = simulate(replace(SMALL, lesions=(replace(SOLID, posterior_db=posterior_db),)), 4)
    behind = np.s_[125:150, 115:145]
    # The grey of the median pixel is held, so the sides say how far everything moved.
    aside = np.s_[125:150, 0:40]
    gained = changed.image.astype(float) - plain.image
    assert sign * (gained[behind].mean() - gained[aside].mean()) > 8


@pytest.mark.parametrize("margin", ["smooth", "lobulated", "microlobulated", "spiculated"])
def test_outline_has_about_the_size_asked_for(margin: Margin) -> None:
    recipe = LesionRecipe((0.5, 0.5), (14, 10), margin=margin)
    outline = outline_lesion(recipe, (400, 400), 0.1, np.random.default_rng(1))
    width, height = np.ptp(outline, axis=0) * 0.1
    assert 0.8 * 14 < width < 1.6 * 14
    assert 0.8 * 10 < height < 1.6 * 10


def test_filled_outline_has_the_polygons_area() -> None:
    outline = outline_lesion(SOLID, (400, 400), 0.1, np.random.default_rng(1))
    filled = int(fill_outline(outline, (400, 400)).sum())
    half_border = cv2.arcLength(outline, True) / 2  # OpenCV fills the border's pixels too
    assert filled == pytest.approx(cv2.contourArea(outline) + half_border, rel=0.02)


def test_spiculated_margin_is_rougher_than_a_smooth_one() -> None:
    def roundness(margin: Margin) -> float:
        recipe = LesionRecipe((0.5, 0.5), (12, 12), margin=margin)
        outline = outline_lesion(recipe, (400, 400), 0.1, np.random.default_rng(2))
        return 4 * np.pi * cv2.contourArea(outline) / cv2.arcLength(outline, True) ** 2

    assert roundness("smooth") > 0.93 > roundness("microlobulated") > roundness("spiculated")


def test_lesion_outside_the_frame_leaves_the_picture_as_it_was() -> None:
    outside = replace(SOLID, centre_xy=(5.0, 5.0))
    with_it, without = simulate(replace(SMALL, lesions=(outside,)), 7), simulate(SMALL, 7)
    assert not with_it.mask.any()
    assert np.array_equal(with_it.image, without.image)


def test_random_recipes_are_varied_and_say_how_many_lesions_they_have() -> None:
    recipes = [random_recipe(np.random.default_rng(seed)) for seed in range(300)]
    counts = [len(recipe.lesions) for recipe in recipes]
    assert set(counts) == {0, 1, 2}
    assert 5 <= counts.count(0) <= 40
    assert {lesion.margin for recipe in recipes for lesion in recipe.lesions} == {
        "smooth", "lobulated", "microlobulated", "spiculated", "irregular",
    }  # fmt: skip
    for recipe, count in zip(recipes, counts, strict=True):
        assert f"with {count} lesion" in recipe.description


@pytest.mark.parametrize("seed", range(6))
def test_random_phantom_has_a_mask_exactly_when_it_has_a_lesion(seed: int) -> None:
    recipe = random_recipe(np.random.default_rng(seed))
    phantom = simulate(recipe, seed)
    assert phantom.mask.any() == bool(recipe.lesions)
    assert phantom.mask.mean() < 0.5
    assert recipe == random_recipe(np.random.default_rng(seed))


def test_simulating_does_not_touch_the_global_random_state() -> None:
    before = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002
    simulate(*EXAMPLES["normal"])
    assert np.array_equal(before, np.random.get_state(legacy=False)["state"]["key"])  # noqa: NPY002

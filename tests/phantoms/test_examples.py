"""`examples/` is what `write_examples` writes, and its words are true."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from busdemo.phantoms import EXAMPLES, simulate, write_examples
from busdemo.phantoms.readers import READERS, doubt_of, draw_as

FOLDER = Path(__file__).parents[2] / "examples"
PROBED = ("oval-fibroadenoma", "two-lesions", "normal")


def read(path: Path) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert image is not None, f"{path.name} is missing"
    return np.asarray(image)


@pytest.fixture(scope="module")
def index() -> list[dict[str, object]]:
    listed: list[dict[str, object]] = json.loads((FOLDER / "index.json").read_text("utf-8"))
    return [entry for entry in listed if entry["simulated"]]


def test_index_lists_the_recipes_in_order_with_their_words(index: list[dict[str, object]]) -> None:
    assert [entry["id"] for entry in index] == list(EXAMPLES)
    assert len(index) >= 9
    for entry in index:
        recipe, _ = EXAMPLES[str(entry["id"])]
        assert entry["title"] == recipe.title
        assert entry["description"] == recipe.description
        assert (entry["width"], entry["height"]) == recipe.size_wh
        assert entry["simulated"] is True


@pytest.mark.parametrize("name", EXAMPLES)
def test_files_are_grey_images_and_two_valued_masks_of_the_stated_size(name: str) -> None:
    image, mask = read(FOLDER / name / "image.png"), read(FOLDER / name / "mask.png")
    assert image.dtype == mask.dtype == np.uint8
    assert image.shape == mask.shape == EXAMPLES[name][0].size_wh[::-1]
    assert set(np.unique(mask)) <= {0, 255}
    assert 0.15 * 255 < image.mean() < 0.6 * 255


@pytest.mark.parametrize("name", EXAMPLES)
def test_masks_hold_as_many_lesions_as_the_recipe(name: str) -> None:
    mask = read(FOLDER / name / "mask.png")
    assert cv2.connectedComponents(mask)[0] - 1 == len(EXAMPLES[name][0].lesions)


@pytest.mark.parametrize("name", PROBED)
def test_committed_example_is_what_its_recipe_gives(name: str) -> None:
    phantom = simulate(*EXAMPLES[name])
    assert np.array_equal(read(FOLDER / name / "mask.png") > 0, phantom.mask)
    recipe, seed = EXAMPLES[name]
    for number, reader in enumerate(READERS, start=1):
        drawn = draw_as(reader, phantom.mask, doubt=doubt_of(recipe), seed=10 * seed + number)
        kept = read(FOLDER / name / "readers" / f"{number}.png") > 0
        assert np.count_nonzero(kept != drawn) <= 1e-3 * drawn.size
    # Other versions of the libraries may round differently here and there.
    difference = read(FOLDER / name / "image.png").astype(float) - phantom.image
    assert np.abs(difference).mean() < 1.5


def test_writing_gives_the_committed_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = {"small-lesion": EXAMPLES["small-lesion"]}
    monkeypatch.setattr("busdemo.phantoms.writing.EXAMPLES", only)
    write_examples(tmp_path / "new")
    written = sorted(p.relative_to(tmp_path / "new") for p in (tmp_path / "new").rglob("*.*"))
    assert [str(p) for p in written] == [
        "index.json",
        "small-lesion/image.png",
        "small-lesion/mask.png",
        "small-lesion/readers/1.png",
        "small-lesion/readers/2.png",
        "small-lesion/thumbnail.webp",
    ]
    one = read(tmp_path / "new/small-lesion/mask.png")
    assert np.array_equal(one, read(FOLDER / "small-lesion/mask.png"))


def test_folder_holds_nothing_that_is_not_listed_and_stays_small() -> None:
    made = {f"{name}/{part}.png" for name in EXAMPLES for part in ("image", "mask")}
    found = {p.relative_to(FOLDER).as_posix() for p in FOLDER.rglob("*.png")}
    assert made <= found
    assert sum((FOLDER / name).stat().st_size for name in made) < 3_000_000


def test_spiculated_mass_is_taller_than_wide_and_the_small_one_about_5_mm_wide() -> None:
    def extent(name: str) -> tuple[int, int]:
        _, _, width, height = cv2.boundingRect(read(FOLDER / name / "mask.png"))
        return width, height

    width, height = extent("spiculated-mass")
    assert height > width
    recipe, _ = EXAMPLES["small-lesion"]
    small = extent("small-lesion")[0] * recipe.depth_mm / recipe.size_wh[1]
    assert 4 < small < 6.5


def test_what_is_said_of_shadow_and_enhancement_is_seen() -> None:
    def change_behind(name: str) -> float:
        """Grey just behind the thickest part minus grey beside the lesion at the same depth."""
        image, mask = (
            read(FOLDER / name / "image.png").astype(float),
            read(FOLDER / name / "mask.png"),
        )
        thickest = int((mask > 0).sum(axis=0).argmax())
        bottom = int(np.flatnonzero(mask[:, thickest])[-1])
        x, _, width, _ = cv2.boundingRect(mask)
        rows = slice(bottom + 6, bottom + 36)
        behind = image[rows, max(0, thickest - 15) : thickest + 15].mean()
        left, right = image[rows, max(0, x - 60) : x], image[rows, x + width : x + width + 60]
        return float(behind - np.concatenate([left, right], axis=1).mean())

    assert change_behind("spiculated-mass") < -25
    assert change_behind("irregular-shadow") < -25
    assert change_behind("simple-cyst") > 8
    assert change_behind("oval-fibroadenoma") > 0


def test_lesions_said_to_be_dark_are_and_the_faint_one_is_hardly_so() -> None:
    def contrast(name: str) -> float:
        image, mask = read(FOLDER / name / "image.png"), read(FOLDER / name / "mask.png")
        ring = (cv2.dilate(mask, np.ones((31, 31), np.uint8)) > 0) & (mask == 0)
        return float(image[mask > 0].mean() - image[ring].mean())

    assert contrast("simple-cyst") < -70
    assert contrast("microlobulated-mass") < -30
    assert contrast("oval-fibroadenoma") < -20
    assert -25 < contrast("low-contrast") < -5

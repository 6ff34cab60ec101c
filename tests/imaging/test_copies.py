"""Near copies found by hashes alone: simulated scans, changed in every way a copy may be."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from busdemo.imaging.arrays import GreyImage
from busdemo.imaging.copies import SAME, Catalogue, Match, read_catalogue
from busdemo.imaging.hashes import BITS, Floats, Scale, hash_image
from busdemo.phantoms import EXAMPLES, simulate

SCANS = {name: simulate(*recipe).image for name, recipe in EXAMPLES.items()}
KEPT = sorted(SCANS)[:6]
STRANGERS = sorted(SCANS)[6:]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    scale = Scale.of(SCANS[name] for name in KEPT)
    hashes = np.stack([hash_image(SCANS[name], scale) for name in KEPT])
    return Catalogue(hashes, scale, tuple(KEPT), ("train",) * len(KEPT))


def crop(image: GreyImage) -> GreyImage:
    height, width = image.shape
    return image[height // 6 : height - height // 9, width // 12 : width - width // 7]


def draw_calipers(image: GreyImage) -> GreyImage:
    marked = image.copy()
    for at in ((150, 90), (250, 200)):
        cv2.drawMarker(marked, at, 255, cv2.MARKER_CROSS, 16, 2)
    cv2.putText(marked, "D 12.3 mm", (10, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1)
    return marked


def recompress(image: GreyImage) -> GreyImage:
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


CHANGES: dict[str, Callable[[GreyImage], GreyImage]] = {
    "unchanged": lambda image: image,
    "cropped": crop,
    "resized": lambda image: np.asarray(cv2.resize(image, (260, 300)), np.uint8),
    "re-compressed": recompress,
    "left to right": lambda image: image[:, ::-1].copy(),
    "upside down": lambda image: image[::-1].copy(),
    "with calipers": draw_calipers,
    "cropped, mirrored and re-compressed": lambda image: recompress(crop(image)[:, ::-1].copy()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_changed_copy_is_found_under_its_own_name(
    change: Callable[[GreyImage], GreyImage], catalogue: Catalogue
) -> None:
    for place, name in enumerate(KEPT):
        assert catalogue.find_copies(change(SCANS[name]))[0].place == place


def test_strangers_are_no_copies(catalogue: Catalogue) -> None:
    for name in STRANGERS:
        assert catalogue.find_copies(SCANS[name]) == []


def test_likeness_is_at_most_one_and_at_least_the_cut_off(catalogue: Catalogue) -> None:
    assert SAME <= catalogue.find_copies(SCANS[KEPT[0]])[0].likeness <= 1


def test_a_flat_picture_is_a_copy_of_nothing(catalogue: Catalogue) -> None:
    for grey in (0, 255):
        assert catalogue.find_copies(np.full((40, 60), grey, np.uint8)) == []
    assert catalogue.find_copies(np.zeros((1, 1), np.uint8)) == []


def test_an_empty_catalogue_knows_no_copies(catalogue: Catalogue) -> None:
    empty = Catalogue(np.zeros((0, BITS), np.bool_), catalogue.scale, (), ())
    assert empty.find_copies(SCANS[KEPT[0]]) == []


def test_brightness_and_contrast_change_no_bit_of_a_hash(catalogue: Catalogue) -> None:
    image = SCANS[KEPT[0]] // 2
    bits = hash_image(image, catalogue.scale)
    brighter = hash_image(image + np.uint8(60), catalogue.scale)
    assert (bits == brighter).mean() > 0.99


def test_a_catalogue_comes_back_from_its_file_the_same(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    catalogue.write(tmp_path / "one.npz")
    catalogue.write(tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    again = read_catalogue(tmp_path / "one.npz")
    assert np.array_equal(again.hashes, catalogue.hashes)
    assert (again.datasets, again.splits) == (catalogue.datasets, catalogue.splits)
    assert again.find_copies(SCANS[KEPT[1]]) == catalogue.find_copies(SCANS[KEPT[1]])


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_a_file_without_a_catalogue_is_refused_in_one_sentence(
    content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "hashes.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"^hashes.npz holds no catalogue of hashes.$"):
        read_catalogue(path)


def test_a_catalogue_of_another_version_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "hashes.npz"
    catalogue.write(path)
    with np.load(path) as kept:
        np.savez(path, **{**kept, "version": np.array(9)})
    with pytest.raises(ValueError, match="version 9"):
        read_catalogue(path)


class Refined(Catalogue):
    """Guesses in one order, and is surer of the last."""

    def _guess(self, _small: Floats) -> list[tuple[int, int, float]]:
        return [(0, 0, 0.6), (1, 0, 0.6), (2, 0, 0.6)]

    def _refine(self, _small: Floats, place: int, _guess: int, _likeness: float) -> Match:
        return Match(place, [0.55, 0.4, 0.9][place])


def test_the_likest_comes_first_and_what_is_not_like_enough_is_left_out() -> None:
    images = [simulate(*recipe).image for recipe in list(EXAMPLES.values())[:2]]
    catalogue = Refined(np.zeros((3, 247), np.bool_), Scale.of(images), ("A",) * 3, ("val",) * 3)
    assert [match.place for match in catalogue.find_copies(images[0])] == [2, 0]
    assert [match.place for match in catalogue.find_copies(images[0], same=0.9)] == [2]

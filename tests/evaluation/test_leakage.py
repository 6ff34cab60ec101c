"""The catalogue beside the weights: hashes of every training image and nothing else."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from busdemo.cli import main
from busdemo.evaluation.datasets import read_index
from busdemo.evaluation.leakage import catalogue_path
from busdemo.imaging.arrays import GreyImage
from busdemo.imaging.copies import Catalogue, Match, read_catalogue
from busdemo.imaging.hashes import Scale, hash_image
from busdemo.imaging.images import read_scan
from busdemo.phantoms import EXAMPLES, simulate
from busdemo.workflows import copies
from busdemo.zoo.cards import read_cards

IMAGES = [simulate(*recipe).image for recipe in list(EXAMPLES.values())[:2]]
DATA = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return read_catalogue(catalogue_path())


def test_the_shipped_file_is_small_and_no_model(shipped: Catalogue) -> None:
    assert len(shipped) > 2000
    assert catalogue_path().stat().st_size < 2_000_000
    assert all(card.id != catalogue_path().stem for card in read_cards())


def test_no_simulated_example_was_trained_on(shipped: Catalogue) -> None:
    for recipe in EXAMPLES.values():
        assert shipped.find_copies(simulate(*recipe).image) == []


@pytest.mark.skipif(not DATA.is_dir(), reason="the data sets are not at hand")
def test_training_images_are_found_and_the_catalogue_is_in_the_order_of_the_index(
    shipped: Catalogue,
) -> None:
    cases = read_index(DATA, "train", "val")
    assert shipped.splits == tuple(case.split for case in cases)
    for place in np.linspace(0, len(cases) - 1, 12).astype(int).tolist():
        image, _ = cases[place].read()
        height, width = image.shape
        part = image[height // 8 : -height // 10, width // 9 : -width // 7][:, ::-1].copy()
        assert place in [match.place for match in shipped.find_copies(part)]


def write_data(folder: Path, splits: list[str]) -> None:
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    lines = ["id,dataset,split,label,group"]
    for number, split in enumerate(splits):
        made = simulate(*list(EXAMPLES.values())[number])
        cv2.imwrite(str(folder / "images" / f"{number}.webp"), made.image)
        cv2.imwrite(str(folder / "masks" / f"{number}.png"), made.mask * np.uint8(255))
        lines.append(f"{number},set,{split},benign,{number}")
    (folder / "index.csv").write_text("\n".join(lines))


def test_a_command_makes_a_catalogue_of_train_and_val_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_data(tmp_path / "data", ["train", "train", "val", "test"])
    out = tmp_path / "hashes.npz"
    assert main(["hashes", "--data", str(tmp_path / "data"), "--out", str(out)]) == 0
    assert "3 hashes" in capsys.readouterr().out
    assert read_catalogue(out).splits == ("train", "train", "val")


def test_a_folder_without_training_images_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "hashes.npz")
    assert main(["hashes", "--data", str(tmp_path), "--out", out]) == 1
    assert "There is no index.csv" in capsys.readouterr().err
    write_data(tmp_path / "data", ["test"])
    assert main(["hashes", "--data", str(tmp_path / "data"), "--out", out]) == 1
    assert "no image of a train split" in capsys.readouterr().err


def test_receipts_and_tables_say_whether_a_picture_was_trained_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = [simulate(*recipe).image for recipe in list(EXAMPLES.values())[:3]]
    scale = Scale.of(images)
    hashes = np.stack([hash_image(image, scale) for image in images[:2]])
    catalogue = Catalogue(hashes, scale, ("BUSI", "BUSI"), ("val", "train"))
    monkeypatch.setattr(copies, "open_catalogue", lambda: catalogue)
    scans = [read_scan(cv2.imencode(".png", image)[1].tobytes(), "scan.png") for image in images]
    told = [copies.tabulate_copy(copies.look_for_copy(scan)) for scan in scans]
    assert [row and (row["split"], row["dataset"]) for row in told] == [
        ("val", "BUSI"),
        ("train", "BUSI"),
        ("", ""),
    ]
    assert [str(row and row["sentence"]).split(".")[0] for row in told] == [
        "This picture, or a near copy, was in the validation set (BUSI)",
        "This picture, or a near copy, was in the training set (BUSI)",
        "Not among the 2 pictures the zoo's models were made with",
    ]


class Found(Catalogue):
    """A catalogue that finds what it is told to, the likest first."""

    def find_copies(self, _image: GreyImage, _same: float = 0.0) -> list[Match]:
        return [Match(0, 0.91234), Match(1, 0.7), Match(2, 0.6)]


@pytest.mark.parametrize(
    ("splits", "told"),
    [
        (("val", "train", "train"), ("train", "B", 0.7)),
        (("train", "val", "val"), ("train", "A", 0.912)),
        (("val", "val", "val"), ("val", "A", 0.912)),
    ],
)
def test_a_training_image_is_named_before_a_validation_image_that_is_liker(
    splits: tuple[str, str, str], told: tuple[str, str, float]
) -> None:
    catalogue = Found(np.zeros((3, 247), np.bool_), Scale.of(IMAGES), ("A", "B", "C"), splits)
    scan = read_scan(cv2.imencode(".png", IMAGES[0])[1].tobytes(), "scan.png")
    seen = copies.look_among(catalogue, scan)
    assert (seen.pictures, seen.split, seen.dataset, seen.likeness) == (3, *told)
    assert ("training set" in seen.lead) == ("remember" in seen.meaning) == (told[0] == "train")


def test_without_a_catalogue_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "open_catalogue", lambda: None)
    scan = read_scan(cv2.imencode(".png", np.full((20, 20), 7, np.uint8))[1].tobytes(), "scan.png")
    assert copies.tabulate_copy(copies.look_for_copy(scan)) is None


def test_a_catalogue_that_could_not_be_read_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    catalogue = Found(np.zeros((3, 247), np.bool_), Scale.of(IMAGES), ("A",) * 3, ("val",) * 3)
    answers: list[Catalogue | ValueError] = [ValueError("It is busy."), catalogue]
    read: list[Path] = []

    def answer(path: Path) -> Catalogue:
        read.append(path)
        found = answers[len(read) - 1]
        if isinstance(found, ValueError):
            raise found
        return found

    monkeypatch.setattr(copies, "catalogue_path", lambda: tmp_path / "hashes.npz")
    monkeypatch.setattr(copies, "read_catalogue", answer)
    assert [copies.open_catalogue() for _ in range(3)] == [None, catalogue, catalogue]
    assert len(read) == 2

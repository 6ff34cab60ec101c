"""Near copies in folders of simulated scans, and splits that keep them together."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from busdemo.cli import main
from busdemo.evaluation.audit import Audit, NearCopy, Picture, deal_groups, join, list_images
from busdemo.phantoms import EXAMPLES, simulate

SCANS = [simulate(*recipe).image for recipe in list(EXAMPLES.values())[:5]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five scans in two classes; one again cropped in the other class, one mirrored in its own."""
    crop = SCANS[0][20:-30, 30:-20]
    images = {f"benign/{n}": image for n, image in enumerate(SCANS[:3])}
    images |= {"malignant/3": SCANS[3], "malignant/4": SCANS[4], "malignant/crop": crop}
    images |= {"benign/mirrored": SCANS[1][:, ::-1], "benign/9_mask": SCANS[2] * 0}
    for name, image in images.items():
        path = tmp_path / "set" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), image)
    return tmp_path / "set"


def test_copies_in_a_plain_folder_are_listed_and_mixed_classes_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "benign" / "broken.png").write_bytes(b"no picture")
    assert main(["audit", str(folder), "--json"]) == 1  # one of eight is more than a tenth
    told = capsys.readouterr()
    assert "1 of 8 images are left out: this is not the whole set." in told.err
    found = json.loads(told.out)
    assert found["images"] == 7
    (skipped,) = found["skipped"]
    assert skipped.startswith("benign/broken.png is skipped: broken.png is not an image")
    assert sorted(map(sorted, found["copies"])) == [
        ["benign/0.png", "malignant/crop.png"],
        ["benign/1.png", "benign/mirrored.png"],
    ]
    assert found["mixed_classes"] == [["benign/0.png", "malignant/crop.png"]]
    assert found["across_splits"] == []


def test_the_audit_reads_like_sentences(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder.parent / "split.csv"
    assert main(["audit", str(folder), "--write", str(out)]) == 0
    told = capsys.readouterr()
    assert "7 images, 2 pairs of near copies." in told.out
    assert "1 of them with more than one class:" in told.out
    assert "benign/0.png (benign); malignant/crop.png (malignant)" in told.out
    assert "Written" in told.err
    rows = {row["id"]: row for row in csv.DictReader(out.read_text().splitlines())}
    assert rows["benign/0.png"]["split"] == rows["malignant/crop.png"]["split"]
    assert rows["benign/1.png"]["group"] == rows["benign/mirrored.png"]["group"]


def test_masks_tell_classes_and_all_other_pictures_count_too(tmp_path: Path) -> None:
    for name, image in {"a": SCANS[0], "a_mask": SCANS[0] * 0 + 255, "b": SCANS[1]}.items():
        cv2.imwrite(str(tmp_path / f"{name}.png"), image)
    assert [picture.path.stem for picture in list_images(tmp_path)] == ["a", "b"]


def test_a_folder_without_pictures_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", str(tmp_path)]) == 1
    assert main(["audit", str(tmp_path / "nowhere")]) == 1
    assert all(line.endswith(".") for line in capsys.readouterr().err.splitlines())


def many() -> Audit:
    """300 pictures of 120 patients in three classes, some patients joined by near copies."""
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 120, 300)
    labels = np.array(["normal", "benign", "malignant"])[groups % 3]
    pictures = [
        Picture(str(n), Path(str(n)), "", str(label), f"patient {group}")
        for n, (group, label) in enumerate(zip(groups, labels, strict=True))
    ]
    return Audit(tuple(pictures), tuple(NearCopy(n, n + 7, 0.8) for n in range(0, 40, 10)))


def test_a_split_divides_no_patient_and_no_copies() -> None:
    audit = many()
    splits = deal_groups(audit)
    for group in set(audit.together):
        assert len({s for s, g in zip(splits, audit.together, strict=True) if g == group}) == 1
    for pair in audit.pairs:
        assert splits[pair.first] == splits[pair.second]


def test_a_split_has_its_shares_of_every_class_and_depends_on_the_seed_alone() -> None:
    audit = many()
    splits = np.array(deal_groups(audit, 3))
    labels = np.array([picture.label for picture in audit.pictures])
    for label in set(labels):
        inside = splits[labels == label]
        assert (inside == "train").mean() == pytest.approx(0.7, abs=0.07)
        assert (inside == "test").mean() == pytest.approx(0.2, abs=0.07)
    assert deal_groups(audit, 3) == splits.tolist()
    assert deal_groups(audit, 4) != splits.tolist()


def test_places_are_joined_over_chains_of_pairs() -> None:
    assert join(6, [(4, 5), (1, 4), (2, 2)]) == [0, 1, 2, 3, 1, 1]


def test_groups_across_splits_are_told_apart_from_those_inside() -> None:
    splits = ["train", "test", "train", "train", ""]
    pictures = tuple(Picture(str(n), Path(), split) for n, split in enumerate(splits))
    audit = Audit(pictures, (NearCopy(0, 1, 0.9), NearCopy(2, 3, 0.9), NearCopy(3, 4, 0.9)))
    assert audit.copies == [[0, 1], [2, 3, 4]]
    assert audit.across == [[0, 1]]

"""The terminal's verbs, with the shipped models."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from pixels import read_pixels, read_white
from screens import draw_screen

from busdemo.annotations.pictures import write_mask_png
from busdemo.cli import main
from busdemo.imaging.crops import write_crop
from busdemo.phantoms import EXAMPLES, simulate


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A phantom as files: scan.png and, beside it, outline.png."""
    folder = tmp_path_factory.mktemp("scan")
    phantom = simulate(*EXAMPLES["simple-cyst"])
    cv2.imwrite(str(folder / "scan.png"), phantom.image)
    cv2.imwrite(str(folder / "outline.png"), phantom.mask.astype(np.uint8) * 255)
    return folder / "scan.png"


def rows_of(folder: Path, table: str = "results.csv") -> list[dict[str, str]]:
    with (folder / table).open(newline="") as file:
        return list(csv.DictReader(file))


def test_segment_writes_pictures_and_a_row_for_every_model(scan: Path, tmp_path: Path) -> None:
    mask = scan.with_name("outline.png")
    command = ["segment", str(scan), "--mask", str(mask), "--model", "all", "--out", str(tmp_path)]
    assert main(command) == 0
    rows = rows_of(tmp_path)
    assert len(rows) >= 1
    truth = read_white(mask)
    for row in rows:
        written = {
            kind: read_pixels(tmp_path / f"scan-{row['model']}-{kind}.png")
            for kind in ("mask", "probability", "overlay")
        }
        found = written["mask"] > 0
        assert written["probability"].dtype == np.uint16
        assert written["overlay"].shape == (*found.shape, 3)
        dice = 2 * (found & truth).sum() / (found.sum() + truth.sum())
        assert float(row["dice"]) == pytest.approx(dice, abs=1e-12)


def test_segment_tells_the_scores_and_shows_no_bar_for_one_image(
    scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = scan.with_name("outline.png")
    assert main(["segment", str(scan), "--mask", str(mask), "--out", str(tmp_path)]) == 0
    told = capsys.readouterr()
    (row,) = csv.DictReader((tmp_path / "results.csv").open())
    dice, iou = float(row["dice"]), float(row["iou"])
    assert f"U-Net: Dice {dice:.3f}, IoU {iou:.3f}: {row['outcome']}\n" in told.out
    assert "segmenting" not in told.err


def test_segment_goes_on_past_a_bad_file_names_it_and_exits_with_1(
    scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "broken.png"
    bad.write_bytes(scan.read_bytes()[:500])
    assert main(["segment", str(bad), str(scan), "--out", str(tmp_path / "out")]) == 1
    assert "broken.png" in capsys.readouterr().err
    assert [Path(row["image"]).name for row in rows_of(tmp_path / "out")] == ["scan.png"]


def test_two_files_of_one_name_do_not_overwrite_each_other(scan: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / scan.name
    other.parent.mkdir()
    other.write_bytes(scan.read_bytes())
    assert main(["segment", str(scan), str(other), "--out", str(tmp_path / "out")]) == 0
    masks = sorted(path.name for path in (tmp_path / "out").glob("*mask.png"))
    assert masks == ["scan-2-unet-mask.png", "scan-unet-mask.png"]


@pytest.mark.parametrize(
    ("extra", "word"),
    [
        (["--threshold", "1.5"], "0.995"),
        (["--model", "nonesuch"], "nonesuch"),
        (["--process", "blur=3"], "There is no step 'blur=3'"),
        (["--process", "open=21"], "from 0 to 20"),
        (["--mm-per-px", "0"], "pixel spacing is from 0.001 to 10"),
        (["--mm-per-px", "far"], "pixel spacing"),
        (["--mask", "a.png", "b.png", "c.png"], "3"),
    ],
)
def test_a_wrong_option_gets_a_sentence_and_exit_code_2(
    scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], extra: list[str], word: str
) -> None:
    command = ["segment", str(scan), str(scan), *extra, "--out", str(tmp_path / "none")]
    assert main(command) == 2
    assert word in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_a_threshold_of_ones_own_is_the_one_in_the_table(scan: Path, tmp_path: Path) -> None:
    assert main(["segment", str(scan), "--threshold", "0.3", "--out", str(tmp_path)]) == 0
    assert rows_of(tmp_path)[0]["threshold"] == "0.3"


def test_lesions_of_the_processed_mask_stand_in_a_table_of_their_own(
    scan: Path, tmp_path: Path
) -> None:
    command = ["segment", str(scan), "--mask", str(scan.with_name("outline.png"))]
    options = ["--process", "largest,fill,smooth=2", "--mm-per-px", "0.1", "--out", str(tmp_path)]
    assert main([*command, *options]) == 0
    (row,), lesions = rows_of(tmp_path), rows_of(tmp_path, "lesions.csv")
    assert row["post_processing"] == "largest,fill,smooth=2"
    assert (row["lesions_found"], row["lesion_f1"]) == ("1", "1.0")
    mask = read_white(tmp_path / "scan-unet-mask.png")
    assert [lesion["word"] for lesion in lesions] == ["found"]
    assert int(lesions[0]["area_px"]) == mask.sum() == int(row["area_px"])
    assert float(lesions[0]["area_mm2"]) == pytest.approx(mask.sum() / 100)


def test_what_was_done_with_a_file_stands_in_its_row(scan: Path, tmp_path: Path) -> None:
    with Image.open(scan) as first:
        second = Image.new("L", first.size, 90)
        first.save(tmp_path / "moving.webp", save_all=True, append_images=[second])
    assert main(["segment", str(tmp_path / "moving.webp"), "--out", str(tmp_path / "out")]) == 0
    assert "first of 2 frames" in rows_of(tmp_path / "out")[0]["reading"]


def test_replay_of_no_receipt_says_so(
    scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "receipt.json").write_text("{}")
    assert main(["replay", str(tmp_path / "receipt.json"), str(scan)]) == 1
    assert "receipt" in capsys.readouterr().err


def test_help_waits_for_neither_torch_nor_gradio() -> None:
    code = (
        "import sys\nfrom busdemo.cli import build_parser\nbuild_parser().format_help()\n"
        "assert not {'torch', 'gradio'} & set(sys.modules), 'heavy imports'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_mask_is_converted_to_another_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = np.zeros((48, 60), np.bool_)
    mask[10:30, 20:40] = True
    source, target = tmp_path / "mask.png", tmp_path / "mask.json"
    source.write_bytes(write_mask_png(mask))
    assert main(["convert", str(source), "--to", "labelme", "--out", str(target)]) == 0
    assert "taken as lesion" in capsys.readouterr().out
    assert json.loads(target.read_text())["imageWidth"] == 60
    source.write_bytes(b"0 0.1 0.1 0.5 0.1 0.5 0.5\n")
    assert main(["convert", str(source), "--to", "png", "--out", str(target)]) == 1
    assert "please give the image, too" in capsys.readouterr().err


def test_compare_writes_a_report_numbers_a_table_and_outlines(
    scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = str(scan.with_name("outline.png"))
    report = tmp_path / "report.html"
    command = ["compare", str(scan), mask, mask, "--consensus", "staple", "--mm-per-px", "0.1"]
    assert main([*command, "--reference", "outline (2)", "--report", str(report)]) == 0
    assert "Against outline (2):" in capsys.readouterr().out
    for suffix in (".html", ".json", ".csv", ".svg"):
        assert report.with_suffix(suffix).stat().st_size > 100


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (["--reference", "Eve"], "No annotator is called 'Eve'"),
        (["--tolerance", "-1"], "tolerance must be 0 px or more"),
        (["--mm-per-px", "99"], "pixel spacing is from"),
        (["--threshold", "2"], "threshold must be from 0.005 to 0.995"),
        (["--post-processing", "magic"], "There is no step 'magic'"),
        (["--models", "nothing"], "Unknown model 'nothing'"),
        (["missing.png"], "missing.png"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_compare_says_in_one_sentence_what_is_wrong(
    scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], extra: list[str], sentence: str
) -> None:
    mask = str(scan.with_name("outline.png"))
    command = ["compare", str(scan), mask, mask, *extra, "--report", str(tmp_path / "out.html")]
    assert main(command) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert len(said.strip().splitlines()) == 1


def test_a_screens_scan_area_is_segmented_and_its_row_says_so(tmp_path: Path) -> None:
    phantom = simulate(*EXAMPLES["simple-cyst"])
    screen = draw_screen(phantom.image, phantom.mask)
    cv2.imwrite(str(tmp_path / "screen.png"), screen.pixels)
    for crop in ("auto", "none", "0,70,1280,890"):
        out = tmp_path / crop
        assert (
            main(["segment", str(tmp_path / "screen.png"), "--crop", crop, "--out", str(out)]) == 0
        )
    rows = {crop: rows_of(tmp_path / crop)[0] for crop in ("auto", "none", "0,70,1280,890")}
    assert rows["auto"]["crop"] == write_crop(screen.box)
    assert "this picture may hold a name" in rows["auto"]["reading"]
    assert [rows[crop]["crop"] for crop in ("none", "0,70,1280,890")] == ["none", "0,70,1280,890"]
    assert len({row["area_px"] for row in rows.values()}) == 3


@pytest.mark.parametrize("crop", ["9,9,9,9", "all"])
def test_an_impossible_crop_is_one_sentence(
    scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], crop: str
) -> None:
    assert main(["segment", str(scan), "--crop", crop, "--out", str(tmp_path / "none")]) == 1
    assert "crop" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_a_folder_is_segmented_as_the_data_set_it_is(scan: Path, tmp_path: Path) -> None:
    for name, file in (("images/A.png", scan), ("GT/a.png", scan.with_name("outline.png"))):
        (tmp_path / "set" / name).parent.mkdir(parents=True)
        (tmp_path / "set" / name).write_bytes(file.read_bytes())
    assert main(["segment", str(tmp_path / "set"), "--out", str(tmp_path / "out")]) == 0
    (row,) = rows_of(tmp_path / "out")
    assert float(row["dice"]) > 0.5

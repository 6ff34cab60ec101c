"""The four public sets as their authors give them out: samples where at hand, and small copies."""

import math
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_world import draw_scan

from busdemo.evaluation.datasets import read_index
from busdemo.evaluation.readers.finding import read_dataset
from busdemo.evaluation.readers.spreadsheet import read_sheet

SHARED = Path(__file__).parents[4] / "shared"
needs_native = pytest.mark.skipif(
    not (SHARED / "native").is_dir(), reason="samples of the sets are not at ../shared/native"
)
NATIVE = {
    "BUSI": ("Dataset_BUSI_with_GT", 10),
    "BUS-UCLM": ("BUS-UCLM", 9),
    "BUS-BRA": ("BUSBRA", 8),
    "BrEaST": ("BrEaST-Lesions_USG-images_and_masks", 7),
}


@needs_native
@pytest.mark.parametrize("name", NATIVE)
def test_a_sample_as_published_is_read_whole_and_every_case_has_its_mask(name: str) -> None:
    folder, count = NATIVE[name]
    dataset = read_dataset(SHARED / "native" / folder)
    assert (dataset.name, dataset.split) == (name, "all")
    assert (len(dataset.cases), dataset.skipped) == (count, ())
    for case in dataset.cases:
        image, mask = case.read()
        assert image.shape == mask.shape
        assert mask.any() != case.is_normal


@needs_native
@pytest.mark.parametrize("name", NATIVE)
def test_a_sample_says_what_the_index_says_of_the_same_images(name: str) -> None:
    if not (SHARED / "data").is_dir():
        pytest.skip("the data sets are not at ../shared/data")
    dataset = read_dataset(SHARED / "native" / NATIVE[name][0])
    lines = (SHARED / "data/index.csv").read_text().splitlines()
    source = {line.split(",")[-1]: line.split(",")[0] for line in lines}
    known = {case.id: case for case in read_index(SHARED / "data")}
    for case in dataset.cases:
        other = known[source[case.image_path.name]]
        assert (case.label, case.birads, case.device) == (other.label, other.birads, other.device)
        assert case.mm_per_px == pytest.approx(other.mm_per_px, nan_ok=True)
        # The index's masks are smaller copies: the same share of the image is lesion.
        assert case.read()[1].mean() == pytest.approx(other.read()[1].mean(), abs=2e-3)


@needs_native
def test_oddities_are_told() -> None:
    busi, uclm = (read_dataset(SHARED / "native" / NATIVE[n][0]) for n in ("BUSI", "BUS-UCLM"))
    assert "Images with several masks, merged: 3." in busi.notes
    assert "Masks of another size than their image, resized: 2." in uclm.notes
    assert "Images of the table whose files are not here: 674." in uclm.notes
    assert {case.group for case in uclm.cases} == {"ALWI", "CHCO", "CHVI", "HESN"}
    assert "The set names no splits: all of it is taken." in uclm.notes


@needs_native
def test_a_folder_with_several_sets_asks_for_one(tmp_path: Path) -> None:
    for name in ("BUS-UCLM", "BUSBRA"):
        (tmp_path / name).symlink_to(SHARED / "native" / name)
    with pytest.raises(ValueError, match=r"holds several data sets: choose one of BUS-UCLM, BUSBR"):
        read_dataset(tmp_path)
    (tmp_path / "BUSBRA").unlink()
    assert read_dataset(tmp_path).name == "BUS-UCLM"


@needs_native
def test_the_spreadsheet_reader_reads_what_openpyxl_reads() -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is only an oracle here")
    path = next((SHARED / "native").glob("*.xlsx"))
    sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
    names, *rows = sheet.iter_rows(values_only=True)
    ours = read_sheet(path)
    assert len(ours) == len(rows) == 256
    for row, values in zip(ours, rows, strict=True):
        for name, value in zip(names, values, strict=True):
            if isinstance(value, float):
                assert float(row[name]) == pytest.approx(value)
            else:
                assert row[name] == str(value if value is not None else "").strip()


def write(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), array)


def white(mask: np.ndarray) -> np.ndarray:
    return mask * np.uint8(255)


def test_busi_merges_masks_and_keeps_a_normal_image_without_one(tmp_path: Path) -> None:
    image, mask = draw_scan()
    half = mask.copy()
    half[:, : mask.shape[1] // 2] = False
    write(tmp_path / "benign/benign (10).png", image)
    write(tmp_path / "benign/benign (10)_mask.png", white(half))
    write(tmp_path / "benign/benign (10)_mask_1.png", white(mask & ~half))
    write(tmp_path / "benign/benign (2).png", image)
    write(tmp_path / "benign/benign (2)_mask.png", white(mask))
    write(tmp_path / "malignant/malignant (1).png", image)
    write(tmp_path / "normal/normal (1).png", image)
    dataset = read_dataset(tmp_path)
    assert [case.id for case in dataset.cases] == ["benign (2)", "benign (10)", "normal (1)"]
    assert np.array_equal(dataset.cases[1].read()[1], mask)
    assert not dataset.cases[2].read()[1].any()
    assert [(s.id, s.why) for s in dataset.skipped] == [("malignant (1)", "It has no mask.")]


def test_bus_uclm_reads_green_and_red_as_lesion(tmp_path: Path) -> None:
    image, mask = draw_scan()
    table = "\ufeffImage;Resolution;Label;Doppler;Marks;Combined\n"
    for name, channel, label in (("ABCD_000", 1, "Benign"), ("EFGH_000", 2, "Malignant")):
        coloured = np.zeros((*mask.shape, 3), np.uint8)
        coloured[mask, channel] = 255  # OpenCV writes blue, green, red
        write(tmp_path / f"images/{name}.png", image)
        write(tmp_path / f"masks/{name}.png", coloured)
        table += f"{name}.png;90x70;{label};No;No;No\n"
    (tmp_path / "INFO.csv").write_text(table, encoding="utf-8")
    cases = read_dataset(tmp_path).cases
    assert [(c.label, c.group) for c in cases] == [("benign", "ABCD"), ("malignant", "EFGH")]
    assert all(np.array_equal(case.read()[1], mask) for case in cases)


def test_bus_bra_names_cases_birads_and_devices_and_tells_what_its_table_lacks(
    tmp_path: Path,
) -> None:
    image, mask = draw_scan()
    for name in ("0001-l", "0001-r", "0002-l", "0003-l"):
        write(tmp_path / f"Images/bus_{name}.png", image)
        if name != "0002-l":
            write(tmp_path / f"Masks/mask_{name}.png", white(mask))
    (tmp_path / "bus_data.csv").write_text(
        "ID,Case,Histology,Pathology,BIRADS,Device,Width,Height,Side,BBOX\n"
        'bus_0001-l,1,cyst,benign,2,"Logiq, 7",90,70,left,"[1,2,3,4]"\n'
        'bus_0001-r,1,cyst,benign,3,Logiq,90,70,right,"[1,2,3,4]"\n'
        'bus_0002-l,2,cyst,benign,3,Logiq,90,70,left,"[1,2,3,4]"\n'
    )
    dataset = read_dataset(tmp_path)
    facts = [(c.id, c.group, c.birads, c.device) for c in dataset.cases]
    assert facts == [
        ("bus_0001-l", "case 1", "2", "Logiq, 7"),
        ("bus_0001-r", "case 1", "3", "Logiq"),
    ]
    assert [(s.id, s.why) for s in dataset.skipped] == [
        ("bus_0002-l", "Its mask is missing."),
        ("bus_0003-l", "The table does not name it."),
    ]


def write_sheet(path: Path, rows: list[list[str]]) -> None:
    """The smallest .xlsx that holds the rows, all cells as shared strings."""
    texts = [cell for row in rows for cell in row]
    strings = "".join(f"<si><t>{text}</t></si>" for text in texts)
    numbers = iter(range(len(texts)))
    lines = ""
    for n, row in enumerate(rows, 1):
        cells = (
            f'<c r="{chr(65 + at)}{n}" t="s"><v>{next(numbers)}</v></c>' for at, _ in enumerate(row)
        )
        lines += f"<row>{''.join(cells)}</row>"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst>{strings}</sst>")
        archive.writestr(
            "xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{lines}</sheetData></worksheet>"
        )


def test_breast_takes_tumours_only_and_its_spacing_in_mm(tmp_path: Path) -> None:
    image, mask = draw_scan()
    clear = np.dstack([white(mask)] * 4)
    place = tmp_path / "BrEaST-Lesions_USG-images_and_masks"
    for name in ("case001", "case002"):
        write(place / f"{name}.png", image)
    write(place / "case001_tumor.png", clear)
    write(place / "case001_other1.png", np.full_like(clear, 255))
    masks = ["Mask_tumor_filename", "Mask_other_filename"]
    write_sheet(
        tmp_path / "clinical.xlsx",
        [
            ["Image_filename", *masks, "Pixel_size", "BIRADS", "Classification"],
            ["case001.png", "case001_tumor.png", "case001_other1.png", "0.01", "4a", "benign"],
            ["case002.png", "", "", "not available", "1", "normal"],
        ],
    )
    for folder in (tmp_path, place):
        dataset = read_dataset(folder)
        assert dataset.name == "BrEaST"
        assert dataset.skipped == ()
        first, second = dataset.cases
        assert first.birads == "4a"
        assert first.mm_per_px == pytest.approx(0.1)
        assert math.isnan(second.mm_per_px)
        assert np.array_equal(first.read()[1], mask)
        assert not second.read()[1].any()
        assert "Images with masks of other findings, which are left out: 1." in dataset.notes


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"text"])
def test_a_spreadsheet_that_cannot_be_read_has_no_rows(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "table.xlsx").write_bytes(content)
    assert read_sheet(tmp_path / "table.xlsx") == []


def test_a_spreadsheet_that_declares_entities_is_not_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w") as archive:
        bomb = (
            '<!DOCTYPE sst [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><sst><si><t>&b;</t></si></sst>'
        )
        archive.writestr("xl/sharedStrings.xml", bomb)
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    assert read_sheet(tmp_path / "bomb.xlsx") == []


@pytest.mark.parametrize("names", ["{}", "{}_mask"])
def test_busi_with_folders_of_masks_is_still_busi(tmp_path: Path, names: str) -> None:
    image, mask = draw_scan()
    for label in ("benign", "malignant", "normal"):
        place = tmp_path / "archive/BUSI" / label
        write(place / f"images/{label} (1).png", image)
        write(place / f"mask/{names.format(f'{label} (1)')}.png", white(mask & (label != "normal")))
    dataset = read_dataset(tmp_path)
    assert dataset.name == "BUSI"
    assert [(case.label, bool(case.read()[1].any())) for case in dataset.cases] == [
        ("benign", True),
        ("malignant", True),
        ("normal", False),
    ]


def test_bus_bra_in_folders_is_still_bus_bra(tmp_path: Path) -> None:
    image, mask = draw_scan()
    place = tmp_path / "download/2/BUSBRA"
    write(place / "Images/bus_0001-l.png", image)
    write(place / "Masks/mask_0001-l.png", white(mask))
    table = "ID,Case,Pathology,BIRADS,Device\nbus_0001-l,1,benign,2,GE\n"
    (place / "bus_data.csv").write_text(table)
    dataset = read_dataset(tmp_path)
    assert (dataset.name, len(dataset.cases)) == ("BUS-BRA", 1)
    assert np.array_equal(dataset.cases[0].read()[1], mask)

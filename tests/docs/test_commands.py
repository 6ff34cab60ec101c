"""Every command and every line of Python in the documents runs, in a folder of small files."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from docs.blocks import Block, read_blocks
from pixels import read_pixels
from study_world import write_readers
from tiny_world import write_dataset

from busdemo.cli import build_parser
from busdemo.imaging.images import read_scan
from busdemo.inference.segmenter import SegmenterPool
from busdemo.workflows.receipts import encode_receipt, write_receipt
from busdemo.workflows.segmenting import Choice, segment
from busdemo.zoo.cards import read_cards

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")])
BLOCKS = [(path.name, block) for path in DOCUMENTS for block in read_blocks(path)]
NOT_RUN = [block for _, block in BLOCKS if block.why_not_run]
RUNNABLE = [
    path
    for path in DOCUMENTS
    if any(b.language in ("sh", "python") and not b.why_not_run for b in read_blocks(path))
]

REASONS = {
    "needs the Hub",
    "needs Docker",
    "runs these tests",
    "takes hours",
    "stays until it is stopped",
}
"""Why a block may stay unrun; its commands' grammar is checked all the same."""

MOST_NOT_RUN = 9


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zoo that may be written to: the shipped U-Net, detector, classifier and catalogue."""
    folder = tmp_path_factory.mktemp("zoo")
    for name in ("unet", "detector", "classifier"):
        shutil.copytree(ROOT / "weights" / name, folder / name)
    shutil.copy(ROOT / "weights" / "training-hashes.npz", folder)
    return folder


@pytest.fixture(scope="module")
def own_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network as its owner saved it."""
    import segmentation_models_pytorch as smp

    folder = tmp_path_factory.mktemp("own") / "my-model"
    network = smp.Unet("tu-test_efficientnet", encoder_weights=None, in_channels=1, classes=1)
    network.save_pretrained(folder)
    return folder


@pytest.fixture
def desk(tmp_path: Path, zoo: Path, own_model: Path) -> Path:
    """What the documents' commands find: scans, outlines by three people, data, a model."""
    example = ROOT / "examples" / "oval-fibroadenoma"
    readers = sorted(example.glob("readers/*.png"))
    files = {"scan": example / "image.png", "second": example.parent / "simple-cyst/image.png"}
    files |= {"outline": example / "mask.png", "ana": readers[0], "ben": readers[1]}
    for name, path in files.items():
        picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        small = cv2.resize(picture, (160, 120), interpolation=cv2.INTER_NEAREST)
        cv2.imwrite(str(tmp_path / f"{name}.png"), small)
    rows = [
        (f"{split}-{i}", "BUSI", split, label)
        for split in ("train", "val", "test")
        for i, label in enumerate(("benign", "malignant", "normal"))
    ]
    masks = write_dataset(tmp_path / "data", rows) / "masks"
    for split in ("val", "test"):  # one mask that no model agrees with, for the look-again hint
        mask = read_pixels(masks / f"{split}-1.png")
        cv2.imwrite(str(masks / f"{split}-1.png"), np.roll(mask, mask.shape[0] // 2, axis=0))
    shutil.copytree(own_model, tmp_path / "my-model")
    offsets = {"ana": 0, "ben": 1, "nnunet": 2}
    write_readers(tmp_path / "readers", offsets, images=8, pictures=False)
    shutil.copytree(tmp_path / "readers/ana", tmp_path / "images")
    lines = [f"case{n:02d},p{n // 2}" for n in range(8)]
    (tmp_path / "patients.csv").write_text("\n".join(["image,patient", *lines]), "utf-8")
    scan = read_scan((tmp_path / "scan.png").read_bytes(), "scan.png")
    found, _ = segment(scan, "unet", SegmenterPool(read_cards(zoo)))
    receipt = write_receipt(scan, found, Choice())
    (tmp_path / "receipt.json").write_bytes(encode_receipt(receipt))
    return tmp_path


@pytest.mark.parametrize("document", RUNNABLE, ids=lambda path: path.stem)
def test_the_document_s_commands_run(document: Path, desk: Path, zoo: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tests/docs/run_document.py", document],
        cwd=desk,
        env=os.environ
        | {"BUSDEMO_WEIGHTS": str(zoo), "PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_no_block_escapes_by_its_language() -> None:
    languages = {block.language for _, block in BLOCKS}
    assert languages <= {"sh", "python", "text"}
    assert {block.mark for _, block in BLOCKS if not block.why_not_run} <= {"", "server"}


def test_few_blocks_are_not_run_and_each_says_why() -> None:
    assert {block.why_not_run for block in NOT_RUN} <= REASONS
    assert len(NOT_RUN) <= MOST_NOT_RUN


@pytest.mark.parametrize("block", NOT_RUN, ids=lambda block: block.text.splitlines()[0])
def test_a_command_that_is_not_run_is_still_understood(block: Block) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for program, *words in block.commands():
        if program == "busdemo":
            build_parser().parse_args(words)  # SystemExit where an option is not known
        elif program == "make":
            assert f"\n{words[0]}:" in makefile
        else:
            assert program in ("docker", "pip")

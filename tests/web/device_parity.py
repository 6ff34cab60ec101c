"""How near the browser's answer to an image file is to Python's, PNG by PNG, without a browser.

`python tests/web/device_parity.py FOLDER [MODEL]` prints it for every PNG of a folder.
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from busdemo.imaging.images import read_scan
from busdemo.imaging.masks import binarize, quantize
from busdemo.inference.onnx_export import find_device_model
from busdemo.inference.segmenter import load_segmenter
from busdemo.scoring.overlap import score_overlap
from busdemo.ui.device_files import describe_network
from busdemo.zoo.cards import read_cards

SCRIPT = Path(__file__).with_suffix(".js")


@dataclass(frozen=True)
class Difference:
    """Of one file: is the grey the same, what share of the mask's pixels differ, their Dice."""

    name: str
    same_grey: bool
    share: float
    dice: float


def compare(files: list[Path], model_id: str = "unet") -> list[Difference]:
    """Every file through Node and through Python, at the model's frozen threshold."""
    card = next(card for card in read_cards() if card.id == model_id)
    assert card.preprocessing is not None
    model, segmenter = find_device_model(card), load_segmenter(card)
    told = describe_network(card, card.preprocessing, model)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        job = {"files": [str(file) for file in files], "model": str(model.path), "input": told}
        Path(folder, "job.json").write_text(json.dumps(job))
        subprocess.run(["node", str(SCRIPT), folder], check=True)
        data = np.fromfile(Path(folder, "scans.bin"), np.uint8)
        sizes = json.loads(Path(folder, "sizes.json").read_text())
    for file, (width, height) in zip(files, sizes, strict=True):
        (grey, levels), data = np.split(data[: 2 * width * height], 2), data[2 * width * height :]
        scan = read_scan(file.read_bytes(), file.name)
        ours = binarize(quantize(segmenter.predict(scan.pixels)), card.stop)
        theirs = binarize(levels.reshape(height, width), card.stop)
        same = bool(np.array_equal(grey, scan.pixels.ravel()))
        dice = score_overlap(theirs, ours).dice
        found.append(Difference(file.name, same, float((ours != theirs).mean()), dice))
    return found


def main() -> None:
    """Print the sums and the worst."""
    files = sorted(Path(sys.argv[1]).rglob("*.png"))
    found = compare(files, *sys.argv[2:3])
    shares, dices = [one.share for one in found], [one.dice for one in found]
    print(f"{len(found)} images; grey differs in {sum(not one.same_grey for one in found)}")
    print(f"mask pixels that differ: worst {max(shares):.5%}, mean {np.mean(shares):.5%}")
    print(f"lowest Dice between the two masks: {np.nanmin(dices):.6f}")


if __name__ == "__main__":
    main()

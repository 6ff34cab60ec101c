"""Compares `busdemo evaluate --out` with the loop everybody writes, on the same machine.

The plain loop takes one image at a time and one model after another: OpenCV reads and resizes,
smp's network runs eagerly in float32 on all cores, the probabilities are resized back to the
image's own size and thresholded, MONAI gives Dice, IoU, precision, recall, HD95, average surface
distance and surface Dice, and NumPy the histograms of probability inside and outside the lesion.
It writes nothing; ours writes its run. The two take turns, block by block of images, so that what
else the machine does slows both alike.

    python tests/benchmarks/evaluating.py --models unet --images 60
    python tests/benchmarks/evaluating.py --memory            # peak memory at 200 and 2,000 images
"""

import argparse
import csv
import json
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from monai.metrics import (
    compute_average_surface_distance,
    compute_dice,
    compute_hausdorff_distance,
    compute_iou,
    compute_surface_dice,
    get_confusion_matrix,
)
from numpy.typing import NDArray
from torch import nn

from busdemo.evaluation.datasets import Case, Dataset, read_index
from busdemo.evaluation.evaluating import compute_here, count_cores, evaluate_dataset
from busdemo.evaluation.run_files import read_run
from busdemo.evaluation.setup import choose_setup, write_receipt
from busdemo.zoo.cards import Card, read_cards
from busdemo.zoo.loading import load_network

BLOCK = 50
"""Images one of the two takes before it is the other's turn."""

PEAK = """
import resource, runpy, sys
sys.argv = ["busdemo", *sys.argv[1:]]
try:
    runpy.run_module("busdemo", run_name="__main__")
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def main() -> None:
    """Measure what is asked for, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--models", nargs="+", default=["unet"], help="ids of networks")
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--eager", action="store_true", help="ours without OpenVINO, too")
    parser.add_argument("--memory", action="store_true", help="peak memory instead of speed")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    if options.memory:
        measure_memory(options.data, options.models)
    else:
        measure_speed(options.data, options.models, options.images, eager=options.eager)


def measure_speed(data: Path, models: Sequence[str], count: int, *, eager: bool) -> None:
    """Images per second of both, and by how much the numbers they give differ."""
    cases = read_index(data, "test")
    cases = cases[:: max(1, len(cases) // count)][:count]
    cards = [card for card in read_cards() if card.id in models]
    networks = {card.id: load_network(card.folder, card.sha256) for card in cards}
    workers = count_cores()
    fast = 0 if eager else workers
    _, examiner, _ = choose_setup(models, two_stage=False, fast_workers=fast)
    torch.set_num_threads(workers)
    numbers: dict[tuple[str, str], list[float]] = {}
    plain, ours = np.zeros(2), np.zeros(2)
    blocks = [cases[:2]] + [cases[n : n + BLOCK] for n in range(0, len(cases), BLOCK)]
    for number, block in enumerate(blocks):
        started = clocks()
        for card in cards:
            numbers |= {(case.id, card.id): run_plainly(card, networks, case) for case in block}
        between = clocks()
        with tempfile.TemporaryDirectory() as folder:
            dataset = Dataset("block", "test", tuple(block))
            receipt = write_receipt(dataset, examiner, command="", place="here", workers=workers)
            evaluate_dataset(dataset, Path(folder), receipt, compute_here(examiner, workers))
            ended = clocks()
            rows = read_run(Path(folder)).rows
        for row in rows.itertuples():
            compare(numbers[row.id, row.model], row)
        if number:  # the first block warms both up
            plain, ours = plain + between - started, ours + ended - between
    print(f"{len(cases)} images, {', '.join(models)}, {workers} cores")
    for name, (wall_s, processor_s) in (("plain loop", plain), ("busdemo evaluate", ours)):
        print(
            f"{name}: {len(cases) / wall_s:.2f} images/s, "
            f"{1000 * processor_s / len(cases):.0f} ms of processor time an image"
        )
    print(
        f"{plain[0] / ours[0]:.1f} times as fast, {plain[1] / ours[1]:.1f} times by processor time"
    )
    print(f"computed by {receipt['engine']}")


def clocks() -> NDArray[np.float64]:
    """Seconds on the wall, and of processor time of this process."""
    return np.array([time.perf_counter(), time.process_time()])


def run_plainly(card: Card, networks: dict[str, nn.Module], case: Case) -> list[float]:
    """Dice, IoU, precision, recall, HD95, ASSD and NSD of one model and image."""
    settings = card.preprocessing
    assert settings is not None
    assert settings.rule == "stretch"
    image = cv2.imread(str(case.image_path), cv2.IMREAD_GRAYSCALE)
    truth = cv2.imread(str(case.mask_path), cv2.IMREAD_GRAYSCALE) > 0
    small = cv2.resize(image, settings.input_wh, interpolation=cv2.INTER_AREA)
    pixels = (torch.from_numpy(small).float() / 255)[None, None]
    mean, deviation = (
        torch.tensor(values)[None, :, None, None]
        for values in (settings.mean, settings.standard_deviation)
    )
    with torch.no_grad():
        probabilities = torch.sigmoid(networks[card.id]((pixels - mean) / deviation))
    height, width = image.shape
    native = cv2.resize(probabilities[0, 0].numpy(), (width, height))
    mask = torch.from_numpy((native >= np.float32(card.threshold))[None, None].astype(np.float32))
    reference = torch.from_numpy(truth[None, None].astype(np.float32))
    for part in (native[truth], native[~truth]):
        np.histogram(part, bins=200, range=(0, 1))
    tp, fp, _, fn = get_confusion_matrix(mask, reference)[0, 0].tolist()
    return [
        float(compute_dice(mask, reference)),
        float(compute_iou(mask, reference)),
        tp / (tp + fp) if tp + fp else np.nan,
        tp / (tp + fn) if tp + fn else np.nan,
        float(compute_hausdorff_distance(mask, reference, include_background=True, percentile=95)),
        float(
            compute_average_surface_distance(
                mask, reference, include_background=True, symmetric=True
            )
        ),
        float(compute_surface_dice(mask, reference, [2.0], include_background=True)),
    ]


def compare(plain: list[float], row: object) -> None:
    """Say so where the two differ for an image with a lesion in which one was marked."""
    names = ("dice", "iou", "precision", "recall", "hd95_px", "assd_px", "nsd")
    ours = np.array([getattr(row, name) for name in names])
    both = np.isfinite(ours) & np.isfinite(plain)
    if not np.allclose(ours[both], np.array(plain)[both], rtol=1e-3, atol=2e-3):
        print(f"{getattr(row, 'id', '')}: {ours.round(4)} here, {np.round(plain, 4)} plainly")


def measure_memory(data: Path, models: Sequence[str]) -> None:
    """Peak memory of runs over 200 and 2,000 images, the test images again and again."""
    cases = read_index(data, "test")
    with tempfile.TemporaryDirectory() as folder:
        for count in (200, 2000):
            place = Path(folder) / str(count)
            repeat(cases, count, place)
            started = time.perf_counter()
            command = [sys.executable, "-c", PEAK, "evaluate", "--data", str(place), "--models"]
            command += [*models, "--one-stage", "--out", str(place / "run")]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            receipt = json.loads((place / "run/run.json").read_text())
            rows = len(read_run(place / "run").rows)
            print(
                f"{count} images: peak {done.stdout.split()[-1]} MB, {rows} rows, "
                f"{receipt['data']['cases'] / (time.perf_counter() - started):.1f} images/s",
                flush=True,
            )
            shutil.rmtree(place)


def repeat(cases: Sequence[Case], count: int, place: Path) -> None:
    """A data set of `count` images: the cases' files under other names."""
    for part in ("images", "masks"):
        (place / part).mkdir(parents=True)
    with (place / "index.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "dataset", "split", "label", "group"])
        for number in range(count):
            case = cases[number % len(cases)]
            name = f"{number:05d}"
            writer.writerow([name, case.dataset, "test", case.label, name])
            (place / "images" / f"{name}.webp").symlink_to(case.image_path.resolve())
            (place / "masks" / f"{name}.png").symlink_to(case.mask_path.resolve())


if __name__ == "__main__":
    main()

"""Speed and values of a study's numbers beside MONAI's and SimpleITK's, on two readers' folders.

`python tests/benchmarks/studies.py READER_A READER_B [--images N]`: masks of the same names. On a
busy machine the times are processor time, of one thread each.
"""

import argparse
import math
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import SimpleITK as sitk
import torch
from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance

from busdemo.annotations.annotation import Annotation
from busdemo.imaging.arrays import Mask
from busdemo.scoring.agreement import compare

Numbers = dict[str, float]


def main() -> None:
    """Print how long each takes for all pairs, and how far its numbers are from ours."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readers", nargs=2, type=Path, metavar="READER")
    parser.add_argument("--images", type=int, default=100)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    pairs = read_pairs(*options.readers, options.images)
    ours, spent = measure(of_busdemo, pairs)
    print(f"{len(pairs)} pairs in which both mark something\nbusdemo, all metrics: {spent:.2f} s")
    for name, function in (("MONAI", of_monai), ("SimpleITK", of_simpleitk)):
        theirs, spent = measure(function, pairs)
        apart = {
            key: max(abs(a[key] - b[key]) for a, b in zip(ours, theirs, strict=True))
            for key in theirs[0]
        }
        told = ", ".join(f"{key} {value:.2g}" for key, value in apart.items())
        print(f"{name}, {', '.join(apart)}: {spent:.2f} s; farthest from ours: {told}")


def read_pairs(a: Path, b: Path, most: int) -> list[tuple[Mask, Mask]]:
    """The first pairs of one size in which both mark something."""
    pairs: list[tuple[Mask, Mask]] = []
    for path in sorted(a.iterdir()):
        if len(pairs) < most and (b / path.name).is_file():
            one, other = (cv2.imread(str(p / path.name), cv2.IMREAD_GRAYSCALE) for p in (a, b))
            if one is not None and other is not None and one.any() and other.any():
                pairs.append((one > 0, other > 0))
    return pairs


def measure(
    function: Callable[[Mask, Mask], Numbers], pairs: list[tuple[Mask, Mask]]
) -> tuple[list[Numbers], float]:
    """The numbers of all pairs, and the processor time they took."""
    started = time.process_time()
    found = [function(*pair) for pair in pairs]
    return found, time.process_time() - started


def of_busdemo(a: Mask, b: Mask) -> Numbers:
    found = compare([Annotation("a", "person", a), Annotation("b", "person", b)])
    metrics = ("dice", "iou", "hd95", "assd", "nsd")
    return {metric: float(found.matrix(metric)[0, 1]) for metric in metrics}


def of_monai(a: Mask, b: Mask) -> Numbers:
    one, other = (torch.from_numpy(m[None, None].astype(np.float32)) for m in (a, b))
    shared = {"include_background": True}
    hd95 = compute_hausdorff_distance(one, other, percentile=95, **shared)
    assd = compute_average_surface_distance(one, other, symmetric=True, **shared)
    return {"hd95": hd95.item(), "assd": assd.item()}


def of_simpleitk(a: Mask, b: Mask) -> Numbers:
    one, other = (sitk.GetImageFromArray(m.astype(np.uint8)) for m in (a, b))
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(one, other)
    dice = overlap.GetDiceCoefficient()
    return {"dice": dice, "iou": overlap.GetJaccardCoefficient() if dice else math.nan}


if __name__ == "__main__":
    main()

"""Measures a comparison: the pairwise table, and distances side by side with MONAI's.

`python tests/benchmarks/agreement.py`; on a busy machine `--cpu` counts processor time instead.
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from busdemo.annotations.annotation import Annotation
from busdemo.imaging.arrays import Mask
from busdemo.scoring.agreement import METRICS, compare
from busdemo.scoring.boundary import measure_boundary
from busdemo.scoring.consensus import staple


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cpu", action="store_true", help="processor time, of all threads")
    parser.add_argument("--monai", action="store_true", help="side by side with MONAI")
    options = parser.parse_args()
    clock = time.process_time if options.cpu else time.perf_counter
    for count, side in ((10, 512), (20, 2000)):
        masks = [draw_blob(seed, side) for seed in range(count)]
        table = measure(lambda masks=masks: fill_table(masks), clock)
        print(f"all metrics of {count} annotators, {side}x{side} px: {table:.1f} ms")
        five = measure(lambda masks=masks: staple(masks[:5]), clock)
        print(f"STAPLE of 5 masks, {side}x{side} px: {five:.1f} ms")
    if options.monai:
        beside_monai(draw_blob(0, 512), draw_blob(1, 512), clock)


def fill_table(masks: list[Mask]) -> None:
    """All that `compare` gives, once."""
    comparison = compare([Annotation(str(n), "person", mask) for n, mask in enumerate(masks)])
    for metric in METRICS:
        comparison.matrix(metric.id)
    comparison.against("0")
    comparison.nsd_curve("0")


def beside_monai(mask: Mask, reference: Mask, clock: Callable[[], float]) -> None:
    """Time and value of HD95 and NSD, ours and MONAI's, in turn on the same masks."""
    import torch
    from monai.metrics import compute_hausdorff_distance, compute_surface_dice

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    pair = [torch.from_numpy(m[None, None].astype(np.float32)) for m in (mask, reference)]
    more: dict[str, Any] = {"include_background": True}
    for name, ours, theirs in (
        (
            "HD95",
            lambda: measure_boundary(mask, reference).hd95_px,
            lambda: compute_hausdorff_distance(*pair, percentile=95, **more).item(),
        ),
        (
            "NSD at 2 px",
            lambda: measure_boundary(mask, reference).nsd(2),
            lambda: compute_surface_dice(*pair, class_thresholds=[2.0], **more).item(),
        ),
    ):
        one, other = measure(ours, clock), measure(theirs, clock)
        print(
            f"{name}: {ours():.6f} in {one:.2f} ms, MONAI {theirs():.6f} in {other:.2f} ms, "
            f"{other / one:.1f} times"
        )


def measure(work: Callable[[], object], clock: Callable[[], float], runs: int = 7) -> float:
    """Median milliseconds of some runs after one that is not counted."""
    times = []
    for _ in range(runs + 1):
        started = clock()
        work()
        times.append(1000 * (clock() - started))
    return statistics.median(times[1:])


def draw_blob(seed: int, side: int) -> Mask:
    """A wobbly outline near the middle, as another person would draw the same lesion."""
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[:side, :side] - side * (0.5 + rng.normal(0, 0.02, (2, 1, 1)))
    angles = np.arctan2(yy, xx)
    waves = sum(rng.normal(0, 0.06) * np.cos(k * angles + rng.uniform(0, 6)) for k in range(2, 8))
    return np.asarray(np.hypot(yy, xx) < 0.2 * side * (1 + waves))


if __name__ == "__main__":
    main()

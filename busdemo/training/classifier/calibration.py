"""Temperature and operating point, settled on the val split."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from busdemo.evaluation.classification import (
    Classified,
    choose_operating_stop,
    fit_temperature,
    operating_curve,
)


@dataclass(frozen=True)
class Calibration:
    """What the val split settled: the temperature, and what it did to the cross-entropy there."""

    temperature: float
    before: float
    after: float
    stop: int
    images: int


def calibrate(logits: NDArray[np.float64], labels: NDArray[np.int64], path: Path) -> Calibration:
    """Temperature and operating stop from val logits (N, 3); writes the operating curve."""
    temperature = round(fit_temperature(logits, labels.tolist()), 4)
    before, after = (
        float(-log_softmax(logits / t, axis=1)[np.arange(labels.size), labels].mean())
        for t in (1.0, temperature)
    )
    found = Classified(softmax(logits / temperature, axis=1), labels, (), ())
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("stop", "sensitivity", "specificity"))
        for stop, (sensitive, specific) in enumerate(operating_curve(found), start=1):
            writer.writerow((stop, f"{sensitive:.4f}", f"{specific:.4f}"))
    return Calibration(temperature, before, after, choose_operating_stop(found), labels.size)

"""Is anything there? A model's rule from five numbers to a probability, its cut-off, its worth.

The rule lies in `preprocessor_config.json` under "presence", what it is worth on validation images
in `presence.json` beside it; `busdemo presence` writes both. Reading them needs no network.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

PRESENCE_FILE = "presence.json"
"""In a model's folder, beside its card."""

STEPS = 100
"""Cut-offs are hundredths, 0 (nothing is ever withheld) to 0.99."""

LEAST_SHARE = 1e-5
"""Added to the marked share, whose logarithm is then finite: 3 px of 500 x 600."""


@dataclass(frozen=True)
class Evidence:
    """What is known of an image before anybody says that a lesion is there; each in [0, 1].

    `top` is the highest probability of a model's map and `share` the part of the image it marks at
    its frozen threshold; `normal` is the classifier's probability of a normal image with its mask,
    `normal_without_mask` with an empty one; `box` is the score of the detector's best box.
    """

    top: float
    normal: float
    normal_without_mask: float
    box: float
    share: float

    def features(self) -> tuple[float, ...]:
        """What the rule weighs, in the order of the fields: `top` as its logit, `share` as log."""
        top = math.log(self.top / (1 - self.top))
        return (
            top,
            self.normal,
            self.normal_without_mask,
            self.box,
            math.log(self.share + LEAST_SHARE),
        )


NUMBERS = tuple(field.name for field in fields(Evidence))
"""The five, by name."""


@dataclass(frozen=True)
class PresenceRule:
    """A logistic rule over `Evidence.features`, and the score under which a mask is withheld.

    It holds with this classifier and this detector (sha256), no others.
    """

    weights: tuple[float, ...]
    bias: float
    cut_off: float
    classifier: str
    detector: str

    def score(self, evidence: Evidence) -> float:
        """How probable it is that the image shows a lesion, in [0, 1].

        >>> rule = PresenceRule((1.0, 0.0, 0.0, 0.0, 0.0), 0.0, 0.5, "", "")
        >>> rule.score(Evidence(0.75, 0.1, 0.1, 0.9, 0.02))
        0.75
        """
        terms = zip(self.weights, evidence.features(), strict=True)
        logit = self.bias + sum(weight * value for weight, value in terms)
        return 1 / (1 + math.exp(-min(max(logit, -500.0), 500.0)))

    def as_settings(self, sha256: str, stop: int) -> dict[str, Any]:
        """For `preprocessor_config.json`, with the weights and the stop it was fitted for."""
        named = dict(zip(NUMBERS, self.weights, strict=True))
        return {**asdict(self), "weights": named, "sha256": sha256, "stop": stop}

    @classmethod
    def of(cls, settings: Any, sha256: str, stop: int) -> "PresenceRule | None":
        """From `preprocessor_config.json`; None where there is none, or one of other weights.

        Raises ValueError, KeyError or TypeError for something else.
        """
        if settings is None or (settings["sha256"], settings["stop"]) != (sha256, stop):
            return None
        numbers = [float(settings["weights"][name]) for name in NUMBERS]
        bias, cut_off = float(settings["bias"]), read_cut_off(settings["cut_off"])
        if not all(map(math.isfinite, (*numbers, bias))):
            raise ValueError("the rule of presence holds a number that is not finite")
        shas = str(settings["classifier"]), str(settings["detector"])
        return cls(tuple(numbers), bias, cut_off, *shas)


def read_cut_off(value: Any) -> float:
    """A cut-off of presence, from 0 (nothing is withheld) to 0.99; ValueError with one sentence.

    >>> read_cut_off("none"), read_cut_off("0.6"), read_cut_off(0.604)
    (0.0, 0.6, 0.6)
    """
    try:
        number = 0.0 if value == "none" else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < 1:
        raise ValueError(f"The cut-off of presence is none, or from 0 to 0.99, got {value!r}.")
    return min(round(number * STEPS), STEPS - 1) / STEPS


@dataclass(frozen=True)
class PresenceWorth:
    """What a model's rule does on validation images, each judged by a rule that never saw it.

    `sensitivity`, `alarms` and `dice` belong to the cut-offs 0 to 0.99: the share of lesion images
    whose lesion is touched, that of normal images with a pixel marked, and the mean lesion Dice of
    the answer. `reliability` holds (mean score, share that shows a lesion, images) of bins of the
    score, `ece` is the expected calibration error.
    """

    lesions: int
    normals: int
    sensitivity: tuple[float, ...]
    alarms: tuple[float, ...]
    dice: tuple[float, ...]
    reliability: tuple[tuple[float, float, int], ...]
    ece: float

    def at(self, cut_off: float) -> tuple[float, float, float]:
        """Sensitivity, alarms and Dice at a cut-off."""
        step = round(cut_off * STEPS)
        return self.sensitivity[step], self.alarms[step], self.dice[step]


def read_worth(folder: Path, sha256: str, stop: int) -> PresenceWorth | None:
    """What is known of a model's rule; None where nothing is, or not of these weights."""
    try:
        content = json.loads((folder / PRESENCE_FILE).read_text(encoding="utf-8"))
        if (content.pop("sha256"), content.pop("stop")) != (sha256, stop):
            return None
        curves = {key: tuple(map(float, content[key])) for key in ("sensitivity", "alarms", "dice")}
        if any(len(curve) != STEPS for curve in curves.values()):
            return None
        bins = tuple((float(s), float(p), int(n)) for s, p, n in content["reliability"])
        return PresenceWorth(**{**content, **curves, "reliability": bins})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_worth(folder: Path, worth: PresenceWorth, sha256: str, stop: int) -> None:
    """Write `presence.json`."""
    content: Mapping[str, Any] = {"sha256": sha256, "stop": stop, **asdict(worth)}
    (folder / PRESENCE_FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

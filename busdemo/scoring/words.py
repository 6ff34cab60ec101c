"""Words for a description, each with the number and the cut-off behind it.

The cut-offs were set on the train split of BrEaST, whose radiologists used the words of the BI-RADS
lexicon, and the agreement was measured on its test split, both by `busdemo evaluate words`. A word
that does not beat chance there is not said: its number stands alone, with the reason. Orientation
is a matter of definition, which no label checks.

Sources: ACR BI-RADS Atlas, 5th ed., 2013, ultrasound (the words); Stavros et al., Radiology 196,
1995 (taller than wide); Pawlowska et al., Sci Data 2024 (BrEaST).
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from busdemo.imaging import printed
from busdemo.scoring.descriptors import Description

WORDS_FILE = Path(__file__).parent / "words.json"
"""Cut-offs and agreement, written by `busdemo evaluate words`."""

LEAST_EXAMPLES = 3
"""Test images that every word needs before its agreement says anything."""

VOCABULARY = {
    "shape": ("oval", "round", "irregular"),
    "margin": ("circumscribed", "not circumscribed"),
    "echo": ("hypoechoic", "isoechoic", "hyperechoic"),
    "posterior": ("no", "enhancement", "shadowing"),
}
"""The words that are checked, as BrEaST's labels have them."""


@dataclass(frozen=True)
class Cutoffs:
    """Where one word ends and the next begins; at a cut-off itself the first one holds."""

    irregular_lobulations: float
    """More lobulations are irregular: BI-RADS allows an oval two or three gentle undulations."""
    round_elongation: float
    """Less is round, if not irregular."""
    sharp_gradient: float
    """More of the radial gradient is circumscribed."""
    hypoechoic_contrast: float
    """Less is hypoechoic, or anechoic, which is darker still."""
    hyperechoic_contrast: float
    """More is hyperechoic."""
    enhancement: float
    """More is posterior enhancement, in grey levels."""
    shadowing: float
    """Less is posterior shadowing, in grey levels."""


@dataclass(frozen=True)
class WordAgreement:
    """Balanced accuracy (mean over the words of the share found) on test images."""

    value: float
    low: float
    high: float
    """Ends of the 95 % bootstrap interval."""
    n: int
    left_out: int
    """Test images with the label but without a word: nothing segmented, or no room."""


@dataclass(frozen=True)
class Check:
    """How a kind of word agrees with radiologists."""

    examples: Mapping[str, int]
    """Test images labelled with each of its words."""
    reference: WordAgreement
    """Described from the radiologists' own outlines."""
    predicted: WordAgreement
    """Described from the masks of `model`, with the same cut-offs."""

    @property
    def chance(self) -> float:
        """What guessing gives."""
        return 1 / len(self.examples)

    @property
    def why_not(self) -> str:
        """One sentence if the word is not to be said, otherwise empty."""
        rare = [f"{n} {word}" for word, n in self.examples.items() if n < LEAST_EXAMPLES]
        if rare:
            return f"Too few test images to check the word ({', '.join(rare)})."
        if not self.reference.low > self.chance:
            return (
                f"On test images the word agreed no better with radiologists than chance "
                f"({self.reference.value:.2f}, {self.reference.low:.2f}–{self.reference.high:.2f}; "
                f"chance {self.chance:.2f})."
            )
        return ""


@dataclass(frozen=True)
class WordBook:
    """The contents of `words.json`."""

    cutoffs: Cutoffs
    checks: Mapping[str, Check]
    n_train: int
    """Images the cut-offs were set on."""
    model: str
    """Name of the model behind the predicted masks."""


@dataclass(frozen=True)
class Word:
    """One word and what it rests on."""

    kind: str
    word: str
    because: str
    """The numbers and cut-offs, in a few words."""


@lru_cache(maxsize=1)
def read_words(path: Path = WORDS_FILE) -> WordBook:
    """The shipped cut-offs and agreement; OSError, ValueError or KeyError if they are broken."""
    data = json.loads(path.read_text("utf-8"))
    checks = {
        kind: Check(
            check["examples"],
            _read_agreement(check["reference"]),
            _read_agreement(check["predicted"]),
        )
        for kind, check in data["checks"].items()
    }
    return WordBook(Cutoffs(**data["cutoffs"]), checks, data["n_train"], data["model"])


def _read_agreement(numbers: Mapping[str, Any]) -> WordAgreement:
    defined: dict[str, Any] = {k: math.nan if n is None else n for k, n in numbers.items()}
    return WordAgreement(**defined)


def choose_words(description: Description, cut: Cutoffs) -> dict[str, Word]:
    """Every word that can be said, by kind; agreement is the caller's to look up.

    Kinds: shape, orientation, margin, echo, posterior. A lesion too small for words gets none of
    shape and orientation; posterior is missing where there was no room.
    """
    return {
        kind: Word(kind, word, because)
        for kind, (word, because) in _choose(description, cut).items()
        if word
    }


def _choose(description: Description, cut: Cutoffs) -> dict[str, tuple[str, str]]:
    shape, echo, ratio = description.shape, description.echo, description.size.depth_to_width
    round_, sharp_, ratio_ = (
        printed.apart(value, limit, 2)
        for value, limit in (
            (shape.elongation, cut.round_elongation),
            (echo.radial_gradient, cut.sharp_gradient),
            (ratio, 1.0),
        )
    )
    lobes, least = shape.lobulations, int(cut.irregular_lobulations) + 1
    undulations = f"{lobes} {'lobulation' if lobes == 1 else 'lobulations'}"
    form, why = "irregular", f"{undulations}, irregular from {least}"
    if lobes <= cut.irregular_lobulations:
        form = "round" if shape.elongation < cut.round_elongation else "oval"
        why = f"elongation {round_[0]}, round below {round_[1]}; " + why
    tall = "not parallel" if ratio >= 1 else "parallel"
    sharp = "circumscribed" if echo.radial_gradient > cut.sharp_gradient else "not circumscribed"
    return {
        "shape": ("" if description.is_tiny else form, why),
        "orientation": (
            "" if description.is_tiny else tall,
            f"depth-to-width ratio {ratio_[0]}, not parallel from 1",
        ),
        "margin": (
            "" if math.isnan(echo.radial_gradient) else sharp,
            f"radial gradient {sharp_[0]}, sharp above {sharp_[1]}",
        ),
        "echo": _three(echo.contrast, cut.hypoechoic_contrast, cut.hyperechoic_contrast, "echo"),
        "posterior": _three(echo.posterior, cut.shadowing, cut.enhancement, "posterior"),
    }


def _three(value: float, low: float, high: float, kind: str) -> tuple[str, str]:
    """The word for a number below, between or above two cut-offs; none for nan."""
    below, between, above = {
        "echo": ("hypoechoic", "isoechoic", "hyperechoic"),
        "posterior": ("shadowing", "no", "enhancement"),
    }[kind]
    word = below if value < low else above if value > high else between
    decimals, unit = (2, "") if kind == "echo" else (1, " grey levels")
    decimals = printed.decimals_apart(value, (low, high), decimals)
    shown = printed.plain(value, decimals, signed=True)
    first, last = (printed.plain(limit, decimals) for limit in (low, high))
    because = f"{shown}{unit}, {below} below {first}, {above} above {last}"
    return ("" if math.isnan(value) else word), because

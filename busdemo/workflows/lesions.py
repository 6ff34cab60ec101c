"""The lesions of a mask as rows of a table: for a CSV file, a receipt or a program."""

import math
from typing import Any

from busdemo.imaging.arrays import Levels, Mask
from busdemo.scoring.lesions import Lesion, measure_lesions
from busdemo.scoring.lesionwise import LesionWord, match_lesions

Row = dict[str, float | int | str | None]


def tabulate_lesions(
    mask: Mask,
    levels: Levels | None,
    reference: Mask | None,
    mm_per_px: float | None = None,
    aspect: float = 1.0,
) -> list[Row]:
    """A row for each lesion of a (H, W) mask, and for each of the reference that was missed.

    In px; with `mm_per_px` in mm and mm² beside them; `aspect` is a pixel's height over its width.
    `lesion` is its number, R before one of the reference; `word` says how it was matched, where
    there is a reference.
    """
    matched = None if reference is None else match_lesions(mask, reference)
    rows = []
    for k, lesion in enumerate(measure_lesions(mask, levels, aspect=aspect)):
        word = "" if matched is None else str(matched.predicted[k])
        partners = () if matched is None else matched.partners[k]
        rows.append(_row(lesion, str(lesion.number), word, partners, mm_per_px))
    if reference is not None and matched is not None:
        for lesion, word in zip(
            measure_lesions(reference, aspect=aspect), matched.reference, strict=True
        ):
            if word is LesionWord.MISSED:
                rows.append(_row(lesion, f"R{lesion.number}", str(word), (), mm_per_px))
    return rows


def summarize_lesions(mask: Mask, reference: Mask) -> dict[str, Any]:
    """Lesion-wise precision, recall and F1 (None where undefined) and the number of each word."""
    matched = match_lesions(mask, reference)
    shares = {name: getattr(matched, name) for name in ("precision", "recall", "f1")}
    return {
        **{
            f"lesion_{name}": None if math.isnan(value) else value for name, value in shares.items()
        },
        **{f"lesions_{word}": matched.count(word) for word in LesionWord},
    }


def _row(
    lesion: Lesion, name: str, word: str, partners: tuple[int, ...], mm_per_px: float | None
) -> Row:
    row: Row = {
        "lesion": name,
        "area_px": lesion.area_px,
        "longest_px": round(lesion.longest_px, 3),
        "perpendicular_px": round(lesion.perpendicular_px, 3),
        "depth_to_width": round(lesion.depth_to_width, 3),
        "centre_x_px": round(lesion.centre_xy[0], 2),
        "centre_y_px": round(lesion.centre_xy[1], 2),
        "mean_probability": None,
    }
    if lesion.mean_probability is not None:
        row["mean_probability"] = round(lesion.mean_probability, 4)
    if mm_per_px is not None:
        row["area_mm2"] = round(lesion.area_px * mm_per_px**2, 3)
        row["longest_mm"] = round(lesion.longest_px * mm_per_px, 3)
        row["perpendicular_mm"] = round(lesion.perpendicular_px * mm_per_px, 3)
    row["word"] = word
    row["reference_lesions"] = " ".join(f"R{number}" for number in partners)
    return row

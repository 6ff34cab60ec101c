"""What Python computes, as JSON for the front end's own tests (`node --test`).

`python tests/web/fixtures.py` writes the files; `test_fixtures.py` checks that they are what Python
computes now. Every file is small: it goes into the repository.
"""

import base64
import json
import math
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from blobs import draw_blobs, draw_specks, one_pixel
from web.scan_fixtures import build_scans

from busdemo.imaging.arrays import Levels, Mask
from busdemo.imaging.masks import STOPS, binarize, quantize
from busdemo.imaging.post_processing import NO_POST_PROCESSING, PostProcessing
from busdemo.scoring.lesions import measure_lesions
from busdemo.scoring.lesionwise import match_lesions
from busdemo.scoring.overlap import score_overlap
from busdemo.scoring.uncertainty import ENTROPY_BITS, MOST_SPREAD, measure_spread

FOLDER = Path(__file__).parent / "fixtures"
STEPS = (
    NO_POST_PROCESSING,
    PostProcessing(keep="largest"),
    PostProcessing(smallest_px=9),
    PostProcessing(fill_holes=True),
    PostProcessing(opening_px=3),
    PostProcessing(closing_px=4),
    PostProcessing(smoothing_px=3),
    PostProcessing("largest", 5, True, 2, 5, 4),
)
SIZE_WH = (48, 36)
LEVELS = (150, 20)
"""Of a lesion's mask: inside and outside."""


def build_all() -> dict[str, Any]:
    """Every fixture by the name of its file."""
    return {
        "scores": build_scores(),
        "lesions": build_lesions(),
        "pictures": build_pictures(),
        "uncertainty": build_uncertainty(),
        "scans": build_scans(),
    }


def build_scores() -> list[dict[str, Any]]:
    """Maps and references, and the score of every one of the 199 stops."""
    levels = draw_blobs(1, SIZE_WH)
    nothing = np.zeros(levels.shape, np.bool_)
    references = (draw_blobs(2, SIZE_WH) > 110, nothing, levels >= 100)
    return [
        {
            "levels": to_text(levels),
            "reference": to_text(reference),
            "scores": [score_at(levels, reference, stop) for stop in range(1, STOPS)],
        }
        for reference in references
    ]


def score_at(levels: Levels, reference: Mask, stop: int) -> list[Any]:
    """Dice, IoU, precision, recall (null where undefined), outcome."""
    score = score_overlap(binarize(levels, stop), reference)
    shares = (score.dice, score.iou, score.precision, score.recall)
    return [*map(dash, shares), str(score.outcome)]


def build_lesions() -> list[dict[str, Any]]:
    """Masks, steps, and what comes of them: the processed mask, its lesions, their match."""
    cases = {f"blobs {seed}": draw_blobs(seed, SIZE_WH) >= 95 + 10 * seed for seed in range(3)}
    specks = draw_specks(60, (60, 48))
    cases |= {"specks": specks, "one": one_pixel(), "empty": np.zeros((16, 20), np.bool_)}
    return [describe_case(name, mask) for name, mask in cases.items()]


def describe_case(name: str, mask: Mask) -> dict[str, Any]:
    """A mask and the results of all steps on it."""
    levels = np.where(mask, *LEVELS).astype(np.uint8)
    reference = np.roll(mask, 3, axis=1)
    height, width = mask.shape
    results = []
    for steps in STEPS:
        processed = steps.apply(mask)
        match = match_lesions(processed, reference)
        results.append(
            {
                "steps": steps.as_settings(),
                "mask": to_bits(processed),
                "lesions": [
                    [
                        *(one.number, one.area_px, one.longest_px, one.perpendicular_px),
                        *(one.depth_to_width, *one.centre_xy, one.mean_probability),
                    ]
                    for one in measure_lesions(processed, levels)
                ],
                "predicted": [str(word) for word in match.predicted],
                "reference": [str(word) for word in match.reference],
                "shares": [dash(match.precision), dash(match.recall), dash(match.f1)],
            }
        )
    masks = {"mask": to_bits(mask), "reference": to_bits(reference)}
    return {"name": name, "width": width, "height": height, **masks, "results": results}


def build_pictures() -> list[dict[str, Any]]:
    """Grey PNG files of every row filter, and their pixels."""
    pixels = draw_blobs(3, (37, 29))
    return [
        {
            "filter": name,
            "png": base64.b64encode(
                cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_FILTER, flag])[1].tobytes()
            ).decode(),
            "width": 37,
            "height": 29,
            "pixels": to_text(pixels),
        }
        for name, flag in FILTERS.items()
    ]


FILTERS = {
    "none": cv2.IMWRITE_PNG_FILTER_NONE,
    "sub": cv2.IMWRITE_PNG_FILTER_SUB,
    "up": cv2.IMWRITE_PNG_FILTER_UP,
    "average": cv2.IMWRITE_PNG_FILTER_AVG,
    "paeth": cv2.IMWRITE_PNG_FILTER_PAETH,
}


def build_uncertainty() -> dict[str, Any]:
    """Three maps, the entropy of each level and the maps' spread, as levels."""
    maps = [draw_blobs(seed, SIZE_WH) for seed in (4, 5, 6)]
    return {
        "maps": [to_text(one) for one in maps],
        "entropy": to_text(quantize(ENTROPY_BITS[None].astype(np.float32))),
        "spread": to_text(quantize(measure_spread(maps) / np.float32(MOST_SPREAD))),
    }


def to_text(pixels: Mask | Levels) -> str:
    """One byte a pixel, as base64."""
    return base64.b64encode(np.ascontiguousarray(pixels).astype(np.uint8).tobytes()).decode()


def to_bits(mask: Mask) -> str:
    """One bit a pixel, the first in the highest bit, as base64."""
    return base64.b64encode(np.packbits(mask).tobytes()).decode()


def dash(value: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(value) else value


def write(fixture: Any) -> str:
    """As it stands in the file."""
    return json.dumps(fixture, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, fixture in build_all().items():
        (FOLDER / f"{name}.json").write_text(write(fixture), "utf-8")

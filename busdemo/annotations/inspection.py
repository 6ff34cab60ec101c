"""What a mask looks like to someone who checks files: parts, holes, border, share."""

import cv2
import numpy as np

from busdemo.imaging import printed
from busdemo.imaging.arrays import Mask, require_mask
from busdemo.imaging.components import find_components

SPECK_PX = 10
"""Lesions of fewer pixels are told apart: they are mostly slips of the hand or of compression."""


def inspect_mask(mask: Mask) -> list[str]:
    """What is worth knowing of a (H, W) bool mask, a sentence each; TypeError if it is none."""
    require_mask(mask)
    if not mask.any():
        return ["Marks nothing."]
    inside = _crop(mask)  # of a large image mostly a small part
    found = (_share(mask), _parts(inside), _holes(inside), _border(mask))
    return [sentence for sentence in found if sentence]


def _crop(mask: Mask) -> Mask:
    """The box around everything that is marked: all else is one outside."""
    x, y, width, height = cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8))
    return mask[y : y + height, x : x + width]


def _share(mask: Mask) -> str:
    pixels = int(np.count_nonzero(mask))
    return f"Marks {tell_percent(pixels / mask.size)} of the image ({pixels:,} px)."


def _parts(mask: Mask) -> str:
    areas = find_components(mask).areas
    if len(areas) == 1:
        return "One lesion."
    specks = int(np.count_nonzero(areas < SPECK_PX))
    words = (
        f"{len(areas):,} separate lesions, the largest with {tell_percent(areas[0] / areas.sum())}"
    )
    return f"{words} of the pixels" + (f"; {specks:,} of under {SPECK_PX} px." if specks else ".")


def _holes(mask: Mask) -> str:
    outside = np.pad(~mask, 1, constant_values=True).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    if count <= 2:  # what is no part, and all that is around the lesions
        return ""
    pixels = int(stats[2:, cv2.CC_STAT_AREA].sum())
    return f"{count - 2:,} {'hole' if count == 3 else 'holes'} ({pixels:,} px)."


def _border(mask: Mask) -> str:
    sides = {"top": mask[0], "right": mask[:, -1], "bottom": mask[-1], "left": mask[:, 0]}
    touched = [side for side, line in sides.items() if line.any()]
    return f"Touches the image's border ({', '.join(touched)})." if touched else ""


def tell_percent(share: float) -> str:
    """A share of 1 in percent, with one digit below 10."""
    return printed.percent(share, 0 if share >= 0.1 else 1)

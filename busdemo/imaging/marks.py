"""Calipers and text burnt into a scan: found by classical means, painted out on request.

Everything is looked for with the image's long side at 384 px, where the cut-offs were set by
looking at images of the train split. Body marks (pictograms), scales at the edge, dotted lines
between calipers and single characters are not looked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import GreyImage, Mask

SIDE_PX = 384
"""Long side at which marks are looked for; larger images are shrunk, smaller ones stay."""

CROSS_MATCH, CROSS_HAT, HAT_CAP = 0.65, 45, 120
"""Least correlation of the white top-hat, capped, with a drawn cross, and the top-hat that 85 % of
its arms' pixels have at least."""

STROKE_GREY, STROKE_HAT, CHARACTER_CONTRAST = 110, 60, 70
"""Grey value and white top-hat of a stroke's pixels; a character's median above its surroundings'.
"""

LEAST_CHARACTERS = 3
"""In one row. Fewer are found in tissue, too."""

_ARMS_PX = (4, 5, 6)
_HAT = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))

Box = tuple[int, int, int, int]
"""Left, top, width, height in px of the image searched."""


@dataclass(frozen=True, eq=False)
class Marks:
    """What is burnt in: calipers and rows of text counted, and their pixels (H, W) bool."""

    calipers: int
    texts: int
    pixels: Mask

    def __bool__(self) -> bool:
        return self.calipers + self.texts > 0


def find_marks(image: GreyImage) -> Marks:
    """Caliper crosses and rows of text in an image (H, W) uint8."""
    height, width = image.shape
    scale = min(1.0, SIDE_PX / max(height, width))
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
    crosses, rows = find_crosses(small), find_text(small)
    covered = np.zeros(small.shape, np.uint8)
    for x, y, w, h in [*crosses, *rows]:
        window = slice(max(0, y - 2), y + h + 2), slice(max(0, x - 2), x + w + 2)
        covered[window] |= _bright(small[window])
    covered = cv2.dilate(covered, np.ones((3, 3), np.uint8))
    native = cv2.resize(covered, (width, height), interpolation=cv2.INTER_NEAREST) > 0
    return Marks(len(crosses), len(rows), native)


def paint_out(image: GreyImage, marks: Marks) -> GreyImage:
    """The (H, W) uint8 image, marks filled from around them (Telea 2004, `cv2.inpaint`)."""
    radius = max(3.0, max(image.shape) / SIDE_PX * 3)
    filled = cv2.inpaint(image, marks.pixels.astype(np.uint8), radius, cv2.INPAINT_TELEA)
    return np.asarray(filled, np.uint8)


def find_crosses(image: GreyImage) -> list[Box]:
    """Boxes of + and × that stand out of a (H, W) uint8 image as if drawn, in its px.

    By normalised correlation with drawn ones.
    """
    found: list[tuple[float, Box]] = []
    hat = np.minimum(cv2.morphologyEx(image, cv2.MORPH_TOPHAT, _HAT), HAT_CAP).astype(np.float32)
    for arm, drawn in _crosses():
        reach = drawn.shape[0] // 2
        framed = cv2.copyMakeBorder(hat, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
        soft = cv2.GaussianBlur(drawn, (0, 0), 0.7)
        match = cv2.matchTemplate(framed, soft, cv2.TM_CCOEFF_NORMED)
        peaks = (match == cv2.dilate(match, np.ones((7, 7)))) & (match >= CROSS_MATCH)
        for y, x in np.argwhere(peaks).tolist():
            arms = framed[y : y + 2 * reach + 1, x : x + 2 * reach + 1][drawn > 0]
            if np.percentile(arms, 15) >= CROSS_HAT:
                box = (max(0, x - arm), max(0, y - arm), 2 * arm + 1, 2 * arm + 1)
                found.append((float(match[y, x]), box))
    kept: list[Box] = []
    for _, box in sorted(found, reverse=True):
        if all(max(abs(box[0] - k[0]), abs(box[1] - k[1])) > 5 for k in kept):
            kept.append(box)
    return kept


def find_text(image: GreyImage) -> list[Box]:
    """Boxes of rows of characters in a (H, W) uint8 image, in its px.

    They are bright, thin, sharp, of one height on one line.
    """
    waiting = sorted(_characters(image))
    rows = []
    while waiting:
        row = [waiting.pop(0)]
        for box in list(waiting):
            if _continues(row[-1], box):
                row.append(box)
                waiting.remove(box)
        if sum(_letters(box) for box in row) >= LEAST_CHARACTERS:
            left, top = row[0][0], min(box[1] for box in row)
            right, bottom = row[-1][0] + row[-1][2], max(box[1] + box[3] for box in row)
            rows.append((left, top, right - left, bottom - top))
    return rows


def _characters(image: GreyImage) -> Iterator[Box]:
    """Components as large as characters, or a few that touch, standing out from around them."""
    hat = cv2.morphologyEx(image, cv2.MORPH_TOPHAT, _HAT)
    strokes = ((hat >= STROKE_HAT) & (image >= STROKE_GREY)).astype(np.uint8)
    _, numbers, boxes, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    for number, (x, y, w, h, area) in enumerate(boxes[1:].tolist(), start=1):
        if not (4 <= h <= 18 and w <= 6 * h and 5 <= area <= 0.85 * w * h + 2 * h):
            continue
        window = slice(max(0, y - 2), y + h + 2), slice(max(0, x - 2), x + w + 2)
        inside = numbers[window] == number
        grey, around = image[window][inside], image[window][numbers[window] == 0]
        if not around.size or np.median(grey) - np.median(around) < CHARACTER_CONTRAST:
            continue
        if w <= 1.3 * h or _strokes(numbers[y : y + h, x : x + w] == number) >= w / h:
            yield x, y, w, h


def _continues(last: Box, box: Box) -> bool:
    """True where `box` stands on the line of `last`, a character's distance to its right."""
    gap = box[0] - (last[0] + last[2])
    level = abs((box[1] + box[3]) - (last[1] + last[3])) <= 1
    return level and abs(box[3] - last[3]) <= max(1, 0.2 * last[3]) and -1 <= gap <= 1.6 * last[3]


def _letters(box: Box) -> int:
    """How many characters a component holds, by its width."""
    return max(1, round(box[2] / box[3]))


def _strokes(component: NDArray[np.bool_]) -> int:
    """Strokes that a line at each quarter of the height crosses, the fewest of the three."""
    height = component.shape[0]
    lines = component[[height // 4, height // 2, 3 * height // 4]]
    starts = np.diff(lines.astype(np.int8), axis=1, prepend=0) == 1
    return int(starts.sum(axis=1).min())


def _bright(patch: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The pixels of a patch above the middle between its median and its maximum."""
    edge = (float(np.median(patch)) + float(patch.max())) / 2
    return (patch >= edge).astype(np.uint8)


def _crosses() -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Length of an arm in px, and the cross, 1 on 0, with a margin of 1 px."""
    for arm in _ARMS_PX:
        side, middle = 2 * arm + 3, arm + 1
        plus, times = np.zeros((2, side, side), np.float32)
        plus[middle, 1:-1] = plus[1:-1, middle] = 1
        steps = np.arange(1, side - 1)
        times[steps, steps] = times[steps, side - 1 - steps] = 1
        yield arm, plus
        yield arm, times

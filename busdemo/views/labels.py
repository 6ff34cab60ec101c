"""Where names stand in a chart of points, so that none covers a point or another name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LETTER_PX, LINE_PX = 6.6, 15
"""About the size of a letter and a line of 12 px type."""

Box = tuple[float, float, float, float]
"""Left, bottom, right and top in px."""


@dataclass(frozen=True)
class Spot:
    """A round point with a name: its centre and diameter in px, y upwards."""

    name: str
    x: float
    y: float
    diameter: float


def place_names(
    spots: Sequence[Spot], size_wh: tuple[float, float], obstacles: Iterable[Box] = ()
) -> dict[int, tuple[float, float]]:
    """Shifts (right, up) in px of the names' centres, by the index of their spot.

    The first spots choose first: right, left, above or below. Names keep off `obstacles` where they
    can; one for which there is no room between points, names and edges is left out.
    """
    taken = [_box(spot.x, spot.y, spot.diameter, spot.diameter) for spot in spots]
    avoided = list(obstacles)
    placed: dict[int, tuple[float, float]] = {}
    for index, spot in enumerate(spots):
        width = LETTER_PX * len(spot.name)
        beside, above = spot.diameter / 2 + 5 + width / 2, spot.diameter / 2 + 9
        free: list[tuple[int, int, tuple[float, float], Box]] = []
        for shift in ((beside, 0.0), (-beside, 0.0), (0.0, above), (0.0, -above)):
            box = _box(spot.x + shift[0], spot.y + shift[1], width, LINE_PX)
            if _inside(box, size_wh) and not any(_overlap(box, other) for other in taken):
                crossed = sum(_overlap(box, other) for other in avoided)
                free.append((crossed, len(free), shift, box))
        if free:
            *_, shift, box = min(free)
            placed[index] = shift
            taken.append(box)
    return placed


def _box(x: float, y: float, width: float, height: float) -> Box:
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _inside(box: Box, size_wh: tuple[float, float]) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= size_wh[0] and box[3] <= size_wh[1]


def _overlap(one: Box, other: Box) -> bool:
    apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    return not apart

"""Millimetres a pixel: known from a file, typed or marked, otherwise None. Never guessed."""

import math
from dataclasses import asdict, dataclass

LEAST_MM_PER_PX, MOST_MM_PER_PX = 0.001, 10.0
"""Ultrasound scans have about 0.03 to 0.3 mm a pixel; outside these bounds somebody mistyped."""


SQUARE = 0.01
"""Sides that differ by less than this share are those of a square."""


@dataclass(frozen=True)
class Spacing:
    """Width and height of a pixel in mm, and whose word that is."""

    x: float
    y: float
    whose: str = ""
    """Which element of the file says so, in words."""

    @property
    def side_mm(self) -> float:
        """Of the square of the same area, which lengths and areas are counted in."""
        return self.x if self.x == self.y else math.sqrt(self.x * self.y)

    @property
    def aspect(self) -> float:
        """Height over width; exactly 1 for what is nearly square."""
        ratio = self.y / self.x
        return 1.0 if abs(ratio - 1) <= SQUARE else ratio

    def __str__(self) -> str:
        same = self.aspect == 1
        return f"{self.side_mm:.3g} mm" if same else f"{self.x:.3g} x {self.y:.3g} mm"


def find_spacing(x: float, y: float, whose: str) -> Spacing | None:
    """The spacing of two sides in mm, None for what can be none: 0, less, or more than 10."""
    sides = (x, y)
    if not all(0 < side <= MOST_MM_PER_PX for side in sides):
        return None
    return Spacing(x, y, whose)


def tabulate_spacing(spacing: Spacing | None) -> dict[str, float | str] | None:
    """Both sides in mm and whose word they are; JSON-ready, None where unknown."""
    return None if spacing is None else asdict(spacing)


def read_spacing(value: object) -> float:
    """A spacing in mm a pixel, from a number or its text; ValueError with one sentence."""
    try:
        spacing = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        spacing = math.nan
    if not LEAST_MM_PER_PX <= spacing <= MOST_MM_PER_PX:
        raise ValueError(
            f"The pixel spacing is from {LEAST_MM_PER_PX:g} to {MOST_MM_PER_PX:g} mm per px, "
            f"not {str(value)[:20]!r}."
        )
    return spacing

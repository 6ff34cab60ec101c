"""Millimetres a pixel: known from a file, typed or marked, otherwise None. Never guessed."""

import math

LEAST_MM_PER_PX, MOST_MM_PER_PX = 0.001, 10.0
"""Ultrasound scans have about 0.03 to 0.3 mm a pixel; outside these bounds somebody mistyped."""


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

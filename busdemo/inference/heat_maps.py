"""What explaining a network gives: a heat map, or the reason why there is none; needs no torch."""

from dataclasses import dataclass

from busdemo.imaging.arrays import ProbabilityMap


@dataclass(frozen=True, eq=False)
class HeatMap:
    """`values` (H, W) float32 in [0, 1] at the image's own size, of one layer or gate by name.

    Grad-CAM's 1 is the highest value in this image; a gate's values are its factors themselves.
    """

    values: ProbabilityMap
    layer: str


class NotExplained(ValueError):
    """There is nothing to show; the message is one sentence that says why."""

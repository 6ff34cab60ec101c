"""From the thresholded mask to the processed one, as a value that a card or a receipt can hold."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

import cv2
import numpy as np

from busdemo.imaging.arrays import Mask, require_mask
from busdemo.imaging.components import find_components
from busdemo.imaging.morphology import close_mask, fill_holes, open_mask, smooth_mask

Keep = Literal["all", "largest"]

MOST_SMALLEST_PX = 1_000_000
"""Of `smallest_px`: no lesion of a scan in this demo has a million pixels."""
MOST_RADIUS_PX = 20
"""Of the discs that open, close and smooth."""


@dataclass(frozen=True)
class PostProcessing:
    """The steps between the threshold and the mask that is shown, in the order they are taken.

    By default no step is taken. Lesions are 8-connected, holes 4-connected; the discs are defined
    in `busdemo.imaging.morphology`. Raises ValueError with one sentence for a value out of bounds.
    """

    keep: Keep = "all"
    """`largest` drops all lesions but the first of `Components`, the largest."""
    smallest_px: int = 0
    """Lesions of fewer pixels than this are dropped, 0 to 1,000,000."""
    fill_holes: bool = False
    opening_px: int = 0
    """Radius of the disc, 0 (not taken) to 20."""
    closing_px: int = 0
    """Radius of the disc, 0 (not taken) to 20."""
    smoothing_px: int = 0
    """Radius of the disc whose majority decides, 0 (not taken) to 20."""

    def __post_init__(self) -> None:
        if self.keep not in get_args(Keep):
            raise ValueError(f"Keep is all or largest, not {str(self.keep)[:20]!r}.")
        if not isinstance(self.fill_holes, bool):
            raise ValueError("Filling holes is either on or off.")
        _require_whole("The smallest lesion", self.smallest_px, MOST_SMALLEST_PX)
        for name in ("opening", "closing", "smoothing"):
            _require_whole(f"The radius of {name}", getattr(self, f"{name}_px"), MOST_RADIUS_PX)

    @classmethod
    def of(cls, settings: object) -> Self:
        """From what JSON holds (a card, a receipt, a page); steps that are not named are not taken.

        Raises ValueError with one sentence.
        """
        if not isinstance(settings, Mapping):
            raise ValueError("The post-processing is not a list of named steps.")
        known = {field.name for field in fields(cls)}
        if unknown := sorted(str(name)[:40] for name in settings if name not in known):
            raise ValueError(f"There is no step {unknown[0]!r} in post-processing.")
        return cls(**dict(settings))

    @classmethod
    def parse(cls, text: str) -> Self:
        """From words such as "largest, above=50, fill, open=3, close=3, smooth=2", or "none".

        Raises ValueError with one sentence.
        """
        words = [word.strip().lower() for word in text.split(",") if word.strip()]
        settings: dict[str, Any] = {}
        for word in words if words != ["none"] else []:
            name, _, value = word.partition("=")
            if name in _FLAGS and not value:
                settings |= _FLAGS[name]
            elif name in _SIZES and value.strip().isdecimal() and len(value) <= 9:
                settings[_SIZES[name]] = int(value)
            else:
                raise ValueError(f"There is no step {word[:40]!r}; known: {_KNOWN}.")
        return cls(**settings)

    def __str__(self) -> str:
        """The words that `parse` reads."""
        words = ["largest"] if self.keep == "largest" else []
        sizes = [f"{name}={getattr(self, key)}" for name, key in _SIZES.items()]
        words += [word for word in sizes[:1] if self.smallest_px]
        words += ["fill"] if self.fill_holes else []
        words += [word for word in sizes[1:] if not word.endswith("=0")]
        return ",".join(words) or "none"

    @property
    def is_none(self) -> bool:
        """True if no step is taken."""
        return self == NO_POST_PROCESSING

    def as_settings(self) -> dict[str, Any]:
        """What `of` reads, for JSON."""
        return asdict(self)

    def apply(self, mask: Mask) -> Mask:
        """The processed mask, a new array of the same shape (H, W) bool.

        Raises TypeError or ValueError if it is no mask.
        """
        require_mask(mask)
        if self.is_none or not mask.any():
            return mask.copy()
        x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
        # No step reaches farther: beyond this margin there is nothing before and after.
        margin = 2 * (self.opening_px + self.closing_px + self.smoothing_px) + 1
        window = np.s_[
            max(0, y - margin) : y + height + margin, max(0, x - margin) : x + width + margin
        ]
        processed = np.zeros_like(mask)
        processed[window] = self._take_steps(mask[window])
        return processed

    def _take_steps(self, mask: Mask) -> Mask:
        if self.keep == "largest" or self.smallest_px > 1:
            mask = self._drop_lesions(mask)
        if self.fill_holes:
            mask = fill_holes(mask)
        steps: list[tuple[Callable[[Mask, int], Mask], int]] = [
            (open_mask, self.opening_px),
            (close_mask, self.closing_px),
            (smooth_mask, self.smoothing_px),
        ]
        for step, radius_px in steps:
            mask = step(mask, radius_px) if radius_px else mask
        return mask

    def _drop_lesions(self, mask: Mask) -> Mask:
        components = find_components(mask)
        kept = np.concatenate([[False], components.areas >= self.smallest_px])
        if self.keep == "largest":
            kept[2:] = False
        return np.asarray(kept[components.labels])


_FLAGS: dict[str, dict[str, Any]] = {
    "all": {"keep": "all"},
    "largest": {"keep": "largest"},
    "fill": {"fill_holes": True},
}
_SIZES = {
    "above": "smallest_px",
    "open": "opening_px",
    "close": "closing_px",
    "smooth": "smoothing_px",
}
_KNOWN = "none, largest, above=N, fill, open=N, close=N, smooth=N"


def _require_whole(name: str, value: object, most: int) -> None:
    """ValueError unless it is a whole number of pixels from 0 to `most`."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        shown = value if isinstance(value, int | float) else repr(str(value)[:20])
        raise ValueError(f"{name} is a whole number of px from 0 to {most:,}, not {shown}.")


NO_POST_PROCESSING = PostProcessing()
"""The mask as the threshold gives it."""

"""From the bytes of an image file to a scan: 8-bit grey, with a note on all that was changed."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from busdemo.imaging.arrays import GreyImage, ProbabilityMap
from busdemo.imaging.boxes import Box
from busdemo.imaging.crops import Crop, choose_area, tell_area
from busdemo.imaging.decoding import Values, composite_on_black, read_pixels
from busdemo.imaging.pixels import World
from busdemo.imaging.refusals import UnreadableImage
from busdemo.imaging.spacing import Spacing

__all__ = ["Scan", "ScanOptions", "UnreadableImage", "read_scan"]


@dataclass(frozen=True, eq=False)
class Scan:
    """An ultrasound image, ready for a network and a viewer."""

    pixels: GreyImage
    name: str
    """The file's own name, without folders and unprintable characters."""
    sha256: str
    """Of the file's bytes, as 64 hexadecimal digits."""
    notes: tuple[str, ...]
    """What reading did to the picture, in a few words each; often empty."""
    spacing: Spacing | None = None
    """Of its pixels where the file says so, and whose word that is; None: unknown."""
    world: World | None = None
    """Where its pixels lie in space, where the file says so."""
    frames: int = 1
    """How many frames or slices the file holds, of which this is one."""
    frame: int = 1
    """Which of them, from 1."""
    area: Box | None = None
    """Where in a picture of a whole screen the scan lies, in whole px; None: all of it is scan."""

    @property
    def inside(self) -> GreyImage:
        """The pixels (h, w) uint8 of the scan alone: what models look at."""
        return np.ascontiguousarray(self.pixels[self.window])

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the scan in its picture."""
        height, width = self.pixels.shape
        return (self.area or Box.whole((width, height))).window()

    def put_back(self, values: ProbabilityMap) -> ProbabilityMap:
        """What was computed of `inside` (h, w) float32, in the frame (H, W) of `pixels`; else 0."""
        if self.area is None:
            return values
        whole = np.zeros(self.pixels.shape, np.float32)
        whole[self.window] = values
        return whole

    @property
    def spacing_mm(self) -> float | None:
        """Side in mm of a square of a pixel's area; None: unknown."""
        return None if self.spacing is None else self.spacing.side_mm

    @property
    def aspect(self) -> float:
        """Height of a pixel over its width, 1 where unknown."""
        return 1.0 if self.spacing is None else self.spacing.aspect


@dataclass(frozen=True)
class ScanOptions:
    """How an image file is read: everything a scan depends on beside its bytes."""

    frame: int | None = None
    """Which frame or slice, from 1; None means the first."""
    crop: Crop = "none"
    """Where the scan lies: all over, where `find_scan_area` finds it, or in a box."""


AS_IT_IS = ScanOptions()


def read_scan(data: bytes, name: str, options: ScanOptions = AS_IT_IS) -> Scan:
    """Read an image file into (H, W) uint8 grey.

    Transparency is put on black, colour becomes Rec. 601 luma. Values of more than 8 bits are
    divided by the smallest power of two (less one) that holds the largest of them, so that a
    12-bit scan in a 16-bit file does not come out black and zero stays black; negative values
    are stretched from lowest to highest. Each of these is named in `Scan.notes`.

    Raises UnreadableImage as `read_pixels` does, and for a crop that is not inside the image.
    """
    decoded = read_pixels(data, name, frame=options.frame)
    notes = list(decoded.notes)
    if decoded.alpha is not None:
        notes.append("transparent parts taken as black")
    grey, coloured = _reduce_to_grey(composite_on_black(decoded))
    pixels, scaling = _scale_to_eight_bits(grey)
    notes += ["colour reduced to grey"] * coloured + ([scaling] if scaling else [])
    if not pixels.any():
        notes.append("the image is all black")
    if decoded.spacing is not None and decoded.spacing.aspect != 1:
        notes.append(f"pixels of {decoded.spacing} (width x height): both sides are used")
    scan = Scan(
        pixels=pixels,
        name=decoded.name,
        sha256=decoded.sha256,
        notes=tuple(notes),
        spacing=decoded.spacing,
        world=decoded.world,
        frames=decoded.frames,
        frame=decoded.frame,
    )
    return crop_scan(scan, options.crop)


def crop_scan(scan: Scan, crop: Crop) -> Scan:
    """The same picture with another scan area; UnreadableImage as `read_scan`."""
    area = choose_area(scan.pixels, crop)
    told = [] if scan.area is None else tell_area(scan.pixels, scan.area)
    notes = [note for note in scan.notes if note not in told]
    notes += [] if area is None else tell_area(scan.pixels, area)
    return replace(scan, area=area, notes=tuple(notes))


def _reduce_to_grey(values: Values) -> tuple[Values, bool]:
    """(H, W) of the same type, and whether there was any colour in it."""
    if values.ndim == 2:
        return values, False
    red, green, blue = cv2.split(values)
    if np.array_equal(red, green) and np.array_equal(green, blue):
        return red, False
    return cv2.cvtColor(values, cv2.COLOR_RGB2GRAY), True


def _scale_to_eight_bits(grey: Values) -> tuple[GreyImage, str | None]:
    if grey.dtype == np.uint8:
        return grey.astype(np.uint8, copy=False), None
    low, high = float(min(grey.min(), 0)), float(grey.max())
    bits = max(8, int(np.ceil(high)).bit_length())
    top = 2.0**bits - 1
    words = f"{bits}-bit values scaled to 8 bits"
    if grey.dtype == np.float32 and low == 0 and high <= 1:
        top, words = 1.0, "values from 0 to 1 scaled to 8 bits"
    elif low < 0 or bits > 16:
        top, words = high, f"values from {low:g} to {high:g} scaled to 8 bits"
    elif bits == 8:
        words = "8-bit values in a deeper file kept as they are"
    if grey.dtype == np.uint16:
        table = np.rint(np.arange(2**16) * (255 / top)).clip(0, 255).astype(np.uint8)
        return table[grey], words
    # All of one negative value: there is no range to stretch, and no brightness in it.
    scaled = (grey.astype(np.float64) - low) * (255 / (top - low or 1.0))
    return np.rint(scaled).clip(0, 255).astype(np.uint8), words

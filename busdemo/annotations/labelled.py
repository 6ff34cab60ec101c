"""What the formats of labelled shapes share: shapes to masks, one for each label."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from busdemo.annotations.annotation import Annotation, Provenance, resize_mask
from busdemo.annotations.names import find_named
from busdemo.annotations.outlines import Outline, fill_outlines, read_outline, require_few
from busdemo.annotations.request import Request
from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import UnreadableImage, plain_name

MAX_LABELS = 100
"""Of one file for one image: each becomes a mask."""

MAX_SIDE = 1e6
"""In pixels: a corner farther away is a mistake."""


class UnknownImage(UnreadableImage):
    """A file that holds several images, none of which is known to be the one on the table."""

    def __init__(self, sentence: str, names: tuple[str, ...]) -> None:
        super().__init__(sentence)
        self.names = names
        """What its images are called."""


NO_INSIDE, FEW_CORNERS = "without an inside", "of fewer than three corners"
"""Why shapes are left out."""


@dataclass(frozen=True, eq=False)
class Shape:
    """One thing that is labelled: an outline, or a raster at the size of the file's image."""

    label: str
    outline: Outline | None = None
    raster: Mask | None = None
    reader: str = ""
    """Who marked it, where the file says so."""


def shape_of(label: str, numbers: object, name: str, reader: str = "") -> Shape | str:
    """An outline as a shape, or why it is left out; UnreadableImage as `read_outline`."""
    outline = read_outline(numbers, name)
    return FEW_CORNERS if outline is None else Shape(label, outline, reader=reader)


def fill_shapes(
    found: Sequence[Shape | str],
    request: Request,
    name: str,
    *,
    drawn_on_wh: tuple[int, int] | None,
    counted: tuple[str, ...] = (),
    title: str = "",
) -> list[Annotation]:
    """One annotation for each reader and label, in their order; a single empty one without any.

    What is a text instead of a shape is why one was left out, which all of them tell; `title` is
    what the file calls its image, told where that is another's name.

    Raises UnreadableImage for too many labels, outlines or corners, and for a label that was asked
    for and is not there.
    """
    shapes = [one for one in found if isinstance(one, Shape)]
    facts = Provenance(
        drawn_on_wh=drawn_on_wh or request.size_wh,
        left_out=tell_left_out([one for one in found if isinstance(one, str)]),
        counted=counted,
        reading=_tell_other_name(title, request),
    )
    require_few([s.outline for s in shapes if s.outline is not None], name)
    groups = list(dict.fromkeys((shape.reader, shape.label) for shape in shapes))
    if len(groups) > MAX_LABELS:
        raise UnreadableImage(f"{name} holds more than {MAX_LABELS} labels for this image.")
    wanted = [g for g in groups if request.label in (None, g[1])]
    if groups and not wanted:
        known = ", ".join(label or "none" for _, label in groups)
        raise UnreadableImage(f"{name} has no label {request.label!r}; its labels: {known}.")
    if not wanted:
        nothing = np.zeros(request.size_wh[::-1], np.bool_)
        told = replace(
            facts, reading=(*facts.reading, "it marks nothing in this image"), outlined=True
        )
        return [Annotation("", "person", nothing, told)]
    return [
        _fill_group([s for s in shapes if (s.reader, s.label) == one], request, name, facts)
        for one in wanted
    ]


def pick_image(
    images: Sequence[tuple[str, tuple[int, int] | None]], request: Request, name: str
) -> int:
    """Which of a file's images (name, size) is the one on the table: by name, then by size.

    One of another name is told by `fill_shapes`, where it is given as `title`. Raises
    UnreadableImage, with the names there are, where neither tells, and for a name that was asked
    for and is not there.
    """
    wanted = request.image_name
    named = find_named(wanted, [title for title, _ in images]) if wanted else []
    sized = [i for i, (_, size) in enumerate(images) if size == request.size_wh]
    guesses = [] if request.options.image_name else [range(len(images)), sized]
    for found in ([i for i in named if i in sized], named, *guesses):
        if len(found) == 1:
            return found[0]
    called = f"called {plain_name(wanted)}" if wanted else "of this image's name"
    known = [plain_name(title) for title, _ in images]
    more = " and others" if len(known) > 8 else ""
    raise UnknownImage(
        f"{name} holds annotations of {len(images)} images, and none of them, or more than one, "
        f"is {called} or has its size; please choose one: {', '.join(known[:8])}{more}.",
        tuple(title for title, _ in images),
    )


def box_outline(left: float, top: float, right: float, bottom: float) -> list[list[float]]:
    """The corners of a box."""
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def turn_outline(corners: Sequence[Sequence[float]], degrees: float) -> list[list[float]]:
    """Corners turned about the middle of their box, clockwise as seen."""
    points = np.asarray(corners, np.float64)
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x, y = (points - centre).T
    turned = np.stack([x * cosine - y * sine, x * sine + y * cosine], axis=1) + centre
    return [[float(a), float(b)] for a, b in turned]


def ellipse_outline(centre: tuple[float, float], radii: tuple[float, float]) -> list[list[float]]:
    """An ellipse as 128 corners, 0.0003 of its radius off at the most."""
    turns = [2 * math.pi * k / 128 for k in range(128)]
    return [[centre[0] + radii[0] * math.cos(t), centre[1] + radii[1] * math.sin(t)] for t in turns]


def paste_mask(
    picture: NDArray[np.generic], corner: tuple[float, float], size_wh: tuple[int, int], name: str
) -> Mask:
    """(H, W): lesion where a smaller picture shows anything, its first pixel at a corner (x, y).

    Raises UnreadableImage for one that does not lie inside.
    """
    shown = np.asarray(picture != 0).reshape(*picture.shape[:2], -1).any(axis=2)
    left, top = (round(side) if abs(side) < MAX_SIDE else -1 for side in corner)
    height, width = shown.shape
    if left < 0 or top < 0 or left + width > size_wh[0] or top + height > size_wh[1]:
        raise UnreadableImage(f"{name} holds a mask that does not lie inside its image.")
    mask = np.zeros(size_wh[::-1], np.bool_)
    mask[top : top + height, left : left + width] = shown
    return mask


def tell_left_out(reasons: Sequence[str]) -> tuple[str, ...]:
    """Notes on what is left out, from the reason of each: "without an inside"."""
    counts = Counter(reasons)
    return tuple(f"{n} shape{'s' * (n > 1)} {why} left out" for why, n in counts.items())


def plain_label(label: object) -> str:
    """A label as people see it: printable, at most 60 characters; empty for anything else."""
    words = str(label) if isinstance(label, str | int) else ""
    return "".join(c for c in words[:200] if c.isprintable()).strip()[:60]


def _fill_group(
    shapes: Sequence[Shape], request: Request, name: str, facts: Provenance
) -> Annotation:
    outlines = [shape.outline for shape in shapes if shape.outline is not None]
    rasters = [shape.raster for shape in shapes if shape.raster is not None]
    mask = fill_outlines(outlines, request.size_wh, name, drawn_on_wh=facts.drawn_on_wh)
    for raster in rasters:
        mask |= resize_mask(raster, request.size_wh)
    told = replace(facts, label=shapes[0].label, made_by=shapes[0].reader, outlined=not rasters)
    return Annotation(shapes[0].reader, "person", mask, told)


def _tell_other_name(title: str, request: Request) -> tuple[str, ...]:
    wanted = request.image_name
    if not title or not wanted or find_named(wanted, [title]):
        return ()
    return (f"made for an image called {plain_name(title)}, not {plain_name(wanted)}",)

"""What the formats of labelled shapes share: shapes to masks, one for each label."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from busdemo.annotations.outlines import Outline, fill_outlines, require_few
from busdemo.annotations.parts import Part, Request, resize_mask
from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import UnreadableImage, plain_name

MAX_LABELS = 100
"""Of one file for one image: each becomes a mask."""


@dataclass(frozen=True, eq=False)
class Shape:
    """One thing that is labelled: an outline, or a raster at the size of the file's image."""

    label: str
    outline: Outline | None = None
    raster: Mask | None = None


def fill_shapes(
    shapes: Sequence[Shape],
    request: Request,
    name: str,
    *,
    drawn_on_wh: tuple[int, int] | None,
    notes: tuple[str, ...] = (),
) -> list[Part]:
    """One part for each label, in their order; a single empty one where there is no shape.

    Raises UnreadableImage for too many labels, outlines or corners.
    """
    size_wh = drawn_on_wh or request.size_wh
    if not shapes:
        nothing = np.zeros(request.size_wh[::-1], np.bool_)
        return [Part(nothing, size_wh, notes=(*notes, "it marks nothing in this image"))]
    require_few([s.outline for s in shapes if s.outline is not None], name)
    labels = list(dict.fromkeys(shape.label for shape in shapes))
    if len(labels) > MAX_LABELS:
        raise UnreadableImage(f"{name} holds more than {MAX_LABELS} labels for this image.")
    return [
        _fill_label([s for s in shapes if s.label == label], request, name, size_wh, notes)
        for label in labels
    ]


def pick_image(
    images: Sequence[tuple[str, tuple[int, int] | None]], request: Request, name: str
) -> int:
    """Which of a file's images (name, size) is the one on the table: by name, then by size.

    Raises UnreadableImage where neither tells.
    """
    wanted = _bare(request.image_name)
    named = [i for i, (title, _) in enumerate(images) if wanted and _bare(title) == wanted]
    sized = [i for i, (_, size) in enumerate(images) if size == request.size_wh]
    for found in ([i for i in named if i in sized], named, range(len(images)), sized):
        if len(found) == 1:
            return found[0]
    called = f"called {plain_name(request.image_name)}" if wanted else "of this image's name"
    raise UnreadableImage(
        f"{name} holds annotations of {len(images)} images, and none of them, or more than one, "
        f"is {called} or has its size; please keep this image's alone."
    )


def box_outline(left: float, top: float, right: float, bottom: float) -> list[list[float]]:
    """The corners of a box."""
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def ellipse_outline(centre: tuple[float, float], radii: tuple[float, float]) -> list[list[float]]:
    """An ellipse as 128 corners, 0.0003 of its radius off at the most."""
    turns = [2 * math.pi * k / 128 for k in range(128)]
    return [[centre[0] + radii[0] * math.cos(t), centre[1] + radii[1] * math.sin(t)] for t in turns]


def note_left_out(shapes: int) -> tuple[str, ...]:
    """A note on points and lines, which have no inside; none where there are none."""
    many = "1 shape" if shapes == 1 else f"{shapes} shapes"
    return (f"{many} without an inside left out",) if shapes else ()


def plain_label(label: object) -> str:
    """A label as people see it: printable, at most 60 characters; empty for anything else."""
    words = str(label) if isinstance(label, str | int) else ""
    return "".join(c for c in words[:200] if c.isprintable()).strip()[:60]


def _fill_label(
    shapes: Sequence[Shape],
    request: Request,
    name: str,
    size_wh: tuple[int, int],
    notes: tuple[str, ...],
) -> Part:
    outlines = [shape.outline for shape in shapes if shape.outline is not None]
    rasters = [shape.raster for shape in shapes if shape.raster is not None]
    mask = fill_outlines(outlines, request.size_wh, name, drawn_on_wh=size_wh)
    for raster in rasters:
        mask |= resize_mask(raster, request.size_wh)
    return Part(mask, size_wh, shapes[0].label, notes=notes, outlined=not rasters)


def _bare(title: str) -> str:
    """A file's name as it is compared: no folders, no ending, in lower case."""
    last = title.replace("\\", "/").rsplit("/", 1)[-1].lower()
    return last.rsplit(".", 1)[0] if "." in last[1:] else last

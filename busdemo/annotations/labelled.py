"""What the formats of labelled shapes share: shapes to masks, one for each reader and label.

Such a format is a function from a file to its sheets, an image each, whose shapes are read only of
the one that is on the table; `read_sheets` does the rest.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from busdemo.annotations.annotation import Annotation, Provenance, resize_mask
from busdemo.annotations.names import find_named
from busdemo.annotations.outlines import (
    MAX_OUTLINES,
    Outline,
    fill_outlines,
    read_outline,
    require_drawn_on,
    require_few,
)
from busdemo.annotations.request import Request
from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import UnreadableImage, plain_name

MAX_LABELS = 100
"""Of one file for one image: each becomes a mask."""

MAX_MASK_PIXELS = 400_000_000
"""Of all masks that one file makes."""

MAX_RASTER_PIXELS = 1_000_000_000
"""Of all rasters of one file: each is decoded at the image's size."""

NO_INSIDE, FEW_CORNERS, ONLY_BOX = (
    "without an inside",
    "of fewer than three corners",
    "drawn as a box alone",
)
BACKGROUND = "that is the background"
"""Why shapes are left out."""


class UnknownImage(UnreadableImage):
    """A file that holds several images, none of which is known to be the one on the table."""

    def __init__(self, sentence: str, names: tuple[str, ...]) -> None:
        super().__init__(sentence)
        self.names = names
        """What its images are called."""


class NotReadFully(UnreadableImage):
    """A file that marks nothing after something of it was left out."""

    def __init__(self, sentence: str, *, scored: bool = False) -> None:
        super().__init__(sentence)
        self.scored = scored
        """Is it for a score below the least that counts?"""


@dataclass(frozen=True, eq=False)
class LabelledShape:
    """One thing that is labelled: an outline, or a raster at the size of the file's image.

    Neither is a reader's word that nothing is there.
    """

    label: str
    outline: Outline | None = None
    raster: Mask | None = None
    reader: str = ""
    """Who marked it, where the file says so."""
    score: float | None = None
    """How sure a model was of it."""


Shapes = Iterable[LabelledShape | str]
"""A text stands for a shape that is left out: why."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """One image that a file speaks of: what it is called, its size as stated, and its shapes."""

    title: str
    stated_wh: tuple[object, object]
    read: Callable[[tuple[int, int]], Shapes]
    """Its shapes in pixels of an image of this size; raises UnreadableImage for nonsense."""
    notes: tuple[str, ...] = ()
    frame: int = 1
    frames: int = 1


def shape_of(label: str, numbers: object, name: str, **facts: Any) -> LabelledShape | str:
    """An outline as a shape, or why it is left out; UnreadableImage as `read_outline`."""
    outline = read_outline(numbers, name)
    return FEW_CORNERS if outline is None else LabelledShape(label, outline, **facts)


def read_sheets(sheets: Sequence[Sheet], request: Request, name: str) -> list[Annotation]:
    """One annotation for each reader and label of the sheet that is asked for; at least one.

    Shapes with a score below `Options.least_score`, and those that are only a text, are left out,
    which is told. Raises UnreadableImage where no sheet is known to be the image's, for too many
    shapes or labels, and for a label that was asked for and is not there.
    """
    sizes = [require_drawn_on(sheet.stated_wh, name) for sheet in sheets]
    titles = [sheet.title for sheet in sheets]
    chosen = pick_image(list(zip(titles, sizes, strict=True)), request, name) if any(titles) else 0
    sheet, size_wh = sheets[chosen], sizes[chosen] or request.size_wh
    gathered = _Gathered(size_wh, request.options.least_score, name)
    for one in sheet.read(size_wh):
        gathered.add(one)
    facts = Provenance(
        drawn_on_wh=sizes[chosen],
        left_out=tell_left_out(gathered.left_out),
        counted=gathered.counted,
        scored=bool(gathered.counted),
        reading=(*_tell_other_name(sheet.title, request), *sheet.notes),
        frame=sheet.frame,
        frames=sheet.frames,
    )
    return gathered.fill(request, facts)


def pick_image(
    images: Sequence[tuple[str, tuple[int, int] | None]], request: Request, name: str
) -> int:
    """Which of a file's images (name, size) is the one on the table: by name, then by size.

    Raises UnknownImage, with the names there are, where neither tells, and for a name that was
    asked for and is not there.
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


def tell_left_out(reasons: Sequence[str]) -> tuple[str, ...]:
    """Notes on what is left out, from the reason of each: "without an inside"."""
    counts = Counter(reasons)
    return tuple(f"{n} shape{'s' * (n > 1)} {why} left out" for why, n in counts.items())


def plain_label(label: object) -> str:
    """A label as people see it: printable, at most 60 characters; empty for anything else."""
    words = str(label) if isinstance(label, str | int) else ""
    return "".join(c for c in words[:200] if c.isprintable()).strip()[:60]


def score_of(value: object) -> float | None:
    """A score from JSON; None for anything that is no number."""
    try:
        return float(value) if isinstance(value, int | float) else None
    except OverflowError:
        return None


def list_dicts(value: object) -> list[dict[str, Any]]:
    """The objects of a JSON list; empty for anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def dict_of(value: object) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


class _Gathered:
    """The shapes of one image by reader and label; rasters of one label are one."""

    def __init__(self, size_wh: tuple[int, int], least_score: float, name: str) -> None:
        self.size_wh, self.least_score, self.name = size_wh, least_score, name
        self.left_out: list[str] = []
        self.counted: tuple[str, ...] = ()
        self._outlines: dict[tuple[str, str], list[Outline]] = {}
        self._rasters: dict[tuple[str, str], Mask] = {}
        self._seen = self._raster_pixels = 0

    def add(self, one: LabelledShape | str) -> None:
        """Keep a shape, or why there is none."""
        self._seen += 1
        if self._seen > MAX_OUTLINES:
            raise UnreadableImage(f"{self.name} holds more than {MAX_OUTLINES:,} outlines.")
        if isinstance(one, LabelledShape) and one.score is not None:
            self.counted = (f"scores from {self.least_score:g}",)
            if not one.score >= self.least_score:
                one = f"with a score below {self.least_score:g}"
        if isinstance(one, str):
            self.left_out.append(one)
            return
        key = one.reader, one.label
        self._outlines.setdefault(key, [])
        if one.outline is not None:
            self._outlines[key].append(one.outline)
        if one.raster is not None:
            self._add_raster(key, one.raster)

    def fill(self, request: Request, facts: Provenance) -> list[Annotation]:
        """One annotation for each reader and label, in their order; a single empty one without."""
        require_few([one for own in self._outlines.values() for one in own], self.name)
        groups = self._groups()
        wanted = [group for group in groups if request.label in (None, group[1])]
        width, height = request.size_wh
        if len(groups) > MAX_LABELS or len(wanted) * width * height > MAX_MASK_PIXELS:
            raise UnreadableImage(f"{self.name} holds more than {MAX_LABELS} labels, or too large.")
        if groups and not wanted:
            known = ", ".join(label or "none" for _, label in groups)
            raise UnreadableImage(
                f"{self.name} has no label {request.label!r}; its labels: {known}."
            )
        if not groups:
            note = "it marks nothing in this image"
            facts = replace(facts, reading=(*facts.reading, note))
        return [self._fill(group, request, facts) for group in wanted or [("", "")]]

    def _groups(self) -> list[tuple[str, str]]:
        """Readers and labels; a reader's word that nothing is there counts if it is the only one.

        Without a label beside others, it is everybody's.
        """
        readers = Counter(reader for reader, _ in self._outlines)
        return [
            key
            for key, own in self._outlines.items()
            if own or key in self._rasters or readers[key[0]] == 1
        ]

    def _fill(self, group: tuple[str, str], request: Request, facts: Provenance) -> Annotation:
        (reader, label), raster = group, self._rasters.get(group)
        outlines = self._outlines.get(group, [])
        mask = fill_outlines(outlines, request.size_wh, self.name, drawn_on_wh=self.size_wh)
        if raster is not None:
            mask |= resize_mask(raster, request.size_wh)
        told = replace(facts, label=label, made_by=reader, outlined=raster is None)
        return Annotation(reader, "person", mask, told)

    def _add_raster(self, key: tuple[str, str], raster: Mask) -> None:
        self._raster_pixels += raster.size
        if raster.shape != self.size_wh[::-1]:
            raise UnreadableImage(f"{self.name} holds a mask that does not fit its image.")
        most = self._raster_pixels > MAX_RASTER_PIXELS
        if most or (len(self._rasters) + 1) * raster.size > MAX_MASK_PIXELS:
            raise UnreadableImage(f"{self.name} holds too many masks of this image.")
        kept = self._rasters.get(key)
        self._rasters[key] = raster if kept is None else kept | raster


def _tell_other_name(title: str, request: Request) -> tuple[str, ...]:
    wanted = request.image_name
    if not title or title.isdigit() or not wanted or find_named(wanted, [title]):
        return ()
    return (f"made for an image called {plain_name(title)}, not {plain_name(wanted)}",)

"""A file of labelled shapes over many images, opened once: what it says of each of them."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from busdemo.annotations.annotation import Annotation
from busdemo.annotations.labelled import LabelledShape, Sheet, read_sheets
from busdemo.annotations.outlines import require_drawn_on
from busdemo.annotations.registry import MASK, Format, recognise, sign
from busdemo.annotations.request import MaskFile, Request, Target
from busdemo.imaging.refusals import UnreadableImage, plain_name, require_bounded

_ANY_WH = (4096, 4096)
"""Where a file does not say: shapes are only listed, none is filled."""


@dataclass(frozen=True)
class Marked:
    """Who marks what in one image, as the file says; the pixels are not looked at."""

    readers: tuple[str, ...]
    labels: tuple[str, ...]
    problem: str = ""
    """Why its shapes cannot be read."""


@dataclass(frozen=True, eq=False)
class Collection:
    """The images a file speaks of, in its order; may be read by several threads."""

    name: str
    sha256: str
    known: Format
    sheets: tuple[Sheet, ...]

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """What the file calls its images; may be empty."""
        return tuple(sheet.title for sheet in self.sheets)

    def size_wh(self, number: int) -> tuple[int, int] | None:
        """Width and height in px of an image as stated; None where the file does not say."""
        return require_drawn_on(self.sheets[number].stated_wh, self.name)

    def look(self, number: int) -> Marked:
        """Who marks what in the image of a number, from 0."""
        try:
            size_wh = self.size_wh(number) or _ANY_WH
            shapes = [
                one for one in self.sheets[number].read(size_wh) if isinstance(one, LabelledShape)
            ]
        except UnreadableImage as error:
            return Marked((), (), str(error))
        drawn = [one for one in shapes if one.outline is not None or one.raster is not None]
        readers = tuple(dict.fromkeys(one.reader for one in shapes))
        return Marked(readers, tuple(dict.fromkeys(one.label for one in drawn)))

    def read(self, number: int, request: Request) -> list[Annotation]:
        """Its masks, one for each reader and label, at least one; UnreadableImage."""
        found = read_sheets([self.sheets[number]], request, self.name)
        return [sign(one, self.name, self.known, self.sha256) for one in found]


def open_collection(name: str, data: bytes) -> Collection | None:
    """The file opened; None where it is of a format that holds one image.

    Raises UnreadableImage with one sentence where it is damaged.
    """
    file = MaskFile(plain_name(name), data)
    require_bounded(data, file.name, MASK)
    known = recognise(file)
    if known.sheets is None:
        return None
    sheets = known.sheets(file, Request(Target(_ANY_WH)))
    return Collection(file.name, hashlib.sha256(data).hexdigest(), known, tuple(sheets))

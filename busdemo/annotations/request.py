"""What is asked of annotation files: the image they are for, and how they are to be read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from busdemo.imaging.images import Scan
from busdemo.imaging.pixels import World
from busdemo.imaging.refusals import UnreadableImage
from busdemo.imaging.spacing import Spacing

Files = Sequence[tuple[str, bytes]]
"""Uploaded files: name and contents of each."""


@dataclass(frozen=True)
class Target:
    """The image that masks are read for, where there is no `Scan` of it at hand."""

    size_wh: tuple[int, int]
    name: str = ""
    """Which image, where a file holds annotations of many."""
    frame: int = 1
    frames: int = 1
    """Which frame of its file the image is, from 1, and how many there are."""
    world: World | None = None
    """Where its pixels lie in space, where its file says so."""
    spacing: Spacing | None = None
    """Of its pixels, and whose word that is."""


@dataclass(frozen=True)
class Options:
    """How files are read; everywhere the same."""

    merge: bool = False
    """One mask of everything, instead of one for each file, reader and label."""
    invert: bool = False
    """Exchange lesion and background."""
    frame: int | None = None
    """Which frame of the masks' files, from 1; None means the image's, and of an image that is
    not one of several the one that shows most lesion."""
    image_name: str = ""
    """Which image of a file that holds many; empty means the one called as the scan."""
    label: str | None = None
    """Only what was read under this label before, "" what has none; None means all."""
    least_score: float = 0.5
    """Instances with a score count from here."""
    colours: tuple[str, ...] = ()
    """Of a coloured picture, the colours that are lesion ("#00ff00"); empty means all."""


AS_THEY_ARE = Options()


@dataclass(frozen=True)
class Request:
    """What a reader is asked for."""

    target: Target
    options: Options = AS_THEY_ARE

    @property
    def size_wh(self) -> tuple[int, int]:
        """Of the image."""
        return self.target.size_wh

    @property
    def image_name(self) -> str:
        """What the image is called in files that hold many; may be empty."""
        return self.options.image_name or self.target.name

    @property
    def label(self) -> str | None:
        """See `Options.label`."""
        return self.options.label

    def pick_frame(self, frames: int, name: str, *, word: str = "frame") -> tuple[int | None, str]:
        """Which of a mask file's frames is meant, from 1, and a note; None: ask the pixels.

        Raises UnreadableImage for one that the file does not have.
        """
        asked, target = self.options.frame, self.target
        if asked is None and frames > 1 and target.frames == 1:
            return None, ""
        number = (target.frame if frames > 1 else 1) if asked is None else asked
        if not 1 <= number <= frames:
            has = f"frames 1 to {frames}" if frames > 1 else "one frame"
            raise UnreadableImage(
                f"{name} has {has}, and none for frame {number}; please choose one of them."
            )
        if asked is not None or target.frames == 1:
            return number, f"{word} {number} of {frames}" if frames > 1 else ""
        if frames == 1:
            return 1, ""
        more = "" if frames == target.frames else f" (of which there are {target.frames})"
        return number, f"{word} {number} of {frames}, as the image's{more}"


@dataclass(frozen=True)
class MaskFile:
    """A file as its readers get it: a plain name and its bytes."""

    name: str
    data: bytes

    @property
    def is_json(self) -> bool:
        """Does it begin as a JSON object or list does?"""
        return self._head[:1] in (b"{", b"[")

    @property
    def is_xml(self) -> bool:
        """Does it begin as XML does?"""
        return self._head[:1] == b"<"

    @cached_property
    def content(self) -> Any:
        """A JSON file's content, None for other files; UnreadableImage where it is damaged."""
        if not self.is_json:
            return None
        try:
            return json.loads(self.data.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            raise UnreadableImage(f"{self.name} is not valid JSON; please save it again.") from None

    @property
    def _head(self) -> bytes:
        return self.data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()


def target_of(scan: Scan | Target) -> Target:
    """What a scan's masks are read for."""
    if isinstance(scan, Target):
        return scan
    height, width = scan.pixels.shape
    return Target((width, height), scan.name, scan.frame, scan.frames, scan.world, scan.spacing)

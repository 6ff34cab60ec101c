"""`Intake`: drop zones for an image and its mask, and the examples, as one Gradio component.

Events: `drop_image`, `drop_mask` (files have arrived), `pick_example`, `crop_image`,
`invert_mask`, `remove_mask`. What the browser sends is untrusted; Gradio itself checks that the
files lie in its upload folder.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from gradio.data_classes import FileData, GradioModel
from pydantic import Field

from busdemo.annotations.request import AS_THEY_ARE, Options
from busdemo.ui.component import PageComponent

MOST_FILES = 17
"""Files read of one drop: one more than a mask may have, so that too many can be said."""


MOST_NAMES = 500
"""Images of one mask's file that a visitor can choose from."""


class Note(GradioModel):  # type: ignore[misc]
    """What the page says of a file: its name and one sentence, or an error instead."""

    name: str = ""
    text: str = ""
    error: str = ""


class Tile(GradioModel):  # type: ignore[misc]
    """One example to pick."""

    id: str
    title: str
    simulated: bool
    picture: FileData


class MaskReading(GradioModel):  # type: ignore[misc]
    """What a mask's file can be asked, and, on the way up, what it is asked."""

    names: list[str] = Field(default_factory=list)
    """Images that the file speaks of, where it has to be said which is meant."""
    name: str = ""
    labels: list[str] = Field(default_factory=list)
    """What it marks, where that is several things."""
    label: str = ""
    """The one that is read alone; empty for all, merged."""
    scored: bool = False
    """Its shapes have scores."""
    score: float = 0.5
    """The least that counts."""

    def as_options(self) -> Options:
        """How the file is to be read."""
        name, label = self.name[:200], self.label[:60]
        return Options(image_name=name, label=label or None, least_score=self.score)


class IntakeData(GradioModel):  # type: ignore[misc]
    """Everything the card shows, and, on the way up, the files or the example a visitor chose."""

    image: Note = Field(default_factory=Note)
    seen: Note = Field(default_factory=Note)
    mask: Note = Field(default_factory=Note)
    reading: MaskReading = Field(default_factory=MaskReading)
    can_invert: bool = False
    can_remove: bool = False
    examples: list[Tile] = Field(default_factory=list)
    example: str = ""
    frames: int = 1
    frame: int = 0
    crop: str = ""
    """The scan area, as `busdemo.imaging.crops` writes it, or, on the way up, the one asked for;
    empty where a crop is not offered."""
    found: str = ""
    """The scan area that was found in the picture, empty for none."""
    picture: FileData | None = None
    """What a crop is drawn on."""
    files: list[FileData] = Field(default_factory=list)
    asked: str = ""
    """On the way up: names this wish for files, an example or a frame."""
    answered: str = ""
    """Names the wish that this card answers."""


@dataclass(frozen=True)
class Upload:
    """What came in: uploaded files as (name, contents), or the id of an example."""

    files: tuple[tuple[str, bytes], ...] = ()
    example: str = ""
    frame: int = 0
    """Which frame of the file, from 1; 0 where none was chosen."""
    crop: str = ""
    """Which scan area was asked for."""
    options: Options = AS_THEY_ARE
    """How a mask is to be read."""
    asked: str = ""
    """Names the wish, for the browser to know its answer by."""


class Intake(PageComponent):
    """The intake card as a Gradio component; use it with `show_progress="hidden"`."""

    data_model = IntakeData
    view = "intake"
    EVENTS: ClassVar[tuple[str, ...]] = (
        "drop_image",
        "drop_mask",
        "pick_example",
        "crop_image",
        "invert_mask",
        "remove_mask",
    )

    def preprocess(self, payload: IntakeData | None) -> Upload:
        """The arrived files, read into memory; their copies on disk are deleted later."""
        if payload is None:
            return Upload()
        files = tuple(
            (Path(file.orig_name or file.path).name[:200], Path(file.path).read_bytes())
            for file in payload.files[:MOST_FILES]
        )
        return Upload(
            files,
            payload.example[:64],
            payload.frame,
            payload.crop[:64],
            payload.reading.as_options(),
            payload.asked[:64],
        )

    def postprocess(self, value: IntakeData | None) -> IntakeData | None:
        """Passed on as it is; the card's words are plain text in the browser."""
        return value

"""`Viewer`: four linked panes, a threshold and its numbers, all of them in the browser.

Python sends pixels once, as 8-bit PNG files; thresholding, scoring and drawing then happen in
the visitor's browser without another request. Only `value` travels back, and it is untrusted.

To the browser: a `ViewerData`. From it: a `ViewerChoice`. Its events are `viewer.export(fn)`,
`viewer.look(fn)` and `viewer.stage(fn)` (results in two stages are wanted and not there yet); `fn`
takes a `gr.EventData`, which `ExportRequest.from_event`, `LookRequest.from_event` or
`busdemo.ui.two_stage.read_models` checks. Do not listen to
`viewer.change`: Gradio dispatches it at every choice and would turn each one into a request.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, cast

import cv2
import gradio as gr
import numpy as np
from gradio.data_classes import FileData, GradioModel
from numpy.typing import NDArray
from pydantic import BaseModel, Field, WithJsonSchema

from busdemo.imaging.masks import STOPS
from busdemo.imaging.post_processing import NO_POST_PROCESSING, PostProcessing
from busdemo.imaging.spacing import read_spacing
from busdemo.ui.component import PageComponent
from busdemo.ui.gradio_private import keep_file, read_event
from busdemo.ui.viewer.boxes import BoxMark
from busdemo.ui.viewer.looks import LookAnswer
from busdemo.workflows.segmenting import Choice
from busdemo.zoo.presence import read_cut_off

_FILE = {"type": "object", "properties": {"path": {"type": "string"}}}
Picture = Annotated[Any, WithJsonSchema({"anyOf": [_FILE, {"type": "null"}]})]
"""None, a `FileData` or path of an 8-bit grey PNG on disk, or (H, W) pixels to be written."""

ModelState = Literal["ready", "running", "waiting", "unusable"]


class ModelLayer(GradioModel):  # type: ignore[misc]
    """One model in the selector, with its quantised probability map once it has run."""

    id: str
    name: str
    family: str = ""
    """Heading of its group in the selector."""
    note: str = ""
    """What a person needs to choose: "test Dice 0.75 (0.73–0.77) · 24 ms"."""
    frozen: int = STOPS // 2
    """Slider stop (1 to 199) of the threshold frozen on validation data."""
    processing: dict[str, Any] = Field(default_factory=dict)
    """Its own post-processing, as `PostProcessing.as_settings` gives it."""
    presence: float | None = None
    """How probable it is that the scan shows a lesion, [0, 1]; None where that is unknown."""
    cut_off: int = 0
    """In hundredths, frozen on validation data: under it the mask is withheld. 0: no rule."""
    sensitivity: list[int] = Field(default_factory=list)
    alarms: list[int] = Field(default_factory=list)
    """Per mille, by cut-off in hundredths: validation images whose lesion is touched, and normal
    ones with a pixel marked."""
    recipe: bool = False
    """Whether it is a mean over other models of the list."""
    state: ModelState = "waiting"
    reason: str = ""
    """One sentence, when unusable or failed."""
    levels: Picture = None
    """(H, W) uint8 from `busdemo.imaging.masks.quantize`, values 0 to 199."""
    staged: Picture = None
    """The same in two stages, once a visitor has asked for it."""


class Given(BaseModel):
    """A mask that comes with an example: who drew it, how, and the picture (0 and 255)."""

    name: str
    note: str
    mask: FileData


class ViewerData(GradioModel):  # type: ignore[misc]
    """Everything the viewer shows; pictures share one size (H, W).

    A new `case` resets zoom, model and threshold. The same case again is an update: it keeps
    the visitor's zoom, model and threshold, and files whose URL did not change are not read again.
    """

    case: str = ""
    title: str = ""
    example: str = ""
    """Id of the shipped example, or empty."""
    scan_note: str = ""
    """What was done with the file."""
    scan_sha256: str = ""
    area: str = ""
    """Of the scan in its picture, as `busdemo.imaging.crops` writes it."""
    frame: int = 1
    frames: int = 1
    """Which frame of its file the scan is, and how many there are."""
    readers: list[Given] = Field(default_factory=list)
    """Of an example: simulated people's masks."""
    simulated: bool = False
    image: Picture = None
    """(H, W) uint8 grey."""
    reference: Picture = None
    """(H, W) bool, or uint8 where 0 is background."""
    reference_name: str = "Reference"
    """Caption of its pane: "Ground truth" for a data set's label, "Reference" for an upload."""
    facts: dict[str, Any] = Field(default_factory=dict)
    """What a question about masks of this scan takes along: `world` and `spacing` of its pixels,
    and `reference`, the provenance of what is compared with."""
    models: list[ModelLayer] = Field(default_factory=list)
    model: str = ""
    stop: int = 0
    """Slider stop 1 to 199; 0 is the chosen model's frozen one."""
    processing: dict[str, Any] | None = None
    """The visitor's post-processing; None is the chosen model's own."""
    cut_off: float | None = None
    """The visitor's cut-off of presence; None is each model's own."""
    mm_per_px: float = 0
    aspect: float = 1.0
    """Height of a pixel over its width."""
    """Side of a pixel in mm, from the file or the visitor; 0 is unknown."""
    looks: list[LookAnswer] = Field(default_factory=list)
    """Heat maps that were asked for in this case."""
    two_stage: bool = False
    """Whether the results in two stages are shown."""
    boxes: list[BoxMark] = Field(default_factory=list)
    """Where the detector found lesions, once it has looked."""
    two_stage_note: str = ""
    """One sentence on what it found; empty until it has looked."""
    two_stage_problem: str = ""
    """One sentence, when there is no detector."""
    downloads: list[Picture] = Field(default_factory=list)
    """Files the browser saves as soon as they arrive, once, each under its own name on disk."""
    more: str = ""
    """Not empty, and another each time: models are left that have not run, ask again (`resume`)."""
    message: str = ""
    """One sentence, shown as an error above the panes."""


@dataclass(frozen=True)
class ViewerChoice:
    """What a visitor has chosen, within bounds; the names may still be unknown ones."""

    case: str = ""
    model: str = ""
    stop: int = 0
    """Slider stop 1 to 199; 0 is the model's frozen one."""
    post_processing: PostProcessing | None = None
    """None is the model's own, see `Card.post_processing`."""
    mm_per_px: float | None = None
    """None: unknown, so lengths are in px."""
    two_stage: bool = False
    cut_off: float | None = None
    """Presence under which masks are withheld; None is the model's own."""


@dataclass(frozen=True)
class ExportRequest:
    """A download a visitor asked for, within bounds; the model's name may be unknown."""

    kind: Literal["mask", "overlay", "receipt"]
    model: str
    stop: int
    style: Literal["fill", "outline", "off"]
    opacity: float
    """Of the overlay's colours, 0 to 1."""
    post_processing: PostProcessing = NO_POST_PROCESSING
    mm_per_px: float | None = None
    cut_off: float | None = None
    """Presence under which the mask is withheld; None is the model's own."""

    @property
    def choice(self) -> Choice:
        """What makes the mask."""
        return Choice(self.stop, self.post_processing, self.mm_per_px, self.cut_off)

    @classmethod
    def from_event(cls, event: gr.EventData) -> "ExportRequest":
        """Read an `export` event, which anyone may have written; ValueError if it is not one."""
        data = read_event(event)
        kind, style = data.get("kind"), data.get("style", "fill")
        if kind not in ("mask", "overlay", "receipt") or style not in ("fill", "outline", "off"):
            raise ValueError("This is not a download the viewer offers.")
        stop, opacity = _number(data.get("stop")), _number(data.get("opacity", 0.5))
        return cls(
            kind=kind,
            model=str(data.get("model", ""))[:64],
            stop=min(max(round(stop), 1), STOPS - 1),
            style=style,
            opacity=min(max(opacity, 0.0), 1.0),
            post_processing=PostProcessing.of(data.get("processing") or {}),
            mm_per_px=_spacing(data.get("mm_per_px")),
            cut_off=_cut_off(data.get("cut_off")),
        )


class Viewer(PageComponent):
    """The viewer as a Gradio component; use it with `show_progress="hidden"` on its events."""

    data_model = ViewerData
    view = "segment"
    EVENTS: ClassVar[tuple[str, ...]] = ("export", "look", "resume", "stage")

    def write_picture(self, pixels: NDArray[Any], *, name: str = "pixels.png") -> FileData:
        """Write (H, W) uint8 or bool pixels as a cached 8-bit grey PNG; True becomes 255.

        The same pixels always give the same file and URL, so keep the result and pass it on
        where a picture does not change: nothing is encoded, sent or decoded twice. Raises
        TypeError for pixels of another type.
        """
        grey = np.where(pixels, 255, 0).astype(np.uint8) if pixels.dtype == np.bool_ else pixels
        if grey.dtype != np.uint8 or grey.ndim != 2:
            raise TypeError(f"A picture is (H, W) uint8 or bool, got {grey.dtype} {grey.shape}.")
        written, png = cv2.imencode(".png", grey, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        if not written:
            raise ValueError(f"A picture of {grey.shape[1]}x{grey.shape[0]} px has no PNG.")
        path = keep_file(png.tobytes(), name, self.GRADIO_CACHE)
        return FileData(path=path, mime_type="image/png", orig_name=name)

    def postprocess(self, value: ViewerData | dict[str, Any] | None) -> ViewerData | None:
        """Write arrays as PNG files; files and paths pass through unread.

        Raises TypeError for pixels of another type, pydantic's ValidationError for a bad dict.
        """
        if value is None:
            return None
        data = value if isinstance(value, ViewerData) else ViewerData.model_validate(value)
        reference = data.reference
        if isinstance(reference, np.ndarray):
            reference = reference > 0
        layers = [
            layer.model_copy(
                update={"levels": self._file(layer.levels), "staged": self._file(layer.staged)}
            )
            for layer in data.models
        ]
        update = {
            "image": self._file(data.image),
            "reference": self._file(reference),
            "models": layers,
            "downloads": [self._file(file) for file in data.downloads],
        }
        return cast(ViewerData, data.model_copy(update=update))

    def preprocess(self, payload: ViewerData | None) -> ViewerChoice:
        """The visitor's choice out of an untrusted payload: strings cut, the stop clamped."""
        if payload is None:
            return ViewerChoice()
        stop = min(max(payload.stop, 0), STOPS - 1)
        return ViewerChoice(
            case=payload.case[:128],
            model=payload.model[:64],
            stop=stop,
            post_processing=_steps(payload.processing),
            mm_per_px=_spacing(payload.mm_per_px),
            two_stage=payload.two_stage,
            cut_off=_cut_off(payload.cut_off),
        )

    def _file(self, picture: Any) -> FileData | None:
        if isinstance(picture, np.ndarray):
            return self.write_picture(picture)
        if isinstance(picture, str | Path):
            return FileData(path=str(picture), orig_name=Path(picture).name)
        return FileData.model_validate(picture) if isinstance(picture, dict) else picture


def _number(value: object) -> float:
    if isinstance(value, int | float) and np.isfinite(value):
        return float(value)
    raise ValueError("This is not a download the viewer offers.")


def _steps(settings: object) -> PostProcessing | None:
    """A visitor's post-processing; None for none, and for what is out of bounds."""
    try:
        return None if settings is None else PostProcessing.of(settings)
    except ValueError:
        return None


def _cut_off(value: object) -> float | None:
    """A visitor's cut-off of presence; None for none, and for what is out of bounds."""
    try:
        return None if value is None else read_cut_off(value)
    except ValueError:
        return None


def _spacing(value: object) -> float | None:
    """A visitor's spacing in mm per px; None for 0, and for what is out of bounds."""
    try:
        return read_spacing(value)
    except ValueError:
        return None

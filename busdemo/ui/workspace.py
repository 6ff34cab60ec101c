"""What one visitor has on the table, and how it is shown. Every change is a new value."""

import math
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from gradio.data_classes import FileData
from numpy.typing import NDArray

from busdemo.annotations.annotation import Annotation, tabulate_provenance
from busdemo.annotations.request import Files
from busdemo.imaging.boxes import Box
from busdemo.imaging.crops import write_crop
from busdemo.imaging.images import Scan
from busdemo.imaging.spacing import tabulate_spacing
from busdemo.inference.presence import PresenceLook
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import Localisation
from busdemo.inference.within import look_within
from busdemo.ui import text
from busdemo.ui.viewer.component import Given, ModelLayer, ViewerData
from busdemo.ui.viewer.looks import LookAnswer
from busdemo.workflows.copies import Seen
from busdemo.workflows.presence import add_presence, look_for_presence
from busdemo.workflows.segmenting import Segmentation, segment
from busdemo.zoo.cards import Card
from busdemo.zoo.files import UnusableModel
from busdemo.zoo.presence import STEPS, read_worth

Write = Callable[[NDArray[Any]], FileData]
"""Writes a picture for the browser, such as `Viewer.write_picture`."""


DETECTOR = "detector"
"""What a failure of the detector is kept under."""


@dataclass(frozen=True, eq=False)
class Workspace:
    """A scan, perhaps a reference, and what the models said of it.

    `case` names the scan's turn on the table; `example` is the id of a shipped example, or empty.
    `staged` are the results in two stages, with crops at `localisation`, where they were asked for.
    """

    scan: Scan
    title: str
    example: str = ""
    simulated: bool = False
    found: Box | None = None
    """The scan area that was found in the picture, whether it is used or not."""
    reference: Annotation | None = None
    reference_files: Files = ()
    """The reference's files, to read them inverted; nothing about a patient is in them."""
    segmentations: Mapping[str, Segmentation] = field(default_factory=dict)
    localisation: Localisation | None = None
    staged: Mapping[str, Segmentation] = field(default_factory=dict)
    pictures: Mapping[str, FileData] = field(default_factory=dict)
    """Files written for the browser: "image", "reference", models' ids, `staged_key` of them."""
    seen: Seen | None = None
    """Whether the models were made with this picture; None until it was looked up."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """By model's id or `DETECTOR`, why it did not answer when it was last asked."""
    readers: tuple[Given, ...] = ()
    """Other people's masks that come with an example."""
    looks: tuple[LookAnswer, ...] = ()
    """Heat maps that were asked for."""
    case: str = field(default_factory=lambda: secrets.token_hex(6))

    def with_reference(self, reference: Annotation | None, files: Files = ()) -> "Workspace":
        """The same scan and results against another reference, and its files."""
        pictures = {key: file for key, file in self.pictures.items() if key != "reference"}
        return replace(self, reference=reference, reference_files=files, pictures=pictures)

    def with_scan(self, scan: Scan) -> "Workspace":
        """The same picture with another scan area: the models have said nothing of it yet."""
        kept = {key: self.pictures[key] for key in ("image", "reference") if key in self.pictures}
        return Workspace(
            scan=scan,
            title=self.title,
            found=self.found,
            reference=self.reference,
            reference_files=self.reference_files,
            pictures=kept,
        )

    def drawn(self, write: Write) -> "Workspace":
        """The same with a file for each picture: those it has stay, lest they be sent again."""
        pixels: dict[str, NDArray[Any]] = {"image": self.scan.pixels}
        if self.reference is not None:
            pixels["reference"] = self.reference.mask
        pixels |= {model: result.levels for model, result in self.segmentations.items()}
        pixels |= {staged_key(model): result.levels for model, result in self.staged.items()}
        files = {key: file for key, file in self.pictures.items() if Path(file.path).exists()}
        lacking = {key: write(one) for key, one in pixels.items() if key not in files}
        known = {**files, **lacking}
        return self if known == self.pictures else replace(self, pictures=known)

    def with_failure(self, what: str, error: UnusableModel) -> "Workspace":
        """The same, with why a model or the detector did not answer: the selector shows it."""
        return replace(self, failures={**self.failures, what: str(error)})

    def run(
        self, pool: SegmenterPool, first: str, write: Write, *, among: Collection[str] | None = None
    ) -> Iterator[tuple["Workspace", str]]:
        """Run the models that have not run yet (of those `among`, if given), `first` at first.

        Yields the workspace, drawn, and the id of the model that runs next, an empty one at the
        end.
        """
        order = sorted(pool.cards, key=lambda model_id: model_id != first)
        if among is not None:
            order = [model_id for model_id in order if model_id in among]
        waiting = [m for m in order if m not in self.segmentations and m not in pool.unavailable]
        workspace = replace(self, failures={}).drawn(write)
        predictions = look_within(self.scan, pool.look_at)
        look = look_for_presence(self.scan, pool, predictions)
        for model_id in waiting:
            yield workspace, model_id
            workspace = workspace.judged(look)
            try:
                result, _ = segment(self.scan, model_id, pool, predictions)
            except UnusableModel as error:
                workspace = workspace.with_failure(model_id, error)
                continue
            known = {**workspace.segmentations, model_id: result}
            workspace = replace(workspace, segmentations=known).drawn(write)
        if waiting and workspace.awaits_judging:
            yield workspace, ""  # the last mask does not wait for it
        yield workspace.judged(look), ""

    @property
    def awaits_judging(self) -> bool:
        """Is there a result whose presence is not known, though its model has a rule?"""
        results = self.segmentations.values()
        return any(one.presence is None and one.card.presence is not None for one in results)

    def judged(self, look: PresenceLook) -> "Workspace":
        """The same, with the presence of every result that has none yet."""
        known = {
            model_id: result if result.presence else add_presence(result, look)
            for model_id, result in self.segmentations.items()
        }
        return replace(self, segmentations=known)


def staged_key(model_id: str) -> str:
    """What the picture of a model's result in two stages is kept under."""
    return f"two-stage:{model_id}"


def first_usable(pool: SegmenterPool, wanted: str = "") -> str:
    """`wanted` if it can run, otherwise the first model that can, that will, or an empty string."""
    usable = [model_id for model_id in pool.cards if model_id not in pool.unavailable]
    coming = [model_id for model_id in pool.cards if model_id in pool.downloads.arrived]
    return wanted if wanted in usable else next(iter([*usable, *coming]), "")


def show_workspace(
    workspace: Workspace, pool: SegmenterPool, *, chosen: str, running: str = ""
) -> ViewerData:
    """A drawn workspace as the viewer shows it."""
    files = workspace.pictures
    layers = [describe_model(card, pool) for card in pool.cards.values()]
    for layer in layers:
        if layer.id in workspace.segmentations:
            layer.state = "ready"
            layer.levels = files[layer.id]
            found = workspace.segmentations[layer.id].presence
            layer.presence = None if found is None else round(found.value, 6)
        elif layer.id == running:
            layer.state = "running"
        elif layer.state == "waiting" and layer.id in workspace.failures:
            layer.state, layer.reason = "unusable", workspace.failures[layer.id]
    reference, scan = workspace.reference, workspace.scan
    height, width = scan.pixels.shape
    return ViewerData(
        case=workspace.case,
        title=workspace.title,
        example=workspace.example,
        scan_note="; ".join((f"{width} × {height} px", *scan.notes)),
        scan_sha256=scan.sha256,
        area=write_crop(scan.area),
        frame=scan.frame,
        frames=scan.frames,
        readers=list(workspace.readers),
        simulated=workspace.simulated,
        image=files["image"],
        reference=reference and files["reference"],
        reference_name="Reference" if workspace.reference_files else "Ground truth",
        facts=describe_facts(workspace),
        models=layers,
        looks=[look for look in workspace.looks if look.problem or Path(look.levels.path).exists()],
        model=chosen,
        mm_per_px=scan.spacing_mm or 0,
        aspect=scan.aspect,
    )


def describe_facts(workspace: Workspace) -> dict[str, Any]:
    """See `ViewerData.facts`."""
    scan, reference = workspace.scan, workspace.reference
    return {
        "world": None if scan.world is None else [list(row) for row in scan.world],
        "spacing": tabulate_spacing(scan.spacing),
        "reference": None if reference is None else tabulate_provenance(reference.provenance),
    }


def describe_model(card: Card, pool: SegmenterPool) -> ModelLayer:
    """A model in the selector: what a person needs to choose it, or why it cannot be chosen."""
    problem = pool.unavailable.get(card.id)
    parts = []
    if result := card.result("lesion_dice"):
        parts.append(f"test Dice {result.value:.2f} ({result.low:.2f}–{result.high:.2f})")
    if card.parameters:
        parts.append(f"{card.parameters / 1e6:.1f} M")
    if card.id in pool.milliseconds:
        parts.append(f"{math.ceil(pool.milliseconds[card.id])} ms")
    elif not problem:
        parts.append(text.NOT_TIMED)
    worth = _read_worth(card.folder, card.sha256, card.stop) if card.presence else None
    return ModelLayer(
        id=card.id,
        name=card.name,
        family=card.family,
        note=" · ".join(parts),
        frozen=card.stop,
        processing=card.post_processing.as_settings(),
        cut_off=round(card.presence.cut_off * STEPS) if card.presence else 0,
        sensitivity=_per_mille(worth.sensitivity) if worth else [],
        alarms=_per_mille(worth.alarms) if worth else [],
        recipe=bool(card.members),
        state="unusable" if problem else "waiting",
        reason=problem or "",
    )


_read_worth = lru_cache(maxsize=64)(read_worth)


def _per_mille(shares: Sequence[float]) -> list[int]:
    """Empty where there is no image to count; a browser has no nan."""
    return [] if any(map(math.isnan, shares)) else [round(1000 * share) for share in shares]

"""What the intake card says of the workspace: names, one sentence each, and what can be done."""

from gradio.data_classes import FileData

from busdemo.annotations.annotation import Provenance, tell
from busdemo.annotations.request import Options
from busdemo.imaging.crops import write_crop
from busdemo.ui import text
from busdemo.ui.examples import Example
from busdemo.ui.intake.component import MOST_NAMES, IntakeData, MaskReading, Note, Tile
from busdemo.ui.workspace import Workspace
from busdemo.workflows.copies import Seen


def describe_workspace(workspace: Workspace, examples: dict[str, Example]) -> IntakeData:
    """The intake card for a workspace."""
    scan, reference = workspace.scan, workspace.reference
    height, width = scan.pixels.shape
    shown = examples.get(workspace.example)
    told = [f"{width} × {height} px", *scan.notes, *([shown.description] if shown else [])]
    if shown and not shown.simulated:
        told.append(text.SHOWN_SCAN)
    card = IntakeData(
        image=Note(name=workspace.title, text="; ".join(told)),
        frames=scan.frames,
        seen=describe_seen(workspace.seen) if shown is None else _describe_example(shown),
        example=workspace.example,
        examples=[
            Tile(
                id=example.id,
                title=example.title,
                simulated=example.simulated,
                picture=FileData(path=str(example.folder / "thumbnail.webp")),
            )
            for example in examples.values()
        ],
    )
    if not workspace.example:
        card.crop, card.picture = write_crop(scan.area), workspace.pictures.get("image")
        card.found = write_crop(workspace.found) if workspace.found else ""
    if reference is not None:
        facts, files = reference.provenance, workspace.reference_files
        card.mask = Note(name=facts.title or reference.annotator, text=tell(facts))
        card.can_remove = True
        card.reading = describe_reading(facts) if files else MaskReading()
        card.can_invert = bool(files) and (facts.looks_inverted or facts.inverted)
    return card


def _describe_example(example: Example) -> Note:
    """Whether the models were made with an example: it needs no look-up."""
    return Note(text="" if example.simulated else text.TEST_IMAGE)


def describe_reading(facts: Provenance) -> MaskReading:
    """What may be asked of a mask that was read: another label, another least score."""
    asked = facts.asked
    return MaskReading(
        name=asked.image_name,
        labels=list(facts.labels),
        label=asked.label or "",
        scored=facts.scored,
        score=asked.least_score,
    )


def describe_refusal(error: ValueError, options: Options) -> MaskReading:
    """What may be asked of a mask that could not be read as it was asked for."""
    return MaskReading(
        names=list(getattr(error, "names", ()))[:MOST_NAMES],
        name=options.image_name,
        scored=bool(getattr(error, "scored", False)),
        score=options.least_score,
    )


def describe_seen(seen: Seen | None) -> Note:
    """Whether the models were made with a picture, once it was looked up."""
    if seen is None or not seen.split:
        return Note(text=seen.sentence if seen else "")
    return Note(name=seen.lead, text=seen.meaning)

"""The Compare tab: a scan and what models say of it go down; the rest happens in the browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData

from busdemo.imaging.images import ScanOptions, UnreadableImage, read_scan
from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui import text
from busdemo.ui.compare.component import Compare, CompareData, CompareRequest, Given, OpenedImage
from busdemo.ui.compare.files import serve_answers
from busdemo.ui.examples import Example, open_example
from busdemo.ui.intake.component import Tile
from busdemo.ui.journal import UNREADABLE, refuse
from busdemo.ui.queues import MODELS, ON_PAGE, Desk
from busdemo.ui.workspace import Workspace, first_usable, show_workspace

STATE_SECONDS = 7200
"""How long a visitor's scan is kept in memory after its last change."""

Update = tuple[CompareData | Any, Workspace | Any]
"""What a handler returns: for the comparison and the visitor's state."""


@dataclass(frozen=True, eq=False)
class CompareTab:
    """The tab's component and what its handlers need; built by `build_compare_tab`."""

    pool: SegmenterPool
    examples: dict[str, Example]
    compare: Compare

    def enter(self, workspace: Workspace | None, event: gr.EventData) -> Iterator[Update]:
        """The scan on the table, an example at first; then the models a link asks for."""
        wish = CompareRequest.from_event(event)
        if wish.example in self.examples or workspace is None:
            workspace = self._open(wish.example)
        yield from self._run(workspace, wish.models)

    def pick_example(self, event: gr.EventData) -> Iterator[Update]:
        """A shipped example, with its exact outline and the results that are at hand."""
        wish = CompareRequest.from_event(event)
        if wish.example not in self.examples:
            yield gr.skip(), gr.skip()
            return
        yield from self._run(self._open(wish.example), wish.models)

    def open_image(self, arrival: OpenedImage, workspace: Workspace | None) -> Iterator[Update]:
        """A visitor's own image; one that cannot be read changes nothing but a sentence."""
        if arrival.file is None:
            yield gr.skip(), gr.skip()
            return
        name, data = arrival.file
        try:
            scan = read_scan(data, name, ScanOptions(crop="auto"))
        except UnreadableImage as error:
            refuse(UNREADABLE)
            yield self._show(workspace or self._open(""), message=str(error)), gr.skip()
            return
        yield from self._run(Workspace(scan=scan, title=scan.name), ())

    def bring(self, segmented: Workspace | None) -> Iterator[Update]:
        """The Segment tab's scan, its reference and its results."""
        yield from self._run(segmented or self._open(""), ())

    def run_models(
        self, arrival: OpenedImage, workspace: Workspace | None, event: gr.EventData
    ) -> Iterator[Update]:
        """Models that are to be compared and have not answered yet."""
        if workspace is None:
            workspace = self._open("")
        if arrival.case != workspace.case:
            raise gr.Error(text.SESSION_ENDED, print_exception=False)
        yield from self._run(workspace, CompareRequest.from_event(event).models)

    def _open(self, example_id: str) -> Workspace:
        first = next(iter(self.examples.values()))
        return open_example(self.examples.get(example_id, first), self.pool)

    def _run(self, workspace: Workspace, models: tuple[str, ...]) -> Iterator[Update]:
        write = self.compare.write_picture
        for step, running in workspace.run(self.pool, "", write, among=models):
            yield self._show(step, running=running), step

    def _show(self, workspace: Workspace, *, running: str = "", message: str = "") -> CompareData:
        chosen = first_usable(self.pool)
        workspace = workspace.drawn(self.compare.write_picture)
        shown = show_workspace(workspace, self.pool, chosen=chosen, running=running)
        height, width = workspace.scan.pixels.shape
        data = CompareData(
            **dict(shown),
            example=workspace.example,
            examples=[_tile(example) for example in self.examples.values()],
            scan_note="; ".join((f"{width} × {height} px", *workspace.scan.notes)),
            scan_sha256=workspace.scan.sha256,
            frame=workspace.scan.frame,
            frames=workspace.scan.frames,
            spacing=workspace.scan.spacing_mm or 0.0,
            readers=_readers(self.examples.get(workspace.example)),
        )
        data.message = message
        return data


def build_compare_tab(
    pool: SegmenterPool, examples: dict[str, Example], segmented: gr.State, desk: Desk
) -> CompareTab:
    """Build the tab, empty, and connect it; `segmented` is the Segment tab's workspace.

    What it asks about masks is answered at `desk`.
    """
    state = gr.State(None, time_to_live=STATE_SECONDS)
    compare = Compare(
        answers=serve_answers(pool.cards, desk),
        elem_id="bd-compare",
    )
    tab = CompareTab(pool, examples, compare)
    shared = ON_PAGE | MODELS
    outputs = [compare, state]
    compare.enter(tab.enter, [state], outputs, **shared)
    compare.pick_example(tab.pick_example, None, outputs, **shared)
    compare.open_image(tab.open_image, [compare, state], outputs, **shared)
    compare.bring(tab.bring, [segmented], outputs, **shared)
    compare.run_models(tab.run_models, [compare, state], outputs, **shared)
    return tab


def _readers(example: Example | None) -> list[Given]:
    if example is None:
        return []
    return [
        Given(
            name=name,
            note=f"{text.SIMULATED_READER} {habit}",
            mask=FileData(path=str(example.reader_path(number))),
        )
        for number, (name, habit) in enumerate(example.readers, start=1)
    ]


def _tile(example: Example) -> Tile:
    picture = FileData(path=str(Path(example.folder) / "thumbnail.webp"))
    return Tile(id=example.id, title=example.title, simulated=example.simulated, picture=picture)

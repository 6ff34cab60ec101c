"""What the Segment tab answers: each handler takes what a visitor did and gives what is shown."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from gradio.data_classes import FileData

from busdemo.imaging.crops import parse_crop
from busdemo.imaging.images import ScanOptions, UnreadableImage, crop_scan, read_scan
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import TwoStage
from busdemo.ui import text
from busdemo.ui.downloads import with_shown_reference, write_download
from busdemo.ui.examples import Example, open_example
from busdemo.ui.findings.component import FindingsData
from busdemo.ui.findings.panel import Panel
from busdemo.ui.gradio_private import keep_file
from busdemo.ui.intake.card import describe_refusal, describe_workspace
from busdemo.ui.intake.component import Intake, IntakeData, Note, Upload
from busdemo.ui.journal import UNREADABLE, refuse
from busdemo.ui.looking import add_look
from busdemo.ui.two_stage import read_models, run_two_stages, show_two_stages
from busdemo.ui.viewer.component import ExportRequest, Viewer, ViewerChoice, ViewerData
from busdemo.ui.workspace import Workspace, first_usable, show_workspace
from busdemo.workflows.copies import look_for_copy
from busdemo.workflows.segmenting import invert_reference, read_reference, strip_files

MOST_MASKS = 16
"""Files of one mask."""

Update = tuple[ViewerData | Any, IntakeData | Any, Workspace | Any]
"""What a handler returns: for the viewer, the intake and the visitor's state."""

# A handler that yields nothing at all would empty what it is for.
_NOTHING: Update = (gr.skip(), gr.skip(), gr.skip())


@dataclass(frozen=True, eq=False)
class SegmentTab:
    """The tab's controls and what its handlers need; built by `segment_tab.build_segment_tab`."""

    staged: TwoStage
    examples: dict[str, Example]
    viewer: Viewer
    intake: Intake
    state: gr.State
    """The visitor's workspace."""
    count_waiting: Callable[[], int]
    """How many requests wait for the models."""

    @property
    def pool(self) -> SegmenterPool:
        """The models."""
        return self.staged.pool

    def open(self, workspace: Workspace | None, choice: ViewerChoice) -> Workspace:
        """The visitor's workspace, drawn: the opening example until something else is there.

        Raises gr.Error when the visitor looks at another scan than the one kept here, because the
        state has expired or the server was started anew: nobody may get another scan's numbers.
        """
        if workspace is None:
            workspace = self._open_first()
        if choice.case != workspace.case:
            raise gr.Error(text.SESSION_ENDED, print_exception=False)
        return workspace.drawn(self.viewer.write_picture)

    def arrive(self, workspace: Workspace | None, choice: ViewerChoice) -> Iterator[Update]:
        """On page load: newest notes on the models, and results the opening example lacks."""
        if workspace is None:
            workspace = self._open_first()
        yield from self._run(workspace, choice)

    def follow(
        self, workspace: Workspace | None, choice: ViewerChoice
    ) -> Iterator[tuple[ViewerData | Any, Workspace | Any, gr.Timer | Any]]:
        """While weights arrive: how far they are, and the results of models that are there now."""
        more = bool(self.pool.downloads.arrived)
        workspace = self._open_first() if workspace is None else workspace
        if choice.case == workspace.case:
            chosen = first_usable(self.pool, choice.model)
            write = self.viewer.write_picture
            for step, running in workspace.run(self.pool, chosen, write):
                yield self._view(step, chosen, running), step, gr.skip()
        yield gr.skip(), gr.skip(), gr.Timer(active=more)

    def resume(
        self, workspace: Workspace | None, choice: ViewerChoice
    ) -> Iterator[tuple[ViewerData | Any, Workspace | Any]]:
        """The models that had to wait, because other visitors waited for their first answer."""
        if workspace is None or choice.case != workspace.case:
            yield _NOTHING[::2]
            return
        for shown, _, step in self._run(workspace, choice):
            yield shown, step

    def drop_image(
        self, arrival: Upload, workspace: Workspace | None, choice: ViewerChoice
    ) -> Iterator[Update]:
        """A new image: shown at once, then the chosen model's result, then the others'."""
        if not arrival.files:
            yield _NOTHING
            return
        name, data = arrival.files[0]
        try:
            crop = parse_crop(arrival.crop or "auto")
            scan = read_scan(data, name, ScanOptions(frame=arrival.frame or None, crop=crop))
        except (UnreadableImage, ValueError) as error:
            shown = self._describe(self.open(workspace, choice), arrival.asked)
            shown.image = Note(error=str(error))
            refuse(UNREADABLE)
            yield gr.skip(), shown, gr.skip()
            return
        opened = Workspace(scan=scan, title=scan.name, found=scan.area)
        yield from self._run(opened, choice, arrival.asked)

    def crop_image(
        self, arrival: Upload, workspace: Workspace | None, choice: ViewerChoice
    ) -> Iterator[Update]:
        """Another scan area of the picture on the table, or all of it; the reference stays."""
        workspace = self.open(workspace, choice)
        if workspace.example:
            yield _NOTHING
            return
        try:
            scan = crop_scan(workspace.scan, parse_crop(arrival.crop))
        except ValueError as error:
            shown = self._describe(workspace, arrival.asked)
            shown.image = Note(error=str(error))
            yield gr.skip(), shown, gr.skip()
            return
        yield from self._run(workspace.with_scan(scan), choice, arrival.asked)

    def pick_example(self, arrival: Upload, choice: ViewerChoice) -> Iterator[Update]:
        """A shipped example, with its exact outline."""
        if arrival.example not in self.examples:
            yield _NOTHING
            return
        example = open_example(self.examples[arrival.example], self.pool)
        yield from self._run(example, choice, arrival.asked)

    def drop_mask(
        self, arrival: Upload, workspace: Workspace | None, choice: ViewerChoice
    ) -> Update:
        """A reference for the image on the table; the image and its results stay."""
        workspace = self.open(workspace, choice)
        if not arrival.files:
            return _NOTHING
        try:
            if len(arrival.files) > MOST_MASKS:
                raise UnreadableImage(text.TOO_MANY_MASKS)
            reference = read_reference(arrival.files, workspace.scan, arrival.options)
            files = strip_files(arrival.files)
        except UnreadableImage as error:
            shown = self._describe(workspace, arrival.asked)
            shown.mask = Note(error=str(error))
            shown.reading = describe_refusal(error, arrival.options)
            refuse(UNREADABLE)
            return gr.skip(), shown, gr.skip()
        return self._show(workspace.with_reference(reference, files), choice, arrival.asked)

    def invert_mask(self, workspace: Workspace | None, choice: ViewerChoice) -> Update:
        """Exchange lesion and background of the uploaded mask, or exchange them back."""
        workspace = self.open(workspace, choice)
        reference, files = workspace.reference, workspace.reference_files
        if reference is None or not files:
            return _NOTHING
        inverted = invert_reference(reference, files, workspace.scan)
        return self._show(workspace.with_reference(inverted, files), choice)

    def remove_mask(self, workspace: Workspace | None, choice: ViewerChoice) -> Update:
        """The prediction alone."""
        return self._show(self.open(workspace, choice).with_reference(None), choice)

    def export(
        self, workspace: Workspace | None, choice: ViewerChoice, event: gr.EventData
    ) -> ViewerData | Any:
        """The file a visitor asked for, written and handed to the browser."""
        workspace = self.open(workspace, choice)
        try:
            request = ExportRequest.from_event(event)
            scored = with_shown_reference(workspace, event)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from error
        download = write_download(scored, request, two_stage=choice.two_stage)
        if download is None:
            return gr.skip()
        name, data = download
        path = keep_file(data, name, self.viewer.GRADIO_CACHE)
        shown = self._view(workspace, choice.model)
        shown.downloads = [FileData(path=path, orig_name=name)]
        return shown

    def stage(
        self, workspace: Workspace | None, choice: ViewerChoice, event: gr.EventData
    ) -> Iterator[tuple[ViewerData, Workspace]]:
        """The results in two stages that a visitor wants to see."""
        workspace = self.open(workspace, choice)
        models, write = read_models(event), self.viewer.write_picture
        for step in run_two_stages(workspace, self.staged, models, write):
            yield self._view(step, choice.model), step

    def ask(
        self, workspace: Workspace | None, choice: ViewerChoice, event: gr.EventData
    ) -> Iterator[FindingsData]:
        """The findings a visitor has opened."""
        if workspace is None:
            workspace = self._open_first()
        yield from Panel(self.pool).answer(workspace, choice, event)

    def look(
        self, workspace: Workspace | None, choice: ViewerChoice, event: gr.EventData
    ) -> tuple[ViewerData | Any, Workspace | Any]:
        """The heat map a visitor asked for."""
        found = add_look(self.open(workspace, choice), self.pool, self.viewer, event)
        if found is None:
            return gr.skip(), gr.skip()
        return self._view(found, choice.model), found

    def _open_first(self) -> Workspace:
        return open_example(next(iter(self.examples.values())), self.pool)

    def _run(self, workspace: Workspace, choice: ViewerChoice, asked: str = "") -> Iterator[Update]:
        chosen, told, seen = first_usable(self.pool, choice.model), None, workspace.seen
        step = workspace
        for result, running in workspace.run(self.pool, chosen, self.viewer.write_picture):
            step = replace(result, seen=seen)
            chosen = first_usable(self.pool, chosen)  # it may just have proved unusable
            # The chosen model's answer is there: whoever waits for a first answer goes before.
            pauses = bool(running and chosen in step.segmentations and self.count_waiting())
            shown = self._view(step, chosen, "" if pauses else running)
            # The card is sent when it changes: it would overwrite what a visitor chooses meanwhile.
            card = self._describe(step, asked)
            yield shown, gr.skip() if card == told else card, step
            told = card
            if seen is None and step.segmentations and not step.example:
                seen = look_for_copy(step.scan)  # the first answer is on its way already
            if pauses:
                break
        step = replace(step, seen=seen)
        card = self._describe(step, asked)
        yield gr.skip(), gr.skip() if card == told else card, step

    def _show(self, workspace: Workspace, choice: ViewerChoice, asked: str = "") -> Update:
        workspace = workspace.drawn(self.viewer.write_picture)
        shown = self._view(workspace, first_usable(self.pool, choice.model))
        return shown, self._describe(workspace, asked), workspace

    def _describe(self, workspace: Workspace, asked: str) -> IntakeData:
        card = describe_workspace(workspace, self.examples)
        card.answered = asked
        return card

    def _view(self, workspace: Workspace, chosen: str, running: str = "") -> ViewerData:
        shown = show_workspace(workspace, self.pool, chosen=chosen, running=running)
        if not running and any(layer.state == "waiting" for layer in shown.models):
            shown.more = secrets.token_hex(4)
        return show_two_stages(shown, workspace, self.staged)

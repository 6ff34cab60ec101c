"""Answering the panel: from a visitor's workspace and question to the sections asked for."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import gradio as gr

from busdemo.imaging.masks import STOPS
from busdemo.imaging.refusals import UnreadableImage
from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui import text
from busdemo.ui.findings.component import FindingsData, Question, Section
from busdemo.ui.findings.sections import SECTIONS
from busdemo.ui.findings.subject import Builder, Subject
from busdemo.ui.viewer.component import ViewerChoice
from busdemo.ui.workspace import Workspace
from busdemo.workflows.segmenting import Choice, mask_of
from busdemo.zoo.files import UnusableModel


def list_sections(builders: Sequence[Builder] = SECTIONS) -> FindingsData:
    """The panel with every section closed and nothing computed."""
    return FindingsData(sections=[Section(id=b.id, title=b.title, hint=b.hint) for b in builders])


@dataclass(frozen=True, eq=False)
class Panel:
    """Answers questions about a workspace with a pool of models."""

    pool: SegmenterPool
    builders: Sequence[Builder] = SECTIONS

    def answer(
        self, workspace: Workspace, choice: ViewerChoice, event: gr.EventData
    ) -> Iterator[FindingsData]:
        """The sections asked for, each as soon as it is there."""
        question = Question.from_event(event)
        shown = list_sections(self.builders).model_copy(update={"turn": question.turn})
        subject = self.read_subject(workspace, choice)
        if workspace.case != choice.case:
            yield shown.model_copy(update={"message": text.SESSION_ENDED})
            return
        if subject is None:
            yield shown.model_copy(update={"message": text.FINDINGS_NONE})
            return
        shown.about = text.FINDINGS_ABOUT.format(
            model=subject.card.name, threshold=subject.stop / STOPS
        )
        wanted = [b.id for b in self.builders if b.id in question.sections]
        shown.done = not wanted
        for number, (builder, section) in enumerate(self._pair(shown, wanted), start=1):
            chosen = question.choices.get(builder.id, {})
            section.html = _build(builder, replace(subject, choices=chosen))
            yield shown.model_copy(update={"done": number == len(wanted)}, deep=True)
        if not wanted:
            yield shown

    def read_subject(self, workspace: Workspace, choice: ViewerChoice) -> Subject | None:
        """What a choice is about; None where the model has no result."""
        results = workspace.staged if choice.two_stage else workspace.segmentations
        segmentation = results.get(choice.model)
        if segmentation is None:
            return None
        stop = choice.stop or segmentation.card.stop
        steps = choice.post_processing or segmentation.card.post_processing
        return Subject(
            scan=workspace.scan,
            segmentation=segmentation,
            stop=stop,
            mask=segmentation.answer(Choice(stop, steps, cut_off=choice.cut_off)),
            reference=mask_of(workspace.reference),
            pool=self.pool,
            mm_per_px=choice.mm_per_px or workspace.scan.spacing_mm,
        )

    def _pair(self, shown: FindingsData, wanted: Sequence[str]) -> list[tuple[Builder, Section]]:
        pairs = zip(self.builders, shown.sections, strict=True)
        return [(builder, section) for builder, section in pairs if builder.id in wanted]


def _build(builder: Builder, subject: Subject) -> str:
    """A section's HTML; what cannot be computed is said in its place."""
    try:
        return builder.build(subject) or f"<p>{html.escape(text.FINDINGS_NOTHING)}</p>"
    except (UnusableModel, UnreadableImage) as error:
        return f"<p>{html.escape(str(error))}</p>"

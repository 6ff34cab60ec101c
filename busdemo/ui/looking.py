"""Answering the viewer's wish for a heat map; what was answered stays with the workspace."""

from dataclasses import replace

import gradio as gr
import numpy as np

from busdemo.imaging.masks import quantize
from busdemo.inference.heat_maps import NotExplained
from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui.viewer.component import Viewer
from busdemo.ui.viewer.looks import LookAnswer, LookPart, LookRequest
from busdemo.ui.workspace import Workspace
from busdemo.workflows.explaining import look_within_scan
from busdemo.zoo.files import UnusableModel

MOST_LOOKS = 64
"""Heat maps kept for one scan, the oldest go first."""


def add_look(
    workspace: Workspace, pool: SegmenterPool, viewer: Viewer, event: gr.EventData
) -> Workspace | None:
    """The workspace with the heat map of a `look` event; None for a model it knows nothing of.

    Raises gr.Error when the event is none.
    """
    try:
        request = LookRequest.from_event(event)
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error
    if request.model not in workspace.segmentations:
        return None
    answer = LookAnswer(kind=request.kind, model=request.model, asked=request.part)
    try:
        look = look_within_scan(pool, request.model, workspace.scan, request.kind, request.part)
        answer.part, answer.about = look.part, look.about
        answer.parts = [LookPart(id=part.id, label=part.label) for part in look.parts]
        levels = quantize(np.asarray(look.values / np.float32(look.top), np.float32))
        answer.levels = viewer.write_picture(levels)
    except (NotExplained, UnusableModel) as error:
        answer.problem = str(error)
    others = [one for one in workspace.looks if _key(one) != _key(answer)]
    return replace(workspace, looks=(*others, answer)[-MOST_LOOKS:])


def _key(answer: LookAnswer) -> tuple[str, str, str]:
    return answer.kind, answer.model, answer.asked

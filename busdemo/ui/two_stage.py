"""The two-stage switch: what the viewer shows of it, and computing what it asks for."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import gradio as gr

from busdemo.inference.two_stage import Localisation, TwoStage
from busdemo.inference.within import locate_within, look_in_two_stages
from busdemo.ui import text
from busdemo.ui.gradio_private import read_event
from busdemo.ui.viewer.boxes import BoxMark
from busdemo.ui.viewer.component import ViewerData
from busdemo.ui.workspace import DETECTOR, Workspace, Write, staged_key
from busdemo.workflows.segmenting import Segmentation, segment
from busdemo.zoo.files import UnusableModel

MOST_MODELS = 16
"""Models one event may ask for."""


def read_models(event: gr.EventData) -> list[str]:
    """The models a `stage` event asks for, which anyone may have written; unknown ones too."""
    data = read_event(event)
    models = data.get("models")
    named = models if isinstance(models, list) else []
    return [model for model in named[:MOST_MODELS] if isinstance(model, str)]


def run_two_stages(
    workspace: Workspace, staged: TwoStage, models: Sequence[str], write: Write
) -> Iterator[Workspace]:
    """Look for lesions once, then run the models that have not run in two stages yet.

    Yields the workspace, drawn, after each; what fails stands in its `failures`.
    """
    pool, workspace = staged.pool, replace(workspace, failures={}).drawn(write)
    waiting = [m for m in models if m in pool.cards and m not in workspace.staged]
    try:
        if workspace.localisation is None:
            workspace = replace(workspace, localisation=locate_within(workspace.scan, staged))
    except UnusableModel as error:
        yield workspace.with_failure(DETECTOR, error)
        return
    found = workspace.localisation
    assert found is not None  # noqa: S101
    predictions = look_in_two_stages(workspace.scan, staged, found)
    for model_id in waiting:
        try:
            result = _known_whole(workspace, model_id, found)
            if result is None:
                result, _ = segment(workspace.scan, model_id, pool, predictions)
                direct = workspace.segmentations.get(model_id)
                result = replace(result, presence=direct.presence if direct else None)
        except UnusableModel as error:
            workspace = workspace.with_failure(model_id, error)
            yield workspace
            continue
        workspace = replace(workspace, staged={**workspace.staged, model_id: result}).drawn(write)
        yield workspace
    if not waiting:
        yield workspace


def _known_whole(workspace: Workspace, model_id: str, found: Localisation) -> Segmentation | None:
    """The model's result in one stage, where no lesion was found: it is that in two, too."""
    direct = workspace.segmentations.get(model_id)
    if found.detections or direct is None:
        return None
    return replace(direct, localisation=found)


def show_two_stages(shown: ViewerData, workspace: Workspace, staged: TwoStage) -> ViewerData:
    """A drawn workspace's data with the results in two stages, the boxes and a sentence on them."""
    for layer in shown.models:
        if layer.id in workspace.staged:
            layer.staged = workspace.pictures[staged_key(layer.id)]
        elif layer.id in workspace.failures:
            layer.state, layer.reason = "unusable", workspace.failures[layer.id]
    if problem := staged.problem or workspace.failures.get(DETECTOR):
        shown.two_stage_problem = text.TWO_STAGE_PROBLEM.format(reason=problem)
    elif (found := workspace.localisation) is not None:
        shown.boxes = [
            BoxMark(left=b.left, top=b.top, right=b.right, bottom=b.bottom, score=d.score)
            for d in found.detections
            for b in (d.box,)
        ]
        shown.two_stage_note = describe_localisation(found)
    return shown


def describe_localisation(found: Localisation) -> str:
    """One sentence on where the lesions were found, or that none was."""
    count = len(found.detections)
    if not count:
        return text.TWO_STAGE_NONE.format(cut_off=found.cut_off)
    if count == 1:
        return text.TWO_STAGE_ONE.format(score=found.detections[0].score)
    return text.TWO_STAGE_SEVERAL.format(count=count)

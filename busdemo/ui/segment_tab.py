"""The Segment tab: files in, panes and numbers out; the threshold itself stays in the browser."""

from functools import partial
from typing import Any

import gradio as gr

from busdemo.inference.two_stage import TwoStage
from busdemo.ui.examples import Example, open_example
from busdemo.ui.findings.component import Findings
from busdemo.ui.findings.panel import list_sections
from busdemo.ui.gradio_private import count_waiting
from busdemo.ui.intake.card import describe_workspace
from busdemo.ui.intake.component import Intake
from busdemo.ui.queues import MODELS, ON_PAGE
from busdemo.ui.segment_handlers import SegmentTab
from busdemo.ui.two_stage import show_two_stages
from busdemo.ui.viewer.component import Viewer
from busdemo.ui.workspace import first_usable, show_workspace

DOWNLOAD_SECONDS = 2
"""While weights arrive, the page asks this often how far they are."""

STATE_SECONDS = 7200
"""How long a visitor's workspace is kept in memory after its last change."""

_QUEUE = ON_PAGE | MODELS


def build_segment_tab(
    page: gr.Blocks, staged: TwoStage, examples: dict[str, Example]
) -> SegmentTab:
    """Build the tab's controls and connect them; call inside the page's context."""
    pool, state = staged.pool, gr.State(None, time_to_live=STATE_SECONDS)
    opening = open_example(next(iter(examples.values())), pool)
    # The values are given at building time, with files that need no writing: the first paint
    # then waits for nothing. A viewer that is never rendered stands in for the one to be.
    opening = opening.drawn(Viewer(render=False).write_picture)
    shown = show_workspace(opening, pool, chosen=first_usable(pool))
    shown = show_two_stages(shown, opening, staged)
    with gr.Column(elem_id="bd-segment"):
        intake = Intake(describe_workspace(opening, examples), elem_id="bd-intake")
        viewer = Viewer(shown, elem_id="bd-viewer")
        findings = Findings(list_sections(), elem_id="bd-findings")
    tab = SegmentTab(
        staged,
        examples,
        viewer,
        intake,
        state,
        partial(count_waiting, page),
    )
    _connect(page, tab, state)
    findings.ask(tab.ask, [state, viewer], [findings], **_QUEUE)
    if pool.downloads.arrived:
        timer = gr.Timer(DOWNLOAD_SECONDS)
        timer.tick(tab.follow, [state, viewer], [viewer, state, timer], **_QUEUE)
    return tab


def _connect(page: gr.Blocks, tab: SegmentTab, state: gr.State) -> None:
    outputs = [tab.viewer, tab.intake, state]
    shared = _QUEUE
    files = [tab.intake, state, tab.viewer]
    # Another file, frame or example while one is being answered: the last one wins.
    last: dict[str, Any] = {**shared, "trigger_mode": "always_last"}
    tab.intake.drop_image(tab.drop_image, files, outputs, **last)
    tab.intake.pick_example(tab.pick_example, [tab.intake, tab.viewer], outputs, **last)
    tab.intake.crop_image(tab.crop_image, files, outputs, **last)
    tab.intake.drop_mask(tab.drop_mask, files, outputs, **last)
    tab.intake.invert_mask(tab.invert_mask, [state, tab.viewer], outputs, **shared)
    tab.intake.remove_mask(tab.remove_mask, [state, tab.viewer], outputs, **shared)
    # A second wish while one is being answered must not be dropped: it is asked for only once.
    looking = [state, tab.viewer]
    tab.viewer.look(tab.look, looking, looking[::-1], trigger_mode="multiple", **shared)
    tab.viewer.resume(tab.resume, looking, looking[::-1], **shared)
    tab.viewer.export(tab.export, [state, tab.viewer], [tab.viewer], **shared)
    tab.viewer.stage(tab.stage, looking, looking[::-1], trigger_mode="multiple", **shared)
    page.load(tab.arrive, [state, tab.viewer], outputs, **shared)

"""All endpoints, added to the page."""

import gradio as gr

from busdemo.inference.two_stage import TwoStage
from busdemo.ui.api.classify import add_classify
from busdemo.ui.api.compare import add_compare
from busdemo.ui.api.controls import Controls
from busdemo.ui.api.describe import add_describe
from busdemo.ui.api.explain import add_explain
from busdemo.ui.api.score import add_score
from busdemo.ui.api.segment import add_segment
from busdemo.ui.api.snippets import write_cli_snippet, write_snippets
from busdemo.ui.api.study import add_study
from busdemo.ui.gradio_private import show_snippets


def build_api(staged: TwoStage) -> None:
    """Add every endpoint; their controls are never shown."""
    pool = staged.pool
    show_snippets(write_snippets, write_cli_snippet)
    with gr.Column(visible=False):
        controls = Controls.build(pool)
        add_segment(staged, controls)
        add_classify(pool, controls)
        add_explain(pool, controls)
        add_score(controls)
        add_describe(pool, controls)
        add_compare(pool, controls)
        add_study(pool)

"""The page: header, tabs, and how it is launched."""

import html
import logging
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import gradio as gr
from fastapi import FastAPI
from starlette.middleware import Middleware

from busdemo import __version__
from busdemo.inference.memory import share_freed_memory
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import TwoStage, open_two_stage
from busdemo.ui import benchmark_tab, text
from busdemo.ui.about import write_about
from busdemo.ui.api.building import build_api
from busdemo.ui.background import open_pool, start_background, start_sweeping
from busdemo.ui.compare_tab import build_compare_tab
from busdemo.ui.device_files import build_device_routes
from busdemo.ui.examples import EXAMPLES, read_examples
from busdemo.ui.gradio_private import (
    OPEN_LINKED_TAB,
    count_waiting,
    find_uploads,
    replace_preview,
    watch_handlers,
)
from busdemo.ui.health import build_health
from busdemo.ui.journal import RefusalLog, adopt_server, watch
from busdemo.ui.limits import PER_MINUTE, RateLimit
from busdemo.ui.models_tab import MODELS_STYLESHEETS, build_models_tab
from busdemo.ui.preview import build_preview_tags
from busdemo.ui.queues import Desk
from busdemo.ui.segment_tab import build_segment_tab
from busdemo.ui.static_files import StaticFiles
from busdemo.ui.theme import STYLESHEETS, build_theme
from busdemo.zoo.cards import WEIGHTS

log = logging.getLogger(__name__)

SWEEP_SECONDS, FILE_SECONDS = 600, 6600
"""Every so often, files older than this are deleted: together, within the two hours we promise."""


MOST_WAITING = 64
"""Requests in the queue; further ones are refused in words."""

EMBED_SCRIPT = """<script>
if (new URLSearchParams(location.search).has('embed'))
  document.documentElement.classList.add('bd-embed');
</script>"""
"""`?embed` shows the viewer alone, for slides and course pages (page.css)."""


@dataclass(frozen=True)
class Service:
    """How the page is offered: requests a minute of one address (0: as many as it likes), MCP.

    `root_path` is the path prefix behind a proxy, such as /busdemo.
    """

    per_minute: int = PER_MINUTE
    mcp: bool = False
    root_path: str | None = None

    @property
    def middleware(self) -> list[Middleware]:
        """What stands before the page."""
        limit = Middleware(RateLimit, per_minute=self.per_minute)
        free = [Middleware(StaticFiles), Middleware(RefusalLog)]
        return [*free, *([limit] if self.per_minute else [])]


def build_page(
    pool: SegmenterPool, examples: Path = EXAMPLES, staged: TwoStage | None = None
) -> gr.Blocks:
    """The whole page over a pool of models, a folder of examples and a detector in front."""
    staged = open_two_stage(pool) if staged is None else staged
    gr.set_static_paths([examples])
    replace_preview(build_preview_tags(examples))
    with gr.Blocks(
        title=f"{text.TITLE}: {text.TAGLINE}",
        analytics_enabled=False,
        delete_cache=(SWEEP_SECONDS, FILE_SECONDS),
        fill_width=True,
    ) as page:
        gr.HTML(_header(), elem_id="bd-header", apply_default_css=False, padding=False)
        with gr.Tabs(elem_id="bd-tabs"):
            with gr.Tab("Segment"):
                build_segment_tab(page, staged, read_examples(examples))
            with gr.Tab("Compare", elem_id="bd-compare-tab"):
                build_compare_tab(pool, examples, Desk())
            with gr.Tab("Models"):
                build_models_tab(pool)
            with gr.Tab("Benchmark", elem_id="bd-benchmark-tab"):
                benchmark_tab.build_benchmark_tab()
            with gr.Tab("About"):
                gr.Markdown(write_about(list(pool.cards.values())), elem_id="bd-about")
        build_api(staged)
        page.load(None, js=OPEN_LINKED_TAB)
    watch_handlers(page, partial(watch, count_waiting=partial(count_waiting, page)))
    return page


def launch(
    *,
    host: str | None = None,
    port: int | None = None,
    weights: Path = WEIGHTS,
    detector: Path | None = None,
    service: Service = Service(),
    wait: bool = True,
) -> tuple[gr.Blocks, str]:
    """Start the page; models load, or come from the Hub, in the background.

    Returns the page and its local address.

    Uploads over 20 MB are refused by the server; no history, no analytics, no server-side
    rendering (it was slower here and has taken Spaces down). UnusableModel when the visitors' own
    `detector` cannot run.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    share_freed_memory()
    pool = open_pool(weights)
    staged = open_two_stage(pool, weights, detector)
    page = build_page(pool, staged=staged)
    page.queue(max_size=MOST_WAITING)
    versions = f"busdemo {__version__} with Gradio {gr.__version__}"
    log.info("%s starts with %d models", versions, len(pool.cards))
    _, address, _ = page.launch(
        server_name=host,
        server_port=port,
        root_path=service.root_path,
        theme=build_theme(),
        css_paths=[*STYLESHEETS, *MODELS_STYLESHEETS],  # other components bring their own
        footer_links=["api"],
        max_file_size="20mb",
        state_session_capacity=64,
        run_history=False,
        ssr_mode=False,
        prevent_thread_lock=True,
        head=EMBED_SCRIPT,
        app_kwargs={
            "middleware": service.middleware,
            "routes": [build_health(page, pool), *build_device_routes(pool)],
        },
        mcp_server=service.mcp,
    )
    adopt_server()
    log.info("the page is open at %s", address)
    start_background(staged, page)
    if service.mcp:
        start_sweeping(Path(find_uploads()), FILE_SECONDS, SWEEP_SECONDS)
    if wait:
        page.block_thread()
    return page, address


def mount_page(app: FastAPI, page: gr.Blocks, path: str) -> FastAPI:
    """Put the page under a path of another server, with all that `launch` gives it."""
    return cast(
        FastAPI,
        gr.mount_gradio_app(
            app,
            page,
            path,
            app_kwargs={"middleware": Service(per_minute=0).middleware},
            theme=build_theme(),
            css_paths=[*STYLESHEETS, *MODELS_STYLESHEETS],
            head=EMBED_SCRIPT,
            footer_links=["api"],
            max_file_size="20mb",
            run_history=False,
            ssr_mode=False,
        ),
    )


def _header() -> str:
    return (
        '<a class="bd-skip" href="#bd-tabs">Skip to the page’s content</a>'
        '<header class="bd-header"><h1><i class="bd-mark"></i>'
        f"<div>{html.escape(text.TITLE)} <span>{html.escape(text.TAGLINE)}</span></div></h1>"
        f'<p class="bd-safety"><b>{html.escape(text.SAFETY_LEAD)}</b> '
        f"{html.escape(text.SAFETY)}</p></header>"
        f'<p class="bd-intro">{html.escape(text.INTRO)}</p>'
    )

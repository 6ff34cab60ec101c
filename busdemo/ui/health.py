"""Whether the page can answer: for Docker and load balancers, at /healthz."""

from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui.gradio_private import count_waiting

PATH = "/healthz"


def build_health(page: gr.Blocks, pool: SegmenterPool) -> Route:
    """The route; it needs no thread, so that it answers however many visitors wait."""

    async def tell(_: Request) -> JSONResponse:
        told = read_health(page, pool)
        return JSONResponse(told, 200 if told["ready"] else 503)

    return Route(PATH, tell)


def read_health(page: gr.Blocks, pool: SegmenterPool) -> dict[str, Any]:
    """Is a model loaded, how many of how many models can run now, how many requests wait."""
    usable = len(pool.cards) - len(pool.unavailable)
    return {
        "ready": pool.is_ready,
        "models": {"usable": usable, "all": len(pool.cards)},
        "queue": count_waiting(page),
    }

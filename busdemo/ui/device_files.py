"""What a browser asks for to run a model itself: facts about the model, and its network as a file.

`busdemo-device/<id>.json` tells how a scan becomes the network's input and where the network lies;
`busdemo-device/<sha256>.onnx` is the network, which browsers keep, and may fetch in parts.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from busdemo.inference.onnx_export import DeviceModel, find_device_model
from busdemo.inference.segmenter import SegmenterPool
from busdemo.zoo.cards import Card, Preprocessing
from busdemo.zoo.files import NotNow, UnusableModel

PREFIX = "busdemo-device"
"""Below it, the page answers what a visitor's device asks for."""

_KEPT = {"cache-control": "public, max-age=31536000, immutable"}
_FRESH = {"cache-control": "no-cache"}


def build_device_routes(pool: SegmenterPool) -> list[Route]:
    """The routes of a page over a pool of models."""
    known: dict[str, DeviceModel] = {}

    async def describe(request: Request) -> Response:
        card = pool.cards.get(request.path_params["model"])
        if card is None:
            return _refuse("There is no such model here.", 404)
        try:
            pool.downloads.check(card.id)
            if reason := pool.unavailable.get(card.id):
                raise UnusableModel(reason)
            if card.members or card.preprocessing is None:
                return JSONResponse(describe_recipe(card), headers=_FRESH)
            model = await asyncio.to_thread(find_device_model, card)
        except NotNow as error:
            return _refuse(str(error), 503)
        except UnusableModel as error:
            return _refuse(str(error), 409)
        known[model.sha256] = model
        return JSONResponse(describe_network(card, card.preprocessing, model), headers=_FRESH)

    async def send(request: Request) -> Response:
        model = known.get(request.path_params["digest"])
        if model is None or not model.path.is_file():
            return _refuse("This file is not here any more; please ask for the model again.", 404)
        return FileResponse(model.path, media_type="application/octet-stream", headers=_KEPT)

    return [
        Route(f"/{PREFIX}/{{model}}.json", describe),
        Route(f"/{PREFIX}/{{digest}}.onnx", send),
    ]


def describe_recipe(card: Card) -> dict[str, Any]:
    """A recipe: the mean of its members' maps."""
    return {"id": card.id, "name": card.name, "members": list(card.members)}


def describe_network(
    card: Card, preprocessing: Preprocessing, model: DeviceModel
) -> Mapping[str, Any]:
    """A network: its file, and how a scan becomes its input (sides in px, grey in [0, 1])."""
    width, height = preprocessing.input_wh
    return {
        "id": card.id,
        "name": card.name,
        "members": [],
        "file": f"{model.sha256}.onnx",
        "sha256": model.sha256,
        "size": model.size,
        "width": width,
        "height": height,
        "mean": list(preprocessing.mean),
        "deviation": list(preprocessing.standard_deviation),
        "rule": preprocessing.rule,
    }


def _refuse(sentence: str, status: int) -> JSONResponse:
    return JSONResponse({"detail": sentence}, status, headers=_FRESH)

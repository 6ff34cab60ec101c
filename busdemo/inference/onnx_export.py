"""A network as an ONNX file for a visitor's own device, made when it is first asked for.

The file is the network alone: a normalised image of the card's input size in, its logits out.
Weights that float16 holds without loss, as those of the zoo are, are stored so and widened when the
file is loaded, so that it is about as small as `model.safetensors`. It is kept in the user's cache
folder; the repository holds no second copy of any weights.
"""

import hashlib
import io
import json
import os
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from busdemo.imaging.quiet import hushed
from busdemo.zoo.cards import Card, Preprocessing
from busdemo.zoo.failures import explain
from busdemo.zoo.files import UnusableModel
from busdemo.zoo.hub import find_weights

if TYPE_CHECKING:
    from onnx import GraphProto
    from torch import nn

OPSET = 17
"""Newer ones need torch's other exporter, and browsers' runtimes read this one."""

VERSION = 1
"""Of what is written here: another one makes files of an earlier busdemo forgotten."""

INPUT, OUTPUT = "image", "logits"
"""Names in the file: (1, C, h, w) float32 in, (1, 1, h, w) float32 out."""

LEAST_WEIGHTS = 64
"""Smaller arrays are not worth a node that widens them."""

_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class DeviceModel:
    """An exported network: where it lies, its size in bytes and the sha256 (hex) of all of it."""

    path: Path
    size: int
    sha256: str


def find_device_model(card: Card) -> DeviceModel:
    """The card's network as a file for a browser: the one that is kept, or made now.

    Making it takes some seconds; one is made at a time. Raises UnusableModel with the reason for a
    recipe, for a model that cannot run, and where there is no room to keep it; NotNow as
    `find_weights` does, and when memory was wanting.
    """
    if card.problem or card.preprocessing is None:
        raise UnusableModel(card.problem or "It has no preprocessor_config.json.")
    folder = exports_folder() / _name_export(card, card.preprocessing)
    with _one_at_a_time:
        return _read_kept(folder) or _make(card, card.preprocessing, folder)


def exports_folder() -> Path:
    """Where exports are kept: `busdemo/onnx` in XDG_CACHE_HOME, usually ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "busdemo" / "onnx"


def _name_export(card: Card, preprocessing: Preprocessing) -> str:
    """A digest of all that an export depends on: weights, architecture, input, and this file."""
    facts = (card.sha256, preprocessing.input_wh, preprocessing.channels, OPSET, VERSION)
    try:
        config = (card.folder / "config.json").read_bytes()
    except OSError as error:
        raise UnusableModel("It has no config.json.") from error
    return hashlib.sha256(repr(facts).encode() + config).hexdigest()


def export_network(network: "nn.Module", shape: tuple[int, int, int, int]) -> bytes:
    """The ONNX file of a network in evaluation mode, opset 17, for inputs (1, C, h, w) of a shape.

    Raises ImportError without the package onnx, and torch's own errors for what it cannot export.
    """
    import onnx
    import torch

    file = io.BytesIO()
    with torch.no_grad(), hushed():  # torch's tracer warns of sizes that are fixed here
        torch.onnx.export(
            network,
            (torch.zeros(shape),),
            file,  # type: ignore[arg-type]  # this exporter writes to an open file, too
            opset_version=OPSET,
            dynamo=False,
            # Batch norms stay: folded into convolutions, their weights would not fit float16.
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
            input_names=[INPUT],
            output_names=[OUTPUT],
        )
    model = onnx.load_from_string(file.getvalue())
    _halve(model.graph)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def _halve(graph: "GraphProto") -> None:
    """Store as float16 what loses nothing by it; a Cast, folded when the file is loaded, widens it.

    The graph is changed.
    """
    from onnx import TensorProto, helper, numpy_helper

    widened = []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT:
            continue
        full = numpy_helper.to_array(tensor)
        with np.errstate(over="ignore"):
            half = full.astype(np.float16)
        if full.size < LEAST_WEIGHTS or not np.array_equal(half.astype(np.float32), full):
            continue
        name, stored = tensor.name, f"{tensor.name}/half"
        tensor.CopyFrom(numpy_helper.from_array(half, stored))
        widened.append(helper.make_node("Cast", [stored], [name], to=TensorProto.FLOAT))
    nodes = [*widened, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _make(card: Card, preprocessing: Preprocessing, folder: Path) -> DeviceModel:
    from busdemo.zoo.loading import load_network

    network = load_network(card.folder, card.sha256, find_weights(card))
    width, height = preprocessing.input_wh
    try:
        data = export_network(network, (1, preprocessing.channels, height, width))
    except ImportError as error:
        raise UnusableModel("The package onnx, which writes its file, is not here.") from error
    except Exception as error:  # whatever the exporter dislikes
        raise explain(error, "It cannot be made a file for your device.") from error
    try:
        return _keep(data, folder)
    except OSError as error:
        raise UnusableModel(
            f"There is no room here for its file for your device: {error.strerror}."
        ) from error


def _keep(data: bytes, folder: Path) -> DeviceModel:
    """Written whole or not at all: the note, which makes the file known, is written last."""
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(data).hexdigest()
    note = json.dumps({"sha256": digest, "size": len(data)}).encode()
    for name, content in (("model.onnx", data), ("model.json", note)):
        descriptor, made = tempfile.mkstemp(dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(made).replace(folder / name)
        finally:
            Path(made).unlink(missing_ok=True)
    return DeviceModel(folder / "model.onnx", len(data), digest)


def _read_kept(folder: Path) -> DeviceModel | None:
    """What was kept, if it is still what was written."""
    path = folder / "model.onnx"
    try:
        note: dict[str, Any] = json.loads((folder / "model.json").read_bytes())
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = path.stat().st_size
    except (OSError, ValueError):
        return None
    return DeviceModel(path, size, digest) if digest == note.get("sha256") else None

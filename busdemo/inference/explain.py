"""What a network looked at: Grad-CAM of any of its layers, and attention gates' coefficients.

Grad-CAM after Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via
Gradient-based Localization", ICCV 2017; for segmentation the target is the sum of the logits over
the marked pixels (Seg-Grad-CAM, Vinogradova, Dibrov and Myers, AAAI 2020). It shows where a
layer's map speaks for the answer, not whether the answer is right.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from math import isqrt

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from busdemo.imaging.arrays import FloatArray, GreyImage, Levels
from busdemo.imaging.fit import Fit
from busdemo.inference.classifier import Classifier
from busdemo.inference.engines import computing
from busdemo.inference.heat_maps import HeatMap, NotExplained
from busdemo.inference.layers import (
    Gate,
    catch_layer,
    default_layer,
    list_gates,
    list_layers,
    watch,
)
from busdemo.inference.segmenter import SegmenterPool
from busdemo.zoo.cards import Card
from busdemo.zoo.classes import CLASSES

Target = Callable[[Tensor], Tensor]
"""From a network's output, with its batch axis, to the one number that is explained."""


def class_target(index: int) -> Target:
    """A classifier's logit of one class: of (1, n) float32 logits the one at `index`."""
    return lambda logits: logits[0, index]


def mask_target(threshold: float) -> Target:
    """The sum of a network's logits, (1, 1, h, w) float32, over the pixels marked at a threshold.

    Raises NotExplained, when it is asked, where no pixel is marked.
    """

    def sum_marked(logits: Tensor) -> Tensor:
        marked = logits.detach()[0, 0].sigmoid() >= threshold
        if not marked.any():
            raise NotExplained(
                "Nothing is marked in this image at the frozen threshold, so Grad-CAM has no "
                "target."
            )
        return logits[0, 0][marked].sum()

    return sum_marked


def grad_cam(network: nn.Module, pixels: FloatArray, layer: str, target: Target) -> FloatArray:
    """Grad-CAM of one layer for a target: (h, w) float32 in [0, 1] at the input's own size.

    `pixels` is (1, C, h, w) float32 as the network takes it. The layer's channels are summed with
    the means of their gradients as weights, negative sums are 0, the highest value becomes 1.
    Raises KeyError for an unknown layer, NotExplained when the layer has no map or its sum is
    nowhere above 0, and what the target raises.
    """
    image = torch.from_numpy(np.ascontiguousarray(pixels))
    image = image.contiguous(memory_format=torch.channels_last)
    with computing(pixels.shape), torch.enable_grad(), catch_layer(network, layer) as caught:
        output = network(image)
    if not caught or caught[0].ndim not in (3, 4):
        raise NotExplained(f"The layer {layer} gives no map that could be explained.")
    with computing(pixels.shape):
        (gradients,) = torch.autograd.grad(target(output), caught[0], allow_unused=True)
    if gradients is None:
        raise NotExplained(f"The answer does not depend on the layer {layer}.")
    activations, gradients = as_map(caught[0].detach()), as_map(gradients)
    weights = gradients.mean((2, 3), keepdim=True)
    summed = (weights * activations).sum(1).clamp(min=0)[0].numpy()
    highest = float(summed.max())
    if not highest > 0:
        raise NotExplained(f"Nothing in the layer {layer} speaks for this answer.")
    scaled = np.asarray(summed / highest, np.float32)
    return _resize(scaled, image.shape[3], image.shape[2])


def as_map(x: Tensor) -> Tensor:
    """A float32 map (B, C, H, W); square tokens (B, N, C) become one."""
    if x.ndim == 4:
        return x
    side = isqrt(x.shape[1])
    return x.transpose(1, 2).reshape(x.shape[0], x.shape[2], side, side)


def read_gates(network: nn.Module, pixels: FloatArray) -> dict[str, FloatArray]:
    """The coefficients (h', w') float32 in [0, 1] of every attention gate, at the gate's own size.

    `pixels` is (1, C, h, w) float32 as the network takes it; a network without gates gives none.
    """
    found: dict[str, FloatArray] = {}

    def note(name: str, gate: Gate, inputs: Sequence[Tensor], _: Tensor) -> None:
        found[name] = gate.coefficients(*inputs)[0, 0].numpy()

    with computing(pixels.shape), ExitStack() as watching, torch.inference_mode():
        for name, gate in list_gates(network).items():
            watching.enter_context(watch(gate, partial(note, name, gate)))
        network(torch.from_numpy(pixels))
    return found


def explain_mask(pool: SegmenterPool, model_id: str, image: GreyImage, layer: str = "") -> HeatMap:
    """Grad-CAM of the mask that a model gives an image (H, W) uint8 at its frozen threshold.

    Without a layer, of the bottleneck. Raises NotExplained for a recipe, a layer the model lacks
    and an empty mask, UnusableModel when the model cannot run, KeyError for an unknown id.
    """
    card = pool.cards[model_id]
    network, pixels, fit = _prepare(pool, card, image)
    names = [block.name for block in list_layers(card)]
    layer = _pick(layer, default_layer(list_layers(card)), names, f"{card.name} has no layer")
    heat = grad_cam(network, pixels, layer, mask_target(card.threshold))
    return HeatMap(fit.restore(heat), layer)


def explain_class(
    classifier: Classifier, image: GreyImage, levels: Levels, name: str, layer: str
) -> HeatMap:
    """Grad-CAM of the classifier's logit of one of `CLASSES`, for (H, W) uint8 scan and levels.

    `layer` is one of `MAPS`. Raises NotExplained where nothing in it speaks for the class.
    """
    pixels, fit = classifier.prepare(image, levels)
    target = class_target(CLASSES.index(name))
    heat = grad_cam(classifier.engine.network, pixels, layer, target)
    return HeatMap(fit.restore(heat), layer)


def explain_gates(pool: SegmenterPool, model_id: str, image: GreyImage) -> list[HeatMap]:
    """All attention gates' coefficients for an image (H, W) uint8, the finest first.

    Raises NotExplained for a recipe and a network without gates, otherwise as `explain_mask`.
    """
    card = pool.cards[model_id]
    network, pixels, fit = _prepare(pool, card, image)
    gates = read_gates(network, pixels)
    if not gates:
        raise NotExplained(f"{card.name} has no attention gates.")
    wh = (pixels.shape[3], pixels.shape[2])
    finest = sorted(gates, key=lambda name: -gates[name].size)
    return [HeatMap(fit.restore(_resize(gates[name], *wh)), name) for name in finest]


def _prepare(
    pool: SegmenterPool, card: Card, image: GreyImage
) -> tuple[nn.Module, FloatArray, Fit]:
    if card.members:
        raise NotExplained(
            f"{card.name} is a recipe and has no layers of its own; ask for one of its members: "
            f"{', '.join(card.members)}."
        )
    segmenter = pool.get(card.id)
    return segmenter.engine.network, *segmenter.prepare(image)


def _pick(wanted: str, usual: str, known: Sequence[str], lacks: str) -> str:
    if wanted and wanted not in known:
        raise NotExplained(f"{lacks} {wanted!r}; it has {', '.join(known)}.")
    return wanted or usual


def _resize(values: FloatArray, width: int, height: int) -> FloatArray:
    resized = cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, np.float32)

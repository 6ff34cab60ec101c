"""All heat maps of one model for one scan, as files with their facts."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from busdemo.imaging.crops import write_crop
from busdemo.imaging.images import Scan
from busdemo.imaging.masks import quantize
from busdemo.inference.heat_maps import NotExplained
from busdemo.inference.segmenter import SegmenterPool
from busdemo.views.heat import draw_heat
from busdemo.views.pictures import encode_png
from busdemo.workflows.explaining import KINDS, Look, hint_at, look_within_scan

Facts = dict[str, Any]
"""JSON-ready."""


def write_explanations(
    scan: Scan, pool: SegmenterPool, model_id: str, *, layer: str = "", prefix: Path
) -> Facts:
    """Write `<prefix>-<kind>.png` (heat over the scan), `-<kind>-map.png` and `-explain.json`.

    A kind that has nothing to show stands in the facts with its reason; for a layer that was asked
    for by name this is an error. Raises NotExplained, UnusableModel, KeyError or OSError.
    """
    part = layer if ":" in layer or not layer else f"{model_id}:{layer}"
    prefix.parent.mkdir(parents=True, exist_ok=True)
    facts = describe_hint(scan, pool, model_id)
    for kind in KINDS:
        try:
            asked = part if kind == "gradcam" else ""
            look = look_within_scan(pool, model_id, scan, kind, asked)
        except NotExplained as reason:
            if kind == "gradcam" and layer:
                raise
            facts[kind] = {"problem": str(reason)}
            continue
        facts[kind] = describe_look(look)
        for suffix, data in draw_look(scan, look).items():
            prefix.with_name(f"{prefix.name}-{kind}{suffix}.png").write_bytes(data)
    path = prefix.with_name(f"{prefix.name}-explain.json")
    path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return facts


def draw_look(scan: Scan, look: Look) -> dict[str, bytes]:
    """PNG files: "" the heat over the scan (RGB), "-map" the values (16 bit, 65535 = `top`)."""
    deep = np.rint(look.values / look.top * 65535).astype(np.uint16)
    return {
        "": encode_png(draw_heat(scan.pixels, look.values, top=look.top)),
        "-map": encode_png(deep),
    }


def describe_look(look: Look) -> Facts:
    """What a heat map is of, its range, and what it could be of instead."""
    return {
        "of": look.about,
        "part": _short(look.part, look.kind),
        "parts": [_short(part.id, look.kind) for part in look.parts],
        "top": look.top,
        "highest": round(float(look.values.max()), 4),
        "mean": round(float(look.values.mean()), 6),
    }


def _short(part: str, kind: str) -> str:
    """A layer without its model's name, a recipe's member; the classifier's need their class."""
    return part if kind == "classifier" else part.partition(":")[2] or part.rstrip(":")


def describe_hint(scan: Scan, pool: SegmenterPool, model_id: str) -> Facts:
    """A model's doubt about its mask at the frozen threshold, and whether to look again."""
    card = pool.cards[model_id]
    hint = hint_at(quantize(pool.predict(model_id, scan.inside)), card)
    return {
        "model": model_id,
        "model_sha256": card.sha256,
        "input_sha256": scan.sha256,
        "crop": write_crop(scan.area),
        "reading": list(scan.notes),
        "doubt": None if math.isnan(hint.doubt) else round(hint.doubt, 4),
        "cutoff": hint.cutoff,
        "look_again": hint.again if hint.cutoff is not None else None,
    }

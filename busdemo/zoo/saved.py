"""A folder as smp's `save_pretrained` leaves it, read with distrust: nothing in it is executed."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from busdemo.zoo.architectures import ARCHITECTURES
from busdemo.zoo.files import CONFIG, LARGEST_TEXT_BYTES, SETTINGS, TRANSFORMS, UnusableModel
from busdemo.zoo.loading import SMP_CLASSES

SIDE_PX = 256
"""The input side where nothing names another."""

THRESHOLD = 0.5

_OWN_CODE = ("auto_map", "trust_remote_code")
_RENAMED = {"decoder_use_batchnorm": "decoder_use_norm", "psp_use_batchnorm": "decoder_use_norm"}
_OWN_SETTINGS = {"size", "image_mean", "image_std", "resize_rule", "threshold"}
_IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def read_config(folder: Path) -> dict[str, Any]:
    """The config.json of the zoo for the network saved in `folder`; `in_channels` is in it.

    A sigmoid at the network's end is left out, so that it gives logits as all networks of the zoo
    do. Raises UnusableModel for what is no binary network of one or three channels, or is none
    that the zoo knows; arguments are checked when it is built.
    """
    saved = _read_json(folder / CONFIG)
    if asked := [key for key in _OWN_CODE if saved.get(key)]:
        raise UnusableModel(f"It needs code of its own ({asked[0]}), and none is executed.")
    name = saved.get("_model_class")
    if name is None:
        raise UnusableModel("config.json names no network class (_model_class), as smp's do.")
    if name not in (*SMP_CLASSES, *ARCHITECTURES):
        raise UnusableModel(f"config.json names the unknown network class {name!r}.")
    # smp ignores keys that start with an underscore, too.
    config = {_RENAMED.get(k, k): v for k, v in saved.items() if not k.startswith("_")}
    config.setdefault("in_channels", 1 if name in ARCHITECTURES else 3)
    activation = config.pop("activation", None)
    if activation not in (None, "identity", "sigmoid"):
        raise UnusableModel(f"It ends in {activation!r}, which gives no probability.")
    if config.get("classes", 1) != 1:
        raise UnusableModel(f"It tells {config['classes']} classes apart; it must mark just one.")
    if config["in_channels"] not in (1, 3):
        raise UnusableModel(f"It takes {config['in_channels']} channels; it must take 1 or 3.")
    if config.get("aux_params") is not None:
        raise UnusableModel("It also classifies (aux_params); it must answer with a mask alone.")
    if name in SMP_CLASSES:
        config["encoder_weights"] = None
    return {"_model_class": name, **config}


def read_settings(folder: Path, channels: int, side_px: int | None) -> tuple[dict[str, Any], str]:
    """The preprocessor_config.json of the zoo for a network, and where its numbers come from.

    A file in the zoo's own layout is kept, with another input side if `side_px` names one.
    """
    size = {"height": side_px or SIDE_PX, "width": side_px or SIDE_PX}
    own = _read_json(folder / SETTINGS) if (folder / SETTINGS).is_file() else {}
    if own.keys() >= _OWN_SETTINGS:
        kept = own | {"size": size} if side_px else own
        return kept, (
            f"Normalisation and threshold are those of the {SETTINGS} it was saved with; "
            "how the threshold was chosen is not known here."
        )
    (mean, deviation), origin = _read_normalisation(folder, channels)
    settings = {
        "do_resize": True,
        "size": size,
        "resize_rule": "stretch",
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": list(mean),
        "image_std": list(deviation),
        "threshold": THRESHOLD,
    }
    return settings, f"{origin} The threshold is {THRESHOLD}, not chosen on any data."


Normalisation = tuple[tuple[float, ...], tuple[float, ...]]
"""Mean and standard deviation, one number a channel, of grey values in [0, 1]."""


def _read_normalisation(folder: Path, channels: int) -> tuple[Normalisation, str]:
    reason = "the model was saved without its transforms"
    if (folder / TRANSFORMS).is_file():
        if found := _find_normalize(_read_json(folder / TRANSFORMS), channels):
            return found, f"Mean and deviation are those of its {TRANSFORMS}."
        reason = f"its {TRANSFORMS} names none that can be read plainly"
    if channels == 3:
        return _IMAGENET, f"Mean and deviation are ImageNet's, smp's default: {reason}."
    return ((0.0,), (1.0,)), f"Grey values from 0 to 1 are not normalised: {reason}."


def _find_normalize(saved: Mapping[str, Any], channels: int) -> Normalisation | None:
    """What a pipeline of albumentations always subtracts and divides by, once, if it says so."""
    try:
        steps = saved["transform"]["transforms"]
        (step,) = (s for s in steps if s["__class_fullname__"].split(".")[-1] == "Normalize")
        mean, deviation = (tuple(map(float, step[key])) for key in ("mean", "std"))
        always = step.get("always_apply") is True or step.get("p", 1) == 1
        kind = step.get("normalization", "standard"), float(step.get("max_pixel_value", 255))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    possible = all(map(math.isfinite, mean)) and all(0 < value < math.inf for value in deviation)
    if not (always and possible and kind == ("standard", 255.0)):
        return None
    return (mean, deviation) if len(mean) == len(deviation) == channels else None


def _read_json(path: Path) -> dict[str, Any]:
    if path.stat().st_size > LARGEST_TEXT_BYTES:
        raise UnusableModel(f"{path.name} is too large to be settings.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UnusableModel(f"{path.name} is not JSON.") from error
    if not isinstance(content, dict):
        raise UnusableModel(f"{path.name} holds no settings.")
    return content

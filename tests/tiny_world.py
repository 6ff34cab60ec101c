"""Small random models, simple scans and data sets, written wherever a test wants them."""

import csv
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

from busdemo.imaging.arrays import GreyImage, Mask

TINY = {"_model_class": "AttentionUNet", "in_channels": 1, "channels": [4, 8]}
"""The config.json of a network that answers within milliseconds."""

TINY_DETECTOR = {
    "_model_class": "LesionDetector",
    "encoder_name": "tu-test_efficientnet",
    "in_channels": 1,
    "width": 8,
}

CLASSIFIER_CONFIG = {"_model_class": "LesionClassifier", "encoder_name": "tf_efficientnet_lite0"}

_SETTINGS = {
    "size": {"width": 64, "height": 64},
    "image_mean": [0.3],
    "image_std": [0.2],
    "resize_rule": "letterbox",
}


def add_model(
    weights: Path,
    model_id: str,
    *,
    seed: int = 0,
    facts: dict[str, Any] | None = None,
    settings: dict[str, Any] | None = None,
    config: dict[str, Any] | None = None,
) -> Path:
    """Add a small random network to a zoo's folder; `facts` and `settings` replace the usual."""
    state = _draw_weights(seed, config or TINY)
    usual = {"size": {"width": 64, "height": 48}, "threshold": 0.5}
    card = {"name": model_id.title(), "family": "U-Net", "parameters": 1234}
    return _write_model(
        weights / model_id,
        state,
        config=config or TINY,
        settings=usual | (settings or {}),
        facts=card | (facts or {}),
    )


def add_recipe(
    weights: Path, model_id: str, members: Sequence[str], sha256: str | None = None
) -> None:
    """Add a recipe over models that are there; `sha256` replaces the right one."""
    from busdemo.zoo.cards import digest_members, read_cards

    cards = {card.id: card for card in read_cards(weights)}
    known = [cards[member] for member in members if member in cards]
    digest = sha256 or digest_members(known)
    facts = {"name": model_id.title(), "family": "Recipes", "parameters": 0, "sha256": digest}
    config, settings = {"members": list(members)}, {"threshold": 0.4}
    _write_folder(weights / model_id, config=config, settings=settings, facts=facts)


def add_detector(weights: Path, *, settings: dict[str, Any] | None = None) -> Path:
    """Add a small random detector to a zoo's folder."""
    import torch

    from busdemo.zoo.loading import build_network

    torch.manual_seed(0)
    usual = {"resize_rule": "stretch", "threshold": 0.005, "most_iou": 0.3, "padding": 0.25}
    return _write_model(
        weights / "detector",
        _halve(build_network(TINY_DETECTOR).state_dict()),
        config=TINY_DETECTOR,
        settings=usual | (settings or {}),
        facts={"name": "Detector", "family": "Detector", "parameters": 1, "task": "detection"},
    )


def add_classifier(weights: Path, state: dict[str, Any], **facts: Any) -> None:
    """An untrained classifier beside the zoo's model "unet"."""
    from busdemo.zoo.cards import read_cards

    usual = {
        "name": "Classifier",
        "family": "Classifier",
        "task": "classification",
        "parameters": 1,
        "mask_from": "unet",
        "mask_sha256": next(c.sha256 for c in read_cards(weights) if c.id == "unet"),
        "temperature": 2.0,
    }
    _write_model(
        weights / "classifier",
        state,
        config=CLASSIFIER_CONFIG,
        settings={"threshold": 0.1},
        facts=usual | facts,
    )


def draw_scan(
    seed: int = 0, size_wh: tuple[int, int] = (90, 70), *, normal: bool = False
) -> tuple[GreyImage, Mask]:
    """Speckle with a dark ellipse in it (none in a normal scan), and the ellipse's mask."""
    rng = np.random.default_rng(seed)
    (width, height), lesion = size_wh, np.zeros(size_wh[::-1], np.uint8)
    if not normal:
        centre = (int(rng.integers(width // 3, 2 * width // 3)), height // 2)
        cv2.ellipse(lesion, centre, (width // 6, height // 6), 0, 0, 360, 1, -1)
    speckle = rng.rayleigh(45, size=(height, width)) + 40
    image = np.where(lesion > 0, speckle / 3, speckle).clip(0, 255).astype(np.uint8)
    return image, lesion > 0


def write_dataset(folder: Path, rows: Sequence[tuple[str, str, str, str]]) -> Path:
    """Write (id, data set, split, label) rows as index.csv, images/ and masks/, losslessly."""
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    with (folder / "index.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "dataset", "split", "label"])
        writer.writerows(rows)
    for seed, (case_id, _, _, label) in enumerate(rows):
        image, mask = draw_scan(seed, normal=label == "normal")
        lossless = [cv2.IMWRITE_WEBP_QUALITY, 101]
        cv2.imwrite(str(folder / "images" / f"{case_id}.webp"), image, lossless)
        cv2.imwrite(str(folder / "masks" / f"{case_id}.png"), mask * np.uint8(255))
    return folder


def write_world(folder: Path, rows: Sequence[tuple[str, str, str, str]]) -> Path:
    """Write `data`, a data set of those rows, and `weights` of two models and a detector."""
    write_dataset(folder / "data", rows)
    for seed, model_id in enumerate(("one", "two")):
        add_model(folder / "weights", model_id, seed=seed)
    add_detector(folder / "weights")
    return folder


def _write_model(
    folder: Path,
    state: dict[str, Any],
    *,
    config: dict[str, Any],
    settings: dict[str, Any],
    facts: dict[str, Any],
) -> Path:
    """A model's folder as a release has it; the card's digest is the weights' own, unless given."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    save_file(state, folder / "model.safetensors")
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    return _write_folder(
        folder, config=config, settings=_SETTINGS | settings, facts={"sha256": digest} | facts
    )


def _write_folder(
    folder: Path, *, config: dict[str, Any], settings: dict[str, Any], facts: dict[str, Any]
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    header = yaml.safe_dump({"busdemo": facts})
    (folder / "README.md").write_text(f"---\n{header}---\n# {folder.name}\n", encoding="utf-8")
    return folder


def _draw_weights(seed: int, config: dict[str, Any]) -> dict[str, Any]:
    """Half-precision weights of a random network."""
    import torch

    from busdemo.zoo.loading import build_network

    torch.manual_seed(seed)
    network = build_network(config).eval()
    state = network.state_dict()
    image = torch.from_numpy(draw_scan(size_wh=(64, 48))[0])[None, None] / 255
    with torch.no_grad():
        logits = network((image - 0.3) / 0.2)
        # Logits of mean 0 and deviation 2: every threshold then gives a mask of its own.
        state["head.bias"] -= logits.mean()
        for key in ("head.weight", "head.bias"):
            state[key] *= 2 / logits.std()
    return _halve(state)


def _halve(state: dict[str, Any]) -> dict[str, Any]:
    return {key: v.half() if v.is_floating_point() else v for key, v in state.items()}

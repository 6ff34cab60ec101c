"""From a finished run to a folder of the zoo, in Hugging Face model-repository layout."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from busdemo.evaluation.datasets import Case, read_index
from busdemo.evaluation.report import RESULTS, insert
from busdemo.evaluation.runs import (
    choose_stop,
    lesion_dice,
    sweep_cases,
    sweep_models,
)
from busdemo.imaging.masks import STOPS
from busdemo.inference.engines import TorchEngine
from busdemo.inference.segmenter import Segmenter, SegmenterPool
from busdemo.training.card_text import TRAINING, describe_recipe, describe_training
from busdemo.training.distillation import TEACHER
from busdemo.training.ensemble import choose_members
from busdemo.training.loop import BEST
from busdemo.training.plan import Training
from busdemo.training.pretrained import start_of
from busdemo.training.recipe import (
    MEAN,
    RECIPES_OVER,
    STANDARD_DEVIATION,
)
from busdemo.zoo.cards import (
    ALL_SETS,
    Preprocessing,
    digest_members,
    read_cards,
    read_facts,
    write_card,
)
from busdemo.zoo.files import UnusableModel
from busdemo.zoo.loading import build_network
from busdemo.zoo.structure import read_blueprint

SIDES_PX = (160, 192, 224)
"""Input sides a network is tried at on validation data before it is shipped, beside the one its
training ended on."""

UNTESTED = "Not tested yet: run `busdemo evaluate`."


def export_run(
    training: Training,
    data: Path,
    runs: Path,
    weights: Path,
    *,
    sides: Sequence[int] = (),
) -> float:
    """Write `weights/<id>/` from `runs/<id>/`; the threshold, frozen on what the training sees of
    the val split of `data`.

    `sides` are the input sides to try, in px; by default a few usual ones.

    Weights become float16, then the threshold is chosen with what will really run. A card that is
    there keeps its text outside the marks; its sha256, parameters and the part about training are
    renewed, and its results, now of other weights, dropped.
    """
    tried = sides or sorted({*SIDES_PX, training.recipe.final_side_px})
    folder, run = weights / training.id, runs / training.id
    folder.mkdir(parents=True, exist_ok=True)
    state = load_file(run / BEST)
    half = {k: v.half() if v.is_floating_point() else v for k, v in state.items()}
    save_file(half, folder / "model.safetensors", metadata={"format": "pt"})
    write_json(folder / "config.json", training.config)
    shutil.copy(run / "curves.csv", folder / "curves.csv")

    network = build_network(training.config)
    network.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in half.items()})
    network.eval().to(memory_format=torch.channels_last)
    preprocessing, threshold = choose_input(
        network, training.choose(read_index(data, "val")), tried
    )
    images = len(training.choose(read_index(data, "train")))
    write_json(folder / "preprocessor_config.json", settings(preprocessing, threshold))
    renew_card(
        folder,
        {
            "sha256": hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest(),
            "parameters": sum(p.numel() for p in network.parameters()),
            "gflops": round(read_blueprint(training.config, 256).gflops, 2),
            "role": training.role,
            "start": start_of(training.config),
            "recipe": json.loads(json.dumps(asdict(training.recipe))),
            "results": [],
        },
        describe_training(training, preprocessing, images),
    )
    return threshold


def freeze_recipe(model_id: str, data: Path, runs: Path, weights: Path) -> float:
    """Write `weights/<id>/` of a recipe over other models; its threshold, frozen on val.

    The ensemble's members are chosen on val among those that have weights; what they predict is
    kept in `runs/<id>/`. UnusableModel when fewer than two can run.
    """
    cards = {card.id: card for card in read_cards(weights)}
    members = [m for m in RECIPES_OVER[model_id] if m in cards and not cards[m].problem]
    if len(members) < 2:
        raise UnusableModel(f"{model_id} needs two members with weights.")
    validation = read_index(data, "val")
    if model_id == TEACHER:
        pool = SegmenterPool(cards.values())
        members = choose_members(pool, members, validation, runs / model_id)
    folder = weights / model_id
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", {"members": members})
    write_json(folder / "preprocessor_config.json", {"threshold": 0.5})
    renew_card(
        folder,
        {
            "sha256": digest_members(cards[member] for member in members),
            "parameters": sum(cards[member].parameters for member in members),
            "gflops": round(sum(float(cards[m].facts.get("gflops", 0)) for m in members), 2),
            "start": "its members",
            "results": [],
        },
        describe_recipe(model_id, tuple(members)),
    )
    sweep = sweep_models(SegmenterPool(read_cards(weights)), [model_id], validation)
    threshold = choose_stop(sweep[model_id]) / STOPS
    write_json(folder / "preprocessor_config.json", {"threshold": threshold})
    return threshold


def choose_input(
    network: nn.Module, cases: Sequence[Case], sides: Sequence[int]
) -> tuple[Preprocessing, float]:
    """The input side and threshold to freeze: best mean Dice over images with a lesion.

    A side the training did not end on can win: a smaller input shows the same network more of the
    image at once. Measured at native size with the network that will run, on validation `cases`.
    """
    best = -1.0
    for side in sides:
        candidate = Preprocessing((side, side), (MEAN,), (STANDARD_DEVIATION,), "stretch")
        sweep = sweep_cases(Segmenter(TorchEngine(network), candidate), cases)
        stop = choose_stop(sweep)
        dice = lesion_dice(sweep, stop)[ALL_SETS].value
        print(f"{side} px: validation Dice {dice:.4f} at {stop / STOPS:.3f}")
        if dice > best:
            best, preprocessing, threshold = dice, candidate, stop / STOPS
    return preprocessing, threshold


def settings(preprocessing: Preprocessing, threshold: float) -> dict[str, Any]:
    """The contents of a preprocessor_config.json."""
    width, height = preprocessing.input_wh
    return {
        "do_resize": True,
        "size": {"height": height, "width": width},
        "resize_rule": preprocessing.rule,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": list(preprocessing.mean),
        "image_std": list(preprocessing.standard_deviation),
        "threshold": threshold,
    }


def renew_card(folder: Path, renewed: dict[str, Any], training: str) -> None:
    """New facts and a new part about training; the rest of a card that is there stays."""
    readme = folder / "README.md"
    if readme.is_file():
        header, text = read_facts(readme)
    else:
        header, text = {"license": "cc-by-nc-4.0", "library_name": "busdemo"}, f"# {folder.name}\n"
        header["busdemo"] = {"name": folder.name, "family": "", "order": 99}
    header["busdemo"] |= renewed
    header.pop("model-index", None)
    write_card(readme, header, insert(insert(text, training, TRAINING), UNTESTED, RESULTS))


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a settings file of a model's folder."""
    path.write_text(json.dumps(content, indent=2) + "\n")

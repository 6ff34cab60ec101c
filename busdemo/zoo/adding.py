"""A model of one's own joins the zoo: checked, run once, then put in place with a card stub."""

import contextlib
import hashlib
import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

import torch
from huggingface_hub import metadata_load
from torch import nn

from busdemo.zoo.architectures import ARCHITECTURES
from busdemo.zoo.cards import (
    WEIGHTS,
    YOUR_MODELS,
    Card,
    Preprocessing,
    read_card,
    write_card,
)
from busdemo.zoo.files import (
    CONFIG,
    LARGEST_TEXT_BYTES,
    SETTINGS,
    WEIGHTS_FILE,
    UnusableModel,
    check_files,
)
from busdemo.zoo.hub import fetch_model
from busdemo.zoo.loading import load_network
from busdemo.zoo.saved import read_config, read_settings
from busdemo.zoo.structure import read_blueprint

ORDER = 50

LARGEST_SIDE_PX = 1024

_HUB = re.compile(r"hf:([\w.-]+/([\w.-]+))(?:@((?!.*\.\.)[\w./-]+))?", re.ASCII)
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_ID = 60
_RESERVED = ("all",)
"""Words of the command line that mean something else where a model's id stands."""


@dataclass(frozen=True)
class ModelSource:
    """A model's files: of a commit of a repository on the Hub, or just a folder here."""

    folder: Path
    repo_id: str = ""
    revision: str = ""


def add_model(
    source: str,
    weights: Path = WEIGHTS,
    *,
    model_id: str | None = None,
    name: str | None = None,
    side_px: int | None = None,
) -> Card:
    """Put a model in the zoo `weights` and return its card.

    `source` is `hf:ORG/NAME[@REVISION]` or a folder, both as smp's `save_pretrained` writes them:
    one class, one or three channels, safetensors. Its id and name follow from the source's name
    unless given; `side_px` (a multiple of 32) replaces the usual input side. Raises UnusableModel
    with the reason, or OSError, and then leaves no trace in `weights`.
    """
    on_hub = _HUB.fullmatch(source)
    if source.startswith("hf:") and not on_hub:
        raise UnusableModel(f"{source!r} is not of the form hf:ORG/NAME[@REVISION].")
    if side_px is not None and (side_px < 32 or side_px % 32):
        raise UnusableModel(f"The input side must be a multiple of 32, not {side_px}.")
    title = on_hub[2] if on_hub else Path(source).resolve().name
    model_id = model_id or re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    _check_id(model_id, weights)
    name = " ".join((name or title).split())
    if not name.isprintable():
        raise UnusableModel("Its name cannot be printed; choose one with --name.")
    found = _fetch(on_hub[1], on_hub[3]) if on_hub else _find_folder(Path(source))
    weights.mkdir(parents=True, exist_ok=True)
    # In the zoo's own folder, so that the last step is a rename, which does all or nothing.
    with tempfile.TemporaryDirectory(prefix=".adding-", dir=weights) as temporary:
        staged = Path(temporary) / model_id
        staged.mkdir()
        _fill(staged, found, name, side_px)
        staged.rename(weights / model_id)
    return read_card(weights / model_id)


def _check_id(model_id: str, weights: Path) -> None:
    if not _ID.fullmatch(model_id) or len(model_id) > _LONGEST_ID or model_id in _RESERVED:
        raise UnusableModel(
            f"{model_id!r} cannot be an id (lower-case letters, digits and single hyphens, at most "
            f"{_LONGEST_ID}); choose one with --id."
        )
    if (weights / model_id).exists():
        raise UnusableModel(f"The zoo has a model {model_id!r} already; choose an id with --id.")


def _fetch(repo_id: str, revision: str | None) -> ModelSource:
    folder, commit = fetch_model(repo_id, revision)
    return ModelSource(folder, repo_id, commit)


def _find_folder(folder: Path) -> ModelSource:
    if folder.is_file():
        check_files({folder.name: folder.stat().st_size})
    if not folder.is_dir():
        raise UnusableModel(f"There is no folder {folder}; the Hub's are written hf:ORG/NAME.")
    return ModelSource(folder)


def _fill(staged: Path, found: ModelSource, name: str, side_px: int | None) -> None:
    """Write a model's folder, and load it through the same doors as every model."""
    files = (path for path in found.folder.iterdir() if path.is_file())
    check_files({path.name: path.stat().st_size for path in files})
    config = read_config(found.folder)
    settings, origin = read_settings(found.folder, config["in_channels"], side_px)
    _write_json(staged / CONFIG, config)
    _write_json(staged / SETTINGS, settings)
    copyfile(found.folder / WEIGHTS_FILE, staged / WEIGHTS_FILE)
    with (staged / WEIGHTS_FILE).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    network = load_network(staged, sha256)
    facts: dict[str, Any] = {
        "name": name,
        "family": YOUR_MODELS,
        "order": ORDER,
        "sha256": sha256,
        "input": origin,
    }
    facts |= _measure(network, config)
    if found.repo_id:
        facts |= {"repo_id": found.repo_id, "revision": found.revision}
    _write_stub(staged, found, facts, config)
    card = read_card(staged)
    if card.problem or card.preprocessing is None:
        raise UnusableModel(card.problem or f"It has no {SETTINGS}.")
    if card.preprocessing.channels != config["in_channels"]:
        raise UnusableModel(f"{SETTINGS} and {CONFIG} name different numbers of channels.")
    _try_out(network, card.preprocessing)


def _measure(network: nn.Module, config: dict[str, Any]) -> dict[str, Any]:
    """The facts that follow from the network itself."""
    facts: dict[str, Any] = {
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "start": "not known",
        "results": [],
    }
    with contextlib.suppress(UnusableModel):  # a structure that cannot be read has no count
        facts["gflops"] = round(read_blueprint(config, 256).gflops, 2)
    return facts


def _try_out(network: nn.Module, preprocessing: Preprocessing) -> None:
    """UnusableModel unless the network answers an image of all greys with one map of logits."""
    width, height = preprocessing.input_wh
    if max(width, height) > LARGEST_SIDE_PX:
        raise UnusableModel(f"Its {width}x{height} input is larger than {LARGEST_SIDE_PX} px.")
    grey = torch.linspace(0, 1, width).expand(1, preprocessing.channels, height, width)
    mean, deviation = (
        torch.tensor(values)[:, None, None]
        for values in (preprocessing.mean, preprocessing.standard_deviation)
    )
    try:
        with torch.inference_mode():
            logits = network((grey - mean) / deviation)
    except Exception as error:  # networks say in many ways that a size does not suit them
        raise UnusableModel(
            f"It cannot compute a {width}x{height} input; choose another side with --input."
        ) from error
    if not isinstance(logits, torch.Tensor) or logits.shape != (1, 1, height, width):
        raise UnusableModel("Its answer is not one map of the size of its input.")
    if not torch.isfinite(logits).all():
        raise UnusableModel("It gave numbers that are not finite.")


def _write_stub(
    staged: Path, found: ModelSource, facts: dict[str, Any], config: dict[str, Any]
) -> None:
    ours = config["_model_class"] in ARCHITECTURES
    licence = _read_licence(found.folder / "README.md")
    header = {
        **({"license": licence} if licence else {}),
        "library_name": "busdemo" if ours else "segmentation-models-pytorch",
        "pipeline_tag": "image-segmentation",
        "tags": ["image-segmentation"],
        "busdemo": facts,
    }
    network = "this demo" if ours else "segmentation-models-pytorch"
    if "encoder_name" in config:
        network += f", encoder `{config['encoder_name']}`"
    origin = "a local folder"
    if found.repo_id:
        origin = f"`{found.repo_id}` on the Hugging Face Hub, commit `{found.revision}`"
    text = _STUB.format(
        name=facts["name"],
        id=staged.name,
        origin=origin,
        network=f"`{config['_model_class']}` of {network}",
        millions=facts["parameters"] / 1e6,
        seen="one grey channel" if config["in_channels"] == 1 else "grey as three equal colours",
        settings=SETTINGS,
        input=facts["input"],
        licence=_LICENCES.get(licence, f"Its README names the licence `{licence}`."),
    )
    write_card(staged / "README.md", header, text)


_STUB = """# {name}

Added with `busdemo add` from {origin}.
**Research and teaching only, not a medical device.**

## How it works

{network}: {millions:.1f} million parameters, {seen} in,
one logit a pixel out, which becomes a probability.

## Use

Input: {seen}, `(grey / 255 - mean) / std`, numbers in `{settings}`.
{input}
If it was trained with other numbers, write them there. Not for diagnosis, screening, triage or any
decision about a person.

## Limits

Where it was trained and how it was tested is not known here. `busdemo evaluate {id}` tests it;
the numbers count only if it was not trained on those images.
{licence}
"""

_LICENCES = {
    None: "It names no licence.",
    "mit": "Its README names the licence `mit`, which smp's `save_pretrained` writes by itself.",
}


def _read_licence(readme: Path) -> str | None:
    """The licence that a model's own README names, None where it names none."""
    try:
        if readme.stat().st_size > LARGEST_TEXT_BYTES:
            return None
        licence = (metadata_load(readme) or {}).get("license")
    except Exception:  # somebody else's README may hold anything
        return None
    known = isinstance(licence, str) and re.fullmatch(r"[\w.+-]{1,60}", licence)
    return licence if known else None


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

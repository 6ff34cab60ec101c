"""The training loop: resumable at every epoch, a CSV of its curves, the best epoch kept."""

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from busdemo.training.data import Samples, load_batches, resize
from busdemo.training.losses import dice_bce_loss
from busdemo.training.recipe import MEAN, STANDARD_DEVIATION, Recipe
from busdemo.training.supervision import outputs_of, unsupervised


class Drawn(Protocol):
    """Samples of any task."""

    @property
    def epoch_length(self) -> int:
        """Samples drawn in one epoch."""


S = TypeVar("S", bound=Drawn)


@dataclass(frozen=True)
class Task(Generic[S]):
    """What is learned: how samples become batches, a batch a loss, and a network its scores.

    `load_batches` takes samples, side in px, batch size and workers; `loss` takes network, batch
    and device; `evaluate` takes network, samples, side and device. The highest `score` wins.
    """

    load_batches: Callable[[S, int, int, int], Iterable[Any]]
    loss: Callable[[nn.Module, Any, str], Tensor]
    evaluate: Callable[[nn.Module, S, int, str], dict[str, float]]
    score: str


class Run(Generic[S]):
    """One network under one recipe, in a folder that holds all it needs to go on.

    `train` goes on after the last finished epoch; `best.safetensors` are the averaged weights of
    the best epoch at the final size, `curves.csv` has one row an epoch.
    """

    def __init__(
        self,
        network: nn.Module,
        recipe: Recipe,
        folder: Path,
        *,
        task: Task[S],
        workers: int = 0,
    ) -> None:
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.recipe = recipe
        self.folder = folder
        self.workers = workers
        self.task = task
        self.network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = AveragedModel(
            self.network,
            multi_avg_fn=partial(_average, recipe.averaging),
            use_buffers=True,
        )
        self.optimizer = AdamW(network.parameters(), weight_decay=recipe.weight_decay)
        self.epoch = 0
        self.best = -1.0
        self.scheduler: OneCycleLR | None = None

    def train(self, samples: S, validation: S) -> float:
        """Train to the recipe's end; the task's best score on `validation`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        steps = samples.epoch_length // self.recipe.batch_size
        self.scheduler = OneCycleLR(
            self.optimizer,
            self.recipe.peak_learning_rate,
            epochs=self.recipe.epochs,
            steps_per_epoch=steps,
        )
        if (self.folder / "state.json").exists():
            self._resume()
        while self.epoch < self.recipe.epochs:
            started = monotonic()
            side = self.recipe.side_px(self.epoch)
            loss = self._train_epoch(samples, side)
            scores = self.task.evaluate(self.average, validation, side, self.device)
            row = {"epoch": self.epoch + 1, "side_px": side, "train_loss": round(loss, 5)}
            row |= {name: round(value, 4) for name, value in scores.items()}
            self.epoch += 1
            if side == self.recipe.final_side_px and scores[self.task.score] > self.best:
                self.best = scores[self.task.score]
                shipped = unsupervised(self.average.module)
                save_file(_on_cpu(shipped), self.folder / "best.safetensors")
            _append(self.folder / "curves.csv", row | {"seconds": round(monotonic() - started)})
            self._save()
        return self.best

    def _train_epoch(self, samples: S, side_px: int) -> float:
        assert self.scheduler is not None  # noqa: S101
        torch.manual_seed(self.recipe.seed * 1000 + self.epoch)
        batches = self.task.load_batches(samples, side_px, self.recipe.batch_size, self.workers)
        self.network.train()
        losses = []
        label = f"epoch {self.epoch + 1}/{self.recipe.epochs} at {side_px} px"
        for batch in tqdm(batches, desc=label, mininterval=5):
            loss = self.task.loss(self.network, batch, self.device)
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
            self.optimizer.step()
            self.scheduler.step()
            self.average.update_parameters(self.network)
            losses.append(loss.detach())
        return float(torch.stack(losses).mean())

    def _save(self) -> None:
        assert self.scheduler is not None  # noqa: S101
        tensors = {f"network.{k}": v for k, v in _on_cpu(self.network).items()}
        tensors |= {f"average.{k}": v for k, v in _on_cpu(self.average).items()}
        for index, slots in self.optimizer.state_dict()["state"].items():
            tensors |= {f"adam.{index}.{k}": v.cpu().contiguous() for k, v in slots.items()}
        partial = self.folder / "state.partial"
        save_file(tensors, partial)
        partial.replace(self.folder / "state.safetensors")
        facts = {
            "epoch": self.epoch,
            "best": self.best,
            "step": self.scheduler.last_epoch,
            "groups": self.optimizer.state_dict()["param_groups"],
        }
        (self.folder / "state.json").write_text(json.dumps(facts))

    def _resume(self) -> None:
        assert self.scheduler is not None  # noqa: S101
        facts = json.loads((self.folder / "state.json").read_text())
        tensors = load_file(self.folder / "state.safetensors")
        self.network.load_state_dict(_under(tensors, "network."))
        self.average.load_state_dict(_under(tensors, "average."))
        slots: dict[int, dict[str, Tensor]] = defaultdict(dict)
        for key, value in _under(tensors, "adam.").items():
            index, name = key.split(".", 1)
            slots[int(index)][name] = value
        # The groups carry the schedule's present values, so that the next step starts from them.
        state = self.optimizer.state_dict() | {"param_groups": facts["groups"]}
        self.optimizer.load_state_dict({**state, "state": dict(slots)})
        self.scheduler.load_state_dict({"last_epoch": facts["step"]})
        self.epoch, self.best = facts["epoch"], facts["best"]


def compute(network: nn.Module, pixels: Tensor, device: str) -> Any:
    """What a network answers to normalised pixels (B, C, S, S), in bfloat16 where it is native."""
    moved = pixels.to(device, memory_format=torch.channels_last)
    with torch.autocast(device, torch.bfloat16, enabled=_has_bfloat16(device)):
        return network(moved)


def forward(network: nn.Module, image: Tensor, device: str) -> Tensor | list[Tensor]:
    """Logits (B, 1, S, S) of images (B, 1, S, S) in [0, 1].

    A list of them, the network's own first, from a network under deep supervision in training.
    """
    logits: Tensor | list[Tensor] = compute(network, (image - MEAN) / STANDARD_DEVIATION, device)
    return logits


def supervised_loss(network: nn.Module, batch: tuple[Tensor, Tensor], device: str) -> Tensor:
    """Dice + cross-entropy of images and masks (B, 1, S, S), the mean over all outputs."""
    image, mask = batch
    outputs = outputs_of(forward(network, image, device))
    truth = mask.to(device)
    return torch.stack([dice_bce_loss(one.float(), truth) for one in outputs]).mean()


@torch.inference_mode()
def evaluate(network: nn.Module, samples: Samples, side_px: int, device: str) -> dict[str, float]:
    """Lesion Dice at threshold 0.5 and network size: over all images, and per data set.

    `mean_dice` is the mean of the sets', `false_alarms` the share of normal images with any lesion
    pixel.
    """
    network.eval()
    dice: dict[str, list[float]] = defaultdict(list)
    alarms = []
    for start in range(0, len(samples.datasets), 32):
        part = slice(start, start + 32)
        image, mask = (
            resize(torch.from_numpy(array[part])[:, None].float() / 255, side_px)
            for array in (samples.images, samples.masks)
        )
        found = outputs_of(forward(network, image, device))[0].float().cpu() >= 0
        truth = mask >= 0.5
        shared, marked, lesion = (m.sum((1, 2, 3)) for m in (found & truth, found, truth))
        for i, dataset in enumerate(samples.datasets[part]):
            if lesion[i] == 0:
                alarms.append(float(marked[i] > 0))
            else:
                dice[dataset].append(float(2 * shared[i] / (marked[i] + lesion[i])))
    sets = {f"dice_{name}": float(np.mean(values)) for name, values in sorted(dice.items())}
    return sets | {
        "dice": float(np.mean([value for values in dice.values() for value in values])),
        "mean_dice": float(np.mean(list(sets.values()))),
        "false_alarms": float(np.mean(alarms)) if alarms else float("nan"),
    }


SEGMENTING = Task(load_batches, supervised_loss, evaluate, score="dice")
"""Marking lesion pixels; the score is the mean Dice over images with a lesion."""


def _average(
    longest: float, average: list[Tensor], present: list[Tensor], step: Tensor | int
) -> None:
    """One step of the exponential average, which forgets its beginning: a short run must not ship
    the mean of what it was long ago."""
    decay = min(longest, (1 + int(step)) / (10 + int(step)))
    get_ema_multi_avg_fn(decay)(average, present, step)  # type: ignore[no-untyped-call]


def _has_bfloat16(device: str) -> bool:
    return device == "cuda" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _on_cpu(module: nn.Module) -> dict[str, Tensor]:
    return {key: value.detach().cpu().contiguous() for key, value in module.state_dict().items()}


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _append(path: Path, row: dict[str, Any]) -> None:
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if fresh:
            writer.writeheader()
        writer.writerow(row)

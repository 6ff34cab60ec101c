"""The training loop: resumable at every epoch, a CSV of its curves, the best epoch kept."""

import csv
import io
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from busdemo.evaluation.whole_files import replace_file
from busdemo.training.drawing import Epoch
from busdemo.training.recipe import Recipe
from busdemo.training.supervision import unsupervised
from busdemo.zoo.torch_private import computes_bfloat16

STATE = "state.safetensors"
"""In a run's folder: network, average and optimizer, and in its header what else it goes on from.
"""

CURVES = "curves.csv"
"""In a run's folder: one row an epoch."""

BEST = "best.safetensors"
"""In a run's folder: the averaged weights that are kept."""


class OutOfTime(Exception):
    """A run stopped between two epochs because its time was up; it can go on."""


class Countable(Protocol):
    """Samples of any task."""

    @property
    def epoch_length(self) -> int:
        """Samples drawn in one epoch."""


S = TypeVar("S", bound=Countable)


@dataclass(frozen=True)
class Task(Generic[S]):
    """What is learned: how samples become batches, a batch a loss, and a network its scores.

    `load_batches` takes samples and the epoch; `loss` takes network, batch and device; `evaluate`
    takes network, samples, side and device. The highest `score` wins.
    """

    load_batches: Callable[[S, Epoch], Iterable[Any]]
    loss: Callable[[nn.Module, Any, str], Tensor]
    evaluate: Callable[[nn.Module, S, int, str], dict[str, float]]
    score: str


class TrainingRun(Generic[S]):
    """One network under one recipe, in a folder that holds all it needs to go on.

    `train` goes on after the last finished epoch; `best.safetensors` are the averaged weights of
    the best epoch at the final size, or of the last, `curves.csv` has one row an epoch. Both follow
    from `state.safetensors`, which is one file, moved to its place when it is whole.
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
        self.best = -1.0
        self.rows: list[dict[str, Any]] = []
        self.scheduler: OneCycleLR | None = None

    @property
    def epoch(self) -> int:
        """Epochs that are finished."""
        return len(self.rows)

    def train(self, samples: S, validation: S | None, *, until: float = math.inf) -> float:
        """Train to the recipe's end; the task's score on `validation` of the epoch that is kept.

        Without validation samples nothing is scored and the last epoch's weights are kept; the
        answer is then -1. Raises OutOfTime after the first epoch that ends later than `until`, on
        the clock of `time.monotonic`, when more are to come.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        steps = samples.epoch_length // self.recipe.batch_size
        self.scheduler = OneCycleLR(
            self.optimizer,
            self.recipe.peak_learning_rate,
            epochs=self.recipe.epochs,
            steps_per_epoch=steps,
        )
        if (self.folder / STATE).exists():
            self._resume()
        while self.epoch < self.recipe.epochs:
            self._add_epoch(samples, validation)
            if monotonic() > until and self.epoch < self.recipe.epochs:
                raise OutOfTime(f"{self.epoch} of {self.recipe.epochs} epochs are done.")
        return self.best

    def _add_epoch(self, samples: S, validation: S | None) -> None:
        """Train one epoch, score it, and put it on disk."""
        started = monotonic()
        side = self.recipe.side_px(self.epoch)
        loss = self._train_epoch(samples)
        row = {"epoch": self.epoch + 1, "side_px": side, "train_loss": round(loss, 5)}
        better = validation is None
        if validation is not None:
            scores = self.task.evaluate(self.average, validation, side, self.device)
            row |= {name: round(value, 4) for name, value in scores.items()}
            score = scores[self.task.score]
            last = self.recipe.keep == "last"
            better = last or (side == self.recipe.final_side_px and score > self.best)
            self.best = score if better else self.best
        if better:
            _write_tensors(self.folder / BEST, _on_cpu(unsupervised(self.average.module)))
        self.rows.append(row | {"seconds": round(monotonic() - started)})
        self._save()

    def _train_epoch(self, samples: S) -> float:
        assert self.scheduler is not None  # noqa: S101
        epoch = Epoch(self.recipe, self.epoch, self.workers)
        torch.manual_seed(epoch.seed())  # for what a network draws itself
        batches = self.task.load_batches(samples, epoch)
        self.network.train()
        losses = []
        label = f"epoch {self.epoch + 1}/{self.recipe.epochs} at {epoch.side_px} px"
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
        facts = {
            "best": self.best,
            "step": self.scheduler.last_epoch,
            "groups": self.optimizer.state_dict()["param_groups"],
            "rows": self.rows,
        }
        _write_tensors(self.folder / STATE, tensors, {"facts": json.dumps(facts)})
        self._write_curves()

    def _resume(self) -> None:
        assert self.scheduler is not None  # noqa: S101
        with safe_open(self.folder / STATE, framework="pt") as file:
            facts = json.loads(file.metadata()["facts"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
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
        self.best, self.rows = facts["best"], facts["rows"]
        self._write_curves()

    def _write_curves(self) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, list(self.rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        replace_file(self.folder / CURVES, lambda path: path.write_text(text.getvalue()))


def compute(network: nn.Module, pixels: Tensor, device: str) -> Any:
    """What a network answers to normalised pixels (B, C, S, S), in bfloat16 where it is native."""
    moved = pixels.to(device, memory_format=torch.channels_last)
    with torch.autocast(device, torch.bfloat16, enabled=_has_bfloat16(device)):
        return network(moved)


def _average(
    longest: float, average: list[Tensor], present: list[Tensor], step: Tensor | int
) -> None:
    """One step of the exponential average, which forgets its beginning: a short run must not ship
    the mean of what it was long ago."""
    decay = min(longest, (1 + int(step)) / (10 + int(step)))
    get_ema_multi_avg_fn(decay)(average, present, step)  # type: ignore[no-untyped-call]


def _has_bfloat16(device: str) -> bool:
    return device == "cuda" or computes_bfloat16()


def _on_cpu(module: nn.Module) -> dict[str, Tensor]:
    return {key: value.detach().cpu().contiguous() for key, value in module.state_dict().items()}


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _write_tensors(
    path: Path, tensors: dict[str, Tensor], facts: dict[str, str] | None = None
) -> None:
    replace_file(path, lambda unfinished: save_file(tensors, unfinished, metadata=facts))

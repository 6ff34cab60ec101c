"""What is left on a set that was never seen: the trainings of the plan that leave one out."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from busdemo.evaluation.datasets import Case, read_index
from busdemo.evaluation.runs import Sweep, false_alarms, lesion_dice, sweep_models
from busdemo.evaluation.statistics import Interval
from busdemo.evaluation.whole_files import replace_file
from busdemo.imaging import printed
from busdemo.inference.segmenter import SegmenterPool
from busdemo.training.classifier.transfers import ClassTransfer
from busdemo.training.plan import TRAININGS
from busdemo.zoo.cards import ALL_SETS, Card, read_cards

PAGE, TABLE = "left-out-sets.md", "left-out-sets.csv"

_ABOUT = f"""# Sets left out of training

Written by `busdemo transfers`; the rows are in [{TABLE}]({TABLE}).

The U-Net of the zoo, trained again without one of the four sets under the same recipe and budget,
on that set's images of train and val, none of which it had seen; its threshold comes from the val
images of the other three sets. Native size, threshold alone, no post-processing. Patients are
resampled for the intervals (95 %). Beside it what the U-Net that saw the set scores on its val
images: fewer images, so compare within the intervals. The test split was not looked at.

| left out | lesion images | patients | Dice, unseen | Dice, seen (val) | false alarms, unseen |
|---|---|---|---|---|---|
"""


_ABOUT_CLASSIFIER = """
## The classifier

Trained again without one set, on masks of the U-Net without that set, and asked about that set's
images of train and val. AUC is benign against malignant; sensitivity and specificity are at the
threshold frozen on the val images of the other three sets.

| left out | images | patients | AUC | accuracy | largest class alone | sensitivity | specificity |
|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Transfer:
    """The results on one set: of the U-Net that never saw it, and of the one that did."""

    left_out: str
    unseen: Interval
    alarms: Interval | None
    seen: Interval


def measure_transfers(data: Path, runs: Path, weights: Path) -> list[Transfer]:
    """The transfers that are exported to `runs/weights`, in the plan's order.

    Raises ValueError when none is, UnusableModel when a model cannot run.
    """
    kept = runs / "weights"
    cards = read_cards(kept) if kept.is_dir() else []
    exported = {card.id: card for card in cards if not card.problem}
    planned = [t for t in TRAININGS.values() if t.role == "transfer" and t.id in exported]
    if not planned:
        raise ValueError(f"No training without a set is finished in {runs}.")
    unet = next(card for card in read_cards(weights) if card.id == "unet")
    everything = read_index(data, "train", "val")
    found = []
    for training in planned:
        left_out = training.images.removeprefix("without-")
        cases = [case for case in everything if case.dataset == left_out]
        unseen, stop = _sweep(exported[training.id], cases)
        known, known_stop = _sweep(unet, [case for case in cases if case.split == "val"])
        found.append(
            Transfer(
                left_out,
                lesion_dice(unseen, stop)[ALL_SETS],
                false_alarms(unseen, stop).get(ALL_SETS),
                lesion_dice(known, known_stop)[ALL_SETS],
            )
        )
    return found


def write_transfers(transfers: list[Transfer], classifiers: list[ClassTransfer], out: Path) -> None:
    """Write page and table into the folder `out`."""
    table = StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["left_out", "what", "value", "low", "high", "images", "patients"])
    rows = [(one.left_out, *row) for one in transfers for row in _named(one)]
    rows += [(c.left_out, f"classifier_{n}", i) for c in classifiers for n, i in c.figures.items()]
    for left_out, what, interval in rows:
        numbers = (f"{v:.4f}" for v in (interval.value, interval.low, interval.high))
        writer.writerow([left_out, what, *numbers, interval.n, interval.groups])
    lines = []
    for one in transfers:
        alarms = (
            f"{printed.percent(one.alarms.value)} of {one.alarms.n}"
            if one.alarms
            else "no normal images"
        )
        cells = [one.left_out, str(one.unseen.n), str(one.unseen.groups)]
        cells += [_tell(one.unseen), _tell(one.seen), alarms]
        lines.append(f"| {' | '.join(cells)} |\n")
    if classifiers:
        lines += [_ABOUT_CLASSIFIER, *map(_tell_classifier, classifiers)]
    out.mkdir(parents=True, exist_ok=True)
    replace_file(out / TABLE, lambda path: path.write_text(table.getvalue()))
    replace_file(out / PAGE, lambda path: path.write_text(_ABOUT + "".join(lines)))


def _sweep(card: Card, cases: list[Case]) -> tuple[Sweep, int]:
    return sweep_models(SegmenterPool([card]), [card.id], cases)[card.id], card.stop


def _named(transfer: Transfer) -> Iterator[tuple[str, Interval]]:
    yield "dice_unseen", transfer.unseen
    yield "dice_seen", transfer.seen
    if transfer.alarms:
        yield "false_alarms_unseen", transfer.alarms


def _tell_classifier(one: ClassTransfer) -> str:
    images = one.figures["accuracy"]
    auc, right, *rates = (
        _tell(one.figures[name]) if name in one.figures else "–"
        for name in ("auc", "accuracy", "sensitivity", "specificity")
    )
    alone = f"{one.largest_class:.3f}".removeprefix("0")
    cells = [one.left_out, str(images.n), str(images.groups), auc, right, alone, *rates]
    return f"| {' | '.join(cells)} |\n"


def _tell(interval: Interval) -> str:
    numbers = (f"{v:.3f}".removeprefix("0") for v in (interval.value, interval.low, interval.high))
    return "{} ({} to {})".format(*numbers)

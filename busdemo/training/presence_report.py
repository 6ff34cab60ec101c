"""The page about presence: the frozen rules on the test split, and heads trained with a network."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from busdemo.evaluation.datasets import Case, read_index
from busdemo.evaluation.statistics import Interval, bootstrap_mean
from busdemo.evaluation.whole_files import replace_file
from busdemo.imaging import printed
from busdemo.inference.presence import PresenceJudge, open_judge
from busdemo.inference.segmenter import SegmenterPool
from busdemo.training.crossvalidation import IMAGES
from busdemo.training.presence import MOST_LOST, Judged, judge_split, weigh
from busdemo.zoo.cards import ALL_SETS, read_cards
from busdemo.zoo.presence import NUMBERS, STEPS, PresenceRule, read_worth

PAGE = "presence.md"
TIMED = 20
"""Images presence is timed on."""

_ABOUT = f"""# Presence

Written by `busdemo presence all --report DIR`. Rules and cut-offs were fitted on validation images
(`busdemo presence all`) and frozen; the test split was only looked at for this page.

A model's rule is logistic, over {len(NUMBERS)} numbers: the logit of its map's highest probability,
the classifier's P(normal) with its mask and with the mask emptied, the score of the detector's best
box, and the logarithm of the share marked. The cut-off is the highest that costs at most
{MOST_LOST} of the mean lesion Dice on validation images, judged by rules that had not seen them.
"Before" and "with" compare a model's answer (frozen threshold and post-processing) before and after
masks under the cut-off are withheld. Intervals are 95 %, patients resampled.
"""


def write_report(
    model_ids: Sequence[str], data: Path, weights: Path, state: Path, out: Path, folds: Path
) -> None:
    """Judge the test split once by the frozen rules and write `presence.md` into `out`.

    What models say of test is kept in `state`; heads that were trained with a network are taken
    from the finished folds in `folds`. Raises UnusableModel when something cannot run.
    """
    judge = open_judge(SegmenterPool(read_cards(weights)))
    cases = read_index(data, "test")
    judged = judge_split(judge, model_ids, data, "test", state)
    parts = [_ABOUT, "## Validation, where they were chosen\n", *_list_validation(judge, model_ids)]
    parts += ["\n## Test\n", *_list_test(judge, judged, cases)]
    parts += ["\n## Reliability on test\n", *_list_reliability(judge, judged)]
    parts += ["\n## A head trained with the network instead\n", *compare_heads(folds)]
    parts += ["\n## Its cost\n", _time(judge, cases)]
    out.mkdir(parents=True, exist_ok=True)
    text = "\n".join(parts) + "\n"
    replace_file(out / PAGE, lambda path: path.write_text(text, encoding="utf-8"))


def _list_validation(judge: PresenceJudge, model_ids: Sequence[str]) -> Iterator[str]:
    yield "| model | cut-off | Dice before | with | alarms before | with | ECE |"
    yield "|---|---|---|---|---|---|---|"
    for model_id in model_ids:
        card = judge.pool.cards[model_id]
        worth, rule = read_worth(card.folder, card.sha256, card.stop), card.presence
        if worth is not None and rule is not None:
            (_, alarms, dice), (_, fewer, less) = worth.at(0), worth.at(rule.cut_off)
            yield (
                f"| {card.name} | {rule.cut_off:.2f} | {dice:.4f} | {less:.4f} "
                f"| {printed.percent(alarms, 1)} | {printed.percent(fewer, 1)} | {worth.ece:.3f} |"
            )


def _list_test(
    judge: PresenceJudge, judged: dict[str, Judged], cases: Sequence[Case]
) -> Iterator[str]:
    yield "| model | set | lesion Dice before | with | lesions lost | alarms before | with |"
    yield "|---|---|---|---|---|---|---|"
    sets = [ALL_SETS, *dict.fromkeys(case.dataset for case in cases)]
    groups, names = (np.array([getattr(c, key) for c in cases]) for key in ("group", "dataset"))
    for model_id, images in judged.items():
        shown = score(judge, model_id, images) >= _cut_off(judge, model_id)
        for name in sets:
            chosen = (names == name) | (name == ALL_SETS)
            yield (
                f"| {judge.pool.cards[model_id].name} | {name} | "
                + " | ".join(_tell_set(images, shown, chosen, groups))
                + " |"
            )


def _tell_set(
    images: Judged, shown: NDArray[np.bool_], chosen: NDArray[np.bool_], groups: NDArray[np.str_]
) -> Iterator[str]:
    """Dice before and with, lesions lost, alarms before and with, of the chosen images."""
    lesion, normal = chosen & images.lesion, chosen & ~images.lesion
    kept = np.where(shown, images.dice, 0.0)
    for dice in (images.dice, kept):
        yield _tell(bootstrap_mean(dice[lesion], groups[lesion].tolist()))
    lost = images.touched & ~shown & lesion
    yield f"{lost.sum()} of {lesion.sum()}"
    for marked in (images.marked, images.marked & shown):
        found = int((marked & normal).sum())
        share = found / normal.sum() if normal.any() else np.nan
        yield f"{printed.percent(share, 1)} ({found} of {normal.sum()})"


def _list_reliability(judge: PresenceJudge, judged: dict[str, Judged]) -> Iterator[str]:
    yield "| model | ECE | mean score: share that shows a lesion (images) |"
    yield "|---|---|---|"
    for model_id, images in judged.items():
        worth = weigh(images, score(judge, model_id, images))
        bins = ", ".join(f"{s:.2f}: {printed.percent(p)} ({n})" for s, p, n in worth.reliability)
        yield f"| {judge.pool.cards[model_id].name} | {worth.ece:.3f} | {bins} |"


def compare_heads(folds: Path) -> Iterator[str]:
    """Of every finished fold whose network had a presence head: the same trade, by its score."""
    rows = []
    for path in sorted(folds.glob(f"*/fold-*/{IMAGES}")):
        frame = pd.read_csv(path)
        if "presence" in frame:
            rows.append(_tell_head(path, frame))
    if not rows:
        yield "No fold of a recipe with a head is finished (`busdemo crossvalidate presence`)."
        return
    yield (
        f"Cut where the fold's own mean lesion Dice falls by {MOST_LOST}, at threshold 0.5 and the "
        "network's size; the rule's cut-off above was chosen more strictly.\n"
    )
    yield "| recipe | fold | Dice before | with | alarms before | with |"
    yield "|---|---|---|---|---|---|"
    yield from rows


def _tell_head(path: Path, frame: pd.DataFrame) -> str:
    dice, scores = frame["dice"].to_numpy(), frame["presence"].to_numpy()
    lesion, marked = ~np.isnan(dice), frame["marked"].to_numpy() > 0
    for cut_off in np.arange(STEPS)[::-1] / STEPS:
        shown = scores >= cut_off
        kept = float(np.where(shown, dice, 0.0)[lesion].mean())
        if kept >= dice[lesion].mean() - MOST_LOST:
            break
    before, after = (m[~lesion].mean() for m in (marked, marked & shown))
    fold = path.parent
    return (
        f"| {fold.parent.name} | {fold.name} | {dice[lesion].mean():.4f} | {kept:.4f} "
        f"| {printed.percent(before, 1)} | {printed.percent(after, 1)} |"
    )


def score(judge: PresenceJudge, model_id: str, images: Judged) -> NDArray[np.float64]:
    """The score (N,) of each image by the model's frozen rule; KeyError where it has none."""
    rule = _rule(judge, model_id)
    logits = images.features @ np.array(rule.weights) + rule.bias
    return np.asarray(1 / (1 + np.exp(-logits)))


def _cut_off(judge: PresenceJudge, model_id: str) -> float:
    return _rule(judge, model_id).cut_off


def _rule(judge: PresenceJudge, model_id: str) -> PresenceRule:
    rule = judge.pool.cards[model_id].presence
    if rule is None:
        raise KeyError(f"No rule of presence was fitted for {model_id}.")
    return rule


def _time(judge: PresenceJudge, cases: Sequence[Case]) -> str:
    """What classifier and detector take beside a prediction that is there already."""
    took = []
    for case in cases[: TIMED + 1]:
        image, _ = case.read()
        levels = np.zeros_like(image)
        look = judge.look_at(image, dict.fromkeys(judge.pool.cards, levels).__getitem__)
        started = process_time()
        look.find_evidence(levels, 100)
        took.append(1000 * (process_time() - started))
    median = float(np.median(took[1:]))
    return (
        f"{median:.0f} ms of processor time an image beside the prediction, the median of {TIMED}; "
        "two cores share it. Not measured on an idle machine."
    )


def _tell(interval: Interval) -> str:
    return f"{interval.value:.4f} ({interval.low:.3f}–{interval.high:.3f})"

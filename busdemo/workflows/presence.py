"""Whether anything is there, beside a model's result: judged, told in words, chosen by a user."""

from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any

from busdemo.imaging import printed
from busdemo.imaging.images import Scan
from busdemo.imaging.masks import quantize
from busdemo.inference.presence import PresenceJudge, PresenceLook, PresenceScore, open_judge
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.within import PredictionsWithin, look_within
from busdemo.workflows.classifying import classifier_of
from busdemo.workflows.segmenting import Segmentation


@lru_cache(maxsize=4)
def judge_of(pool: SegmenterPool) -> PresenceJudge:
    """The judge of the zoo that a pool of models belongs to; its networks are loaded once."""
    return open_judge(pool, classifier_of(pool))


def look_for_presence(
    scan: Scan, pool: SegmenterPool, predictions: PredictionsWithin | None = None
) -> PresenceLook:
    """What to judge a scan with; `predictions` are the pool's answers to it, where there are some.

    Presence is judged on the whole frame: answers in two stages are not used.
    """
    known = predictions is not None and not predictions.in_two_stages
    whole = predictions if known and predictions else look_within(scan, pool.look_at)
    return judge_of(pool).look_at(
        scan.inside, lambda model_id: quantize(whole.predict(model_id)[scan.window])
    )


def add_presence(segmentation: Segmentation, look: PresenceLook) -> Segmentation:
    """The same result, judged; as it is where the model has no rule, or nothing to judge it by."""
    return replace(segmentation, presence=look.judge(segmentation.card.id))


def tell_presence(found: PresenceScore, cut_off: float) -> str:
    """In words: "presence 0.12 (cut-off 0.60)"; rounded down, so as not to look like the cut-off.

    >>> from busdemo.zoo.presence import Evidence
    >>> found = PresenceScore(0.5999, 0.58, Evidence(0.5, 0.5, 0.5, 0.5, 0.5))
    >>> tell_presence(found, 0.6)
    'nothing marked: presence 0.59 (cut-off 0.60)'
    >>> tell_presence(found, 0.58)
    'presence 0.59 (cut-off 0.58)'
    """
    withheld = "nothing marked: " if found.withholds(cut_off) else ""
    return f"{withheld}presence {printed.at_most(found.value, 2)} (cut-off {cut_off:.2f})"


def tabulate_presence(found: PresenceScore | None, cut_off: float) -> dict[str, Any] | None:
    """For a receipt, JSON-ready; None where presence is unknown."""
    if found is None:
        return None
    return {
        "score": round(found.value, 6),
        "cut_off": cut_off,
        "frozen_cut_off": found.cut_off,
        "withheld": found.withholds(cut_off),
        "evidence": {name: round(value, 6) for name, value in asdict(found.evidence).items()},
        "classifier_sha256": found.classifier,
        "detector_sha256": found.detector,
    }

"""The detector's test results: computed, then written to its card; no number there is typed."""

from pathlib import Path

from busdemo.evaluation.datasets import read_index
from busdemo.evaluation.detection import measure_detection, run_detector
from busdemo.evaluation.report import Results, list_results, write_results
from busdemo.imaging import printed
from busdemo.inference.detector import load_detector, read_detector_card
from busdemo.zoo.cards import ALL_SETS, LEAST_GROUPS

DETECTOR = "detector"
"""What `busdemo evaluate` calls the zoo's detector."""

_COLUMNS = {
    "map50": "mAP@50",
    "map50_95": "mAP@50:95",
    "map50_with_normals": "mAP@50 with normal images",
    "map50_95_with_normals": "mAP@50:95 with normal images",
    "found": "lesion images found",
    "false_boxes": "normal images with a box",
}


def evaluate_detector(weights: Path, data: Path) -> Results:
    """Run the zoo's detector over the test split; its card's results are written and returned.

    Raises UnusableModel when it cannot run.
    """
    card = read_detector_card(weights)
    detector = load_detector(card)
    assert card is not None  # noqa: S101  (load_detector has refused that)
    run = run_detector(detector, read_index(data, "test"))
    results = list_results(measure_detection(run, detector.tuning.cut_off))
    write_results(card, results, tabulate_detection(results), "object-detection")
    return results


def tabulate_detection(results: Results) -> str:
    """The results as a Markdown table, one row a data set, intervals where there are enough."""
    by_key = {(r["dataset"], r["metric"]): r for r in results}
    names = [n for n in dict.fromkeys(r["dataset"] for r in results) if n != ALL_SETS]
    lines = [
        f"| test split | images with a lesion (patients) | {' | '.join(_COLUMNS.values())} |",
        "|---" * (len(_COLUMNS) + 2) + "|",
    ]
    for name in [*names, ALL_SETS]:
        lesions = by_key.get((name, "map50"))
        cells = [f"{lesions['n']} ({lesions['groups']})" if lesions else "0"]
        for metric in _COLUMNS:
            result = by_key.get((name, metric))
            pattern = "–"
            if result is not None:
                shown = result["groups"] >= LEAST_GROUPS
                pattern = printed.percent(result["value"], 1)
                if shown:
                    pattern += f" ({printed.percents(result['low'], result['high'])})"
            cells.append(pattern)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    note = (
        "mAP over the images with a lesion, and with the normal ones among them; 95 % intervals "
        "over patients. At the frozen cut-off: images with a lesion in which a box overlaps one "
        "by half, and normal images with any box."
    )
    return "\n".join([*lines, "", note])

"""Benign or malignant? The classifier's answer, its operating point, calipers, test results."""

import base64
import html
import json
import math
from collections.abc import Sequence

from busdemo.imaging import printed
from busdemo.imaging.arrays import GreyImage
from busdemo.imaging.marks import Marks, find_marks
from busdemo.imaging.masks import STOPS
from busdemo.inference.classifier import ClassifierSlot
from busdemo.ui import classifier_text as words
from busdemo.ui.findings.subject import Builder, Subject
from busdemo.views.pictures import encode_png
from busdemo.workflows.classifying import (
    Classification,
    Repainted,
    classifier_of,
    classify,
    predict_levels,
    read_operating_curve,
    repeat_without_marks,
)
from busdemo.zoo.cards import ALL_SETS, LEAST_GROUPS, Card, TestResult
from busdemo.zoo.classes import CLASSES


def build_classifier(subject: Subject) -> str:
    """The section; what cannot run is said by the panel."""
    slot, image = classifier_of(subject.pool), subject.scan.inside
    if slot.problem or slot.card is None:
        return f"<p>{html.escape(words.DISABLED.format(reason=slot.problem))}</p>"
    if subject.card.id == slot.mask_from:
        levels = subject.segmentation.levels[subject.scan.window]
    else:
        levels = predict_levels(image, slot, subject.pool)
    found, marks = classify(image, levels, slot), find_marks(image)
    repainted = None
    if marks and subject.choices.get("paint") == "yes":
        repainted = repeat_without_marks(image, levels, marks, slot, subject.pool)
    source = subject.pool.cards[slot.mask_from].name
    return "".join(
        (
            words.STYLE,
            f'<p class="bd-warning"><b>{html.escape(words.LEAD)}</b> '
            f"{html.escape(words.CONFOUNDED)}</p>",
            _describe_marks(marks, repainted is not None),
            _tabulate_answer(found, repainted),
            f'<p class="bd-small">{html.escape(words.SEEN.format(source=source))}</p>',
            _show_repainted(image, repainted),
            _build_operating_point(slot, found.probabilities.malignant),
            _tabulate_tests(slot.card),
        )
    )


CLASSIFIER = Builder("classifier", words.TITLE, words.HINT, build_classifier)


def _describe_marks(marks: Marks, painted: bool) -> str:
    if not marks:
        return f'<p class="bd-small">{html.escape(words.NO_MARKS)}</p>'
    counts = (
        words.count(marks.calipers, "caliper cross", "caliper crosses"),
        words.count(marks.texts, "row of text", "rows of text"),
    )
    found = words.MARKS.format(marks=" and ".join(filter(None, counts)))
    value, label = ("no", words.KEEP) if painted else ("yes", words.PAINT)
    return (
        f'<p class="bd-warning">{html.escape(found)} <button data-ask="paint" '
        f'data-value="{value}">{html.escape(label)}</button></p>'
    )


def _tabulate_answer(found: Classification, repainted: Repainted | None) -> str:
    columns = [(words.WITH_MASK, found.probabilities), (words.EMPTIED, found.emptied)]
    if repainted:
        columns.append((words.PAINTED, repainted.probabilities))
    head = "".join(f"<th>{html.escape(name)}</th>" for name, _ in columns)
    rows = ""
    for name in CLASSES:
        main = getattr(found.probabilities, name)
        cells = "".join(
            f"<td>{printed.at_most(getattr(column, name), 3)}</td>" for _, column in columns
        )
        rows += (
            f'<tr><th><span class="bd-class">{name}</span><i class="bd-bar">'
            f'<i style="width:{100 * main:.0f}%"></i></i></th>'
            f"{cells}</tr>"
        )
    return (
        f'<div class="bd-scroll"><table><thead><tr><th>{html.escape(words.PROBABILITY)}</th>{head}'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _show_repainted(image: GreyImage, repainted: Repainted | None) -> str:
    if repainted is None:
        return ""
    dice = "–" if math.isnan(repainted.dice) else f"{repainted.dice:.3f}"
    pictures = "".join(
        f'<img src="data:image/png;base64,{base64.b64encode(encode_png(pixels)).decode()}" '
        f'alt="{html.escape(label)}">'
        for pixels, label in ((image, words.BEFORE), (repainted.pixels, words.AFTER))
    )
    sentence = html.escape(words.CHANGED.format(dice=dice))
    return f'<p>{sentence}</p><div class="bd-repainted">{pictures}</div>'


def _build_operating_point(slot: ClassifierSlot, malignant: float) -> str:
    """The slider; what it says at every stop stands in its markup and is shown by the browser."""
    assert slot.card is not None  # noqa: S101
    card, curve = slot.card, read_operating_curve(slot.card)
    if len(curve) != STOPS - 1:
        return ""
    stops = json.dumps([[printed.percent(a), printed.percent(b)] for a, b in curve])
    sensitive, specific = (printed.percent(share) for share in curve[card.stop - 1])
    flagged = malignant >= card.threshold
    tests = [card.result(name) for name in ("sensitivity", "specificity")]
    frozen = words.FROZEN.format(
        threshold=f"{card.threshold:.3f}",
        sensitivity=_percent(tests[0]),
        specificity=_percent(tests[1]),
    )
    return (
        f"<h3>{html.escape(words.OPERATING)}</h3>"
        f'<div data-operating="{html.escape(stops)}" data-probability="{malignant:.6f}">'
        f'<label class="bd-operating"><span>{html.escape(words.FLAG_FROM)}</span>'
        f'<input type="range" min="1" max="{STOPS - 1}" value="{card.stop}">'
        f'<output data-say="threshold">{card.threshold:.3f}</output></label>'
        f'<p><b data-say="flag" data-yes="{html.escape(words.FLAGGED)}" '
        f'data-no="{html.escape(words.NOT_FLAGGED)}">'
        f"{html.escape(words.FLAGGED if flagged else words.NOT_FLAGGED)}</b> "
        f'{html.escape(words.ON_VAL)} <b data-say="sensitivity">{sensitive}</b>, '
        f'{html.escape(words.SPECIFICITY)} <b data-say="specificity">{specific}</b>.'
        f'</p></div><p class="bd-small">{html.escape(frozen)}</p>'
    )


def _tabulate_tests(card: Card) -> str:
    names = [r.dataset for r in card.results if r.metric == "accuracy"]
    if not names:
        return f'<p class="bd-small">{html.escape(words.UNTESTED)}</p>'
    head = "".join(f"<th>{html.escape(name)}</th>" for name in ("", *words.TEST_COLUMNS))
    rows = "".join(_test_row(card, name) for name in names)
    return (
        f"<h3>{html.escape(words.TESTS)}</h3>"
        f'<div class="bd-scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        f"</div>{_tabulate_gains(card, names)}{_tabulate_confusion(card)}"
        f'<p class="bd-small">{html.escape(words.TEST_NOTE)}</p>'
    )


def _tabulate_gains(card: Card, names: Sequence[str]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in ("", *words.GAIN_COLUMNS))
    rows = ""
    for name in names:
        emptied = (_interval(card.result(f"{m}_emptied", name)) for m in ("accuracy", "auc"))
        gains = (
            _interval(card.result(f"{m}_gain", name), signed=True) for m in ("accuracy", "auc")
        )
        cells = "".join(f"<td>{cell}</td>" for cell in (*emptied, *gains))
        rows += f"<tr><th>{html.escape(name)}</th>{cells}</tr>"
    return (
        f'<h3>{html.escape(words.GAINS)}</h3><div class="bd-scroll"><table><thead><tr>{head}</tr>'
        f"</thead><tbody>{rows}</tbody></table></div>"
    )


def _test_row(card: Card, name: str) -> str:
    accuracy = card.result("accuracy", name)
    share = card.facts.get("largest_class", {}).get(name)
    cells = [
        "–" if accuracy is None else str(accuracy.n),
        _interval(accuracy),
        "–" if share is None else f"{float(share):.2f}",
        *(_interval(card.result(m, name)) for m in ("macro_f1", "auc")),
    ]
    return f"<tr><th>{html.escape(name)}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _tabulate_confusion(card: Card) -> str:
    counts = card.facts.get("confusion", {}).get(ALL_SETS)
    if not counts:
        return ""
    head = "".join(f"<th>{name}</th>" for name in CLASSES)
    rows = "".join(
        f"<tr><th>{name}</th>{''.join(f'<td>{int(count)}</td>' for count in row)}</tr>"
        for name, row in zip(CLASSES, counts, strict=True)
    )
    return (
        f'<h3>{html.escape(words.CONFUSION)}</h3><div class="bd-scroll"><table><thead><tr><th></th>'
        f"{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _interval(result: TestResult | None, *, signed: bool = False) -> str:
    if result is None:
        return "–"
    sign = "+" if signed else ""
    value = f"{result.value:{sign}.2f}"
    if result.groups < LEAST_GROUPS:
        return value
    return f"{value} ({result.low:{sign}.2f} to {result.high:{sign}.2f})"


def _percent(result: TestResult | None) -> str:
    if result is None:
        return "–"
    ends = printed.percents(result.low, result.high, between=" to ")
    return f"{printed.percent(result.value)} ({ends})"

"""The description: a paragraph, words beside the labels they were checked on, and the numbers."""

from collections.abc import Iterable
from html import escape

from busdemo.scoring.words import Check, Word, WordAgreement, WordBook, read_words
from busdemo.ui import text
from busdemo.ui.findings.subject import Builder, Subject
from busdemo.workflows.describing import (
    NOT_AN_ASSESSMENT,
    NOTHING,
    Report,
    compare_measures,
    compose_description,
    report,
)


def build_words(subject: Subject) -> str:
    """Prediction and, where there is one, reference: described side by side."""
    image, spacing, aspect = subject.scan.pixels, subject.mm_per_px, subject.scan.aspect
    made = report(image, subject.mask, mm_per_px=spacing, aspect=aspect)
    other = None
    if subject.reference is not None:
        other = report(image, subject.reference, mm_per_px=spacing, aspect=aspect)
    return render_reports(made, other, has_reference=subject.reference is not None)


def render_reports(made: Report | None, other: Report | None, *, has_reference: bool) -> str:
    """The section's HTML; a mask without a lesion is said in a sentence."""
    book = read_words()
    if made is not None and other is not None:
        return _render(made, other, book, ("Prediction", "Reference"))
    if made is not None:
        note = text.WORDS_EMPTY.format(which="reference") if has_reference else ""
        return (note and _paragraph(note)) + _render(made, None, book, ("Prediction",))
    if other is not None:
        note = _paragraph(text.WORDS_EMPTY.format(which="prediction"))
        return note + _render(other, None, book, ("Reference",))
    return _paragraph(NOTHING)


def _render(made: Report, other: Report | None, book: WordBook, names: tuple[str, ...]) -> str:
    reports = [one for one in (made, other) if one is not None]
    paragraphs = "".join(
        f"<p><b>{escape(name)}.</b> {escape(compose_description(one))}</p>"
        for name, one in zip(names, reports, strict=True)
    )
    return "".join(
        [
            f'<div class="bd-words-lead">{paragraphs}{_paragraph(NOT_AN_ASSESSMENT)}</div>',
            f"<h3>{escape(text.WORDS_TITLE)}</h3>",
            _render_words(reports, book, names),
            _small(text.WORDS_NOTE.format(n=book.n_train, model=book.model)),
            f"<h3>{escape(text.WORDS_NUMBERS)}</h3>",
            _render_numbers(made, other, names),
        ]
    )


def _render_words(reports: list[Report], book: WordBook, names: tuple[str, ...]) -> str:
    head = [
        "Kind",
        *names,
        "Numbers and cut-offs",
        text.WORDS_AGREEMENT,
        f"from {book.model} masks",
    ]
    rows = []
    for kind, title in text.WORDS_KINDS.items():
        check, words = book.checks.get(kind), [one.words.get(kind) for one in reports]
        because = "; ".join(_because(words, names)) or reports[0].silent.get(kind, "–")
        rows.append(
            [
                escape(title),
                *(f"<b>{escape(w.word)}</b>" if w else "number only" for w in words),
                escape(because),
                _render_check(check),
                "–" if check is None else _render_agreement(check.predicted),
            ]
        )
    return _table("bd-words-table", head, rows)


def _because(words: Iterable[Word | None], names: tuple[str, ...]) -> list[str]:
    """What the words rest on, the side named where both have one."""
    there = [(name, word) for name, word in zip(names, words, strict=True) if word is not None]
    if len(there) == 1:
        return [there[0][1].because]
    return [f"{name.lower()}: {word.because}" for name, word in there]


def _render_check(check: Check | None) -> str:
    if check is None:
        return escape(text.WORDS_UNCHECKED)
    chance = text.WORDS_CHANCE.format(chance=check.chance)
    return f"{_render_agreement(check.reference)}<br><small>{escape(chance)}</small>"


def _render_agreement(agreement: WordAgreement) -> str:
    left_out = f", {agreement.left_out} left out" if agreement.left_out else ""
    return (
        f"{agreement.value:.2f} ({agreement.low:.2f}–{agreement.high:.2f})"
        f"<br><small>n = {agreement.n}{left_out}</small>"
    )


def _render_numbers(made: Report, other: Report | None, names: tuple[str, ...]) -> str:
    head = ["Measure", *names, *(["Difference"] if other else []), "Unit or range"]
    rows = []
    for measure, mine, theirs, apart in compare_measures(made, other):
        shown = [measure.show(mine)]
        if theirs is not None and apart is not None:
            shown += [measure.show(theirs), measure.show(apart, signed=True)]
        scale = ", ".join(part for part in (measure.unit, measure.scale) if part)
        name = f"{escape(measure.name)}<small>{escape(scale)}</small>"
        rows.append([name, *shown, escape(scale)])
    return _table("bd-numbers-table", head, rows)


def _table(name: str, head: list[str], rows: list[list[str]]) -> str:
    """Cells of `rows` are HTML, those of `head` text."""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return (
        f'<div class="bd-scroll" tabindex="0"><table class="{name}"><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _paragraph(sentence: str) -> str:
    return f"<p>{escape(sentence)}</p>"


def _small(sentence: str) -> str:
    return f'<p class="bd-small">{escape(sentence)}</p>'


WORDS = Builder("words", text.WORDS_SECTION, text.WORDS_HINT, build_words)

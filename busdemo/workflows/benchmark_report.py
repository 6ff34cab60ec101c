"""The report of a run: one HTML file with the page's passages, which needs no network and prints.

Its charts are drawn by plotly.js inside it; its policy lets no other script run and nothing load.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from busdemo import __version__
from busdemo.evaluation.strata import FACTORS
from busdemo.workflows.benchmark_about import describe_run
from busdemo.workflows.benchmark_markup import esc, paragraph
from busdemo.workflows.benchmark_models import tabulate_models, tell_leaderboard
from busdemo.workflows.benchmark_papers import tell_papers
from busdemo.workflows.benchmark_sections import PASSAGES_STYLE, PLOTLY, SECTIONS
from busdemo.workflows.benchmark_view import Passage, View
from busdemo.workflows.benchmarking import OpenRun

_HERE = Path(__file__).parent
WIDTH_PX = 680
"""Of A4 between its margins."""


def write_report(opened: OpenRun, *, title: str, models: Sequence[str] = ()) -> str:
    """The report as an HTML document; every text in it is escaped.

    `models` are the keys of the one or two systems told of in detail, the best two by default.
    Raises KeyError with a sentence for one the run does not hold.
    """
    passages = list(_tell(opened, title, models))
    figures = [figure.to_json() for passage in passages for figure in passage.figures]
    body, first = [], 0
    for passage in passages:
        body.append(f'<section data-first="{first}">{passage.html}</section>')
        first += len(passage.figures)
    # "<" is the only character with which text could leave a script.
    data = f"[{','.join(figures)}]".replace("<", "\\u003c")
    return _wrap(f"Benchmark: {title}", "".join(body), data)


def _tell(opened: OpenRun, title: str, models: Sequence[str]) -> Iterator[Passage]:
    study = opened.study()
    for key in models:
        study.benchmark.place(key)
    chosen = [*models, *(key for key in study.best if key not in models), ""]
    view = View(study, chosen[0], chosen[1], study.factors[0], width_px=WIDTH_PX)
    yield Passage(
        f"<h1>Benchmark</h1>{describe_run(opened, title)}"
        '<p class="bd-quiet">Research and teaching only. Not a medical device, not for diagnosis. '
        f"Report by busdemo {__version__}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC.</p>"
    )
    yield _head("Leaderboard", tell_leaderboard(view))
    if len(opened.whole.datasets) > 1:
        yield _tell_sets(opened)
    for key, section in SECTIONS.items():
        if key == "strata":
            yield from _tell_strata(view)
        else:
            yield _head(section.title, section.tell(view))
    yield Passage(tell_papers(opened))


def _tell_sets(opened: OpenRun) -> Passage:
    """The leaderboard of every data set by itself."""
    parts = []
    for name in opened.whole.datasets:
        study = opened.study(name)
        lesions, images = int(study.benchmark.lesions.sum()), len(study.benchmark.images)
        count = f"{lesions:,} images with a lesion, {images - lesions:,} normal"
        parts.append(f"<h3>{esc(name)}: {count}</h3>{tabulate_models(study)}")
    return Passage(f"<h2>Leaderboard by data set</h2>{''.join(parts)}")


def _tell_strata(view: View) -> Iterator[Passage]:
    for factor in view.study.factors:
        told = SECTIONS["strata"].tell(
            View(view.study, view.a, view.b, factor, view.palette, view.width_px)
        )
        yield _head(f"Results by {FACTORS[factor]}", told)


def _head(title: str, passage: Passage) -> Passage:
    return Passage(f"<h2>{esc(title)}</h2>{passage.html}", passage.figures)


def _wrap(title: str, body: str, data: str) -> str:
    """The document around its body, with plotly.js once and nothing from elsewhere."""
    scripts = [PLOTLY.read_text("utf-8"), (_HERE / "benchmark_report.js").read_text("utf-8")]
    allowed = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    style = PASSAGES_STYLE.read_text("utf-8") + (_HERE / "benchmark_report.css").read_text("utf-8")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"script-src {allowed}; style-src 'unsafe-inline'; img-src data:\">"
        f"<title>{esc(title)}</title><style>{style}</style></head><body>{body}"
        f"<noscript>{paragraph('The charts need JavaScript; the tables tell the same.')}</noscript>"
        f'<script type="application/json" id="figures">{data}</script>'
        f"{''.join(f'<script>{script}</script>' for script in scripts)}</body></html>\n"
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

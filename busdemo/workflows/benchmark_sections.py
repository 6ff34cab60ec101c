"""What is told of a run, passage by passage: a sentence, a table, a figure.

The page and the report share these passages. A passage's HTML is complete and escaped but for the
places of its figures, which a script fills (`data-plot`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from busdemo.evaluation.strata import FACTORS, size_limits
from busdemo.imaging import printed
from busdemo.views.benchmark_charts import plot_strata
from busdemo.views.benchmark_curves import plot_reliability, plot_sweep
from busdemo.workflows.benchmark_cases import render_differing, render_worst
from busdemo.workflows.benchmark_markup import (
    Cell,
    Column,
    beside,
    paragraph,
    plot,
    render_table,
    tell_mean,
    tell_number,
    tell_share,
)
from busdemo.workflows.benchmark_models import tell_pair, tell_ranks
from busdemo.workflows.benchmark_view import Passage, View

PASSAGES_STYLE = Path(__file__).parent / "benchmark_passages.css"
"""How passages look; whoever shows them says what the colours are."""


PLOTLY = Path(__file__).parent / "plotly_basic" / "plotly-basic.min.js"
"""plotly.js for scatters, bars and pies, version 4.1.1 as plotly.py 7.1 expects (npm
plotly.js-basic-dist-min): a quarter of the whole library, which takes over a second to start."""


@dataclass(frozen=True)
class ReportSection:
    """A passage's title, what it is about in a few words, and how it is made."""

    title: str
    hint: str
    tell: Callable[[View], Passage]


def tell_strata(view: View) -> Passage:
    """Dice by class, set, size, BI-RADS or device."""
    study, factor = view.study, view.factor
    table = study.strata(factor)
    shown = (
        f"Mean lesion Dice by {FACTORS[factor]}, with 95 % intervals where there are five patients "
        "or groups; n: images with a lesion. "
    )
    if factor == "size":
        low, high = size_limits(study.benchmark)
        shown += (
            "Sizes are thirds of the lesions by their share of the image's area, cut at "
            f"{printed.percent(low, 1)} and {printed.percent(high, 1)}."
        )
    figure = plot_strata(table, view.chosen, view.palette, width_px=view.width_px)
    return Passage(
        paragraph(shown)
        + view.key(others=True)
        + plot(0, f"Mean lesion Dice by {FACTORS[factor]}")
        + _table_strata(view),
        [figure],
    )


def _table_strata(view: View) -> str:
    title = FACTORS[view.factor]
    columns = [Column(title[0].upper() + title[1:], number=False), Column("Model", number=False)]
    columns += [Column("Images with a lesion"), Column("Mean Dice"), Column("Median")]
    columns += [Column("Normal images"), Column("False alarms")]
    rows = [
        [
            Cell(row["stratum"]),
            Cell(row["name"]),
            tell_number(row["dice n"]),
            tell_mean(row["dice"], row["dice low"], row["dice high"]),
            tell_number(row["dice median"], 2),
            tell_number(row["false alarms n"]),
            tell_share(*(row[f"false alarms{end}"] for end in ("", " low", " high"))),
        ]
        for row in _of_chosen(view)
    ]
    return render_table(f"Results by {title}", columns, rows)


def _of_chosen(view: View) -> list[Mapping[Any, Any]]:
    """Rows by stratum, the first model's before the second's."""
    table = view.study.strata(view.factor)
    strata = list(dict.fromkeys(table["stratum"]))
    rows = [row for row in table.to_dict("records") if row["key"] in view.chosen]
    places = {key: place for place, key in enumerate(view.chosen)}
    return sorted(rows, key=lambda row: (strata.index(row["stratum"]), places[row["key"]]))


def tell_sweep(view: View) -> Passage:
    """Every threshold, with the frozen ones."""
    study = view.study
    figure = plot_sweep(study.sweep, study.benchmark.systems, view.chosen, view.palette)
    shown = (
        "Mean lesion Dice at each of 199 thresholds, and below it the share of normal images in "
        "which anything is marked. Dots: the frozen threshold at which each model was scored. "
        "Choosing another one by these curves would be fitting to the test images."
    )
    return Passage(
        paragraph(shown) + view.key(others=True) + plot(0, "Dice and false alarms by threshold"),
        [figure],
    )


def tell_reliability(view: View) -> Passage:
    """How far probabilities can be taken at their word."""
    study = view.study
    found = {key: study.reliability(key) for key in view.chosen}
    figure = plot_reliability(found, study.names, view.palette)
    shown = (
        "Of the pixels given a probability, the share that is lesion, in 20 bins each 0.05 wide; "
        "on the dotted line the two are equal. Below: how many pixels each bin holds. All images "
        "count, normal ones among them, each as much as every other."
    )
    columns = [Column("Model", number=False), Column("ECE", ascending=True)]
    rows = [
        [Cell(study.names[key]), tell_mean(bins.ece, bins.low, bins.high, 4)]
        for key, bins in ((key, study.reliability(key)) for key in study.best)
    ]
    note = (
        "ECE, the expected calibration error: the mean over pixels of the gap between their bin's "
        "mean probability and its share of lesion (Naeini 2015), with the 95 % interval of a "
        "bootstrap of patients or groups. Most pixels lie far from any lesion and near 0, which "
        "keeps it small: the curve tells more."
    )
    return Passage(
        paragraph(shown)
        + view.key()
        + beside(
            plot(0, "Reliability diagram", square=True),
            render_table("Calibration", columns, rows, sortable=True) + paragraph(note, "bd-quiet"),
        ),
        [figure],
    )


def tell_worst(view: View) -> Passage:
    """Single images: where the first system fails, and what the others did there."""
    return Passage(render_worst(view.study, view.a))


def tell_differing(view: View) -> Passage:
    """Single images: where the two systems differ most."""
    if not view.b:
        return Passage(paragraph("The run holds one model only: there is nothing to compare."))
    return Passage(render_differing(view.study, view.a, view.b))


SECTIONS: dict[str, ReportSection] = {
    "pair": ReportSection("Two models compared", "difference, test, every image", tell_pair),
    "differing": ReportSection("Where the two differ most", "single images", tell_differing),
    "ranks": ReportSection("Ranks", "all models at once", tell_ranks),
    "strata": ReportSection("By kind of image", "class, set, size, BI-RADS, device", tell_strata),
    "sweep": ReportSection("Every threshold", "and the frozen ones", tell_sweep),
    "reliability": ReportSection(
        "Calibration", "can probabilities be taken at their word?", tell_reliability
    ),
    "worst": ReportSection("Worst cases", "of the first model, normal images apart", tell_worst),
}
"""By id, in the order of the page. The leaderboard stands before them."""

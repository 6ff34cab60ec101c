"""Passages on a run's models against each other: leaderboard, pairs, ranks."""

import math
from collections.abc import Hashable, Mapping
from typing import Any

from busdemo.evaluation.pairs import LEVEL, TIE, Pair, list_scatter
from busdemo.evaluation.resampling import RESAMPLES
from busdemo.imaging import printed
from busdemo.views.benchmark_charts import plot_leaderboard, plot_ranks
from busdemo.views.benchmark_curves import plot_scatter
from busdemo.workflows.benchmark_markup import (
    Cell,
    Column,
    beside,
    paragraph,
    plot,
    render_table,
    tell_mean,
    tell_number,
    tell_p,
    tell_share,
)
from busdemo.workflows.benchmark_view import Passage, View
from busdemo.workflows.benchmarking import Study

TOLD_APART = (
    "Two models are told apart where the Wilcoxon test over patients or groups, with Holm's "
    f"correction over all pairs, is below {printed.percent(LEVEL)} and the 95 % interval of their "
    "difference leaves out 0."
)
"""The one rule, wherever two models are said to differ or not."""


def tell_leaderboard(view: View) -> Passage:
    """Every system: lesion Dice, and false alarms apart."""
    table, alike = view.study.leaderboard, view.study.alike()
    shown = (
        "Dots are means, lines their 95 % intervals, ticks medians. Models in colour are the best "
        f"one and those not told apart from it. {TOLD_APART}"
    )
    return Passage(
        tabulate_models(view.study)
        + paragraph(shown)
        + plot(0, "Mean lesion Dice and false alarms of every model")
        + paragraph(_explain_columns(view.study), "bd-quiet"),
        [plot_leaderboard(table, view.palette, width_px=view.width_px, alike=alike)],
    )


def _explain_columns(study: Study) -> str:
    """What the leaderboard's columns hold, and of how many images and groups."""
    most = study.leaderboard.sort_values("dice n").iloc[-1]
    normal = most["false alarms n"]
    alarms = (
        f"False alarms: the share of {normal:.0f} normal images in which anything is marked; they "
        "are never part of Dice."
        if normal
        else "There are no normal images here, so false alarms are unknown."
    )
    tolerance = study.benchmark.receipt.get("nsd_tolerance_px")
    at = f" at {tolerance:g} px" if isinstance(tolerance, int | float) else ""
    known = bool(most["answer dice n"] > 0)
    answer = "; those of the answer are with post-processing and presence" * known
    return (
        f"Mean Dice over {most['dice n']:.0f} images with a lesion, each model at its own frozen "
        "threshold and at the image's own size. In brackets: the 95 % interval of "
        f"{RESAMPLES:,} bootstrap draws of {most['dice groups']:.0f} patients or groups (none "
        f"below five). {alarms} Missed: lesions of which no pixel is found. NSD{at} and HD95 are "
        "means over the same images; where a model marks nothing, the image's diagonal stands for "
        f"HD95 (in brackets: for how many). All of these are of the raw mask{answer}. ms: median "
        "of the prediction alone."
    )


def tabulate_models(study: Study) -> str:
    """The leaderboard's table."""
    columns = [
        *(Column("Model", number=False), Column("Mean Dice"), Column("Median")),
        *(Column("Missed", ascending=True), Column("NSD"), Column("HD95, px", ascending=True)),
        *(Column("False alarms", ascending=True), Column("ms", ascending=True)),
    ]
    answers = bool(study.leaderboard["answer dice"].notna().any())
    if answers:
        columns[-1:-1] = [Column("Dice, answer"), Column("False alarms, answer", ascending=True)]
    most, rows = study.leaderboard["dice n"].max(), []
    for row in study.leaderboard.to_dict("records"):
        replaced, n = row["hd95 replaced"], row["dice n"]
        rows.append(
            [
                Cell(row["name"], "" if n == most else f"(on {n:.0f} of {most:.0f} images)"),
                tell_mean(row["dice"], row["dice low"], row["dice high"]),
                tell_number(row["dice median"], 2),
                tell_number(row["missed"]),
                tell_number(row["nsd"], 2),
                tell_number(row["hd95_px"], 1, f"({replaced})" if replaced else ""),
                tell_share(*(row[f"false alarms{end}"] for end in ("", " low", " high"))),
                *(_tell_answer(row) if answers else []),
                tell_number(row["ms"]),
            ]
        )
    return render_table("Leaderboard", columns, rows, sortable=True)


def _tell_answer(row: Mapping[Hashable, Any]) -> list[Cell]:
    dice = (row[f"answer dice{end}"] for end in ("", " low", " high"))
    alarms = (row[f"answer false alarms{end}"] for end in ("", " low", " high"))
    return [tell_mean(*dice), tell_share(*alarms)]


def tell_pair(view: View) -> Passage:
    """Two systems on the same images, and the first against every other."""
    if not view.b:
        return Passage(paragraph("The run holds one model only: there is nothing to compare."))
    pair = view.study.pairs.get((view.a, view.b))
    if pair is None or not pair.n:
        return Passage(paragraph("There is no lesion that both models have seen."))
    name_a, name_b = view.name(view.a), view.name(view.b)
    images = list_scatter(view.study.benchmark, view.a, view.b)
    shown = (
        "One dot an image with a lesion: Dice of the first model across, of the second upwards, in "
        "the colour of the better one, grey for a tie. On the dotted line both are equal."
    )
    return Passage(
        paragraph(describe_pair(pair, name_a, name_b), "bd-verdict")
        + view.key()
        + beside(
            paragraph(shown)
            + plot(0, f"Dice of {name_a} and of {name_b}, image by image", square=True),
            "<h4>Against every other model</h4>" + _table_pairs(view),
        )
        + paragraph(
            f"Difference: mean Dice of {name_a} minus that of the model in the row, with the 95 % "
            "interval of a bootstrap of patients or groups. p: Wilcoxon signed-rank test on the "
            "mean difference of each patient or group, because images of one patient are not "
            "independent; with Holm's correction over all pairs of the models shown "
            f"({pair.pairs}). {TOLD_APART} Better, tie, worse: images; a tie is a difference below "
            f"{TIE}.",
            "bd-quiet",
        ),
        [plot_scatter(images, (name_a, name_b), view.palette)],
    )


def describe_pair(pair: Pair, name_a: str, name_b: str) -> str:
    """The comparison of two systems in words, the better one first."""
    if pair.difference < 0:
        return describe_pair(pair.turned(), name_b, name_a)
    gap = printed.plain(pair.difference, 3)
    ends = " to ".join(printed.plain(end, 3) for end in (pair.low, pair.high))
    interval = "" if math.isnan(pair.low) else f" (95 % interval {ends}, of this pair alone)"
    lead = f"{name_a} has the higher mean Dice, by {gap}{interval}, than {name_b}"
    if not float(gap):
        lead = f"{name_a} and {name_b} have the same mean Dice to three decimals{interval},"
    count = f"after Holm's correction over {pair.pairs} pairs" if pair.pairs > 1 else "(Wilcoxon)"
    return (
        f"{lead} over {pair.n} images of {pair.groups} patients or groups; "
        f"{tell_p(pair.p_holm)} {count}: {tell_verdict(pair)} {name_a} is better on "
        f"{pair.wins} images, {name_b} on {pair.losses}, and {pair.ties} are ties."
    )


def tell_verdict(pair: Pair) -> str:
    """Whether two systems are told apart; where test and interval disagree, that and why."""
    if pair.differs:
        return "the two differ."
    if pair.tested:
        return (
            "the test sees a difference between patients, but the interval of the mean holds 0, so "
            "they are not told apart."
        )
    if pair.leaves_out_0 and pair.pairs > 1:
        return (
            "the interval leaves out 0, but it does not count how many pairs were looked at, and "
            "the test that does sees no difference, so they are not told apart."
        )
    if pair.leaves_out_0:
        return (
            "the interval of the mean leaves out 0, but the test sees no difference between "
            "patients, so they are not told apart."
        )
    return "the data do not tell them apart."


def _table_pairs(view: View) -> str:
    columns = [
        *(Column("Model", number=False), Column("Difference"), Column("p", ascending=True)),
        *(Column("Better"), Column("Tie"), Column("Worse"), Column("Differs", number=False)),
    ]
    rows = []
    for key in view.study.best:
        if key == view.a:
            continue
        pair = view.study.pairs[view.a, key]
        rows.append(
            [
                Cell(view.name(key)),
                tell_mean(pair.difference, pair.low, pair.high, 3),
                Cell(tell_p(pair.p_holm)[2:].removeprefix("= "), "", pair.p_holm),
                *(tell_number(number) for number in (pair.wins, pair.ties, pair.losses)),
                Cell("yes" if pair.differs else "not told apart"),
            ]
        )
    return render_table("Pairs", columns, rows, sortable=True)


def tell_ranks(view: View) -> Passage:
    """Mean ranks, and which systems are not told apart."""
    try:
        ranks = view.study.ranks
    except ValueError as error:
        return Passage(paragraph(str(error)))
    figure = plot_ranks(ranks, view.study.names, view.palette, width_px=view.width_px)
    friedman = f" Friedman's test that all rank alike: {tell_p(ranks.p)}." if ranks.p >= 0 else ""
    shown = (
        f"Within each of {ranks.groups} patients or groups the models are ranked by mean Dice; the "
        "dot is the mean of these ranks (Demšar 2006). A bar at the right joins models of which "
        "no two are told apart (by tests in place of Nemenyi's critical difference; Benavoli "
        f"2016). {TOLD_APART}{friedman}"
    )
    return Passage(paragraph(shown) + plot(0, "Mean rank of every model"), [figure])

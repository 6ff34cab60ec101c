"""The report of a study: one HTML file that needs no network and prints, beside its numbers."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from busdemo import __version__
from busdemo.evaluation.statistics import Interval
from busdemo.evaluation.studies.agreement import SIZES, Agreement, PairSummary
from busdemo.evaluation.studies.running import FAMILIES
from busdemo.imaging import printed
from busdemo.views.shapes import ACCENT
from busdemo.views.study_charts import draw_limits, draw_sizes, draw_standings, tell_figure
from busdemo.workflows.benchmark_markup import (
    Cell,
    Column,
    esc,
    paragraph,
    render_table,
    tell_mean,
    tell_number,
)
from busdemo.workflows.study import (
    METRICS,
    SIZE_NAMES,
    StudyResult,
    encode_images,
    encode_pairs,
    encode_study,
)

MOST_PLOTS, MOST_WORST = 6, 25
REPORT_FILE = "report.html"
FIGURES = "figures"

DEFINITIONS = """
<p><b>Dice</b>, <b>IoU</b>, <b>HD95</b>, <b>ASSD</b>, <b>NSD</b> as in the comparison of one image.
Where both masks of an image are empty they are undefined and in no mean; where one is, Dice, IoU
and NSD are 0, and the image's diagonal stands in place of an infinite distance. Both are counted
beside the means. <b>95 % intervals</b> resample patients (percentile bootstrap; Davison and Hinkley
1997); none is given below five patients.</p>
<p><b>Presence</b>: does an annotator mark anything? Cohen's kappa of two (1960), Fleiss' of all
people (1971). <b>ICC(2,1)</b>: two-way random effects, single reader, absolute agreement (Shrout
and Fleiss 1979), over images in which all mark something. <b>Limits of agreement</b>: mean
difference ± 1.96 standard deviations (Bland and Altman, Lancet 1986); a slope tells whether they
grow with the size.</p>
<p><b>Lesions matched</b>: two belong together when they share half of the smaller one's pixels.
<b>Consensus</b>: of the people who read an image; majority (a tie is no lesion), and STAPLE
(Warfield 2004) image by image. A person's sensitivity against a consensus that holds their own
mask flatters them. With two people, majority is what both mark.</p>
<p><b>Yardstick</b>: for every image, the mean Dice of a model with each person minus the mean Dice
between every two people; the mean of these differences with its interval, and the Wilcoxon
signed-rank test over patients, Holm's correction over all models. A difference is told only where
both see it. <b>Williams' index</b> (Biometrics 1976; Chalana and Kim, IEEE TMI 1997) is the ratio
of the two means. Outlines that were started from a model are nobody's own and stand apart.</p>
"""


def write_report(result: StudyResult, title: str = "") -> str:
    """The report as an HTML document; every text in it is escaped."""
    name = title or result.name
    style = Path(__file__).with_name("comparison_report.css").read_text("utf-8")
    body = "".join([*_head(result, name), *_labels(result), *_tail(result)])
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">"
        f"<title>{esc(f'Study: {name}')}</title><style>{style}{_STYLE}</style></head>"
        f"<body>{body}</body></html>\n"
    )


def write_files(result: StudyResult, folder: Path, title: str = "") -> list[Path]:
    """The report and, beside it, study.json, pairs.csv, images.csv and the figures as SVG."""
    contents = {
        REPORT_FILE: write_report(result, title).encode("utf-8", "replace"),
        "study.json": encode_study(result),
        "pairs.csv": encode_pairs(result),
        "images.csv": encode_images(result),
    }
    for number, (_, svg) in enumerate(draw_figures(result), 1):
        contents[f"{FIGURES}/figure-{number:02d}.svg"] = _alone(svg).encode("utf-8", "replace")
    for name, data in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return [folder / name for name in contents]


def draw_figures(result: StudyResult) -> Iterator[tuple[str, str]]:
    """Every figure with its caption, label by label."""
    for label in result.labels:
        yield from _figures(result, label)


def tell_study(result: StudyResult) -> str:
    """The pairs and the yardstick as plain text for a terminal."""
    lines = []
    for label, agreement in result.labels.items():
        lines += [f"Label {label}:"] if label else []
        lines += [_tell_pair(one) for one in agreement.summaries.values()]
        lines += ["", *result.yardstick(label), ""]
    return "\n".join(lines).rstrip()


def _tell_pair(one: PairSummary) -> str:
    dice = one.means["dice"]
    interval = "" if math.isnan(dice.low) else f" ({dice.low:.4f}–{dice.high:.4f})"
    return (
        f"{one.a} and {one.b}: mean Dice {dice.value:.4f}{interval} over {dice.n} of {one.images} "
        f"images, median {one.medians['dice']:.4f}; both empty {one.both_empty}, "
        f"only {one.a} {one.only_a}, only {one.b} {one.only_b}; "
        f"kappa {printed.plain(one.kappa.value, 3)}, "
        f"ICC of area {printed.plain(one.icc['area'].value, 3)}."
    )


def _head(result: StudyResult, name: str) -> Iterator[str]:
    data = result.receipt["data"]
    yield f"<h1>Study: {esc(name)}</h1>"
    counts: dict[str, list[str]] = {}
    for who, role in result.roles.items():
        counts.setdefault(FAMILIES.get(role, "") or "models", []).append(who)  # type: ignore[call-overload]
    who = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in counts.items())
    yield paragraph(f"{data['cases']:,} images. {who}. Reference: {result.about['reference']}.")
    yield paragraph(
        "Research and teaching only. Not a medical device, not for diagnosis. Report by busdemo "
        f"{__version__}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC.",
        "quiet",
    )
    started = result.about["started_from"]
    told = [
        f"{who}: outlines started from {model}, kept apart from the people."
        for who, model in started.items()
    ]
    told += [str(words) for words in (*data["found"], *result.about["not_read"][:MOST_WORST])]
    told += [f"Left out: {one['id']}: {one['why']}" for one in data["skipped"][:MOST_WORST]]
    yield "<h2>What was read</h2><ul>" + "".join(f"<li>{esc(one)}</li>" for one in told) + "</ul>"


def _labels(result: StudyResult) -> Iterator[str]:
    for label, agreement in result.labels.items():
        if label:
            yield f"<h2>Label: {esc(label)}</h2>"
        yield "<h2>Models against people</h2>"
        yield "".join(paragraph(words, "mark") for words in result.yardstick(label))
        yield "<h2>Every two annotators</h2>" + _matrix(agreement) + _pairs(result, agreement)
        yield "<h2>Is there anything?</h2>" + _presence(agreement)
        yield "<h2>Sizes</h2>" + _sizes(agreement)
        for caption, svg in _figures(result, label):
            yield f'<figure class="keep">{svg}<figcaption>{esc(caption)}</figcaption></figure>'
        if result.consensus:
            yield "<h2>Against the consensus</h2>" + _ratings(agreement)
        yield "<h2>Where they agree least</h2>" + _worst(agreement)


def _matrix(agreement: Agreement) -> str:
    names = agreement.names
    found = agreement.summaries
    heads = "".join(f'<th scope="col">{esc(name)}</th>' for name in names)
    rows = []
    for a in names:
        cells = []
        for b in names:
            one = found.get((a, b)) or found.get((b, a))
            value = one.means["dice"].value if one else math.nan
            share = 0 if math.isnan(value) else round(8 + 47 * max(0.0, (value - 0.5) * 2))
            colour = f"color-mix(in srgb,var(--bd-accent,#0b6e75) {share}%,transparent)"
            cells.append(f'<td style="background:{colour}">{printed.share(value)}</td>')
        rows.append(f'<tr><th scope="row">{esc(a)}</th>{"".join(cells)}</tr>')
    return (
        '<table class="bd-matrix"><caption>Mean Dice</caption>'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _pairs(result: StudyResult, agreement: Agreement) -> str:
    tolerance = result.receipt["nsd_tolerance_px"]
    titles = {**METRICS, "nsd": f"NSD at {tolerance:g} px"}
    titles |= {m: f"{METRICS[m]}, {agreement.scale}" for m in ("hd95_px", "assd_px")}
    columns = [Column("Means with 95 % intervals", number=False), *map(Column, titles.values())]
    means = [
        [
            Cell(f"{one.a} – {one.b}"),
            *(_mean(one.means[m], 1 if m.endswith("_px") else 3) for m in titles),
        ]
        for one in _told(agreement)
    ]
    counts = [Column("Images", number=False), Column("Read by both"), Column("Both empty")]
    counts += [Column("One empty"), Column("Median Dice"), Column("Lesions matched")]
    rows = [
        [
            Cell(f"{one.a} – {one.b}"),
            tell_number(one.images),
            tell_number(one.both_empty),
            Cell(f"{one.only_a + one.only_b}", f"({one.only_a} and {one.only_b})"),
            tell_number(one.medians["dice"], 3),
            Cell(f"{one.matched_a} of {one.lesions_a}", f"({one.matched_b} of {one.lesions_b})"),
        ]
        for one in _told(agreement)
    ]
    return render_table("Means", columns, means) + render_table("Images", counts, rows)


def _told(agreement: Agreement) -> list[PairSummary]:
    """Every two, but for one consensus with another."""
    return [
        one
        for one in agreement.summaries.values()
        if {agreement.roles[one.a], agreement.roles[one.b]} != {"consensus"}
    ]


def _presence(agreement: Agreement) -> str:
    columns = [Column("Annotators", number=False), Column("Cohen's kappa"), Column("Images")]
    rows = [
        [Cell(f"{one.a} – {one.b}"), _mean(one.kappa, 3), tell_number(one.images)]
        for one in _independent(agreement)
    ]
    told = ""
    if len(agreement.people) > 1:
        fleiss = agreement.fleiss
        told = paragraph(
            f"Fleiss' kappa of all {len(agreement.people)} people: {_tell(fleiss)}, over the "
            f"{fleiss.n} images that all have read. A dash: kappa is undefined, because all "
            "always say the same."
        )
    return told + render_table("Presence", columns, rows)


def _sizes(agreement: Agreement) -> str:
    columns = [Column("Annotators", number=False), Column("Of", number=False)]
    columns += [Column("Images"), Column("ICC(2,1)"), Column("Mean difference")]
    columns += [Column("Limits of agreement"), Column("Slope")]
    rows = [
        [
            Cell(f"{one.a} – {one.b}"),
            Cell(f"{SIZE_NAMES[size]}, {agreement.unit(size)}"),
            tell_number(one.limits[size].n),
            _mean(one.icc[size], 3),
            Cell(tell_figure(one.limits[size].bias)),
            Cell(f"{tell_figure(one.limits[size].low)} to {tell_figure(one.limits[size].high)}"),
            Cell(tell_figure(one.limits[size].slope), f"(p {_p(one.limits[size].slope_p)})"),
        ]
        for one in _independent(agreement)
        for size in SIZES
    ]
    told = ""
    if len(agreement.people) > 1:
        each = "; ".join(f"{SIZE_NAMES[s]} {_tell(agreement.icc(s))}" for s in ("area", "longest"))
        told = paragraph(f"ICC(2,1) of all {len(agreement.people)} people: {each}.")
    return told + render_table("Sizes", columns, rows)


def _figures(result: StudyResult, label: str) -> Iterator[tuple[str, str]]:
    agreement = result.labels[label]
    of = f" of {label}" if label else ""
    standings = result.standings[label]
    if standings:
        yield (
            f"Models against people{of}: difference of mean Dice, line: 95 % interval. Left of the "
            "dashed line they agree with the people less than these do.",
            draw_standings(standings),
        )
    areas = {
        who: agreement.table("area", [who])[who].to_numpy(np.float64) for who in agreement.names
    }
    yield (
        f"Area{of} by annotator: median, quartiles, 5th to 95th percentile, over the images in "
        "which they mark something.",
        draw_sizes(
            {who: values[values > 0] for who, values in areas.items()},
            f"area, {agreement.unit('area')}",
        ),
    )
    for one in _shown(agreement):
        rows = agreement.of_pair(one.a, one.b)
        rows = rows[(rows["a_px"] > 0) & (rows["b_px"] > 0)]
        if not len(rows):
            continue
        for size in ("area", "longest"):
            words = f"{SIZE_NAMES[size]}{of}, {agreement.unit(size)}"
            svg = draw_limits(
                rows["id"].tolist(),
                rows[f"a_{size}"].to_numpy(np.float64),
                rows[f"b_{size}"].to_numpy(np.float64),
                one.limits[size],
                words,
            )
            yield f"{one.a} minus {one.b}: {words}, over their mean.", svg


def _shown(agreement: Agreement) -> list[PairSummary]:
    """Pairs that are plotted: people first, then models with people."""
    people = set(agreement.people)
    known = sorted(_independent(agreement), key=lambda one: -len({one.a, one.b} & people))
    return known[:MOST_PLOTS]


def _independent(agreement: Agreement) -> list[PairSummary]:
    """Pairs without a consensus, which is made of the others."""
    return [
        one
        for one in agreement.summaries.values()
        if "consensus" not in (agreement.roles[one.a], agreement.roles[one.b])
    ]


def _ratings(agreement: Agreement) -> str:
    columns = [Column("Against", number=False), Column("Annotator", number=False)]
    columns += [Column("Sensitivity"), Column("Specificity"), Column("Images")]
    rows = [
        [
            Cell(reference),
            Cell(row["annotator"]),
            _mean(row["sensitivity"], 3),
            _mean(row["specificity"], 4),
            tell_number(row["sensitivity"].n),
        ]
        for reference in agreement.names
        if agreement.roles[reference] == "consensus"
        for row in agreement.ratings(reference)
        if agreement.roles[row["annotator"]] != "consensus"
    ]
    return render_table("Against the consensus", columns, rows)


def _worst(agreement: Agreement) -> str:
    columns = [Column("Image", number=False), Column("Mean Dice"), Column("Mark something")]
    rows = [
        [
            Cell(str(row["id"])),
            Cell(printed.share(row["dice"])),
            Cell(f"{row['present']} of {row['read']}"),
        ]
        for row in agreement.worst.head(MOST_WORST).to_dict("records")
    ]
    return render_table("Where they agree least", columns, rows)


def _tail(result: StudyResult) -> Iterator[str]:
    yield f"<h2>Definitions</h2>{DEFINITIONS}<h2>Where it comes from</h2><dl>"
    told = [("Command", str(result.receipt["command"])), ("Data", result.receipt["data"]["sha256"])]
    told += [
        (who, f"sha256 {facts['sha256']}")
        for who, facts in result.receipt["models"].items()
        if facts.get("sha256")
    ]
    for name, words in told:
        yield f"<dt>{esc(name)}</dt><dd><code>{esc(words)}</code></dd>"
    yield "</dl>" + paragraph("The sha256 of every file is in run.json.", "quiet")


def _mean(one: Interval, digits: int) -> Cell:
    return tell_mean(one.value, one.low, one.high, digits)


def _tell(one: Interval) -> str:
    shown = printed.plain(one.value, 3)
    if math.isnan(one.value) or math.isnan(one.low):
        return shown
    return f"{shown} (95 % {printed.plain(one.low, 3)} to {printed.plain(one.high, 3)})"


def _p(value: float) -> str:
    return "–" if math.isnan(value) else "under 0.001" if value < 0.001 else f"{value:.3f}"


def _alone(svg: str) -> str:
    """A figure as a file of its own."""
    named = '<svg xmlns="http://www.w3.org/2000/svg" color="#0f1720" '
    return svg.replace("<svg ", named, 1).replace(ACCENT, "#0b6e75")


_STYLE = """
.bd-table { overflow-x: auto; } .bd-table td, .bd-table th { white-space: normal; }
.bd-table th, .bd-table td { text-align: left; } .bd-table .bd-number { text-align: right; }
.bd-table { margin: .6em 0; }
small { color: #56616e; display: block; white-space: nowrap; font-size: .85em; }
figure.keep { margin: 1em 0; } li { margin: .2em 0; overflow-wrap: anywhere; }
"""

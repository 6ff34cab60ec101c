"""The report of a comparison: one HTML file that needs no network and prints on A4."""

import html
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from busdemo import __version__
from busdemo.annotations.annotation import Kind, tell
from busdemo.scoring.agreement import METRICS
from busdemo.scoring.boundary import find_box
from busdemo.views.agreement import COLOURS, draw_matrix, tabulate_against, title_metric
from busdemo.views.agreement_charts import draw_nsd_curve, draw_yardstick
from busdemo.views.contours import draw_contours, embed_png, shrink
from busdemo.views.pictures import draw_entropy, encode_png
from busdemo.workflows.comparing import ComparedImage, encode_case, encode_matrix, tabulate_staple

KINDS: dict[Kind, tuple[str, str]] = {
    "person": ("person", "people"),
    "model": ("model", "models"),
    "consensus": ("consensus", "consensus"),
    "simulated": ("exact outline", "exact outline"),
}
"""How one annotator of a kind is called, and how several are."""

LONGEST_SIDE_PX = 1600
"""Of the embedded pictures: sharp on paper, and a large scan does not make a large file."""

ACROSS = 7
"""More annotators than this and only the first two matrices are printed."""

METHODS = """
<p><b>Dice</b> = 2 × shared pixels / (pixels of both), <b>IoU</b> = shared / joint pixels.
<b>HD95</b>: the larger of the two 95th percentiles of the distances from each boundary pixel of one
mask to the nearest boundary pixel of the other. <b>ASSD</b>: mean of both masks' distances.
<b>NSD</b>: share of both boundaries that lies within the tolerance of the other. Boundary pixels
have a 4-neighbour outside the mask; beyond the image all is outside. <b>Area</b> and
<b>diameter difference</b> are absolute; the diameter is the longest of the largest lesion.
“–”: undefined, both masks are empty. “∞”: one of two masks is empty.</p>
<p><b>Outcome</b>: agreement from an IoU of 0.5, partial below it, missed lesion where nothing is
shared, false alarm where the reference is empty, correct rejection where both are.</p>
<p><b>Yardstick</b>: a model agrees with the annotators about as much as they agree with each other
when the mean of its values with each of them lies in the range of the values between every two of
them, all as printed (with two people: also when their one value lies between the model's two).
One image gives no interval: the sentence is about this image.</p>
<p><b>Consensus</b>: majority is what more than half of the people mark (a tie is no lesion);
STAPLE is Warfield, Zou and Wells, IEEE TMI 2004, over the whole image.</p>
"""


def write_report(case: ComparedImage) -> str:
    """The report as an HTML document; every text in it is escaped."""
    title = f"Annotation comparison: {case.scan.name}"
    style = Path(__file__).with_suffix(".css").read_text("utf-8")
    body = "".join(
        (
            _head(case),
            _pictures(case),
            _annotators(case),
            _yardstick(case),
            _against(case),
            _matrices(case),
            _staple(case),
            _provenance(case),
        )
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">"
        f"<title>{html.escape(title)}</title><style>{style}</style></head>"
        f"<body>{body}</body></html>\n"
    )


def write_files(case: ComparedImage, report: Path, *, plainly: bool = True) -> list[Path]:
    """Write the report and, beside it, every number (JSON), Dice (CSV) and the outlines (SVG).

    Of one label of several, each file's name ends with it unless `plainly`. Raises ValueError
    unless the report's name ends in .html, OSError when writing fails.
    """
    if report.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"The report is an HTML file; please call it {report.stem}.html.")
    if not plainly:
        words = re.sub(r"[^\w-]+", "-", case.label).strip("-") or "label"
        report = report.with_stem(f"{report.stem}-{words}")
    contents = {
        report: write_report(case).encode("utf-8", "replace"),
        report.with_suffix(".json"): encode_case(case),
        report.with_suffix(".csv"): encode_matrix(case, "dice"),
        report.with_suffix(".svg"): draw_contours(case.comparison.annotations, COLOURS).encode(
            "utf-8", "replace"
        ),
    }
    report.parent.mkdir(parents=True, exist_ok=True)
    for path, data in contents.items():
        path.write_bytes(data)
    return list(contents)


def tell_case(case: ComparedImage) -> str:
    """The rows against the reference and the yardstick, as plain text for a terminal."""
    table = tabulate_against(case.comparison, case.reference)
    shown = table.to_string(float_format=lambda value: f"{value:.2f}", na_rep="–")
    how = [f"{one.annotator}: {tell(one.provenance)}" for one in case.comparison.annotations]
    about = [f"Label {case.label}."] if case.label else []
    about += [f"{case.scan.name}: {'; '.join(case.scan.notes)}."] if case.scan.notes else []
    about += case.notes
    lines = [*about, f"Against {case.reference}:", shown, *case.yardstick.sentences(), "", *how]
    return "\n".join(lines)


def _head(case: ComparedImage) -> str:
    height, width = case.scan.pixels.shape
    kinds = [one.kind for one in case.comparison.annotations]
    counts = ", ".join(
        f"{kinds.count(kind)} {words[kinds.count(kind) > 1]}"
        for kind, words in KINDS.items()
        if kind in kinds
    )
    spacing = case.comparison.mm_per_px
    scale = f"{spacing:g} mm a pixel" if spacing else "pixel spacing unknown"
    label = f"label {case.label}" if case.label else ""
    told = "; ".join((label, *case.scan.notes, *case.notes)).strip("; ")
    notes = f'<p class="quiet">{html.escape(told)}</p>' if told else ""
    return (
        f"<h1>Annotation comparison</h1><p>{html.escape(case.scan.name)}, {width} × {height} px, "
        f"{scale}. {counts}; reference: <b>{html.escape(case.reference)}</b>.</p>{notes}"
        '<p class="quiet">Research and teaching only. Not a medical device, not for diagnosis.</p>'
    )


def _pictures(case: ComparedImage) -> str:
    frame = _find_frame(case)
    scan = case.scan.pixels[frame]
    cut = [replace(one, mask=one.mask[frame]) for one in case.comparison.annotations]
    outlines = draw_contours(cut, COLOURS, shrink(scan, LONGEST_SIDE_PX))
    drawn = draw_entropy(scan, case.comparison.entropy[frame])
    entropy = embed_png(encode_png(shrink(drawn, LONGEST_SIDE_PX)))
    voters = len(case.comparison.voters)
    part = "The part" if scan.size < case.scan.pixels.size else "All"
    rows, columns = frame
    place = f"columns {columns.start} to {columns.stop}, rows {rows.start} to {rows.stop}"
    return (
        f'<div class="pictures"><figure>{outlines}<figcaption>Outlines: people solid, models '
        "dashed, consensus masks dotted, in the colours of the table below. "
        f"{part} of the image around them ({place}).</figcaption></figure>"
        f'<figure><img alt="Where annotators disagree" src="{entropy}"><figcaption>Disagreement: '
        f"entropy of the votes of {voters} people and models, from none (as the image) to one bit "
        "(bright: split evenly).</figcaption></figure></div>"
    )


def _find_frame(case: ComparedImage) -> tuple[slice, slice]:
    """Rows and columns of all masks and a margin around; of the whole image if all are empty."""
    height, width = case.scan.pixels.shape
    rows, columns = find_box([one.mask for one in case.comparison.annotations])
    if rows.stop == rows.start:
        return slice(0, height), slice(0, width)
    margin = max(20, round(0.3 * max(rows.stop - rows.start, columns.stop - columns.start)))
    return (
        slice(max(rows.start - margin, 0), min(rows.stop + margin, height)),
        slice(max(columns.start - margin, 0), min(columns.stop + margin, width)),
    )


def _annotators(case: ComparedImage) -> str:
    comparison, rows = case.comparison, []
    for index, one in enumerate(comparison.annotations):
        colour = COLOURS[index % len(COLOURS)]
        area = comparison.areas_px[index] * (comparison.mm_per_px or 1) ** 2
        diameter = comparison.diameters_px[index] * (comparison.mm_per_px or 1)
        rows.append(
            f"<tr{_mark(one.annotator == case.reference)}>"
            f'<th scope="row"><span class="swatch {one.kind}" style="border-color:{colour}"></span>'
            f"{html.escape(one.annotator)}</th><td>{KINDS[one.kind][0]}</td>"
            f"<td>{comparison.show('area_difference', float(area))}</td>"
            f"<td>{comparison.show('diameter_difference', float(diameter))}</td>"
            f'<td class="words">{html.escape(tell(one.provenance))}</td></tr>'
        )
    return (
        "<h2>Annotators</h2><table><thead><tr><th class=words>Name</th><th>Kind</th><th>Area</th>"
        "<th>Longest diameter</th><th class=words>How it came to be</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _yardstick(case: ComparedImage) -> str:
    yardstick = case.yardstick
    words = "".join(f'<p class="mark">{html.escape(one)}</p>' for one in yardstick.sentences())
    chart = ""
    if yardstick.models and yardstick.people is not None:
        chart = (
            f"<figure>{draw_yardstick(yardstick)}<figcaption>Bar: mean with the people, line: its "
            "range, band: range between every two people.</figcaption></figure>"
        )
    return f'<div class="keep"><h2>Models against people</h2>{words}{chart}</div>'


def _against(case: ComparedImage) -> str:
    comparison = case.comparison
    heads = "".join(f"<th>{html.escape(title_metric(comparison, m.id))}</th>" for m in METRICS)
    rows = "".join(
        f'<tr><th scope="row">{html.escape(row.annotator)}</th><td>{row.outcome}</td>'
        + "".join(
            f"<td>{metric.show(row.values[metric.id], comparison.mm_per_px)}</td>"
            for metric in METRICS
        )
        + "</tr>"
        for row in comparison.against(case.reference)
    )
    curve = draw_nsd_curve(comparison, case.reference, COLOURS)
    return (
        f"<h2>Against {html.escape(case.reference)}</h2><table><thead><tr><th class=words>Name</th>"
        f"<th>Outcome</th>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        f"<figure>{curve}<figcaption>NSD against {html.escape(case.reference)} over the tolerance."
        "</figcaption></figure>"
    )


def _matrices(case: ComparedImage) -> str:
    few = len(case.comparison.annotations) <= ACROSS
    wanted = METRICS if few else tuple(m for m in METRICS if m.id in ("dice", "hd95"))
    tables = "".join(f"<div>{draw_matrix(case.comparison, metric.id)}</div>" for metric in wanted)
    rest = "" if few else '<p class="quiet">The other matrices are in the JSON file.</p>'
    return (
        "<h2>Every two annotators</h2>"
        '<p class="quiet">The darker, the closer; shades run from the worst to the best pair.</p>'
        f'<div class="matrices">{tables}</div>{rest}'
    )


def _staple(case: ComparedImage) -> str:
    found = tabulate_staple(case)
    if not found:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{html.escape(row["annotator"])}</th>'
        + "".join(f"<td>{_share(row[key])}</td>" for key in ("sensitivity", "specificity"))
        + "</tr>"
        for row in found
    )
    return (
        '<div class="keep"><h2>People against their STAPLE consensus</h2><table class="bd-matrix">'
        "<thead><tr><th class=words>Name</th><th>Sensitivity</th><th>Specificity</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _provenance(case: ComparedImage) -> str:
    rows = [("Made by", f"busdemo {__version__}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")]
    rows.append((f"Image {case.scan.name}", f"sha256 {case.scan.sha256}"))
    for one in case.comparison.annotations:
        kind = "weights " if one.kind == "model" else ""
        digests = ", ".join(f"{kind}sha256 {digest}" for digest in one.provenance.sha256)
        if digests:
            rows.append((one.annotator, digests))
    listed = "".join(
        f"<dt>{html.escape(name)}</dt><dd><code>{html.escape(words)}</code></dd>"
        for name, words in rows
    )
    return f"<h2>Definitions</h2>{METHODS}<h2>Where it comes from</h2><dl>{listed}</dl>"


def _mark(reference: bool) -> str:
    return ' class="reference"' if reference else ""


def _share(value: float | None) -> str:
    return "–" if value is None or np.isnan(value) else f"{value:.3f}"

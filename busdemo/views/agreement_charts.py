"""Charts of a comparison as SVG, for the page and for paper: the NSD's curve, the yardstick.

Drawn like the networks' diagrams: lines and words in `currentColor`, the accent from
`--bd-accent`, every word escaped.
"""

import math
from collections.abc import Sequence

from busdemo.annotations.annotation import Kind
from busdemo.scoring.agreement import TOLERANCES_PX, Comparison
from busdemo.scoring.yardstick import Range, Yardstick
from busdemo.views.agreement import COLOURS
from busdemo.views.shapes import ACCENT
from busdemo.views.svg import (
    WIDTH,
    draw_grid,
    draw_line,
    draw_tick,
    draw_word,
    part,
    shorten,
    write_chart,
)

NAMES = 170
"""Of the room for annotators' names, in units of the drawing."""

DASHES: dict[Kind, str] = {"person": "", "model": "6 3", "consensus": "1.5 3", "simulated": ""}
"""Lines of people and exact outlines are solid, of models dashed, of consensus masks dotted."""

_HIGH, _ROW = 220, 26


def draw_nsd_curve(comparison: Comparison, reference: str, colours: Sequence[str] = COLOURS) -> str:
    """NSD in [0, 1] of everyone else against the reference over tolerances of 1 to 10 px.

    `colours` ("#rrggbb") are the annotators', in their order, repeated if there are too few.
    KeyError if the reference is no annotator.
    """
    left, right, top, bottom = 44.0, float(WIDTH - NAMES), 12.0, float(_HIGH - 34)

    def place(tolerance: float, value: float) -> tuple[float, float]:
        across = (tolerance - TOLERANCES_PX[0]) / (TOLERANCES_PX[-1] - TOLERANCES_PX[0])
        return left + across * (right - left), bottom - value * (bottom - top)

    parts = [
        draw_grid(left, right, place(1, value)[1], f"{value:g}")
        for value in (0, 0.25, 0.5, 0.75, 1)
    ]
    parts += [draw_word(place(t, 0)[0], bottom + 15, f"{t}", "middle") for t in TOLERANCES_PX]
    parts.append(draw_word((left + right) / 2, bottom + 30, "tolerance, px", "middle"))
    ends: list[tuple[float, int]] = []
    for index, values in enumerate(comparison.nsd_curve(reference)):
        if comparison.names[index] == reference or math.isnan(values[0]):
            continue
        points = [place(t, float(v)) for t, v in zip(TOLERANCES_PX, values, strict=True)]
        kind, colour = comparison.annotations[index].kind, colours[index % len(colours)]
        parts.append(draw_line(points, colour, DASHES[kind]))
        ends.append((points[-1][1], index))
    ends.sort()
    for y, (end, index) in zip(part([end for end, _ in ends], top, 13), ends, strict=True):
        colour = colours[index % len(colours)]
        parts.append(draw_line([(right, end), (right + 8, y), (right + 14, y)], colour, "", 1))
        parts.append(draw_word(right + 18, y + 4, shorten(comparison.names[index])))
    height = max(_HIGH, top + 13 * len(ends) + 8)
    title = f"NSD against {reference} over the tolerance"
    return write_chart(height, title, _describe(comparison, reference), parts)


def draw_yardstick(yardstick: Yardstick) -> str:
    """The models' values (bar: mean, line: range) on the range of the people's (band)."""
    shown = [
        (model, model.values)
        for model in yardstick.models
        if model.values is not None and math.isfinite(model.values.mean)
    ]
    people = yardstick.people if _finite(yardstick.people) else None
    tops = [values.high for _, values in shown] + ([people.high] if people else [])
    tops = [top for top in tops if math.isfinite(top)]
    most = 1.0 if not yardstick.metric.dimension else _round_up(max(tops, default=1.0))
    left, right, top = float(NAMES), float(WIDTH - 96), 24.0
    bottom = top + _ROW * max(len(shown), 1)

    def across(value: float) -> float:
        return left + min(value / most, 1) * (right - left)

    steps = [most * step / 4 for step in range(5)]
    parts = [draw_tick(across(step), top, bottom, f"{step:g}") for step in steps]
    if people is not None:
        parts.append(_band(across(people.low), across(people.high), top, bottom))
        middle = (across(people.low) + across(people.high)) / 2
        parts.append(
            draw_word(middle, top - 8, f"between people {_tell(yardstick, people)}", "middle")
        )
    for row, (model, values) in enumerate(shown):
        y = top + _ROW * (row + 0.5)
        parts.append(_bar(model.annotator, y, (across(0), across(values.mean))))
        parts.append(
            draw_line([(across(values.low), y), (across(values.high), y)], "currentColor", "")
        )
        parts.append(draw_word(right + 8, y + 4, _tell(yardstick, values)))
    unit = yardstick.metric.unit(yardstick.mm_per_px)
    axis = yardstick.metric.name + (f", {unit}" if unit else "")
    parts.append(draw_word((left + right) / 2, bottom + 30, axis, "middle"))
    title = f"{yardstick.metric.name}: models against people"
    return write_chart(bottom + 36, title, " ".join(yardstick.sentences()), parts)


def _bar(annotator: str, y: float, span: tuple[float, float]) -> str:
    name = draw_word(NAMES - 8, y + 4, shorten(annotator), "end")
    return (
        f'{name}<rect x="{span[0]:.1f}" y="{y - 6:.1f}" width="{span[1] - span[0]:.1f}" '
        f'height="12" style="fill:{ACCENT}" fill-opacity="0.55"/>'
    )


def _band(start: float, end: float, top: float, bottom: float) -> str:
    width = max(end - start, 2)
    return (
        f'<rect x="{start:.1f}" y="{top:.1f}" width="{width:.1f}" height="{bottom - top:.1f}" '
        'fill="currentColor" fill-opacity="0.16"/>'
    )


def _tell(yardstick: Yardstick, values: Range) -> str:
    low, high = (
        yardstick.metric.show(value, yardstick.mm_per_px) for value in (values.low, values.high)
    )
    return low if low == high else f"{low} to {high}"


def _finite(values: Range | None) -> bool:
    return values is not None and math.isfinite(values.high)


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 8, 10 times a power of ten, so that quarters of it are short."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(power * step for step in (1, 2, 4, 8, 10) if power * step >= value * (1 - 1e-9))


def _describe(comparison: Comparison, reference: str) -> str:
    curve = comparison.nsd_curve(reference)
    rows = zip(comparison.names, curve, strict=True)
    return "; ".join(
        f"{name} {values[0]:.2f} at {TOLERANCES_PX[0]} px to {values[-1]:.2f} at "
        f"{TOLERANCES_PX[-1]} px"
        for name, values in rows
        if name != reference
    )

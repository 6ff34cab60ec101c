"""Charts of a study as SVG: Bland and Altman's, sizes by annotator, models against people."""

import html
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from busdemo.evaluation.studies.reliability import Limits
from busdemo.evaluation.studies.yardstick import Standing
from busdemo.imaging import printed
from busdemo.views.shapes import ACCENT
from busdemo.views.svg import (
    WIDTH,
    draw_grid,
    draw_line,
    draw_tick,
    draw_word,
    shorten,
    write_chart,
)

_LEFT, _RIGHT, _TOP, _HIGH = 70.0, float(WIDTH - 128), 14.0, 260.0
_NAMES, _ROW = 170.0, 26.0
STEPS = 5


def draw_limits(
    ids: Sequence[str], a: NDArray[np.float64], b: NDArray[np.float64], limits: Limits, words: str
) -> str:
    """Bland and Altman's plot of two annotators' (n,) sizes: difference over mean, with limits.

    A point names its image (`data-id`); `words` say what is measured, with its unit.
    """
    mean, difference = (a + b) / 2, a - b
    ends = [v for v in (limits.low, limits.high, 0.0) if math.isfinite(v)]
    low, high = _widen(min([*difference, *ends]), max([*difference, *ends]))
    first, last = _widen(float(mean.min()), float(mean.max())) if mean.size else (0.0, 1.0)
    bottom = _TOP + _HIGH

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - first) / (last - first)
        return _LEFT + across * (_RIGHT - _LEFT), bottom - (y - low) / (high - low) * _HIGH

    parts = [
        draw_grid(_LEFT, _RIGHT, place(first, v)[1], tell_figure(v)) for v in _steps(low, high)
    ]
    parts += [
        draw_word(place(v, low)[0], bottom + 15, tell_figure(v), "middle")
        for v in _steps(first, last)
    ]
    parts.append(draw_word((_LEFT + _RIGHT) / 2, bottom + 31, f"mean, {words}", "middle"))
    for one, x, y in zip(ids, mean, difference, strict=True):
        cx, cy = place(float(x), float(y))
        parts.append(
            f'<circle class="bd-point" data-id="{html.escape(one)}" cx="{cx:.1f}" cy="{cy:.1f}" '
            f'r="2.6" style="fill:{ACCENT}" fill-opacity="0.55"><title>{html.escape(one)}</title>'
            "</circle>"
        )
    lines = (("mean", limits.bias, ""), ("+1.96 SD", limits.high, "5 3"))
    for word, value, dash in (*lines, ("−1.96 SD", limits.low, "5 3")):
        if math.isfinite(value):
            y = place(first, value)[1]
            parts.append(draw_line([(_LEFT, y), (_RIGHT, y)], "currentColor", dash, 1.25))
            parts.append(draw_word(_RIGHT + 5, y + 4, f"{word} {tell_figure(value)}"))
    told = f"Mean difference {limits.bias:.4g}, limits {limits.low:.4g} to {limits.high:.4g}."
    return write_chart(bottom + 38, f"Bland-Altman, {words}", told, parts)


def draw_sizes(sizes: Mapping[str, NDArray[np.float64]], words: str) -> str:
    """Sizes by annotator: median, quartiles (bar), 5th to 95th percentile (line)."""
    known = {who: values[np.isfinite(values)] for who, values in sizes.items()}
    known = {who: values for who, values in known.items() if values.size}
    most = max((float(np.percentile(v, 95)) for v in known.values()), default=1.0) or 1.0
    bottom = _TOP + _ROW * max(1, len(known))
    right = float(WIDTH - 80)

    def across(value: float) -> float:
        return _NAMES + value / most * (right - _NAMES)

    parts = [draw_tick(across(v), _TOP, bottom, tell_figure(v)) for v in _steps(0, most)]
    told = []
    for row, (who, values) in enumerate(known.items()):
        y = _TOP + _ROW * (row + 0.5)
        p5, p25, p50, p75, p95 = (float(v) for v in np.percentile(values, [5, 25, 50, 75, 95]))
        parts.append(draw_word(_NAMES - 8, y + 4, shorten(who), "end"))
        parts.append(draw_line([(across(p5), y), (across(p95), y)], "currentColor", "", 1.25))
        parts.append(
            f'<rect x="{across(p25):.1f}" y="{y - 6:.1f}" width="{across(p75) - across(p25):.1f}" '
            f'height="12" style="fill:{ACCENT}" fill-opacity="0.55"/>'
        )
        parts.append(draw_line([(across(p50), y - 8), (across(p50), y + 8)], "currentColor", "", 2))
        parts.append(draw_word(right + 6, y + 4, tell_figure(p50)))
        told.append(f"{who}: median {p50:.4g}, quartiles {p25:.4g} and {p75:.4g}")
    parts.append(draw_word((_NAMES + right) / 2, bottom + 30, words, "middle"))
    return write_chart(bottom + 36, f"{words} by annotator", "; ".join(told), parts)


def draw_standings(standings: Sequence[Standing]) -> str:
    """Each model's difference to the agreement between people, with its 95 % interval."""
    shown = [one for one in standings if math.isfinite(one.difference.value)]
    ends = [
        v for one in shown for v in (one.difference.low, one.difference.high, one.difference.value)
    ]
    low, high = _widen(*_ends([v for v in [*ends, 0.0] if math.isfinite(v)]))
    right, bottom = float(WIDTH - 110), _TOP + _ROW * max(1, len(shown))

    def across(value: float) -> float:
        return _NAMES + (value - low) / (high - low) * (right - _NAMES)

    parts = [draw_tick(across(v), _TOP, bottom, printed.plain(v, 3)) for v in _steps(low, high)]
    parts.append(draw_line([(across(0), _TOP), (across(0), bottom)], "currentColor", "5 3", 1.25))
    for row, one in enumerate(shown):
        y, d = _TOP + _ROW * (row + 0.5), one.difference
        parts.append(draw_word(_NAMES - 8, y + 4, shorten(one.annotator), "end"))
        if math.isfinite(d.low):
            parts.append(draw_line([(across(d.low), y), (across(d.high), y)], "currentColor", ""))
        parts.append(
            f'<circle cx="{across(d.value):.1f}" cy="{y:.1f}" r="4" style="fill:{ACCENT}"/>'
        )
        parts.append(draw_word(right + 6, y + 4, printed.plain(d.value, 3, signed=True)))
    words = "Dice with the people minus Dice between people"
    parts.append(draw_word((_NAMES + right) / 2, bottom + 30, words, "middle"))
    told = " ".join(sentence for one in shown for sentence in one.sentences())
    return write_chart(bottom + 36, "Models against people", told, parts)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def tell_figure(value: float) -> str:
    """A size or a difference of sizes with about three figures, never as a power of ten."""
    if not math.isfinite(value) or value == 0:
        return "0" if value == 0 else printed.UNKNOWN
    whole = math.floor(math.log10(abs(value))) + 1
    return printed.plain(value, min(max(0, 3 - whole), 6))


def _widen(low: float, high: float) -> tuple[float, float]:
    room = 0.06 * (high - low) or max(abs(high), 1.0) * 0.05
    return low - room, high + room


def _steps(low: float, high: float) -> list[float]:
    """Round values inside a range, about `STEPS` of them."""
    raw = (high - low) / STEPS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * k for k in (1, 2, 2.5, 5, 10) if power * k >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]

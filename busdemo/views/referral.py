"""The referral curve as an SVG drawing: Dice of the masks kept against the share referred."""

import html
from collections.abc import Sequence
from itertools import pairwise

from busdemo.imaging import printed
from busdemo.views.shapes import ACCENT
from busdemo.zoo.referral import SHARES, Referral

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 520, 272, 44, 104, 24, 40


def draw_referral(referral: Referral) -> str:
    """One SVG element: the curve of the doubt, the ideal one, and referring at random.

    A dotted line stands at the share of test images that the cut-off refers.
    """
    low = 0.05 * int(min(referral.kept + referral.ideal) / 0.05)
    plot = _Plot(low, 1.0)
    share = referral.test["referred"] / max(1, referral.test["marked"])
    flat = [referral.all_dice] * len(SHARES)
    lines = [
        ("worst first", referral.ideal, "currentColor", "2 3", 1.25),
        ("at random", flat, "currentColor", "6 4", 1.25),
        ("by doubt", referral.kept, ACCENT, "", 2.5),
    ]
    ends = _part_names([plot.y(values[-1]) for _, values, *_ in lines])
    parts = [*plot.draw_axes(), plot.draw_mark(share)]
    for (name, values, colour, dash, width), y in zip(lines, ends, strict=True):
        parts.append(plot.draw_line(values, colour, dash, width))
        parts.append(_word(_WIDTH - _RIGHT + 8, y, name, colour))
    words = (
        f"Mean Dice of the masks kept rises from {referral.kept[0]:.2f} with nothing referred to "
        f"{referral.kept[10]:.2f} with half of the images referred by doubt."
    )
    return (
        f'<svg class="bd-referral" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="Referral curve" style="max-width:{_WIDTH}px;width:100%;height:auto" '
        f'font-family="system-ui, sans-serif" font-size="12"><desc>{html.escape(words)}</desc>'
        f"{''.join(parts)}</svg>"
    )


class _Plot:
    """From shares and Dice to units of the drawing."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def x(self, share: float) -> float:
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(self, dice: float) -> float:
        height = _HEIGHT - _TOP - _BOTTOM
        return _TOP + (self.high - dice) / (self.high - self.low) * height

    def draw_axes(self) -> list[str]:
        right, bottom = self.x(1), self.y(self.low)
        parts = []
        steps = round((self.high - self.low) / 0.05)
        stride = 1 if steps <= 5 else 2
        for step in range(0, steps + 1, stride):
            dice = self.high - 0.05 * step
            parts.append(_rule(_LEFT, self.y(dice), right, self.y(dice), 0.15))
            parts.append(_word(_LEFT - 6, self.y(dice), f"{dice:.2f}", anchor="end"))
        for share in (0, 0.25, 0.5, 0.75, 1):
            parts.append(_word(self.x(share), bottom + 14, printed.percent(share), anchor="middle"))
        parts.append(_word(4, 8, "mean Dice of the masks kept"))
        middle = (_LEFT + right) / 2
        parts.append(_word(middle, bottom + 32, "test images referred", anchor="middle"))
        return parts

    def draw_line(self, values: Sequence[float], colour: str, dash: str, width: float) -> str:
        points = " ".join(
            f"{self.x(share):.1f},{self.y(value):.1f}"
            for share, value in zip(SHARES, values, strict=True)
        )
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        return (
            f'<polyline points="{points}" fill="none" stroke-width="{width}"{dashes} '
            f'stroke-linejoin="round" style="stroke:{colour}"/>'
        )

    def draw_mark(self, share: float) -> str:
        x = self.x(share)
        line = _rule(x, _TOP, x, self.y(self.low), 0.6, "1 3")
        return line + _word(x + 5, self.y(self.low) - 8, "cut-off")


def _rule(x1: float, y1: float, x2: float, y2: float, opacity: float, dash: str = "") -> str:
    return (
        f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="currentColor" '
        f'stroke-opacity="{opacity}"' + (f' stroke-dasharray="{dash}"/>' if dash else "/>")
    )


def _word(
    x: float, y: float, word: str, colour: str = "currentColor", anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="{anchor}" style="fill:{colour}">'
        f"{html.escape(word)}</text>"
    )


def _part_names(ys: Sequence[float], gap: float = 15) -> list[float]:
    """Places of the lines' names, moved apart by at least `gap` from the top down."""
    order = sorted(range(len(ys)), key=lambda index: ys[index])
    placed = list(ys)
    for before, index in pairwise(order):
        placed[index] = max(placed[index], placed[before] + gap)
    return placed

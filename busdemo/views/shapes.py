"""Shapes of the drawings as pieces of SVG: boxes with words, ways, gates, badges.

Colours come from the page: `currentColor` for lines and words, the custom properties
`--bd-accent` and `--bd-card` where it sets them. Every word is escaped.
"""

import html
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from busdemo.zoo.blueprint import Weighed

ACCENT, CARD = "var(--bd-accent, currentColor)", "var(--bd-card, Canvas)"

HEIGHT = 30
"""Of a box with a word, in units of the drawing (CSS px at full size)."""

SMALL = 11.5
"""Size of words beside boxes."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Way:
    """A link's course: two points, or four of a Bézier curve."""

    points: tuple[Point, ...]

    def at(self, t: float) -> Point:
        """The point at `t` in [0, 1]."""
        points = list(self.points)
        while len(points) > 1:  # de Casteljau
            points = [
                (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])) for a, b in pairwise(points)
            ]
        return points[0]


def draw_way(way: Way, *, main: bool) -> str:
    """A line with an arrow head; fainter where it is not part of the main way through."""
    (x1, y1), *rest = way.points
    course = f"M{x1:g} {y1:g}{'C' if len(rest) == 3 else 'L'}"
    course += " ".join(f"{x:g} {y:g}" for x, y in rest)
    opacity, width = (0.85, 1.5) if main else (0.5, 1.25)
    (x, y), (before_x, before_y) = rest[-1], way.at(0.97 if len(rest) == 3 else 0)
    length = max(((x - before_x) ** 2 + (y - before_y) ** 2) ** 0.5, 1e-6)
    dx, dy = (x - before_x) / length, (y - before_y) / length
    head = (
        f"M{x - 6 * dx + 3.2 * dy:.1f} {y - 6 * dy - 3.2 * dx:.1f}L{x:g} {y:g}"
        f"L{x - 6 * dx - 3.2 * dy:.1f} {y - 6 * dy + 3.2 * dx:.1f}"
    )
    return (
        f'<path d="{course}{head}" fill="none" stroke="currentColor" stroke-opacity="{opacity}" '
        f'stroke-width="{width}" stroke-linejoin="round" stroke-linecap="round"/>'
    )


def draw_gate(at: Point) -> str:
    """A circle with a multiplication sign."""
    x, y = at
    return (
        f'<g stroke-width="1.5" stroke-linecap="round" style="stroke:{ACCENT};fill:{CARD}">'
        f'<circle cx="{x:g}" cy="{y:g}" r="7"/>'
        f'<path d="M{x - 2.8:g} {y - 2.8:g}l5.6 5.6m0 -5.6l-5.6 5.6"/></g>'
    )


def draw_badge(weighed: Weighed, at: Point) -> str:
    """A dot for a block that weighs its channels, a diamond for one that weighs its places."""
    x, y = at
    style = f'style="fill:{ACCENT};stroke:{CARD}" stroke-width="1.5"'
    if weighed == "channels":
        return f'<circle cx="{x:g}" cy="{y:g}" r="5.5" {style}/>'
    return f'<path d="M{x:g} {y - 7:g}l7 7l-7 7l-7 -7z" {style}/>'


def draw_box(at: Point, width: float, word: str, fill: float) -> str:
    """A box with a word in it; `fill` from 0 to 1 is how much of the accent is in it."""
    return draw_rect(at, width, HEIGHT, fill) + draw_text(
        at, word, fill=CARD if fill == 1 else "currentColor"
    )


def draw_rect(at: Point, width: float, height: float, fill: float) -> str:
    """A rounded box around a point: the card's colour below, so that no line shines through."""
    x, y = at[0] - width / 2, at[1] - height / 2
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{min(6, height / 2):g}"'
    stroke = ACCENT if fill >= 0.1 else "currentColor"
    return (
        f'<rect {place} style="fill:{CARD}"/>'
        f'<rect {place} fill-opacity="{fill}" style="fill:{ACCENT};stroke:{stroke}"/>'
    )


def draw_text(
    at: Point, word: str, *, size: float = 12.5, weight: int = 600, fill: str = "currentColor"
) -> str:
    """A word, centred on a point."""
    return (
        f'<text x="{at[0]:g}" y="{at[1] + size * 0.35:.1f}" font-size="{size}" '
        f'font-weight="{weight}" style="fill:{fill}">{html.escape(word)}</text>'
    )


def lead(start: Point, end: Point) -> Way:
    """A way that leaves and arrives level."""
    middle = (start[0] + end[0]) / 2
    return Way((start, (middle, start[1]), (middle, end[1]), end))


def write_svg(width: float, height: float, title: str, words: str, parts: Iterable[str]) -> str:
    """The whole drawing, with its title and, for those who cannot see it, a description."""
    return (
        f'<svg class="bd-diagram" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label="{html.escape(title)}" text-anchor="middle" '
        'font-family="system-ui, sans-serif" style="font-variant-numeric:tabular-nums">'
        f"<title>{html.escape(title)}</title><desc>{html.escape(words)}</desc>"
        f"{''.join(parts)}</svg>"
    )

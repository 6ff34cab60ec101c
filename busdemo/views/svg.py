"""What charts drawn as SVG are made of: lines, words, axes, the frame around them.

Lines and words in `currentColor`, every word escaped.
"""

import html
from collections.abc import Sequence

WIDTH = 640
"""Of a chart, in units of the drawing."""

_LETTERS = 24


def part(ends: Sequence[float], top: float, gap: float) -> list[float]:
    """Ascending places moved apart by at least `gap`, from `top` on."""
    places: list[float] = []
    for end in ends:
        places.append(max(end, places[-1] + gap if places else top))
    return places


def draw_grid(left: float, right: float, y: float, word: str) -> str:
    """A horizontal line with its value at the left."""
    line = draw_line([(left, y), (right, y)], "currentColor", "", 0.5, 0.25)
    return line + draw_word(left - 6, y + 4, word, "end")


def draw_tick(x: float, top: float, bottom: float, word: str) -> str:
    """A vertical line with its value below."""
    line = draw_line([(x, top), (x, bottom)], "currentColor", "", 0.5, 0.25)
    return line + draw_word(x, bottom + 15, word, "middle")


def draw_line(
    points: Sequence[tuple[float, float]],
    colour: str,
    dash: str,
    width: float = 1.75,
    opacity: float = 1,
) -> str:
    """A line through points, in units of the drawing."""
    course = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline points="{course}" fill="none" stroke="{html.escape(colour)}" '
        f'stroke-width="{width:g}" stroke-opacity="{opacity:g}"{dashes}/>'
    )


def draw_word(x: float, y: float, word: str, anchor: str = "start") -> str:
    """A word, escaped."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(word)}</text>'


def shorten(name: str) -> str:
    """A name as long as there is room for."""
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"


def write_chart(height: float, title: str, words: str, parts: Sequence[str]) -> str:
    """The whole drawing: its title and words for who cannot see it."""
    return (
        f'<svg class="bd-chart" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" '
        f'height="{height:g}" role="img" aria-label="{html.escape(title)}" font-size="11.5" '
        'font-family="system-ui, sans-serif" fill="currentColor" '
        'style="font-variant-numeric:tabular-nums;max-width:100%;height:auto">'
        f"<title>{html.escape(title)}</title><desc>{html.escape(words)}</desc>"
        f"{''.join(parts)}</svg>"
    )

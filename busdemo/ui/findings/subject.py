"""What a section of the findings is made from.

To add one, write a module here with a function `(Subject) -> str` that returns HTML, every text
that came from outside (names, notes, a card's words) through `html.escape`, and list a `Builder`
of it in `sections.py`. An empty string means that there is nothing to tell. The function runs in
the queue of the models, only when a visitor has opened the section, and again when the scan, the
model, the settled threshold, the reference or a choice made in the section has changed. A
sentence of bad news is HTML like any other; UnusableModel and UnreadableImage are shown as their
sentence.

Controls: `<button data-ask="paint" data-value="yes">` or `<select data-ask="layer">` in the HTML
set `subject.choices["paint"]` or `["layer"]` and have the section built anew. Choices are
untrusted strings of at most 64 characters: look them up among those that were offered.

What else the browser knows (two-stage, say) joins `tell` in the viewer's `mount.js`, so that the
panel hears of it, `ViewerChoice`, and `Subject` here by `Panel.read_subject`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from busdemo.imaging.arrays import Mask
from busdemo.imaging.images import Scan
from busdemo.inference.segmenter import SegmenterPool
from busdemo.workflows.segmenting import Segmentation
from busdemo.zoo.cards import Card


@dataclass(frozen=True, eq=False)
class Subject:
    """What the findings are about: a scan, and one model's result for it at one threshold."""

    scan: Scan
    segmentation: Segmentation
    stop: int
    """Slider stop, 1 to 199."""
    mask: Mask
    """(H, W) of the prediction at that stop, after post-processing."""
    reference: Mask | None
    """(H, W) of the reference, None where there is none."""
    pool: SegmenterPool
    mm_per_px: float | None = None
    """Pixel spacing, None where it is not known."""
    choices: Mapping[str, str] = field(default_factory=dict)
    """What the visitor has chosen in this section, by the control's name."""

    @property
    def card(self) -> Card:
        """Of the model."""
        return self.segmentation.card


@dataclass(frozen=True)
class Builder:
    """A section before it is built: what the closed panel shows, and how its contents are made."""

    id: str
    title: str
    hint: str
    build: Callable[[Subject], str]

"""The Compare tab: the second view of what is on the table; all of it happens in the browser.

It has no scan of its own: the browser shows that of the Segment tab, whose events bring others.
"""

from pathlib import Path

from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui.compare.component import Compare, CompareData
from busdemo.ui.compare.files import serve_answers
from busdemo.ui.compare.stored import StoredScans
from busdemo.ui.gradio_private import find_uploads
from busdemo.ui.queues import Desk


def build_compare_tab(pool: SegmenterPool, examples: Path, desk: Desk) -> Compare:
    """Build the tab; what it asks about masks is answered at `desk`.

    `examples` is the folder of the shipped ones.
    """
    scans = StoredScans(Path(find_uploads()), examples)
    return Compare(
        CompareData(), answers=serve_answers(pool.cards, desk, scans), elem_id="bd-compare"
    )

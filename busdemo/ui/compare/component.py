"""`Compare`: people, models and consensus masks of one scan, compared in the browser.

It has no events: what it shows is the page's workspace, which the Segment tab's events fill. What
concerns masks is asked through server functions, which keep nothing: `read_masks`, `measure`
(`answers.py`), `write_file` (`files.py`). All of it is untrusted.
"""

from collections.abc import Callable, Sequence
from typing import Any

from gradio.data_classes import GradioModel
from pydantic import Field

from busdemo.annotations.writing import EXPORTS
from busdemo.ui.component import PageComponent


def list_formats() -> list[tuple[str, str]]:
    """What a mask can be saved as."""
    return [(name, export.title) for name, export in EXPORTS.items()]


class CompareData(GradioModel):  # type: ignore[misc]
    """What the server tells the tab; what is on the table is the browser's workspace."""

    formats: list[tuple[str, str]] = Field(default_factory=list_formats)
    """Of masks to save: ids and titles."""


class Compare(PageComponent):
    """The comparison as a Gradio component."""

    data_model = CompareData
    view = "compare"

    def __init__(
        self,
        value: CompareData | None = None,
        *,
        answers: Sequence[Callable[[Any], Any]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(value=value, server_functions=[*answers], **kwargs)

    def preprocess(self, payload: CompareData | None) -> CompareData | None:
        """Nothing is sent up."""
        return payload

    def postprocess(self, value: CompareData | None) -> CompareData | None:
        """Passed on as it is."""
        return value

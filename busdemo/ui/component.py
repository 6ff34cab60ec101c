"""What the page's own components share: a view of `ui/web/`, one data model, one id a session."""

from functools import cache
from typing import Any, ClassVar, cast

import gradio as gr
from gradio.data_classes import GradioModel

from busdemo.ui.gradio_private import OneId
from busdemo.ui.static_files import write_mount_script


class PageComponent(OneId, gr.HTML):  # type: ignore[misc]
    """A component with a `data_model` of its own, drawn by one view of `ui/web/`.

    A subclass names its `view`, the folder whose `mount.js` draws it, and its `EVENTS`.
    """

    EVENTS: ClassVar[tuple[str, ...]] = ()
    view = ""
    data_model: Any  # a GradioModel of its own, which mypy takes for unhashable

    def __init__(self, value: GradioModel | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("apply_default_css", False)
        kwargs.setdefault("padding", False)
        # Never touched by Gradio again, because nothing in it depends on a value.
        kwargs.setdefault("html_template", "<div></div>")
        kwargs.setdefault("js_on_load", write_mount_script(self.view))
        super().__init__(value=value, **kwargs)

    def api_info(self) -> dict[str, Any]:
        """The JSON schema of the data model; `gr.HTML` itself would say "string"."""
        return _describe(self.data_model)

    def example_payload(self) -> Any:
        """An empty one, for the page's API documentation."""
        return self.data_model().model_dump()

    def example_value(self) -> Any:
        """An empty one, for the page's API documentation."""
        return self.data_model().model_dump()


@cache
def _describe(model: Any) -> dict[str, Any]:
    return cast(dict[str, Any], model.model_json_schema())

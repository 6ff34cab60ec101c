"""What the page's own components share: a view of `ui/web/`, one data model, one id a session."""

from functools import cache
from typing import Any, ClassVar, cast

import gradio as gr
from gradio.data_classes import GradioModel

from busdemo.ui.static_files import write_mount_script


class PageComponent(gr.HTML):  # type: ignore[misc]
    """A component with a `data_model` of its own, drawn by one view of `ui/web/`.

    A subclass names its `view`, the folder whose `mount.js` draws it, and its `EVENTS`.

    Gradio 6.31 builds a component anew in a visitor's session wherever a handler answers
    `gr.skip()` for it, gives the new one a new id, and at the next value files it under that id
    beside the old one, for as long as the session is kept. So an instance that is built from
    another one's arguments takes that one's id, and replaces it.
    """

    EVENTS: ClassVar[tuple[str, ...]] = ()
    view = ""
    data_model: Any  # a GradioModel of its own, which mypy takes for unhashable

    def __init__(self, value: GradioModel | None = None, **kwargs: Any) -> None:
        same_as = kwargs.pop("same_as", None)
        kwargs.setdefault("apply_default_css", False)
        kwargs.setdefault("padding", False)
        # Never touched by Gradio again, because nothing in it depends on a value.
        kwargs.setdefault("html_template", "<div></div>")
        kwargs.setdefault("js_on_load", write_mount_script(self.view))
        super().__init__(value=value, **kwargs)
        if same_as is not None:
            self._id = same_as

    @property
    def constructor_args(self) -> dict[str, Any]:
        """Gradio's: what builds the component anew."""
        return {**super().constructor_args, "same_as": self._id}

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

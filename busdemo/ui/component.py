"""What the page's own components share: one data model, texts read once, one id for a session."""

from functools import cache
from pathlib import Path
from typing import Any, cast

import gradio as gr
from gradio.data_classes import GradioModel


class PageComponent(gr.HTML):  # type: ignore[misc]
    """A component with a `data_model` of its own, made of a template, a style and a script.

    Gradio 6.31 builds a component anew in a visitor's session wherever a handler answers
    `gr.skip()` for it, gives the new one a new id, and at the next value files it under that id
    beside the old one, for as long as the session is kept. So an instance that is built from
    another one's arguments takes that one's id, and replaces it.
    """

    data_model: Any  # a GradioModel of its own, which mypy takes for unhashable

    def __init__(self, value: GradioModel | None = None, **kwargs: Any) -> None:
        same_as = kwargs.pop("same_as", None)
        kwargs.setdefault("apply_default_css", False)
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
def join_texts(paths: tuple[Path, ...]) -> str:
    """Files as one text, which Gradio evaluates as a whole; read once."""
    return "\n".join(path.read_text("utf-8") for path in paths)


@cache
def _describe(model: Any) -> dict[str, Any]:
    return cast(dict[str, Any], model.model_json_schema())

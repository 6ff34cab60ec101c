"""Gradio's private names, in one place, so that an upgrade breaks here and nowhere else.

Written against Gradio 6.31. `tests/ui/test_gradio_private.py` holds each of them to what it is used
for, and `make canary` runs that with the newest Gradio. Importing this does not import Gradio.
"""

import hashlib
import importlib.machinery
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import gradio as gr

STATIC_PATHS = (
    *("/assets/", "/static/", "/svelte/", "/gradio_api/file=", "/gradio_api/custom_component/"),
    *("/theme.css", "/gradio_api/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt"),
    "/pwa_icon",
)
"""How the paths of files start that are given as they lie on the disk."""

OPEN_LINKED_TAB = """() => {
  const [name] = location.hash.replace('#', '').split(/[?&=/]/);
  // By their words: on a phone the last tabs are entries of Gradio's menu, without an id.
  for (const button of document.querySelectorAll('#bd-tabs button')) {
    if (name && button.textContent.trim().toLowerCase() === name) button.click();
  }
}"""
"""Run in the browser when the page has loaded: the address's fragment says which tab opens."""

_WRITER = "gradio.component_meta"


def write_no_stubs() -> None:
    """Keep Gradio from writing an interface file (.pyi) beside every class of a component.

    It does so whenever one is defined, its own (a third of the time that importing it takes) and
    ours, which would then hide our modules from mypy. To be called before Gradio is imported;
    afterwards it is of use for ours alone.
    """
    if _WRITER in sys.modules:
        _silence(sys.modules[_WRITER])
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _silence(module: ModuleType) -> None:
    module.create_or_modify_pyi = lambda *_: None  # type: ignore[attr-defined]


class _Finder:
    """Finds the module that writes them as Python does, and silences it once it is loaded."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != _WRITER:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_silence(module: ModuleType) -> None:
                load(module)
                _silence(module)

            spec.loader.exec_module = load_and_silence  # type: ignore[method-assign]
        return spec


Required = list[tuple[str, bool]]
"""An endpoint's arguments without a default: the name, and whether a list is wanted."""


def show_snippets(
    write: Callable[[str, Required, str], dict[str, str]], write_cli: Callable[[str, Required], str]
) -> None:
    """Let "Use via API" show programs of ours: by language, and one of Gradio's terminal program.

    `write` is given an endpoint, its required arguments and the page's address without a slash at
    its end.
    """
    from gradio import routes

    def write_code(endpoint: str, about: Any, root: str, **_: Any) -> dict[str, str]:
        return write(endpoint, _list_required(about["parameters"]), root.rstrip("/"))

    def write_all_cli(endpoints: Mapping[str, Any]) -> dict[str, str]:
        return {
            name: write_cli(name, _list_required(about["parameters"]))
            for name, about in endpoints.items()
        }

    routes.generate_code_snippets, routes.generate_cli_snippet = write_code, write_all_cli


def _list_required(parameters: Iterable[Mapping[str, Any]]) -> Required:
    return [
        (str(one["parameter_name"]), one["type"].get("type") == "array")
        for one in parameters
        if not one["parameter_has_default"]
    ]


_TEMPLATES = "frontend/index.html", "frontend/share.html"
_PREVIEW_TAG = re.compile(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')


def replace_preview(tags: str) -> None:
    """Put `tags` into the head of every page, in the place of Gradio's two sets for link previews.

    They are Jinja's, with `config` as Gradio gives it.
    """
    from gradio import routes
    from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader

    files = FileSystemLoader(routes.STATIC_TEMPLATE_LIB)
    environment, ours = routes.templates.env, {}
    for name in _TEMPLATES:
        source, _, _ = files.get_source(environment, name)
        ours[name] = _PREVIEW_TAG.sub("", source).replace("<head>", f"<head>\n{tags}", 1)
    environment.loader = ChoiceLoader([DictLoader(ours), files])
    if environment.cache is not None:
        environment.cache.clear()


def read_event(event: "gr.EventData") -> dict[str, Any]:
    """What a component's script sent along with an event; anyone may have written it."""
    data = event._data
    return data if isinstance(data, dict) else {}


def count_waiting(page: "gr.Blocks") -> int:
    """How many requests wait in a page's queue, as /gradio_api/queue/status tells."""
    return int(page._queue.get_status().queue_size)


def count_running(page: "gr.Blocks") -> int:
    """How many requests of a page are being answered."""
    queues = page._queue.event_queue_per_concurrency_id.values()
    return sum(queue.current_concurrency for queue in queues)


def find_uploads() -> str:
    """The folder of the visitors' files."""
    from gradio.utils import get_upload_folder

    return str(get_upload_folder())


def keep_file(data: bytes, name: str, folder: str) -> str:
    """The path of a new file that an answer may name; it is deleted with the uploads."""
    place = Path(folder) / hashlib.sha256(data).hexdigest() / Path(name).name
    place.parent.mkdir(exist_ok=True, parents=True)
    # Gradio's own function empties a file that is there, perhaps while it is being sent.
    with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as news:
        news.write(data)
    os.replace(news.name, place)
    return str(place.resolve())


def pack_plot(plot: str) -> Any:
    """A plotly figure, as JSON, as `gr.Plot` takes it when it is to stay as it is."""
    from gradio.components.plot import PlotData

    return PlotData(type="plotly", plot=plot)


class OneId:
    """A component that Gradio builds anew in a session keeps its id; to stand before its class.

    Gradio builds a component anew in a visitor's session wherever a handler answers `gr.skip()` for
    it, gives the new one a new id, and at the next value files it under that id beside the old one,
    for as long as the session is kept. So an instance that is built from another one's arguments
    takes that one's id, and replaces it.
    """

    _id: int

    def __init__(self, *args: Any, same_as: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if same_as is not None:
            self._id = same_as

    @property
    def constructor_args(self) -> dict[str, Any]:
        """Gradio's: what builds the component anew."""
        return {**super().constructor_args, "same_as": self._id}  # type: ignore[misc]


def watch_handlers(
    page: "gr.Blocks", watch: Callable[[str, Callable[..., Any]], Callable[..., Any]]
) -> None:
    """Put `watch(name, handler)` in the place of every handler of a page that is built."""
    for event in page.fns.values():
        if event.fn is not None:
            event.fn = watch(str(event.api_name or event.fn.__name__), event.fn)

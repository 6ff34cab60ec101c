"""Gradio's private names, in one place, so that an upgrade breaks here and nowhere else."""

import importlib.machinery
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

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
    from gradio import routes  # noqa: PLC0415 (this module is imported before Gradio is)

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
    from gradio import routes  # noqa: PLC0415
    from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader  # noqa: PLC0415

    files = FileSystemLoader(routes.STATIC_TEMPLATE_LIB)
    environment, ours = routes.templates.env, {}
    for name in _TEMPLATES:
        source, _, _ = files.get_source(environment, name)
        ours[name] = _PREVIEW_TAG.sub("", source).replace("<head>", f"<head>\n{tags}", 1)
    environment.loader = ChoiceLoader([DictLoader(ours), files])
    if environment.cache is not None:
        environment.cache.clear()

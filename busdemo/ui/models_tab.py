"""The Models tab: the zoo's table, Dice against time, and the card of the chosen model.

Nothing of it is computed before a visitor opens it: the table asks for its contents when the
browser builds it, and that is when the tab is opened first.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr
import pandas as pd

from busdemo.inference.segmenter import RUNS, SegmenterPool
from busdemo.ui import text
from busdemo.ui.gradio_private import pack_plot
from busdemo.ui.models.component import Visit, ZooData, ZooTable
from busdemo.ui.models.markup import (
    explain_symbols,
    render_card_head,
    render_figure,
    render_pareto,
    render_results,
    render_rows,
    render_training,
)
from busdemo.ui.queues import ON_PAGE
from busdemo.ui.workspace import first_usable
from busdemo.views.chart_style import DARK, LIGHT
from busdemo.views.charts import plot_pareto, plot_training
from busdemo.views.diagram import draw_blueprint, draw_recipe
from busdemo.views.tables import (
    DICE,
    FALSE_ALARMS,
    Row,
    format_result,
    list_rows,
    tabulate_results,
    tabulate_zoo,
)
from busdemo.zoo.blueprint import Blueprint
from busdemo.zoo.card_reading import read_curves, read_sections
from busdemo.zoo.cards import Card

MODELS_STYLESHEETS = [
    Path(__file__).parent / "models" / f"{name}.css" for name in ("models", "zoo", "card")
]

HOW = "How it works"
"""The section of a card that stands beside the drawing."""

Updates = dict[Any, Any]
"""By control, what to show in it."""

Facts = list[tuple[str, str]]
"""Names and values, as words."""


@dataclass(frozen=True, eq=False)
class ModelsTab:
    """The tab's controls and the pool they tell of; built by `build_models_tab`."""

    pool: SegmenterPool
    zoo: ZooTable
    pareto_note: gr.HTML
    pareto: gr.Plot
    head: gr.HTML
    how: gr.Markdown
    figure: gr.HTML
    training: gr.HTML
    curve: gr.Plot
    results: gr.HTML
    sections: gr.Markdown

    @property
    def card_controls(self) -> list[Any]:
        """The controls that tell of one model."""
        return [
            *(self.head, self.how, self.figure, self.training, self.curve),
            *(self.results, self.sections),
        ]

    def enter(self, event: gr.EventData) -> Iterator[Updates]:
        """The whole tab, with the times known by now: the table first, then the card."""
        visit, pool = Visit.from_event(event), self.pool
        table = self._tabulate()
        chosen = visit.model if visit.model in pool.cards else first_usable(pool)
        chosen = chosen or next(iter(pool.cards))
        zoo = ZooData(
            rows=render_rows(table),
            note=text.MODELS_NOTE.format(runs=RUNS),
            chosen=chosen,
            waiting=bool(
                pool.downloads.arrived
                or pool.cards.keys() - pool.unavailable.keys() - pool.milliseconds.keys()
            ),
        )
        pareto = plot_pareto(table, DARK if visit.dark else LIGHT, width_px=visit.width_px)
        yield {
            self.zoo: zoo,
            self.pareto_note: render_pareto(table),
            self.pareto: gr.update(value=_without_tools(pareto), visible=bool(pareto.data)),
        }
        yield self._show_card(chosen, table, dark=visit.dark)

    def pick(self, event: gr.EventData) -> Updates:
        """The card of another model; nothing for an id the zoo does not have."""
        visit = Visit.from_event(event)
        if visit.model not in self.pool.cards:
            return {self.head: gr.skip()}
        return self._show_card(visit.model, self._tabulate(), dark=visit.dark)

    def _tabulate(self) -> pd.DataFrame:
        pool = self.pool
        return tabulate_zoo(list(pool.cards.values()), pool.milliseconds, pool.unavailable)

    def _show_card(self, model_id: str, table: pd.DataFrame, *, dark: bool) -> Updates:
        card, row = self.pool.cards[model_id], list_rows(table)[model_id]
        sections = read_sections(card.folder / "README.md")
        blueprint = None if card.members else draw_plan(card)
        curves = {} if card.members else read_curves(card.folder / "curves.csv")
        figure = plot_training(curves, DARK if dark else LIGHT) if "epoch" in curves else None
        others = [name for name in sections if name != HOW]
        return {
            self.head: render_card_head(row, describe_card(card, row, blueprint)),
            self.how: _join(sections, [HOW]),
            self.figure: self._draw(card, blueprint),
            self.training: self._describe_training(card, drawn=figure is not None),
            self.curve: gr.update(value=_without_tools(figure), visible=figure is not None),
            self.results: render_results(tabulate_results(card.results)),
            self.sections: _join(sections, others),
        }

    def _draw(self, card: Card, blueprint: Blueprint | None) -> str:
        if card.members:
            drawing = draw_recipe(self._name_members(card), card.name)
            return render_figure(drawing, text.DIAGRAM_RECIPE)
        if blueprint is None:
            return render_figure("", text.DIAGRAM_NONE)
        drawing = draw_blueprint(blueprint, card.name)
        return render_figure(drawing, text.DIAGRAM_NOTE, explain_symbols(blueprint))

    def _describe_training(self, card: Card, *, drawn: bool) -> str:
        if card.members:
            members = "; ".join(self._name_members(card))
            return render_training(text.CARD_RECIPE.format(members=members))
        recipe = card.facts.get("recipe")
        curve = text.CARD_CURVE if drawn else text.CARD_NO_CURVE
        if not isinstance(recipe, Mapping):
            return render_training(text.CARD_NO_COMMAND, note=curve)
        command = f"busdemo train {card.id}"
        facts = describe_recipe(recipe)
        return render_training(text.CARD_TRAINED, command=command, facts=facts, note=curve)

    def _name_members(self, card: Card) -> list[str]:
        cards = self.pool.cards
        return [cards[m].name if m in cards else m for m in card.members]


def build_models_tab(pool: SegmenterPool) -> ModelsTab:
    """Build the tab's controls, empty, and connect them; call inside a tab of the page."""
    plain: dict[str, Any] = {"apply_default_css": False, "padding": False}
    words: dict[str, Any] = {"header_links": False, "latex_delimiters": []}
    chart: dict[str, Any] = {"show_label": False, "container": False}
    for settings in (plain, words, chart):
        settings["elem_classes"] = "bd-part"
    with gr.Column(elem_id="bd-models"):
        zoo = ZooTable(elem_id="bd-zoo")
        with gr.Column(elem_id="bd-pareto"):
            pareto_note, pareto = gr.HTML(**plain), gr.Plot(**chart)
        with gr.Column(elem_id="bd-model"):
            head = gr.HTML(elem_id="bd-model-head", **plain)
            with gr.Column(elem_id="bd-model-body"):
                with gr.Column(elem_id="bd-model-words"):
                    how = gr.Markdown(**words)
                    sections = gr.Markdown(elem_id="bd-model-sections", **words)
                with gr.Column(elem_id="bd-model-pictures"):
                    figure, training = gr.HTML(**plain), gr.HTML(**plain)
                    curve, results = gr.Plot(visible=False, **chart), gr.HTML(**plain)
    tab = ModelsTab(
        *(pool, zoo, pareto_note, pareto, head, how),
        *(figure, training, curve, results, sections),
    )
    shared = ON_PAGE | {"concurrency_limit": 2}
    zoo.enter(tab.enter, None, [zoo, pareto_note, pareto, *tab.card_controls], **shared)
    zoo.pick(tab.pick, None, tab.card_controls, **shared)
    return tab


def draw_plan(card: Card) -> Blueprint | None:
    """The blueprint of a card's network at the card's own input size; None where it has none."""
    if card.preprocessing is None:
        return None
    try:
        config = (card.folder / "config.json").read_text(encoding="utf-8")
        return _read_blueprint(config, max(card.preprocessing.input_wh))
    except (OSError, ValueError):  # UnusableModel and broken JSON are ValueErrors
        return None


@lru_cache(maxsize=64)
def _read_blueprint(config: str, side_px: int) -> Blueprint:
    from busdemo.zoo.structure import read_blueprint

    return read_blueprint(json.loads(config), side_px)


def describe_card(card: Card, row: Row, blueprint: Blueprint | None) -> Facts:
    """What the head of a card tells of its model: known facts only, each with its unit."""
    facts = []
    if row["parameters"] > 0:
        facts.append(("parameters", f"{row['parameters'] / 1e6:.2f} M"))
    elif blueprint is not None:
        facts.append(("parameters", f"{blueprint.parameters / 1e6:.2f} M"))
    if row["gflops"] > 0:
        facts.append(("gflops", f"{row['gflops']:.1f} GFLOPs at 256 × 256 px"))
    elif blueprint is not None:
        side_px = blueprint.blocks[0].side_px
        facts.append(("gflops", f"{blueprint.gflops:.1f} GFLOPs at {side_px} × {side_px} px"))
    if row["size_mb"] > 0:
        facts.append(("size_mb", f"{row['size_mb']:.1f} MB"))
    if not row["problem"]:
        known = f"{row['ms']:.0f} ms an image" if row["ms"] > 0 else text.NOT_TIMED
        facts.append(("ms", known))
    if card.preprocessing is not None:
        width, height = card.preprocessing.input_wh
        facts.append(("input", f"{width} × {height} px, {text.RESIZED[card.preprocessing.rule]}"))
    if not card.problem:
        facts.append(("threshold", f"{card.threshold:.3f}"))
    facts.append(("start", row["start"]))
    if row[DICE] >= 0:
        images = f"{row[f'{DICE} n']:.0f} images with a lesion"
        facts.append(("dice", f"{' '.join(format_result(row, DICE))}, {images}"))
    if row[FALSE_ALARMS] >= 0:
        images = f"{row[f'{FALSE_ALARMS} n']:.0f} normal images"
        facts.append((FALSE_ALARMS, f"{' '.join(format_result(row, FALSE_ALARMS))} of {images}"))
    return [(text.CARD_FACTS[name], value) for name, value in facts if value]


def describe_recipe(recipe: Mapping[str, Any]) -> Facts:
    """A training recipe's values in words; the names are the recipe's own."""
    facts = []
    for name, value in recipe.items():
        shown = str(value)
        if name == "stages" and isinstance(value, list):
            shown = ", then ".join(f"{epochs} epochs at {side} px" for epochs, side in value)
        facts.append((str(name).replace("_", " "), shown))
    return facts


def _join(sections: Mapping[str, str], names: list[str]) -> str:
    """Sections of a card as one Markdown text, each under its heading."""
    return "\n\n".join(f"### {name}\n\n{sections[name]}" for name in names if name in sections)


def _without_tools(figure: Any) -> Any:
    """The figure without plotly's tool bar, which covers what it is about."""
    if figure is None:
        return None
    plot = json.loads(figure.to_json()) | {"config": {"displayModeBar": False}}
    return pack_plot(json.dumps(plot))

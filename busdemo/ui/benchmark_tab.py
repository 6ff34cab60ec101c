"""The Benchmark tab: the shipped run, or one that a visitor drops, explored in the browser.

Python tells passages (sentences, tables, figures) when they are asked for; what is costly is kept
with its run. A dropped run lives in the visitor's session only, for as long as it is looked at.
"""

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakSet

import gradio as gr
from gradio.data_classes import FileData

from busdemo.evaluation.strata import FACTORS
from busdemo.ui import text
from busdemo.ui.benchmark.component import Bench, BenchData, BenchmarkRequest, SectionTitle, Told
from busdemo.ui.journal import UNREADABLE, refuse
from busdemo.ui.queues import ON_PAGE
from busdemo.views.chart_style import DARK, LIGHT
from busdemo.workflows.benchmark_about import describe_run
from busdemo.workflows.benchmark_models import tell_leaderboard
from busdemo.workflows.benchmark_papers import tell_papers
from busdemo.workflows.benchmark_sections import PLOTLY, SECTIONS
from busdemo.workflows.benchmark_view import Passage, View
from busdemo.workflows.benchmarking import SHIPPED_RUN, OpenRun, Study, open_bytes, open_shipped
from busdemo.zoo.cards import ALL_SETS

STATE_SECONDS = 1800
"""How long a visitor's own run is kept in memory after its last change."""

MOST_OWN_RUNS = 16
"""Visitors' runs in memory at a time."""

LEADERBOARD = "leaderboard"

Own = OpenRun | None
"""A visitor's own run; None: the shipped one is shown."""


@dataclass(frozen=True, eq=False)
class BenchmarkTab:
    """The tab's component and the folder of the shipped run; built by `build_benchmark_tab`."""

    folder: Path
    bench: Bench
    own_runs: WeakSet[OpenRun] = field(default_factory=WeakSet)
    """Those that sessions hold; one leaves when its session lets go of it."""

    def enter(self, own: Own, event: gr.EventData) -> BenchData:
        """The run, its choices and the leaderboard."""
        wish = BenchmarkRequest.from_event(event)
        if own is not None:
            return self._open(own, wish, own=True)
        return self._open_shipped(wish)

    def ask(self, own: Own, event: gr.EventData) -> BenchData:
        """The passages asked for, of the images and models chosen."""
        wish = BenchmarkRequest.from_event(event)
        try:
            opened = own if wish.own else open_shipped(self.folder)
        except ValueError as error:
            return BenchData(message=str(error), turn=wish.turn)
        if opened is None:
            return BenchData(message=text.BENCHMARK_ENDED, turn=wish.turn)
        return self._tell(opened, wish)

    def open_run(self, file: tuple[str, bytes] | None, event: gr.EventData) -> tuple[Any, Any]:
        """A visitor's own run; one that cannot be read changes nothing but a sentence."""
        if file is None:
            return gr.skip(), gr.skip()
        name, data = file
        if len(self.own_runs) >= MOST_OWN_RUNS:
            return BenchData(message=text.BENCHMARK_BUSY), gr.skip()
        try:
            opened = open_bytes(data)
        except ValueError as error:
            refuse(UNREADABLE)
            return BenchData(message=f"{name}: {error}"), gr.skip()
        self.own_runs.add(opened)
        wish = BenchmarkRequest.from_event(event)
        return self._open(opened, wish, own=True, title=name), opened

    def close_run(self, event: gr.EventData) -> tuple[BenchData, Own]:
        """Back to the shipped run."""
        return self._open_shipped(BenchmarkRequest.from_event(event)), None

    def _open_shipped(self, wish: BenchmarkRequest) -> BenchData:
        try:
            opened = open_shipped(self.folder)
        except ValueError as error:
            return BenchData(opened=True, message=str(error), about=text.BENCHMARK_NONE)
        if opened is None:
            return BenchData(opened=True, about=text.BENCHMARK_NONE)
        return self._open(opened, wish, own=False)

    def _open(
        self, opened: OpenRun, wish: BenchmarkRequest, *, own: bool, title: str = text.BENCHMARK_OWN
    ) -> BenchData:
        """Everything of a newly shown run; in one stage first, where there are both ways."""
        stages = list_stages(opened)
        first = BenchmarkRequest(
            sections=(LEADERBOARD,),
            stages=int(stages[0][0]),
            dark=wish.dark,
            width_px=wish.width_px,
        )
        sets = opened.whole.datasets
        data = self._tell(opened, first)
        data.opened, data.own, data.run = True, own, uuid.uuid4().hex
        data.about = describe_run(opened, title if own else text.BENCHMARK_SHIPPED)
        data.datasets = [(ALL_SETS, ALL_SETS), *((name, name[:80]) for name in sets[:50])]
        data.datasets = data.datasets if len(sets) > 1 else data.datasets[:1]
        data.stages = stages
        data.papers = tell_papers(opened)
        factors = opened.study().factors
        data.factors = [(factor, FACTORS[factor]) for factor in factors]
        data.sections = [
            SectionTitle(id=key, title=one.title, hint=one.hint) for key, one in SECTIONS.items()
        ]
        return data

    def _tell(self, opened: OpenRun, wish: BenchmarkRequest) -> BenchData:
        try:
            study = opened.study(wish.dataset or ALL_SETS, wish.stages)
        except ValueError as error:
            return BenchData(message=str(error), turn=wish.turn)
        view = build_view(study, wish)
        tells = {LEADERBOARD: tell_leaderboard} | {key: one.tell for key, one in SECTIONS.items()}
        told = {key: _pack(tells[key](view)) for key in wish.sections if key in tells}
        models = [(key, study.names[key]) for key in study.best] if LEADERBOARD in told else []
        return BenchData(turn=wish.turn, told=told, models=models)


def build_benchmark_tab(folder: Path = SHIPPED_RUN) -> BenchmarkTab:
    """Build the tab, empty, and connect it; call inside a tab of the page."""
    gr.set_static_paths([PLOTLY.parent])
    own = gr.State(None, time_to_live=STATE_SECONDS)
    library = FileData(path=str(PLOTLY))
    bench = Bench(BenchData(plotly=library), elem_id="bd-bench")
    tab = BenchmarkTab(folder, bench)
    shared: dict[str, Any] = ON_PAGE | {
        "trigger_mode": "multiple",  # the next question follows before Gradio has put the last away
        "concurrency_id": "benchmark",
        "concurrency_limit": 2,
    }
    bench.enter(tab.enter, [own], [bench], **shared)
    bench.ask(tab.ask, [own], [bench], **shared)
    bench.open_run(tab.open_run, [bench], [bench, own], **shared)
    bench.close_run(tab.close_run, None, [bench, own], **shared)
    return tab


def list_stages(opened: OpenRun) -> list[tuple[str, str]]:
    """What the picker of models offers: one way, the other, or both."""
    ways = [(str(number), text.BENCHMARK_STAGES[str(number)]) for number in opened.stages]
    return [*ways, ("0", text.BENCHMARK_STAGES["0"])] if len(ways) > 1 else ways


def build_view(study: Study, wish: BenchmarkRequest) -> View:
    """What a visitor looks at; the best two models where they ask for unknown ones."""
    best = study.best
    a = wish.a if wish.a in best else best[0]
    b = wish.b if wish.b in best and wish.b != a else next((key for key in best if key != a), "")
    factor = wish.factor if wish.factor in study.factors else study.factors[0]
    return View(study, a, b, factor, DARK if wish.dark else LIGHT, wish.width_px)


def _pack(passage: Passage) -> Told:
    return Told(html=passage.html, figures=[figure.to_json() for figure in passage.figures])

import json
from pathlib import Path
from typing import Any

import pytest

from busdemo.views.chart_style import DARK, LIGHT
from busdemo.views.charts import plot_pareto, plot_training
from busdemo.views.labels import Spot, place_names
from busdemo.views.pictures import EXTRA, HIT, MISSED
from busdemo.views.tables import find_front, tabulate_zoo
from busdemo.zoo.card_reading import read_curves
from busdemo.zoo.cards import WEIGHTS, Card, TestResult

DICE = {"small": 0.75, "middle": 0.8, "large": 0.82, "beaten": 0.78}
MS = {"small": 8.0, "middle": 20.0, "large": 120.0, "beaten": 60.0}
PARAMETERS = {"small": 1_000_000, "middle": 4_000_000, "large": 16_000_000, "beaten": 9_000_000}
NAMES = {"small": "<b>Small</b> & fast"}


def build_table(dice: dict[str, float] = DICE) -> Any:
    cards = [
        Card(
            id=name,
            folder=Path("nowhere"),
            name=NAMES.get(name, name),
            parameters=PARAMETERS[name],
            results=(TestResult("all sets", "lesion_dice", v, v - 0.03, v + 0.02, 400, 200),),
        )
        for name, v in dice.items()
    ]
    return tabulate_zoo(cards, MS, {})


def bubbles(figure: Any) -> dict[str, dict[str, Any]]:
    found = {}
    for trace in json.loads(figure.to_json())["data"]:
        for index, (model_id,) in enumerate(trace.get("customdata", [])):
            marker = trace["marker"]
            found[model_id] = {
                "x": trace["x"][index],
                "y": trace["y"][index],
                "size": marker["size"][index],
                "colour": marker["line"]["color"],
                "high": trace["y"][index] + trace["error_y"]["array"][index],
                "low": trace["y"][index] - trace["error_y"]["arrayminus"][index],
                "words": trace["hovertext"][index],
            }
    return found


def test_the_bubbles_are_the_cards_numbers_and_the_times_measured_here() -> None:
    found = bubbles(plot_pareto(build_table(), LIGHT, width_px=900))
    assert {name: spot["y"] for name, spot in found.items()} == DICE
    assert {name: spot["x"] for name, spot in found.items()} == MS
    for name, spot in found.items():
        assert spot["low"] == pytest.approx(DICE[name] - 0.03)
        assert spot["high"] == pytest.approx(DICE[name] + 0.02)
    areas = {name: spot["size"] ** 2 for name, spot in found.items()}
    assert areas["large"] / areas["middle"] == pytest.approx(4)


def test_the_front_stands_in_the_accent_and_is_joined_by_a_line() -> None:
    table = build_table()
    figure = plot_pareto(table, LIGHT, width_px=900)
    accented = {n for n, spot in bubbles(figure).items() if spot["colour"] == LIGHT.accent}
    assert accented == set(find_front(table)) == {"small", "middle", "large"}
    (line,) = [t for t in json.loads(figure.to_json())["data"] if t["mode"] == "lines"]
    assert (line["x"], line["y"]) == ([8, 20, 120], [0.75, 0.8, 0.82])


def test_names_are_text_wherever_a_chart_shows_them() -> None:
    figure = plot_pareto(build_table(), LIGHT, width_px=900)
    words = [note["text"] for note in json.loads(figure.to_json())["layout"]["annotations"]]
    assert "&lt;b&gt;Small&lt;/b&gt; &amp; fast" in words
    assert "&lt;b&gt;Small" in bubbles(figure)["small"]["words"]


def test_a_zoo_nobody_has_timed_gives_an_empty_chart() -> None:
    assert bubbles(plot_pareto(build_table({}), LIGHT, width_px=900)) == {}


def test_the_curves_are_the_runs_numbers() -> None:
    curves = read_curves(WEIGHTS / "attention-unet" / "curves.csv")
    drawn = {t["name"]: t for t in json.loads(plot_training(curves, LIGHT).to_json())["data"]}
    assert drawn["mean of the sets"]["y"] == curves["mean_dice"]
    assert drawn["training loss"]["y"] == curves["train_loss"]
    assert drawn["false alarms"]["y"] == curves["false_alarms"]
    assert drawn["BUSI"]["y"] == curves["dice_BUSI"]
    assert all(trace["x"] == curves["epoch"] for trace in drawn.values())


def test_a_line_stands_where_the_input_side_changes() -> None:
    curves: dict[str, list[float]] = {
        "epoch": [1, 2, 3],
        "side_px": [160, 160, 224],
        "mean_dice": [0.1, 0.4, 0.5],
    }
    layout = json.loads(plot_training(curves, LIGHT).to_json())["layout"]
    assert [shape["x0"] for shape in layout["shapes"]] == [2.5]
    words = [note["text"] for note in layout["annotations"]]
    assert {"160 px", "224 px"} < set(words)


def test_the_colours_of_the_overlay_mean_nothing_here() -> None:
    overlay = {"#{:02x}{:02x}{:02x}".format(*colour) for colour in (HIT, EXTRA, MISSED)}
    for palette in (LIGHT, DARK):
        assert not overlay & set(vars(palette).values())


def test_names_cover_neither_points_nor_each_other() -> None:
    spots = [Spot("alpha", 50, 50, 20), Spot("beta", 100, 50, 20), Spot("gamma", 75, 80, 20)]
    shifts = place_names(spots, (200, 120))
    assert set(shifts) == {0, 1, 2}
    assert shifts[0][0] <= 0  # to its right stands another


def test_a_name_without_room_is_left_out() -> None:
    crowd = [Spot("a long name", 20, 20, 30), Spot("another one", 25, 20, 30)]
    assert place_names(crowd, (45, 40)) == {}

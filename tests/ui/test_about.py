"""About is true: its Dice is a model's, its sets are cited, its promises are the header's."""

import re
from pathlib import Path

import yaml
from tiny_world import add_model

from busdemo import __version__
from busdemo.ui import text
from busdemo.ui.about import DATA_SETS, tell_source, write_about
from busdemo.zoo.cards import read_cards

ROOT = Path(__file__).parents[2]


def test_the_dice_it_quotes_is_a_model_s() -> None:
    cards = read_cards()
    (value, low, high) = re.findall(
        r"“test Dice (0\.\d\d) \((0\.\d\d)–(0\.\d\d)\)”", write_about(cards)
    )[0]
    results = [card.result("lesion_dice") for card in cards]
    known = [(f"{r.value:.2f}", f"{r.low:.2f}", f"{r.high:.2f}") for r in results if r]
    assert (value, low, high) in known


def test_a_zoo_without_results_is_given_no_number(weights: Path) -> None:
    add_model(weights, "untested")
    assert not re.search(r"test Dice \d", write_about(read_cards(weights)))


def test_the_sets_are_those_of_the_citation_with_links() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))["references"]
    assert {one.doi for one in DATA_SETS} == {one["doi"] for one in cited}
    about = write_about([])
    assert all(f"](https://doi.org/{one.doi})" in about for one in DATA_SETS)


def test_it_names_version_and_licences_and_leaves_no_field_open() -> None:
    about = write_about(read_cards())
    assert f"busdemo {__version__}" in about
    assert {"Apache-2.0", "CC BY-NC 4.0"} <= set(re.findall(r"Apache-2\.0|CC BY-NC 4\.0", about))
    assert not re.search(r"[{}]", about)


def test_header_and_text_promise_the_same_deletion() -> None:
    assert "deleted two hours after use" in text.SAFETY
    assert "until two hours after your last change" in " ".join(write_about([]).split())


def test_it_tells_of_the_classifier_that_the_page_has() -> None:
    about = " ".join(write_about([]).split())
    assert "says nothing about malignancy" not in about
    assert "**Benign or malignant?**" in about
    assert "no diagnosis" in about


def test_a_space_names_its_own_source_and_nothing_else_is_made_up() -> None:
    assert "(https://huggingface.co/spaces/org/name/tree/main)" in tell_source(
        {"SPACE_ID": "org/name"}
    )
    assert "http" not in tell_source({"SPACE_ID": "javascript:alert(1)"})
    assert "http" not in tell_source({})


def test_a_host_names_where_the_source_is() -> None:
    named = {"BUSDEMO_SOURCE": "https://git.example.org/group/busdemo", "SPACE_ID": "org/name"}
    assert tell_source(named) == "[Source](https://git.example.org/group/busdemo)."
    for wrong in (
        "javascript:alert(1)",
        "https://x.org) [y](z",
        "http://x.org",
        "https://x.org/<b>",
    ):
        assert "http" not in tell_source({"BUSDEMO_SOURCE": wrong})

"""The page in a real Firefox: it opens, takes an example, a threshold, a comparison, a drawing."""

from collections.abc import Iterator

import pytest
from tiny_world import add_model
from ui.firefox import FirefoxPage, open_firefox

from busdemo.ui.examples import read_examples
from busdemo.ui.page import launch

pytestmark = pytest.mark.browser

OPENING, NEXT, *_ = read_examples()
STATE = "window.__busdemoViewer?.state"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirefoxPage]:
    weights = tmp_path_factory.mktemp("zoo") / "weights"
    weights.mkdir()
    add_model(weights, "one")
    served, local = launch(weights=weights, wait=False)
    with open_firefox(tmp_path_factory.mktemp("firefox")) as firefox:
        firefox.open(local)
        wait_for_example(firefox, OPENING)
        yield firefox
        assert firefox.errors == []
    served.close()


def wait_for_example(page: FirefoxPage, example: str) -> None:
    page.wait_for(
        f"{STATE}?.case === 'example-{example}'"
        f" && {STATE}.layers.every((layer) => layer.state === 'ready')"
    )


def test_another_example_is_shown_when_it_is_picked(page: FirefoxPage) -> None:
    page.press(f'#bd-intake [data-example="{NEXT}"]')
    wait_for_example(page, NEXT)
    size = page.evaluate(f"[{STATE}.width, {STATE}.height, {STATE}.grey.length]")
    assert size[0] * size[1] == size[2]


def test_a_threshold_changes_the_mask_and_its_numbers(page: FirefoxPage) -> None:
    shown = "document.querySelector('[data-number=area]').textContent"
    before = page.evaluate(shown)
    page.press("#bd-viewer .bd-plot")
    page.evaluate("window.__busdemoViewer.setStop(1)")
    page.wait_for(f"{shown} !== {before!r}")


def test_a_mask_is_drawn_in_the_comparison(page: FirefoxPage) -> None:
    page.press("#bd-compare-tab-button")
    page.wait_for("document.querySelector('.bd-list li')")
    page.press("[data-act=draw]")
    page.wait_for("window.__busdemoDesk.easel.isOn")
    left, top, width, height = page.evaluate(
        "(({ x, y, width, height }) => [x, y, width, height])"
        "(document.querySelector('[data-stage=picture]').getBoundingClientRect())"
    )
    x, y = left + width / 2, top + height / 2
    page.drag((x, y), (x + 40, y), (x + 40, y + 30))
    desk = "window.__busdemoDesk"
    drawn = f"{desk}.roster.find({desk}.easel.key)"
    page.wait_for(f"{desk}.planes.read({drawn}.slot).filter(Boolean).length > 100")

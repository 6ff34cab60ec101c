"""Measures the comparison's interactions with 20 annotators on a scan of 4 megapixels.

Run by hand: `python tests/benchmarks/comparing.py`. Each figure is the time from the action to the
frame that shows it being handed to the compositor, the median and the longest of ten. Picture
and list come first, map and tables one frame later: of a threshold, that frame has its own line.
"""

import statistics
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "ui"))
import compare_harness as harness
from chromium import open_browser
from viewer_harness import build_case

SIDE_WH = (2304, 1728)
ANNOTATORS = 20

PREPARE = """() => {
  const desk = window.__busdemoDesk, { width, height } = desk.planes;
  const levels = desk.state.layers[0].levels, rows = new Uint8Array(levels.length);
  for (let n = desk.roster.list.length; n < %d; n++) {
    rows.fill(0);
    const shift = ((n %% 5) - 2) * 9 * width + n * 11;
    for (let i = 0; i < rows.length; i++) rows[i] = levels[i + shift] || 0;
    const mask = rows.map((level) => (level >= 60 + 5 * n ? 1 : 0));
    desk.store.addAnnotator({ key: `upload:${n}`, name: `Person ${n}`, kind: 'person' }, mask);
  }
}"""
TIME = """async ([body, frames]) => {
  const desk = window.__busdemoDesk, times = [], act = new Function('desk', 'n', body);
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  for (let n = 0; n < 10; n++) {
    await wait(120);
    const started = performance.now();
    act(desk, n);
    for (let k = 0; k < frames; k++) await painted();
    times.push(performance.now() - started);
  }
  return times;
}"""
THRESHOLD = "a threshold"
ACTIONS = {
    "hide or show an annotator": "desk.store.toggleShown('model:unet')",
    "another colour": "desk.store.dress('model:unet', {colour: n % 2 ? '#ffaabb' : '#99ddff'})",
    "fill or outline": "desk.store.dress('model:unet', {style: n % 2 ? 'fill' : 'outline'})",
    "another reference": "desk.store.setReference(n % 2 ? 'truth' : 'model:unet')",
    "swipe": "desk.setPicture('swipe'); desk.setSwipe(n / 10)",
    "blink": "desk.setPicture('blink')",
    "all outlines": "desk.setPicture(n % 2 ? 'blink' : 'outlines')",
    "votes or disagreement": "desk.setMap(n % 2 ? 'votes' : 'disagreement')",
    "A against B": "desk.setMap('pair'); desk.swap()",
    "zoom with all outlines": "desk.setPicture('outlines'); desk.zoom(n < 5 ? 1.3 : 0.77)",
    THRESHOLD: "desk.store.setStop('model:unet', 60 + 5 * n)",
}
STROKES = """
  if (!desk.easel.isOn) { desk.easel.start(); desk.easel.setRadius(40); }
  const { easel } = desk, at = { x: 600 + 60 * n, y: 700 + 20 * n };
  easel.mask.begin();
  easel.stroke = { id: 1, last: { x: at.x - 60, y: at.y }, on: true };
  easel.paint(at);
  easel.stroke = null;
  easel.mask.commit();
"""


def main() -> None:
    """Print one line an action."""
    case = build_case(1, SIDE_WH)
    levels = case.levels["unet"]
    harness.PICTURES.update(
        image=case.image,
        truth=case.reference,
        **{key: np.roll(levels, 9 * n, axis=1) for n, key in enumerate(harness.LEVELS)},
    )
    with open_browser() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(180_000)
        harness.prepare(page)
        harness.open_desk(page)
        page.evaluate(PREPARE % (ANNOTATORS - 1))  # the last one is drawn
        harness.wait_until_drawn(page)
        print(f"{ANNOTATORS} annotators, {SIDE_WH[0]} x {SIDE_WH[1]} px")
        followed = {f"{THRESHOLD}, map and tables": ACTIONS[THRESHOLD]}
        for name, body in (ACTIONS | followed | {"a brush stroke": STROKES}).items():
            times = page.evaluate(TIME, [body, 1 + (name in followed)])
            print(f"{name:28} {statistics.median(times):6.0f} ms, longest {max(times):6.0f}")


if __name__ == "__main__":
    main()

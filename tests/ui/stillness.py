"""Until a page has nothing more to do by itself, so that "it asks nothing" can be said."""

from playwright.sync_api import Page

_WATCH = """() => {
  if (window.__timers) return;
  const timers = window.__timers = new Set(), set = window.setTimeout, clear = window.clearTimeout;
  window.setTimeout = (act, ms, ...rest) => {
    const timer = set(() => {
      try { act(...rest); } finally { timers.delete(timer); }
    }, ms);
    if ((ms || 0) < 5000) timers.add(timer); // longer ones give up on something that may never come
    return timer;
  };
  window.clearTimeout = (timer) => { timers.delete(timer); clear(timer); };
}"""
_STILL = """async () => {
  const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
  do { await frame(); await frame(); } while (window.__timers.size);
}"""


def watch_timers(page: Page, *, from_the_start: bool = False) -> None:
    """Count what the page puts off from now on, or from its next load on."""
    if from_the_start:
        page.add_init_script(f"({_WATCH})()")
    else:
        page.evaluate(_WATCH)


def wait_until_still(page: Page) -> None:
    """Until nothing that was put off is left, and what came of it has been drawn."""
    page.evaluate(_STILL)

"""A page without Gradio that serves `ui/web/` as it is, under a strict Content-Security-Policy.

Views must never evaluate a string: the policy has no `unsafe-eval`, and what it stopped is kept in
the page's `violations`.
"""

from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route

from busdemo.ui.static_files import read_files, web_folder

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob: data:"
)
HEAD = '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/bare.css">'
NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""


HOST = """async ([folder, view, value]) => {
  const { mount } = await import(`${folder}/${view}/mount.js`);
  const { Workspace } = await import(`${folder}/workspace/workspace.js`);
  const { Loader } = await import(`${folder}/workspace/loading.js`);
  const watchers = [], listeners = [];
  let news = view === 'compare' ? value : null;
  window.events = [];
  window.asked = [];
  window.leave = new AbortController();
  window.workspace = new Workspace();
  const loader = new Loader(window.workspace, window.leave.signal);
  window.lay = (scan) => loader.load(scan);
  window.send = (next) => {
    news = next;
    for (const act of watchers) act(news);
  };
  await mount({
    signal: window.leave.signal,
    workspace: window.workspace,
    keeper: { sources: {}, resume: () => {}, forget: () => {}, reopen: () => {} },
    value: () => news,
    note: (changes) => { window.value = news = { ...news, ...changes }; },
    watch: (act) => watchers.push(act),
    send: (name, data) => {
      window.events.push([name, data || {}]);
      if (name === 'enter') setTimeout(() => window.send(value));
    },
    ask: (name, request) => {
      window.asked.push(name);
      return window.answer(name, request);
    },
    upload: async (file) => ({ path: '', url: '', orig_name: file.name }),
    queue: async () => 0,
    address: (tab, write) => { window.address = write(); },
    tell: (topic, detail) => {
      for (const [heard, act] of listeners) if (heard === topic) act(detail);
    },
    hear: (topic, act) => listeners.push([topic, act]),
  }, document.querySelector('main'));
}"""
"""A host of a few lines; a view's `enter` is answered with the value. `lay` lays a scan there."""


def mount(page: Page, view: str, value: dict[str, Any]) -> None:
    """Mount the view in the page's `main`."""
    page.evaluate(HOST, [f"/{web_folder()}", view, value])


def fulfill(route: Route, body: str) -> None:
    """Answer with a file of `ui/web/`, or with a document of that body."""
    path = urlsplit(route.request.url).path
    name = path.removeprefix(f"/{web_folder()}/")
    if path == "/bare.css":
        route.fulfill(body="body { margin: 0 }", content_type="text/css")
    elif name in read_files():
        file = read_files()[name]
        route.fulfill(body=file.plain, content_type=file.kind.decode())
    else:
        headers = {"content-security-policy": POLICY}
        route.fulfill(body=f"{HEAD}<body>{body}", content_type="text/html", headers=headers)


def wait_for(page: Page, condition: str) -> None:
    """Until a condition holds; Playwright's own way evaluates strings, which the policy forbids."""
    page.evaluate(
        f"""async () => {{
          for (const end = performance.now() + 30000; !({condition});) {{
            if (performance.now() > end) throw new Error('never: ' + {condition!r});
            await new Promise((done) => setTimeout(done, 10));
          }}
        }}"""
    )


def watch_policy(page: Page) -> None:
    """Keep what the policy stops on this page from now on."""
    page.add_init_script(NOTE_VIOLATIONS)


def list_violations(page: Page) -> list[str]:
    """What the policy has stopped on the page as it is now."""
    return list(page.evaluate("window.violations"))

"""A page without Gradio that serves `ui/web/` as it is, under a strict Content-Security-Policy.

Views must never evaluate a string: the policy has no `unsafe-eval`, and what it stopped is kept in
the page's `violations`.
"""

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


def module_at(name: str) -> str:
    """The address of a file of `ui/web/` on a bare page."""
    return f"/{web_folder()}/{name}"


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

"""Links that open a tab: the address's fragment says which."""

OPEN_LINKED_TAB = """() => {
  const tabs = { '#compare?': 'Compare', '#benchmark': 'Benchmark' };
  const start = Object.keys(tabs).find((start) => location.hash.startsWith(start));
  if (!start) return;
  // By their words: on a phone the last tabs are entries of Gradio's menu, without an id.
  for (const button of document.querySelectorAll('#bd-tabs button')) {
    if (button.textContent.trim() === tabs[start]) button.click();
  }
}"""
"""Run in the browser when the page has loaded."""

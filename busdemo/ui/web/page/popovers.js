// popovers.js: buttons that open a small panel.

// Buttons that open a small panel under them; Escape, a choice or a press elsewhere closes it.
export function bindPopovers(root, signal) {
  const close = (except) => {
    for (const button of root.querySelectorAll('[data-opens]')) {
      if (button === except) continue;
      button.setAttribute('aria-expanded', 'false');
      button.nextElementSibling.hidden = true;
    }
  };
  for (const button of root.querySelectorAll('[data-opens]')) {
    const panel = button.nextElementSibling;
    button.addEventListener('click', () => {
      close(button);
      panel.hidden = !panel.hidden;
      button.setAttribute('aria-expanded', String(!panel.hidden));
    });
    button.parentElement.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || panel.hidden) return;
      close();
      button.focus();
    });
    panel.addEventListener('click', (event) => {
      if (!event.target.closest('[data-export]')) return;
      close();
      button.focus();
    });
  }
  document.addEventListener('pointerdown', (event) => {
    if (!event.target.closest || !root.contains(event.target.closest('.bd-menu'))) close();
  }, { signal });
}

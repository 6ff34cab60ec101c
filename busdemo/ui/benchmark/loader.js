// loader.js: the only script of the tab that the page itself brings along. The others, the markup
// and the style come when the tab is opened first: Gradio runs this then. `element`, `props`,
// `trigger`, `watch`, `server` and `upload` are Gradio's. Events that the other scripts trigger, to
// be found by Gradio here: 'enter', 'ask', 'open_run', 'close_run'.

element.parentElement.style.padding = '0';
server.read_parts({}).then(({ html, css, js }) => {
  const sheet = document.createElement('style');
  sheet.textContent = css;
  element.innerHTML = html;
  element.append(sheet);
  new Function('element', 'props', 'trigger', 'watch', 'upload', js)(element, props, trigger, watch, upload);
}).catch((error) => {
  element.textContent = 'The benchmark cannot be loaded; please open the page again.';
  throw error;
});

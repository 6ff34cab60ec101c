// What stands on the page's window: Gradio's configuration, plotly, and what tests read.
interface Window {
  gradio_config?: { root?: string; api_prefix?: string };
  Plotly?: any;
  __busdemoViewer?: any;
  __busdemoDesk?: any;
}

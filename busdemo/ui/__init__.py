"""The page: Gradio and nothing else."""

from busdemo.ui.gradio_private import write_no_stubs

write_no_stubs()

"""The entry of a Hugging Face Space, and of `python app.py`."""

from busdemo.ui.journal import start_logging
from busdemo.ui.page import launch

if __name__ == "__main__":
    start_logging()
    launch()

"""Breast-ultrasound lesion segmentation, compared: people and models on one page.

Importing the package is cheap on purpose: neither torch nor Gradio comes with it.
"""

__version__ = "0.3.0.dev0"

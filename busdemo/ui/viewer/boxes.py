"""Boxes around lesions, as the viewer draws them."""

from gradio.data_classes import GradioModel


class BoxMark(GradioModel):  # type: ignore[misc]
    """A box around a lesion that the detector found, in px of the scan."""

    left: float
    top: float
    right: float
    bottom: float
    score: float

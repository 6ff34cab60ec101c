"""What is known of the classifier of whole images without its network; needs no torch."""

CLASSES = ("normal", "benign", "malignant")
"""In the order of the logits."""

MAPS = {
    "model.blocks.4": "stride 16",
    "model.blocks.6": "stride 32",
    "model.bn2": "stride 32, after the last convolution",
}
"""The encoder's maps that are pooled, by their modules' names: the finest first."""

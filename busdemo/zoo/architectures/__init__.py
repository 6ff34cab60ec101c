"""Networks of our own, one file each, where segmentation-models-pytorch has none."""

from busdemo.zoo.architectures.attention_unet import AttentionUNet

ARCHITECTURES = {network.__name__: network for network in (AttentionUNet,)}
"""Class name, as `_model_class` in a config.json has it, to class."""

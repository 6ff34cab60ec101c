"""Networks of our own, one file each, where segmentation-models-pytorch has none."""

from busdemo.zoo.architectures.attention_unet import AttentionUNet
from busdemo.zoo.architectures.deep_attention_unet import DeepAttentionUNet
from busdemo.zoo.architectures.encoder_decoder import EncoderDecoder
from busdemo.zoo.architectures.lesion_detector import LesionDetector
from busdemo.zoo.architectures.se_unet import SEUNet
from busdemo.zoo.architectures.spatial_attention_unet import SpatialAttentionUNet
from busdemo.zoo.architectures.transunet import TransUNet
from busdemo.zoo.architectures.unet3_plus import UNet3Plus
from busdemo.zoo.architectures.wide_unet import WideUNet

ARCHITECTURES = {
    network.__name__: network
    for network in (
        WideUNet,
        SEUNet,
        UNet3Plus,
        AttentionUNet,
        DeepAttentionUNet,
        SpatialAttentionUNet,
        TransUNet,
        EncoderDecoder,
    )
}
"""Class name, as `_model_class` in a config.json has it, to class."""

OTHER_TASKS = {network.__name__: network for network in (LesionDetector,)}
"""The same of networks that do something else than segment."""

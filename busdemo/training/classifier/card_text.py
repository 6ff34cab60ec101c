"""The part of the classifier's card that training knows best, from its values."""

from collections.abc import Mapping

from busdemo.imaging.masks import STOPS
from busdemo.training.card_text import write_sections
from busdemo.training.classifier.calibration import Calibration
from busdemo.training.recipe import Recipe

IMAGENET_START, SEGMENTER_START = "ImageNet encoder", "U-Net's encoder"

_STARTS = {
    IMAGENET_START: "The encoder started from ImageNet weights.",
    SEGMENTER_START: "The encoder started from the one of the U-Net that predicts the masks.",
}


def describe_classifier(
    recipe: Recipe, start: str, calibration: Calibration, train: Mapping[tuple[str, str], int]
) -> str:
    """The sections How it works, Use, Data, Protocol and Limits, in Markdown."""
    stages = ", then ".join(f"{epochs} epochs at {side} px" for epochs, side in recipe.stages)
    side = recipe.final_side_px
    return write_sections(
        {
            "How it works": (
                "EfficientNet-Lite0 over two channels, the scan and the probability map the U-Net "
                "predicts for it, gives one logit each for normal, benign and malignant. "
                "**Research and teaching only, not a medical device, not for diagnosis.**"
            ),
            "Use": (
                f"Both channels padded to {side}x{side}; the scan as `(grey / 255 - mean) / std`, "
                "the map in [0, 1] as it is, from the U-Net of this zoo with the weights named by "
                f"`mask_sha256`. Softmax of the logits divided by {calibration.temperature:g}. An "
                "image counts as flagged where the probability of malignant is at least "
                f"{calibration.stop / STOPS:.3f}: biased towards malignant on purpose, so that few "
                "malignant lesions are missed at the price of more false alarms."
            ),
            "Data": (
                f"Train splits: {_count(train)}. **The sets confound the class**: nearly all "
                "normal images come from BUS-UCLM and BUSI, none from BUS-BRA, and malignant is "
                "more frequent in some sets than in others; look, machine and burnt-in marks of a "
                "set can stand for the class. Images were drawn by size^-1/2 of their set and "
                "class together, which weakens this and does not remove it. The column *largest "
                "class alone* says what knowing a set's most frequent class gives. No patient or "
                "case that the sets name stands in two splits. Because BUS-UCLM's repository says "
                "CC BY-NC, these weights are CC BY-NC 4.0."
            ),
            "Protocol": (
                f"Trained by `busdemo train classifier`: {stages}, AdamW, one-cycle to "
                f"{recipe.peak_learning_rate:g}, batch {recipe.batch_size}, cross-entropy with "
                f"smoothed labels, averaged weights; curves in `curves.csv`. {_STARTS[start]} "
                "The masks are predicted ones in training, too; on its own train split a network "
                "is surer, so they were made worse at random: log-odds scaled and shifted, "
                "blurred, noisy, another image's mask added, and emptied for a fifth of the "
                "images, so that the report without a mask is fair. Epoch by the mean of accuracy "
                f"and AUC on {calibration.images} val images; there, too, the temperature "
                f"(cross-entropy {calibration.before:.3f} to {calibration.after:.3f}) and the "
                "threshold: the highest that flags 95 % of the malignant images, curve in "
                "`operating.csv`, all with these float16 weights. Test: native size, once. "
                "Sensitivity and specificity are at that threshold, specificity over benign and "
                "normal images; AUC is of the probability of malignant over images with a lesion; "
                "intervals resample patients."
            ),
            "Limits": (
                "Burnt-in calipers and text are in the training images and can give the class "
                "away. Few machines, few operators. A probability says how such images were "
                "labelled in four public sets, nothing about a person. One training run."
            ),
        }
    )


def _count(train: Mapping[tuple[str, str], int]) -> str:
    names = sorted({dataset for dataset, _ in train})
    return "; ".join(
        f"{name} "
        + ", ".join(
            f"{train[name, label]:,} {label}"
            for label in ("normal", "benign", "malignant")
            if (name, label) in train
        )
        for name in names
    )

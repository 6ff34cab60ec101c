"""The part of the classifier's card that training knows best, from its values."""

from collections.abc import Mapping

from busdemo.imaging.masks import STOPS
from busdemo.training.card_text import write_sections
from busdemo.training.classifier.calibration import Calibration
from busdemo.training.classifier.plan import ClassTraining
from busdemo.training.recipe import Recipe


def describe_classifier(
    training: ClassTraining, calibration: Calibration, train: Mapping[tuple[str, str], int]
) -> str:
    """The sections How it works, Use, Data, Protocol and Limits, in Markdown."""
    recipe = training.recipe
    side = recipe.final_side_px
    stages = ", then ".join(f"{epochs} at {px} px" for epochs, px in recipe.stages)
    return write_sections(
        {
            "How it works": (
                "An encoder (EfficientNet-Lite0) looks at the scan twice: at the whole of it, and "
                "at a close-up around the mask that this zoo's U-Net predicts, both at half the "
                "input's side. Three of its maps are averaged over each look and, weighted by the "
                "probability map, over the lesion; a linear layer turns all of it into one logit "
                "each for normal, benign and malignant. With an empty mask the close-up is the "
                "whole scan again, and what the mask weights is exactly zero. **Research and "
                "teaching only, not a medical device, not for diagnosis.**"
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
                "set can stand for the class. Images count by size^-1/2 of their set and "
                "class together, which weakens this and does not remove it. The column *largest "
                "class alone* says what knowing a set's most frequent class gives. No patient or "
                "case that the sets name stands in two splits. Because BUS-UCLM's repository says "
                "CC BY-NC, these weights are CC BY-NC 4.0."
            ),
            "Protocol": (
                f"Trained by `busdemo train {training.id}`: {recipe.epochs} epochs ({stages}) from "
                "the encoder of the U-Net (its last convolution, which the U-Net lacks, is "
                "ImageNet's), all of it, AdamW, one-cycle to "
                f"{recipe.peak_learning_rate:g}, weight decay {recipe.weight_decay:g}, batch "
                f"{recipe.batch_size}, cross-entropy with smoothed labels, augmented images, "
                "features standardised, three in ten dropped, averaged weights; the epoch by the "
                "mean of accuracy and AUC on val, curves in `curves.csv`. "
                f"{_describe_augmentation(recipe)}The masks are predicted "
                "ones in training, too; because a network can be surer on its own train split, "
                "they were made worse at random: log-odds scaled and shifted, blurred, noisy, "
                "another image's mask added, and emptied for a fifth, so that the report without a "
                "mask is fair. On "
                f"{calibration.images} val images, too, the temperature (cross-entropy "
                f"{calibration.before:.3f} to {calibration.after:.3f}) and the threshold: the "
                "highest that flags 95 % of the malignant images, curve in `operating.csv`, all "
                "with these float16 weights. Test: native size, once. Sensitivity and specificity "
                "are at that threshold, specificity over benign and normal images; AUC is of the "
                "probability of malignant over images with a lesion; intervals resample patients."
            ),
            "Limits": (
                "Burnt-in calipers and text are in the training images and can give the class "
                "away. Few machines, few operators. A probability says how such images were "
                "labelled in four public sets, nothing about a person. One training run."
            ),
        }
    )


def _describe_augmentation(recipe: Recipe) -> str:
    if not recipe.strong_augmentation:
        return ""
    return (
        "Each image had one further change that scans differ by (shadow, haze, gain, speckle, "
        "greys, blur, frame, crop), and calipers and text were painted out of half of the images "
        "that have them, so that neither says the class so easily. "
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

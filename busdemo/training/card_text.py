"""The part of a model card that training knows best: use, data and protocol, from its values."""

from textwrap import fill

from busdemo.training.pretrained import IMAGENET_START, RANDOM_START, SHARED_START, start_of
from busdemo.training.recipe import NETWORKS, RECIPES, RECIPES_OVER, Recipe
from busdemo.zoo.cards import Preprocessing

TRAINING = "<!-- training: written by `busdemo train` -->", "<!-- /training -->"
"""Marks: what stands between them is generated and replaced."""

_PURPOSE = (
    "Intended for demonstration, teaching and research on segmentation of lesions in B-mode breast "
    "ultrasound. Not for diagnosis, screening, triage or any decision about a person."
)
_TESTING = (
    "Tested at each image's native size. Dice is the mean over images with a lesion; normal images "
    "are counted apart, by whether a single pixel is marked. All choices were made on validation."
)
_COMPARE = "Where the weights start matters as much as the architecture: compare within one start."
_STARTS = {
    IMAGENET_START: (
        "The encoder started from ImageNet weights (photographs; EfficientNet-Lite0, ML "
        "Illustrated, Apache-2.0), everything else from random ones."
    ),
    SHARED_START: (
        "The encoder started from the trained one of the Attention U-Net (same layers, same train "
        "split; where this one is narrower, from the channels that count most there), everything "
        "else from random weights."
    ),
    RANDOM_START: "All weights started random.",
}


def describe_training(
    model_id: str, preprocessing: Preprocessing, phantoms: int, images: int
) -> str:
    """The sections Use, Data and Protocol of a network's card, in Markdown."""
    recipe = RECIPES.get(model_id, Recipe())
    width, height = preprocessing.input_wh
    stages = ", then ".join(f"{epochs} at {side} px" for epochs, side in recipe.stages)
    use = (
        f"Input: one grey channel, {preprocessing.rule}ed to {width}x{height}, `(grey / 255 - "
        "mean) / std`, numbers in `preprocessor_config.json`. Output: one logit a pixel; sigmoid, "
        f"back to the image's own size, then the frozen threshold. {_PURPOSE}"
    )
    data = (
        "Train splits of BUSI (Al-Dhabyani et al. 2020), BUS-BRA (Gómez-Flores et al. 2024), "
        f"BUS-UCLM (Vallez et al. 2025) and BrEaST (Pawłowska et al. 2024), {images:,} images, and "
        f"{phantoms} simulated scans. No patient or case that the sets name stands in two splits; "
        "BUSI names none, so there groups of near-duplicates take their place. Because BUS-UCLM's "
        "repository says CC BY-NC, these weights are CC BY-NC 4.0."
    )
    protocol = (
        f"Trained by `busdemo train {model_id}`: {recipe.epochs} epochs ({stages}), AdamW, "
        f"one-cycle to {recipe.peak_learning_rate:g}, batch {recipe.batch_size}, Dice + "
        "cross-entropy, averaged weights; curves in `curves.csv`. "
        f"{_STARTS[start_of(NETWORKS[model_id])]} {_COMPARE} Epoch (of the last stage), input "
        "side and threshold by the mean Dice over all validation images with a lesion, the latter "
        f"two with these float16 weights. {_TESTING}"
    )
    return write_sections({"Use": use, "Data": data, "Protocol": protocol})


def describe_recipe(model_id: str, members: tuple[str, ...]) -> str:
    """The sections Use and Protocol of a recipe's card, in Markdown."""
    missing = [member for member in RECIPES_OVER[model_id] if member not in members]
    left_out = f" Without weights, so left out: {', '.join(missing)}." if missing else ""
    use = (
        "Every member sees the image as its own card says; their probability maps, at the image's "
        "own size, are averaged with equal weights, then the frozen threshold is applied. "
        f"{_PURPOSE}"
    )
    protocol = (
        f"Frozen by `busdemo train {model_id}`: the threshold is the best on validation for this "
        f"mean. Nothing else is fitted. Members: {', '.join(members)}.{left_out} {_TESTING}"
    )
    return write_sections({"Use": use, "Protocol": protocol})


def write_sections(texts: dict[str, str]) -> str:
    """Texts by heading as wrapped Markdown."""
    return "\n\n".join(
        f"## {title}\n\n{fill(text, 110, break_long_words=False, break_on_hyphens=False)}"
        for title, text in texts.items()
    )

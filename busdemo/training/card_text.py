"""The part of a model card that training knows best: use, data and protocol, from its values."""

from textwrap import fill

from busdemo.imaging import printed
from busdemo.training.distillation import TEACHER
from busdemo.training.plan import Training
from busdemo.training.pretrained import IMAGENET_START, RANDOM_START, start_of
from busdemo.training.recipe import RECIPES_OVER, Recipe
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
_ROLES = {
    "compared": (
        "Every compared network has this encoder, start, recipe, budget and order of images, so "
        "that they differ in the decoder alone."
    ),
    "seed": "The same training as the compared network's, with another seed.",
    "distilled": (
        f"It learned from the {TEACHER}, so it is not on equal terms with the compared networks "
        "nor ranked with them."
    ),
    "contrast": "A contrast, not on equal terms with the compared networks nor ranked with them.",
    "transfer": "Trained without one of the sets, to be tested on it; not one of the zoo's models.",
}
_STARTS = {
    IMAGENET_START: (
        "The encoder started from ImageNet weights (photographs; EfficientNet-Lite0, ML "
        "Illustrated, Apache-2.0), everything else from random ones."
    ),
    RANDOM_START: "All weights started random.",
}


_SETS = {
    "BUSI": "Al-Dhabyani et al. 2020",
    "BUS-BRA": "Gómez-Flores et al. 2024",
    "BUS-UCLM": "Vallez et al. 2025",
    "BrEaST": "Pawłowska et al. 2024",
}


def describe_training(training: Training, preprocessing: Preprocessing, images: int) -> str:
    """The sections Use, Data and Protocol of a network's card, in Markdown.

    `images` is how many of the train split it saw.
    """
    recipe = training.recipe
    seen = (f"{name} ({by})" for name, by in _SETS.items() if not training.images.endswith(name))
    sets = ", ".join(seen)
    width, height = preprocessing.input_wh
    stages = ", then ".join(f"{epochs} at {side} px" for epochs, side in recipe.stages)
    use = (
        f"Input: one grey channel, {preprocessing.rule}ed to {width}x{height}, `(grey / 255 - "
        "mean) / std`, numbers in `preprocessor_config.json`. Output: one logit a pixel; sigmoid, "
        f"back to the image's own size, then the frozen threshold. {_PURPOSE}"
    )
    data = (
        f"Train splits of {sets}, {images:,} images, and {recipe.phantoms} simulated scans. "
        "No patient or case that the sets name stands in two splits; "
        "BUSI names none, so there groups of near-duplicates take their place. Because BUS-UCLM's "
        "repository says CC BY-NC, these weights are CC BY-NC 4.0."
    )
    protocol = (
        f"Trained by `busdemo train {training.id}`: {recipe.epochs} epochs ({stages}), AdamW, "
        f"one-cycle to {recipe.peak_learning_rate:g}, batch {recipe.batch_size}, Dice + "
        "cross-entropy, averaged weights; curves in `curves.csv`. "
        f"{_describe_ingredients(recipe)}{_STARTS[start_of(training.config)]} "
        f"{_ROLES[training.role]} {_KEPT[recipe.keep]} Input side and threshold by the mean Dice "
        f"over all validation images with a lesion, with these float16 weights. {_TESTING}"
    )
    return write_sections({"Use": use, "Data": data, "Protocol": protocol})


_KEPT = {
    "best": "Of the last stage the epoch that is best on validation was kept.",
    "last": "The last epoch was kept.",
}


def _describe_ingredients(recipe: Recipe) -> str:
    """What a recipe does beyond the plain one, in sentences."""
    told = {
        "Images were drawn so that sets and classes count more alike.": recipe.balance == "cells",
        "Each image had one further change that scans differ by (shadow, haze, gain, speckle, "
        "greys, blur, frame, crop).": recipe.strong_augmentation,
        "Lesion borders were softened.": recipe.border > 0,
        "Parts of lesion images without the lesion were further normal images.": (
            recipe.lesion_free > 0
        ),
        f"Of each lesion's mask, {printed.percent(recipe.distilled)} is the {TEACHER}'s "
        "probability map.": recipe.distilled > 0,
        "A head that was dropped afterwards learned whether there is a lesion.": (
            recipe.presence > 0
        ),
    }
    return "".join(f"{sentence} " for sentence, holds in told.items() if holds)


_CHOSEN = (
    "Its members were chosen on validation, one at a time, each the one that raised mean lesion "
    "Dice most; nothing else is fitted."
)


def describe_recipe(model_id: str, members: tuple[str, ...]) -> str:
    """The sections Use and Protocol of a recipe's card, in Markdown."""
    others = [member for member in RECIPES_OVER[model_id] if member not in members]
    why = (
        "Left out, for they raised validation Dice no further"
        if model_id == TEACHER
        else ("Without weights, so left out")
    )
    left_out = f" {why}: {', '.join(others)}." if others else ""
    use = (
        "Every member sees the image as its own card says; their probability maps, at the image's "
        "own size, are averaged with equal weights, then the frozen threshold is applied. "
        f"{_PURPOSE}"
    )
    protocol = (
        f"Frozen by `busdemo train {model_id}`: the threshold is the best on validation for this "
        f"mean. {_CHOSEN if model_id == TEACHER else 'Nothing else is fitted.'} "
        f"Members: {', '.join(members)}.{left_out} {_TESTING}"
    )
    return write_sections({"Use": use, "Protocol": protocol})


def write_sections(texts: dict[str, str]) -> str:
    """Texts by heading as wrapped Markdown."""
    return "\n\n".join(
        f"## {title}\n\n{fill(text, 110, break_long_words=False, break_on_hyphens=False)}"
        for title, text in texts.items()
    )

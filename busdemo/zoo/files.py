"""The files of a model's folder, and what is said when they are no model; needs no torch."""

from collections.abc import Mapping

CONFIG, WEIGHTS_FILE = "config.json", "model.safetensors"
SETTINGS, TRANSFORMS = "preprocessor_config.json", "albumentations_config_eval.json"
FILES = (CONFIG, WEIGHTS_FILE, SETTINGS, TRANSFORMS, "README.md")
"""All that is ever read of a saved model."""

LARGEST_BYTES = 2_000_000_000
LARGEST_TEXT_BYTES = 1_000_000

_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")


class UnusableModel(ValueError):
    """A model that cannot run; the message is one sentence that says why."""


class NotNow(UnusableModel):
    """A model that could not run this time only: asked again, it may; nobody notes it."""


def check_files(sizes: Mapping[str, int | None]) -> None:
    """UnusableModel unless these files (name to bytes, None when unknown) can be a saved model."""
    pickles = [name for name in sizes if name.endswith(_PICKLES)]
    if WEIGHTS_FILE not in sizes and pickles:
        raise UnusableModel(f"Only safetensors are loaded; {pickles[0]} is a pickle.")
    for name in (CONFIG, WEIGHTS_FILE):
        if name not in sizes:
            raise UnusableModel(f"It has no {name}.")
    if (sizes[WEIGHTS_FILE] or 0) > LARGEST_BYTES:
        raise UnusableModel(f"Its weights are larger than {LARGEST_BYTES / 1e9:.0f} GB.")

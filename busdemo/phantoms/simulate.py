"""One phantom: a simulated scan, its exact mask, and the words that go with it."""

from dataclasses import dataclass

import numpy as np

from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.phantoms.insertion import insert_lesion
from busdemo.phantoms.lesions import fill_outline, outline_lesion
from busdemo.phantoms.recipes import PhantomRecipe
from busdemo.phantoms.speckle import form_image
from busdemo.phantoms.tissue import build_tissue


@dataclass(frozen=True, eq=False)
class Phantom:
    """A simulated scan; `image` (H, W) uint8 and `mask` (H, W) bool have the same size."""

    image: GreyImage
    mask: Mask
    title: str
    description: str


def simulate(recipe: PhantomRecipe, seed: int) -> Phantom:
    """Make the phantom of a recipe; the same recipe and seed always give the same one.

    Tissue, lesions and speckle have random streams of their own, so a change to one of them
    leaves the others as they were.
    """
    streams = np.random.SeedSequence(seed).spawn(3)
    tissue_rng, lesion_rng, speckle_rng = (np.random.default_rng(s) for s in streams)
    width, height = recipe.size_wh
    px_mm = recipe.depth_mm / height
    echo = build_tissue(recipe.tissue, ((height, width), px_mm), tissue_rng)
    mask = np.zeros((height, width), bool)
    for lesion in recipe.lesions:
        outline = outline_lesion(lesion, (height, width), px_mm, lesion_rng)
        one = fill_outline(outline, (height, width))
        echo = insert_lesion(echo, one, lesion, lesion_rng)
        mask |= one
    image = form_image(echo, recipe.scanner, speckle_rng)
    return Phantom(image, mask, recipe.title, recipe.description)

"""Simulated scans with an exactly known outline."""

from busdemo.phantoms.examples import EXAMPLES
from busdemo.phantoms.recipes import PhantomRecipe, random_recipe
from busdemo.phantoms.simulate import Phantom, simulate
from busdemo.phantoms.writing import write_examples

__all__ = ["EXAMPLES", "Phantom", "PhantomRecipe", "random_recipe", "simulate", "write_examples"]

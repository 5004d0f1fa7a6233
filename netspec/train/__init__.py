"""Training: the recipe, the data, the loop and what a run leaves behind.

The recipe (`netspec.train.recipe`) needs no torch, so that `netspec check` can read it. All else
imports torch: import `netspec.train.run` and its neighbours where a network is trained.
"""

from netspec.train.recipe import Recipe, read_recipe

__all__ = ["Recipe", "read_recipe"]

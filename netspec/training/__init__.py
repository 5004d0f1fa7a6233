"""Training: the recipe, the data, the loop and what a run leaves behind.

The recipe (`netspec.recipe.recipe`) needs no torch, so that `netspec check` can read it. All else
imports torch: import `netspec.training.run` and its neighbours where a network is trained.
"""

"""How many examples a recipe shows the network."""

from __future__ import annotations

from netspec.train.recipe import Recipe


def presentations(recipe: Recipe) -> int | None:
    """Training examples times rounds; None where the data set does not say how many it has.

    What is held out for validation is not shown; of each class alike, so that it may be an example more or less.
    """
    examples = recipe.data.examples
    return None if examples is None else round(examples * (1 - recipe.data.validation)) * recipe.epochs

"""The number of examples that a recipe shows the network."""

from __future__ import annotations

from netspec.recipe.recipe import Recipe


def presentations(recipe: Recipe) -> int | None:
    """Training examples of all steps together; None where the data set does not say how many it has.

    Held-out examples are not shown; they are taken of each class alike, so that there may be one more or less.
    """
    examples = recipe.data.training_examples
    if examples is None:
        return None
    held = recipe.data.validation
    learned = examples - held if isinstance(held, int) else round(examples * (1 - held))
    rounds, rest = divmod(recipe.total_steps(learned), recipe.steps_per_epoch(learned))
    shown = recipe.data.learned(learned)
    return rounds * shown + min(rest * recipe.step_size, shown)

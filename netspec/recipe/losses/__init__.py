"""Losses; options bear torch's names where it has them. A new one is a class in a file here and nothing else.

Imports no torch; a loss's `of_classes` and `of_values` do.
"""

from netspec.recipe.losses.base import Criterion, IgnoringLoss, Loss, PairLoss

__all__ = ["Criterion", "IgnoringLoss", "Loss", "PairLoss"]

"""Augmentations. A new one is a class in a file here and nothing else.

Imports no torch; an augmentation's `apply` does.
"""

from netspec.recipe.augment.base import Augmentation, Scene

__all__ = ["Augmentation", "Scene"]

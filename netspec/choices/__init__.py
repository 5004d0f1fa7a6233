"""Named choices: what a layer of a network and a part of a recipe have in common."""

from netspec.choices.choice import Choice
from netspec.choices.registry import Registry

__all__ = ["Choice", "Registry"]

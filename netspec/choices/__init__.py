"""Named choices: the common base of a network's layers and a recipe's parts."""

from netspec.choices.choice import Choice
from netspec.choices.registry import Registry

__all__ = ["Choice", "Registry"]

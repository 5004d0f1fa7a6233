"""Data sets. A new one is a file here and nothing else.

Imports no torch; a data set's `load` does.
"""

from netspec.recipe.data.base import DataSet

__all__ = ["DataSet"]

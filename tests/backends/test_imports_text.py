"""The import statements of a source: the same for the same imports, in whatever order they are found."""

from __future__ import annotations

from itertools import permutations

from netspec.backends.imports import import_lines
from netspec.program.foreign import Import


def test_imports_of_one_meaning_are_spelt_alike_in_every_order() -> None:
    alike = [Import("torch.nn", "functional", "F"), Import("torch.nn.functional", "", "F")]
    others = [Import("math"), Import("torch", "Tensor", "T"), Import("torch", "Tensor", "V")]
    texts = {tuple(import_lines(order)) for order in permutations([*alike, *others])}
    (lines,) = texts
    assert lines[:3] == ("import math", "", "import torch.nn.functional as F")

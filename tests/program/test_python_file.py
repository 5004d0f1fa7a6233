"""The statements of a Python file by the names that they bind, and the names that each of them reads."""

from __future__ import annotations

from netspec.program.foreign import Import
from netspec.program.python_file import PythonFile, reads

TEXT = """
import torch.nn as nn
from math import pi as pi, tau as turn
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

SIZE: int = 3


@staticmethod
def area(radius: "Tensor"):
    return pi * radius**2 * SIZE


try:
    import numpy
except ImportError:
    numpy = None
"""


def test_statements_are_found_by_the_names_that_they_bind() -> None:
    file = PythonFile("own.py", TEXT)
    assert {name: [made.line for made in found] for name, found in file.definitions.items()} == {
        "SIZE": [9],
        "area": [12],
        "numpy": [17],
    }
    [area] = file.definitions["area"]
    assert area.text.startswith("@staticmethod\ndef area(")
    assert file.imports == {
        "nn": [Import("torch", "nn")],
        "pi": [Import("math", "pi")],
        "turn": [Import("math", "tau", "turn")],
        "TYPE_CHECKING": [Import("typing", "TYPE_CHECKING")],
        "Tensor": [Import("torch", "Tensor")],
    }


def test_a_statement_reads_names_of_its_file_in_annotations_too() -> None:
    [area] = PythonFile("own.py", TEXT).definitions["area"]
    needed, _ = reads(area.text)
    assert needed == {"Tensor", "pi", "SIZE", "staticmethod"}

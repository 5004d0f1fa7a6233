"""Names of strangers' files in tables of answers: nothing hidden, nothing that a spreadsheet would compute."""

from __future__ import annotations

import csv
from pathlib import Path

import torch

from netspec.report.sheet import file_cell
from netspec.training.judging.answers import Answers, Column


def test_names_of_files_are_neither_formulas_nor_escape_sequences(tmp_path: Path) -> None:
    names = {
        "=1+1.png": "./=1+1.png",
        "+a": "./+a",
        "-a": "./-a",
        "@a": "./@a",
        "a\x1b[31m": "a\\x1b[31m",
        "a=1": "a=1",
    }
    assert {name: file_cell(name) for name in names} == names
    told = [Column("", torch.zeros(len(names), 1), ("value",), torch.zeros(len(names), 1))]
    found = Answers([(name, 1) for name in names], told)
    found.write(tmp_path / "told.csv")
    with (tmp_path / "told.csv").open(newline="") as file:
        assert [row[0] for row in csv.reader(file)][1:] == list(names.values())

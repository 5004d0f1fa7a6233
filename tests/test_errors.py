"""Every rendered error: `tests/errors/` holds broken specs, each with what is said of it.

Run with ``NETSPEC_OVERWRITE=1`` to write the expected texts anew; then read what changed.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from netspec.analysis import analyze
from netspec.cli import run
from netspec.diagnostics import Diagnostic, NetspecError
from netspec.diagnostics.render import render
from netspec.diagnostics.styled import plain
from netspec.report.numbers import View
from netspec.report.rows import table_rows
from tests.broken_specs import FOLDER, SPECS, broken, load


def as_text(diagnostics: list[Diagnostic]) -> str:
    return plain(render(diagnostics))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_what_is_said(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = as_text(broken(spec.stem, monkeypatch))
    expected = spec.with_suffix(".txt")
    if os.environ.get("NETSPEC_OVERWRITE"):
        expected.write_text(found, encoding="utf-8")
    assert expected.is_file(), "run with NETSPEC_OVERWRITE=1 to write it"
    assert found == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_every_error_has_its_place(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = spec.read_text(encoding="utf-8").split("\n")
    for each in broken(spec.stem, monkeypatch):
        assert each.span is not None
        assert each.span.file == spec.name
        assert 1 <= each.span.line <= len(lines)
        assert 1 <= each.span.column <= len(lines[each.span.line - 1]) + 1
        assert each.found or each.expected or each.help or each.related or "`" in each.message


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_check_tells_what_loading_does(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = broken(spec.stem, monkeypatch)
    if spec.stem == "recipe_and_layers":  # loading ends at the first of them
        return
    with pytest.raises(NetspecError) as caught:
        load(spec.name)
    assert [replace(each, fixes=()) for each in found] == caught.value.diagnostics


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_what_was_right_is_all_in_the_table(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    with pytest.raises(NetspecError) as caught:
        load(spec.name)
    graph = caught.value.partial
    if graph is None or not graph.nodes:
        return
    rows = [row for row in table_rows(analyze(graph), View()) if not row.heading]
    assert [row.cells[0].text for row in rows] == list(graph.nodes)


def test_the_layers_of_branches_that_do_not_meet_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary", str(FOLDER / "nested_branches.yaml")]) == 1
    shown = capsys.readouterr().out
    assert "(up to the first error)" in shown
    assert "deep (layers)" in shown
    assert "conv2 (Conv2d)" in shown
    assert "two (stage)" not in shown
    assert "Total params: 2,504" in shown


def test_no_text_is_left_over() -> None:
    assert {file.stem for file in FOLDER.glob("*.txt")} == {spec.stem for spec in SPECS}


def test_ten_errors_of_one_file_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(each.code.number, each.span.line) for each in broken("ten_at_once", monkeypatch) if each.span]
    assert found == [
        ("NS0102", 4),  # a key written twice
        ("NS0202", 6),  # a missing key
        ("NS0204", 8),  # an unknown layer
        ("NS0205", 9),  # a misspelt option
        ("NS0203", 10),  # a wrong type
        ("NS0302", 11),  # a kernel larger than its input
        ("NS0303", 12),  # groups that do not divide
        ("NS0401", 13),  # a bad expression
        ("NS0501", 14),  # a `from` that names nothing
        ("NS0304", 16),  # an `add` of unequal shapes
    ]

"""A scan is shown as the loop that it is: in pictures, tables and explanations."""

from __future__ import annotations

import pytest

from netspec import api
from netspec.analysis import Analysis, analyze
from netspec.analysis.explanation import explain
from netspec.graph import Scope
from netspec.picture.blocks import blocks
from netspec.picture.building import scene
from netspec.picture.scene import Frame, Part, Scene, children
from netspec.report.explanation import explanation
from netspec.report.loops import Loop
from netspec.report.numbers import View
from netspec.report.rows import table_rows
from netspec.report.writers import written

SPEC = """\
netspec: 1
name: encoder
input: [10, 6]
blocks:
  cell:
    params: {out: int}
    inputs: [frame, hidden]
    layers:
      - {concat: [frame, hidden], name: both}
      - {linear: $out, activation: tanh, name: shown}
layers:
  - {constant: 0.0, shape: [8], name: hidden}
  - {cell: 8, scan: 0, from: [input, hidden], carry: [hidden], to: [maps, last], name: enc}
  - {mean: 0, from: maps, name: mean}
  - add: [mean, last]
"""


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return analyze(api.elaborate(api.loads(SPEC)))


def frames(part: Part) -> list[Frame]:
    return [*([part] if isinstance(part, Frame) else []), *(f for each in children(part) for f in frames(each))]


def flows(shown: Scene) -> set[tuple[str, str]]:
    return {(shown.boxes[edge.source].path, shown.boxes[edge.target].path) for edge in shown.edges}


def test_the_frame_holds_the_whole_loop_and_says_so(analysis: Analysis) -> None:
    shown = scene(analysis, 9)
    (frame,) = frames(shown.root)
    assert frame.text == ("enc", "10 × cell over axis 0, carries hidden")
    assert [box.path for box in shown.boxes if box.keys] == [
        *("hidden", "unbind1", "enc.both", "enc.shown", "stack1", "mean", "add1")
    ]
    assert [each.path for each in frame.body.parts] == ["unbind1", "enc.both", "enc.shown", "stack1"]  # type: ignore[union-attr]


def test_nothing_flows_past_the_loop(analysis: Analysis) -> None:
    assert ("input", "unbind1") in flows(scene(analysis, 9))
    assert ("input", "stack1") not in flows(scene(analysis, 9))


def test_what_gives_a_state_to_the_next_step_names_it(analysis: Analysis) -> None:
    assert [box.title for box in scene(analysis, 9).boxes if "→" in box.title] == ["linear 8, tanh → hidden"]
    inner = SPEC.replace(
        "{linear: $out, activation: tanh, name: shown}", "{sequence: [{linear: $out}, tanh], name: shown}"
    )
    shown = scene(analyze(api.elaborate(api.loads(inner))), 2)
    assert [box.title for box in shown.boxes if "→" in box.title] == ["shown → hidden"]


def test_a_state_that_no_step_changes_is_given_by_none() -> None:
    kept = SPEC.replace("    inputs: [frame, hidden]\n", "    inputs: [frame, hidden]\n    outputs: [hidden, shown]\n")
    shown = scene(analyze(api.elaborate(api.loads(kept))), 9)
    assert frames(shown.root)[0].text[1] == "10 × cell over axis 0, carries hidden"
    assert not any("→" in box.title for box in shown.boxes)


def test_of_many_states_the_first_are_named() -> None:
    many = Loop(Scope("block", "", True, "cell"), 5, 0, tuple("abcde"), frozenset())
    assert many.told == "over axis 0, carries a, b, c, …"


def test_folded_it_is_one_box_of_all_steps(analysis: Analysis) -> None:
    shown = scene(analysis, 1)
    (box,) = [box for box in shown.boxes if box.role == "block"]
    assert box.text == ("enc: 10 × cell over axis 0, carries hidden", "8, 10×8")
    assert flows(shown) >= {("input", "enc"), ("hidden", "enc"), ("enc", "mean"), ("enc", "add1")}


def test_loops_of_other_numbers_of_steps_tell_none() -> None:
    head, _ = SPEC.split("layers:\n  - {constant")
    shorter = """\
  shorter:
    layers:
      - {constant: 0.0, shape: [8], name: hidden}
      - {cell: 8, scan: 0, from: [input, hidden], carry: [hidden], to: [maps, last]}
      - {slice: [0, -2], from: maps}
layers:
  - {linear: 8}
  - {shorter: , repeat: 3}
"""
    shown = scene(analyze(api.elaborate(api.loads(head + shorter))), 9)
    _, loop = frames(shown.root)
    assert (loop.times, loop.text[1]) == (3, "cell over axis 0, carries hidden")


def test_the_table_has_the_ends_with_the_block(analysis: Analysis) -> None:
    rows = [(row.level, row.name, str(row.cells[1])) for row in table_rows(analysis, View())]
    assert rows[1:6] == [
        (0, "enc", "10 x cell over axis 0"),
        (1, "unbind1", "Unbind"),
        (1, "both", "Concat"),
        (1, "shown", "Linear"),
        (1, "stack1", "Stack"),
    ]
    folded = [row.name for row in table_rows(analysis, View(depth=1))]
    assert folded == ["hidden", "enc", "mean", "add1"]


def test_stages_have_one_row_for_it(analysis: Analysis) -> None:
    cells = [[cell.text for cell in row.cells] for row in blocks(analysis).tables[0].rows]
    assert next(row for row in cells if row[0] == "enc")[:3] == ["enc", "10 × cell over axis 0", "8"]
    assert not any("stack" in cell or "unbind" in cell for row in cells for cell in row)


def test_what_is_carried_is_explained(analysis: Analysis) -> None:
    text = written(explanation("encoder", explain(analysis, ["unbind1"]), ways=False), "text")
    assert "10, over axis 0" in text
    assert "hidden into the first step, enc.shown into each next one" in text

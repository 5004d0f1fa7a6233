"""Repeats of several inputs: what is carried from round to round, what is held, and what is gathered of all rounds."""

from __future__ import annotations

import pytest

from tests.frontend.writing import diagnostics, feeds, graph, only, out, paths, spec

BLOCKS = """
blocks:
  pair:
    inputs: [x, held]
    layers: [{add: [x, held], name: sum}]
  both:
    inputs: [left, right]
    outputs: [one, two, three]
    layers:
      - {relu: , from: left, name: one}
      - {tanh: , from: right, name: two}
      - {multiply: [left, right], name: three}
"""
TWO = "- {relu: , name: a}\n- {tanh: , name: b, from: input}\n"


def test_the_first_input_is_carried_and_the_others_are_held() -> None:
    found = graph(TWO + "- {pair: , from: [a, b], repeat: 3, name: p}", BLOCKS)
    assert [feeds(found, f"p.{n}.sum") for n in range(3)] == [["a", "b"], ["p.0.sum", "b"], ["p.1.sum", "b"]]
    assert feeds(graph(TWO + "- {add: [a, b], repeat: 2}"), "add2") == ["add1", "b"]


def test_no_round_at_all_hands_on_what_is_carried() -> None:
    assert feeds(graph(TWO + "- {pair: , from: [a, b], repeat: 0}\n- {add: [a, b], name: c}\n", BLOCKS), "c") == [
        "a",
        "b",
    ]


def test_carry_says_which_inputs_the_results_feed() -> None:
    found = graph(TWO + "- {both: , from: [a, b], carry: right, repeat: 2, name: p}\n- relu", BLOCKS)
    assert [feeds(found, f"p.1.{each}") for each in ("one", "two", "three")] == [["a"], ["p.0.one"], ["a", "p.0.one"]]
    layers = "- {both: , from: [a, b], carry: [left, right], repeat: 2, name: p, to: [c, d]}\n- add: [c, d]"
    found = graph(TWO + layers, BLOCKS)
    assert feeds(found, "p.1.three") == ["p.0.one", "p.0.two"]
    assert feeds(found, "add1") == ["p.1.one", "p.1.two"]


def test_collect_gathers_the_results_that_are_not_carried() -> None:
    rounds = "- {both: , from: [a, b], repeat: 3, name: p, collect: %s}\n"
    found = graph(TWO + rounds % "all" + "- concat: [all, b]", BLOCKS)
    assert feeds(found, "concat1") == ["p.0.two", "p.1.two", "p.2.two", "b"]
    found = graph(
        TWO + rounds % "[all, more]" + "- {add: [more], name: first}\n- {add: [all], name: last}\n- add: [first, last]",
        BLOCKS,
    )
    assert feeds(found, "first") == ["p.0.three", "p.1.three", "p.2.three"]
    assert feeds(found, "last") == ["p.0.two", "p.1.two", "p.2.two"]


def test_collect_gathers_what_is_carried_where_there_is_nothing_else() -> None:
    found = graph("- {conv: 4, kernel: 1, repeat: 3, collect: maps}\n- concat: [maps]")
    assert (feeds(found, "concat1"), out(found)) == (["conv1", "conv2", "conv3"], (12, 8, 8))
    found = graph("- {layers: [{conv: 4, kernel: 1}, relu], repeat: 2, collect: maps, name: r}\n- add: [maps, input]")
    assert feeds(found, "add1") == ["r.0.relu1", "r.1.relu1", "input"]


def test_from_takes_a_list_that_an_expression_gives() -> None:
    head = "params: {taken: [a, b], which: 1}"
    assert feeds(graph(TWO + "- {concat: , from: $taken}", head), "concat1") == ["a", "b"]
    assert feeds(graph(TWO + "- {concat: ['$taken', a]}", head), "concat1") == ["a", "b", "a"]
    assert feeds(graph(TWO + "- {add: ['$(taken[:1])', b]}", head), "add1") == ["a", "b"]
    found = only(spec(TWO + "- {concat: , from: $taken}", "params: {taken: [a, c]}"))
    assert (found.code.name, found.span and found.span.line) == ("UNKNOWN_REFERENCE", 8)


def test_to_is_a_template() -> None:
    layers = "- {chunk: 2, to: ['p$(1 + 1)', '$name']}\n- {add: [p2, q]}"
    assert feeds(graph(layers, "params: {name: q}"), "add1") == ["chunk1", "chunk1"]
    rounds = "- repeat: 2\n  layers:\n    - {chunk: 2, to: [a$i, b$i]}\n    - {add: [a$i, b$i]}"
    assert paths(graph(rounds)) == ["chunk1", "add1", "chunk2", "add2"]


@pytest.mark.parametrize(
    ("layers", "code", "line", "said"),
    [
        ("- {chunk: 2, to: ['p$(1)', 'q$(1 / 2)']}", "EXPRESSION_FAILED", 16, "cannot stand in a name"),
        ("- {chunk: 2, to: [a, 'b-$(1)']}", "BAD_NAME", 16, "`b-1` cannot name a result"),
        ("- {chunk: 2, to: [a, '$(2)']}", "BAD_NAME", 16, "`2` cannot name a result"),
        ("- {relu: , carry: x}", "CONFLICTING_KEYS", 16, "no `repeat` whose rounds it could feed"),
        ("- {relu: , collect: x}", "CONFLICTING_KEYS", 16, "no `repeat` whose rounds it could gather"),
        ("- {relu: , repeat: 2, carry: x}", "CONFLICTING_KEYS", 16, "`relu` has no inputs by name"),
        ("- {relu: , repeat: 2, collect: a-b}", "BAD_NAME", 16, "`a-b` cannot name a result"),
        ("- {relu: , repeat: 2, collect: [a, b]}", "BAD_TARGETS", 16, "`collect` names 2 results"),
        ("- {pair: , from: [input, input], repeat: 2, carry: hold}", "UNKNOWN_REFERENCE", 16, "no input `hold`"),
        ("- {pair: , from: [input, input], repeat: 2, carry: [x, x]}", "BAD_TARGETS", 16, "names `x` twice"),
        ("- {pair: , from: [input, input], repeat: 2, carry: [x, held]}", "BAD_TARGETS", 16, "gives 1"),
        ("- {pair: , repeat: 2}", "WRONG_INPUT_COUNT", 16, "takes 2 inputs, but 1 flows in"),
        ("- parallel: [{relu: , repeat: 2, collect: a}]", "CONFLICTING_KEYS", 16, "each is a branch here"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(layers: str, code: str, line: int, said: str) -> None:
    found = diagnostics(spec(layers, BLOCKS))[0]
    assert (found.code.name, found.span and found.span.line) == (code, line)
    assert said in f"{found.message} {found.expected} {found.help}"


def test_what_follows_a_failed_round_is_not_reported() -> None:
    layers = TWO + "- {conv: $(4 // (1 - i)), kernel: 1, repeat: 2, collect: maps}\n- concat: [maps, a, b]"
    assert only(spec(layers)).code.name == "EXPRESSION_FAILED"


def test_what_is_gathered_is_not_multiplied_without_bound() -> None:
    """A name of 3,000 tensors 2,000 times is refused before they are listed."""
    layers = "- {relu: , repeat: 3000, collect: a, name: r}\n- {concat: , from: \"$(['a'] * 2000)\"}"
    assert only(spec(layers)).code.name == "BAD_REPEAT"

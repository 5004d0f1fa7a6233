"""What a spec may cost: elements that expressions touch, copies, unrolled entries, errors, and what is shown."""

from __future__ import annotations

import difflib
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec import api
from netspec.cli import run
from netspec.diagnostics import Code, Diagnostic, NetspecError, as_dicts, near_miss
from netspec.diagnostics.render import render
from netspec.diagnostics.styled import plain
from netspec.expr import ExpressionError, Meter, extent
from netspec.expr import evaluate as value_of
from netspec.fixes.patch import patch
from netspec.frontend import calls, cost, elaborate, problems, symbolic_layers
from netspec.frontend.elaborate import Elaborator
from netspec.frontend.problems import Report
from tests.expr.exprs import expression

HEAD = "netspec: 1\nname: n\ninput: [3, 8, 8]\n"
LARGE = 50_000


def refused(text: str) -> Diagnostic:
    """The first thing that is wrong with a spec."""
    return netspec.check("spec.yaml", text=text)[0]


LONG_STEPS = [
    "sum(big)",
    "min(big)",
    "max(big, big)",
    "len(big + big)",
    "len(big * 2)",
    "len(big[1:])",
    "len(big[::-1])",
    "big == other",
    "big < other",
    "big in [other]",
    "7 in big",
    "len([big])",
    "len(text + text)",
    "len(text * 2)",
    "word in text",
    "text == word",
]
"""Each is one node, or few, and touches many elements."""


@pytest.mark.parametrize("step", LONG_STEPS)
def test_a_step_costs_the_elements_that_it_touches(step: str) -> None:
    big = (0,) * LARGE
    variables: dict[str, Any] = {
        "big": big,
        "other": (0,) * LARGE,
        "text": "a" * LARGE,
        "word": "a" * (LARGE - 1) + "b",
    }
    meter = Meter(10**9)
    with suppress(ExpressionError):
        value_of(expression(f"$({step})"), variables, meter)
    assert meter.limit - meter.left >= LARGE - 1
    with pytest.raises(ExpressionError) as caught:
        value_of(expression(f"$([1 for w in big if ({step}) == 1])"), variables)
    assert caught.value.bound


@pytest.mark.parametrize("use", ["{linear: $t40}", "{relu: , name: $t40}", "{relu: , repeat: $t40}", "relu"])
@pytest.mark.parametrize("grow", ["[t{0}, t{0}]", "t{0} + t{0}", "t{0} * 2", "[w for w in [t{0}, t{0}]]"])
def test_a_list_that_doubles_is_refused_where_it_becomes_too_long(grow: str, use: str) -> None:
    lets = "".join(f"  t{at + 1}: $({grow.format(at)})\n" for at in range(40))
    found = refused(f"{HEAD}let:\n  t0: [1, 1]\n{lets}layers: [flatten, {use}]\n")
    assert found.code is Code.EXPRESSION_BOUND
    assert found.span is not None
    assert found.span.line < 27


def test_lists_inside_each_other_count_as_often_as_they_stand_there() -> None:
    value: Any = (1, 1)
    for _ in range(5):
        value = (value, value)
    assert extent(value) == 126
    deep: Any = ()
    for _ in range(100):
        deep = (deep,)
    with pytest.raises(ExpressionError):
        extent(deep)


@pytest.mark.parametrize("body", [
    "let: {a: &a '$(sum([w for w in b]))', c: [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a], b: [1]}\nlayers: [relu]",
    "layers:\n" + "  - {linear: '$(len([w for w in b]))'}\n" * 12,
    "layers: [{relu: , let: {c: '$(len([w for w in b]))'}, repeat: 12}]",
    "blocks: {k: {params: {c: list}, layers: [{relu: , when: '$(sum(c) < 0)'}]}}\nlayers: [{k: $b, repeat: 12}]",
])  # fmt: skip
def test_the_expressions_of_a_spec_are_paid_for_together(body: str) -> None:
    """None of them exceeds the bound of one."""
    text = f"{HEAD}{body}\n".replace("let: {a", "let: {b: '$([1] * 30000)', a")
    if "let: {b" not in text:
        text = text.replace(HEAD, HEAD + "let: {b: '$([1] * 30000)'}\n")
    text = text.replace(", b: [1]}", "}")
    found = refused(text)
    assert found.code is Code.EXPRESSION_BOUND
    assert "together" in found.message
    assert "--max-entries" in str(found.help)


BLOCKS = "".join(f"  b{at}: {{layers: [b{at + 1}, b{at + 1}]}}\n" for at in range(40)) + "  b40: {layers: [relu]}\n"


@pytest.mark.parametrize("body", [
    f"blocks:\n{BLOCKS}layers: [b0]",
    f"blocks:\n{BLOCKS.replace('[relu]', '[]')}layers: [b0]",
    "layers: [{repeat: 1000, layers: [{repeat: 1000, layers: [{relu: , repeat: 1000}]}]}]",
    "layers: [{parallel: [{parallel: [{relu: , repeat: 1000}], repeat: 1000}], merge: add}]",
    "layers: [{repeat: 9223372036854775807, layers: []}]",
])  # fmt: skip
def test_entries_are_counted_before_they_are_unrolled(body: str) -> None:
    spec = f"{HEAD}{body}\n"
    found = refused(spec)
    assert found.code is Code.BAD_REPEAT
    assert "--max-entries" in str(found.help)
    document = api.loads(f"{HEAD}layers: [relu]\n").document
    elaborator = Elaborator(document, Report(document.places))
    entries = api.loads(spec).document
    elaborator = Elaborator(entries, Report(entries.places))
    with pytest.raises(NetspecError):
        elaborator.network()
    assert elaborator.unrolled < 5


@pytest.mark.parametrize("layers", [
    "{relu: , repeat: $(10 ** 9)}",
    "{relu: , when: false, repeat: 100}",
    "{layers: [{relu: , when: false}, {relu: , when: false}], repeat: 40}",
    "{layers: [{relu: , repeat: 0}], repeat: 60}",
    "{layers: [{when: false, layers: [{layers: [{relu: , repeat: 10}], repeat: 10}]}], repeat: 40}",
])  # fmt: skip
def test_what_makes_no_layer_counts_as_well(layers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elaborate, "MAX_ENTRIES", 60)
    codes = {found.code for found in netspec.check("spec.yaml", text=f"{HEAD}layers: [relu, {layers}]\n")}
    assert (Code.BAD_REPEAT in codes) == ("when: false, repeat" not in layers)


@pytest.mark.parametrize(("layers", "entries"), [
    ("relu", 1),
    ("{relu: , repeat: 10}", 10),
    ("relu, {repeat: 10, layers: []}", 11),
    ("{repeat: 10, layers: [{linear: 4}, relu]}", 21),
    ("{repeat: 10, layers: [{relu: , repeat: 3}]}", 31),
    ("{repeat: [1, 2], layers: [{residual: [{relu: , repeat: 2}]}]}", 7),
])  # fmt: skip
def test_a_round_counts_by_what_it_holds(layers: str, entries: int) -> None:
    spec = f"{HEAD}layers: [{layers}]\n"
    assert api.elaborate(api.loads(spec, max_entries=entries)).nodes is not None
    with pytest.raises(NetspecError, match="unrolls to more than") if entries > 1 else nullcontext():
        api.elaborate(api.loads(spec, max_entries=max(entries - 1, 1)))


def test_more_entries_are_allowed_where_that_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = f"{HEAD}layers: [{{relu: , repeat: 10001}}]\n"
    file = tmp_path / "long.yaml"
    file.write_text(text)
    with pytest.raises(NetspecError):
        api.elaborate(api.load(file))
    assert len(api.elaborate(api.load(file, max_entries=20_000)).nodes) == 10_001
    assert run(["check", str(file)]) == 1
    assert run(["check", "--max-entries", "20000", str(file)]) == 0
    assert "--max-entries" in capsys.readouterr().out


@pytest.mark.parametrize("body", [
    "{<<: [*m0, *m0], k: 1}",
    "{l: {<<: *m0}, r: {<<: *m0}}",
    "[*m0, *m0]",
    "{l: *m0, r: *m0}",
])  # fmt: skip
def test_whatever_is_copied_counts(body: str) -> None:
    lets = "".join(f"  m{at + 1}: &m{at + 1} {body.replace('m0', f'm{at}')}\n" for at in range(30))
    found = netspec.check("spec.yaml", text=f"{HEAD}let:\n  m0: &m0 {{a: 1, b: 2}}\n{lets}layers: [relu]\n")
    assert Code.EXPANSION_TOO_LARGE in {each.code for each in found}


def test_a_fault_that_is_copied_is_told_once() -> None:
    text = f"{HEAD}let: {{a: &a {{k: 1, k: 2}}, b: [{'*a, ' * 50}]}}\nlayers: [relu]\n"
    assert [each.code for each in netspec.check("spec.yaml", text=text)] == [Code.DUPLICATE_KEY]


def test_values_expressions_and_errors_of_a_text_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "MAX_VALUES", 50)
    assert refused(f"{HEAD}let: {{a: [{'1, ' * 60}]}}\nlayers: [relu]\n").code is Code.EXPANSION_TOO_LARGE
    monkeypatch.setattr(cost, "MAX_VALUES", 1_000)
    monkeypatch.setattr(cost, "MAX_WRITTEN", 200)
    assert refused(f"{HEAD}layers: [{'$(1 + 1), ' * 30}]\n").code is Code.EXPANSION_TOO_LARGE
    monkeypatch.setattr(problems, "MOST_ERRORS", 20)
    many = netspec.check("spec.yaml", text=HEAD + "layers:\n" + "".join(f"  - nothing{at}a\n" for at in range(90)))
    assert len(many) == 20


def test_a_name_of_millions_of_letters_is_shown_in_part() -> None:
    name = "x" * 3_000_000
    found = [
        Diagnostic(Code.UNKNOWN_LAYER, f"there is no layer `{name}`", None, name, f"one of {name}", f"not `{name}`"),
        *netspec.check("spec.yaml", text=f"{HEAD}layers: [{name[:100_000]}]\n"),
    ]
    assert len(plain(render(found))) < 4_000
    assert "..." in found[0].message


def test_of_many_findings_some_are_shown_and_all_are_counted() -> None:
    found = [Diagnostic(Code.UNKNOWN_KEY, f"number {at}") for at in range(1_500)]
    text = plain(render(found))
    assert "... and 1,400 more\n" in text
    assert text.endswith("1500 errors\n")
    data = as_dicts(found)
    assert len(data) == 1_001
    assert data[-1].keys() == data[0].keys()
    assert data[-1]["message"] == "and 500 more"


def test_a_long_line_is_looked_at_around_its_caret_alone() -> None:
    text = f"{HEAD}layers: [{'relu, ' * 2_000}{{conv: 3, kernel: 99}}]\n"
    found = netspec.check("spec.yaml", text=text)[-1]
    assert max(map(len, plain(render([found])).split("\n"))) < 300


def test_a_misspelt_name_is_compared_with_few_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    whole = difflib.get_close_matches

    def counted(word: str, candidates: list[str], *args: Any, **options: Any) -> list[str]:
        nonlocal compared
        compared += len(candidates)
        return whole(word, candidates, *args, **options)

    monkeypatch.setattr(difflib, "get_close_matches", counted)
    known = [f"stage{at}_block" for at in range(100_000)]
    assert near_miss("satge7_block", known) is not None
    assert near_miss("x" * 10_000, known) is None
    assert compared <= 200


def test_one_line_among_thousands_alike_makes_a_small_patch() -> None:
    lines = ["- relu\n"] * 9_000
    fix = patch("a", "".join(lines), "".join([*lines[:4_000], "- tanh\n", *lines[4_001:]]), ["x"])
    [edit] = fix.edits
    assert (edit.end - edit.start, edit.text) == (7, "- tanh\n")


def test_an_error_in_a_large_network_costs_little_more_than_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluated = 0
    whole = calls.rules_of

    def counted(*args: Any) -> calls.Rules:
        nonlocal evaluated
        evaluated += 1
        return whole(*args)

    for module in (calls, symbolic_layers):
        monkeypatch.setattr(module, "rules_of", counted)
    convs = "{conv: $(8 + i), kernel: 3, padding: 1, repeat: 3000}"
    text = f"netspec: 1\nname: n\ninput: [3, 32, 32]\nlayers: [{convs}, {{conv: 4, kernel: 90}}]\n"
    assert [each.code for each in netspec.check("spec.yaml", text=text)] == [Code.KERNEL_TOO_LARGE]
    assert 3_000 < evaluated < 7_000

"""Every lint finds its bad example, is silent on its good one, and stands in the documentation."""

import ast
import inspect
import os
import re
from pathlib import Path

import pytest

from netspec import api
from netspec.cli import run
from netspec.diagnostics import Code
from netspec.lints import lints
from netspec.lints.base import Lint
from netspec.report.error_page import lint_page
from tests.docs import ROOT, blocks

PREFACE = """\
Made from the lints themselves. `netspec check`, and `netspec.review` in Python, warn of what is allowed in a network
and seldom meant, and so does `netspec train` before it begins. A warning leaves the exit code 0; `--strict` of `check`
makes it an error. `--ignore bias-before-norm`, or
`--ignore NS2001`, leaves a lint out; a spec has no key for that, since it says what a network is and not who looks at
it. An entry that is called many times is reported once.

Each has its page, with an example that it warns of and one that it does not; `netspec explain NS2001` prints it.
"""

LINTS = list(lints().values())
HEAD = "netspec: 1\nname: net\n"
PAGES = ROOT / "docs" / "lints"


def found(text: str) -> list[str]:
    """Names of the lints that find something."""
    names = {lint.code.number: lint.name for lint in LINTS}
    return [names[diagnostic.code.number] for diagnostic in api.review(api.loads(HEAD + text))]


@pytest.mark.parametrize("lint", LINTS, ids=lambda lint: lint.name)
def test_the_bad_example_is_found_and_the_good_one_is_not(lint: Lint):
    assert found(lint.bad) == [lint.name]
    assert found(lint.good) == []


@pytest.mark.parametrize("lint", LINTS, ids=lambda lint: lint.name)
def test_a_finding_tells_all_there_is_to_tell(lint: Lint):
    (diagnostic,) = api.review(api.loads(HEAD + lint.bad))
    assert diagnostic.severity == "warning"
    assert diagnostic.code == lint.code
    for phrase in (diagnostic.message, diagnostic.found, diagnostic.expected, diagnostic.help):
        assert phrase
        assert not phrase.endswith(".")
    assert diagnostic.span is not None


def is_current(page: Path, text: str) -> bool:
    """Whether a page of the documentation is what the lints make of it."""
    if os.environ.get("NETSPEC_OVERWRITE"):
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, encoding="utf-8")
    return page.read_text(encoding="utf-8") == text


def lint_table() -> str:
    """The page of all lints: a table of them, each with a link to its own page."""
    rows = (
        f"| [{lint.code.number}](lints/{lint.code.number}.md) | `{lint.name}` | {lint.code.title} |" for lint in LINTS
    )
    return "\n".join([f"# Lints\n\n{PREFACE}", "| Code | Name | |", "| --- | --- | --- |", *rows]) + "\n"


def test_the_page_of_all_is_current():
    assert is_current(ROOT / "docs" / "lints.md", lint_table())
    assert {page.stem for page in PAGES.glob("*")} == {lint.code.number for lint in LINTS}


@pytest.mark.parametrize("lint", LINTS, ids=lambda lint: lint.name)
def test_each_has_a_page_whose_examples_are_true(lint: Lint, tmp_path, monkeypatch):
    page = PAGES / f"{lint.code.number}.md"
    assert is_current(page, lint_page(lint))
    monkeypatch.chdir(tmp_path)
    bad, good = blocks(page)
    assert bad.remark == {"warned": lint.code.number}
    for block, codes in ((bad, [lint.code.number]), (good, [])):
        Path("example.yaml").write_text(block.text)
        assert [each.code.number for each in api.check("example.yaml")] == codes


@pytest.mark.parametrize("lint", LINTS, ids=lambda lint: lint.name)
def test_explain_prints_the_page(lint: Lint, capsys):
    assert run(["explain", lint.code.number.lower()]) == 0
    said = capsys.readouterr().out
    head, _, example = said.partition("\n\n    netspec: 1\n")
    assert example
    assert head.startswith(f"{lint.code.number}: {lint.code.title}\n\n")
    assert head.split() == f"{lint.code.number}: {lint.code.title} {inspect.getdoc(lint)}".split()
    assert said.endswith(f"`netspec check --ignore {lint.name}`, where it is meant so.\n")
    assert "<!--" not in said
    assert run(["explain", lint.code.number, "--format", "markdown"]) == 0
    assert "```yaml\nnetspec: 1\nname: example\n" in capsys.readouterr().out


def test_an_unknown_code_of_a_lint_is_told(capsys):
    assert run(["explain", "NS2099"]) == 1
    said = capsys.readouterr().err
    assert "there is no diagnostic code NS2099" in said
    assert f"NS2001 to {max(lint.code.number for lint in LINTS)}" in said


def test_codes_and_names():
    numbers = [lint.code.number for lint in LINTS]
    assert numbers == sorted(set(numbers))
    assert all(re.fullmatch(r"NS20\d\d", number) for number in numbers)
    assert not set(numbers) & {code.number for code in Code}
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", lint.name) for lint in LINTS)


@pytest.mark.parametrize("folder", ["analysis", "fixes", "interop", "lints", "lowering", "report"])
def test_no_layer_is_known_by_its_name(folder):
    """What is asked of a layer is answered in its class, so that those of plugins answer too."""
    for file in (ROOT / "netspec" / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            parts = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                parts = [node.func.value, *node.args]
            asked = any(ast.unparse(part).endswith(("layer.op", "activation.op")) for part in parts)
            told = any(isinstance(part, (ast.Constant, ast.Tuple)) or ast.unparse(part).isupper() for part in parts)
            assert not (asked and told), f"{file.name}, line {node.lineno}"


def test_each_stands_in_a_file_of_its_own():
    files = [type(lint).__module__ for lint in LINTS]
    assert len(set(files)) == len(files)


ZOO = {
    "bias-before-norm": {"audio_cnn", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"},
    "dropped-border": {"keras_cnn"},
    "small-receptive-field": {"squeezenet1_0", "squeezenet1_1"},
    "heavy-layer": {"alexnet", "alexnet_torchvision", "lstm_classifier", "mlp", "siamese"}
    | {name for name in api.zoo() if name.startswith("vgg")},
}
"""What is true of the zoo and worth saying."""


@pytest.mark.parametrize("name", api.zoo())
def test_the_zoo(name):
    names = {lint.code.number: lint.name for lint in LINTS}
    told = {names[each.code.number] for each in api.review(api.load(name)) if each.severity == "warning"}
    assert told == {lint for lint, networks in ZOO.items() if name in networks}


@pytest.mark.parametrize(
    "layers",
    [
        "[{conv: 8, kernel: 3}, {group_norm: 2}]",  # statistics over several channels
        "[{conv: 8, kernel: 3}, {layer_norm, axis: 0}]",
        "[{conv: 8, kernel: 3}, channel_layer_norm]",
        "[{linear: 8}, batch_norm]",  # the bias is along the last axis, the statistics are along the first
        "[{conv: 8, kernel: 3, activation: relu}, batch_norm]",
        "[{conv: 8, kernel: 3, bias: unshared}, batch_norm]",
        "[{conv: 8, kernel: 3, name: c}, {batch_norm, name: n}, {add: [c, n]}]",
        "[{conv: 3, kernel: 1, name: c}, batch_norm, relu, {reuse: c}]",  # the second call has none after it
        # The same bias counts in the layer that is tied to it.
        "[{conv: 3, kernel: 1, name: c}, batch_norm, relu, {conv: 3, kernel: 3, tie: {bias: c.bias}}]",
    ],
)
def test_a_bias_that_has_an_effect(layers):
    assert "bias-before-norm" not in found(f"input: [3, 16, 16]\nlayers: {layers}\n")


def test_a_bias_of_one_number():
    (diagnostic, *_) = api.review(api.loads(HEAD + "input: [3, 16, 16]\nlayers: [{conv: 1, kernel: 3}, batch_norm]\n"))
    assert diagnostic.found == "a bias of 1 scalar before `batch_norm1`"
    assert "with 1 parameter less" in (diagnostic.help or "")


RECIPE = "train: {data: {folder: digits}, loss: %s, optimizer: {sgd: 0.1}, epochs: 1}\n"


@pytest.mark.parametrize(
    ("end", "loss", "expected"),
    [
        ("{linear: 10, activation: softmax}", "cross_entropy", True),
        ("{linear: 10}, softmax, identity", "{cross_entropy: null, label_smoothing: 0.1}", True),
        ("{linear: 10}, softmax", "nll", True),
        ("{linear: 10}, log_softmax", "nll", False),
        ("{linear: 10}, softmax", "mse", False),
        ("{linear: 10}, softmax, {linear: 10}", "cross_entropy", False),
        ("{linear: 10}, softmin", "cross_entropy", True),
        ("{linear: 20}, {reshape: [10, 2]}, {softmax: 0}, {permute: [1, 0]}, dropout", "cross_entropy", True),
    ],
)
def test_softmax_and_losses(end, loss, expected):
    text = f"input: [1, 28, 28]\nlayers: [flatten, {end}]\n{RECIPE % loss}"
    assert ("softmax-before-cross-entropy" in found(text)) is expected


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ("[layer_norm, {linear: 4}]", False),
        ("[{linear: 1}, layer_norm, {linear: 4}]", True),
        ("[{linear: 4}, {dropout: 1.0}]", True),
        ("[{linear: 4}, {dropout: 0.5}]", False),
        ("[{chunk: 2, to: [a, b]}, {relu, from: a}]", True),
        ("[{chunk: 2, to: [a, b]}, {concat: [b, a]}]", False),
        ("[{parameter: [8], name: p, freeze: true}, {multiply: [input, p]}]", True),
        ("[{parameter: [8], name: p}, {multiply: [input, p]}]", False),
        ("[{parameter: [8], name: p, freeze: true, init: {'': ones}}, {multiply: [input, p]}]", False),
    ],
)
def test_dead_branches(layers, expected):
    assert ("dead-branch" in found(f"input: [8]\nlayers: {layers}\n")) is expected


def test_a_dead_branch_tells_what_hangs_on_it():
    text = lints()["dead-branch"].bad
    (diagnostic,) = api.review(api.loads(HEAD + text))
    assert diagnostic.help is not None
    assert "2 layers that matter to nothing else (17 parameters)" in diagnostic.help


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ("[{conv: 16, kernel: 1}, {conv: 16, kernel: 1}]", True),
        ("[{conv: 2, kernel: 1}, {conv: 16, kernel: 1}]", False),  # a factorisation
        ("[{conv: 16, kernel: 1, groups: 2}, {conv: 16, kernel: 1}]", False),
        ("[{conv: 16, kernel: 1}, batch_norm, {conv: 16, kernel: 1}]", False),
        ("[{conv: 16, kernel: 1, activation: relu}, {conv: 16, kernel: 1}]", False),
        ("[{conv: 16, kernel: 3, groups: 8}, {conv: 16, kernel: 1}]", False),  # a separable convolution
    ],
)
def test_stacked_linear_maps(layers, expected):
    assert ("stacked-linear" in found(f"input: [8, 16, 16]\nlayers: {layers}\n")) is expected


@pytest.mark.parametrize(("tie", "expected"), [("", True), (", tie: {weight: words.weight}", False)])
def test_a_linear_map_before_one_that_is_tied_to_the_embedding(tie, expected):
    layers = f"[{{embedding: 50, dim: 8, name: words}}, {{lstm: 8}}, {{linear: 8}}, {{linear: 50{tie}}}]"
    assert ("stacked-linear" in found(f"input: {{shape: [4], dtype: int64}}\nlayers: {layers}\n")) is expected


SHORTCUT = "- residual: [{conv: 8, kernel: 3, stride: 2, padding: 1}]\n  shortcut: [{conv: 8, kernel: 1, stride: 2}]"


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ("- {conv: 8, kernel: 1, stride: 2}\n- relu", True),
        ("- {max_pool: 1, stride: 2}", True),
        ("- {conv: 8, kernel: 2, stride: 2}", False),
        ("- {conv: 8, kernel: 2, stride: 3, dilation: 2}", False),
        (SHORTCUT, False),
    ],
)
def test_strides_and_kernels(layers, expected):
    assert ("stride-larger-than-kernel" in found(f"input: [8, 16, 16]\nlayers:\n{layers}\n")) is expected


@pytest.mark.parametrize(
    ("layers", "size", "expected"),
    [
        ("[{max_pool: 2}]", 15, True),
        ("[{max_pool: 2}]", 16, False),
        ("[{max_pool: 2}]", 201, False),  # half a per cent
        ("[{max_pool: 3, stride: 2, padding: 1}]", 16, False),
        ("[{conv: 4, kernel: 3, stride: 2}]", 16, True),
        ("[{conv: 4, kernel: 3, stride: 2, padding: 1}]", 16, False),
        ("[{pad: 1}, {conv: 4, kernel: 3, stride: 2}]", 16, False),  # what is dropped was added
        ("[{conv: 4, kernel: 1, stride: 2}]", 16, False),  # that is another lint
        ("[{avg_pool: 4}]", 19, True),
    ],
)
def test_borders(layers, size, expected):
    assert ("dropped-border" in found(f"input: [8, {size}, {size}]\nlayers: {layers}\n")) is expected


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ("[{conv: 4, kernel: 3}, relu, global_avg_pool, flatten]", True),
        ("[{conv: 4, kernel: 3}, relu, global_avg_pool, flatten, {linear: 9}, relu, {linear: 9}]", False),
        ("[{conv: 4, kernel: 3}, relu, flatten, {linear: 9}]", False),
        ("[{conv: 4, kernel: 3}, relu, {adaptive_avg_pool: 1}, flatten, dropout, {linear: 9}, softmax]", True),
        ("[{conv: 4, kernel: 3}, relu]", False),
        ("[{conv: 4, kernel: 17, padding: 8}, relu, global_avg_pool, flatten]", False),
    ],
)
def test_small_receptive_fields(layers, expected):
    assert ("small-receptive-field" in found(f"input: [3, 16, 16]\nlayers: {layers}\n")) is expected


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ("[relu, relu]", True),
        ("[{conv: 4, kernel: 3, activation: relu}, relu]", True),
        ("[sigmoid, {avg_pool: 2}, relu]", True),
        ("[{residual: [relu, {conv: 8, kernel: 1}]}, relu]", False),
        ("[batch_norm, batch_norm]", True),
        ("[batch_norm, {batch_norm, eps: 0.1}]", False),
        ("[{max_pool: 1}]", True),
        ("[relu, {conv: 4, kernel: 3}, relu]", False),
        ("[tanh, relu]", False),
        ("[sigmoid, hardtanh]", True),
        ("[sigmoid, {hardtanh, max_val: 0.5}]", False),
        ("[sigmoid, {upsample: 2, mode: bicubic}, relu]", False),
        ("[relu, {pad: 1, value: -1.0}, relu]", False),
        ("[{softplus, beta: -1.0}, relu]", False),
        ("[relu, alpha_dropout, relu]", False),
        ("[relu, {avg_pool: 2, divisor_override: -4}, relu]", False),
        ("[relu, identity, flatten, {reshape: [8, 256]}]", False),  # for the shape, or asked for
    ],
)
def test_layers_without_effect(layers, expected):
    assert ("no-effect" in found(f"input: [8, 16, 16]\nlayers: {layers}\n")) is expected


@pytest.mark.parametrize(
    ("end", "loss", "expected"),
    [
        ("{linear: 10}, sigmoid", "bce_with_logits", "leave out the `sigmoid`"),
        ("{linear: 10, activation: sigmoid}, dropout", "cross_entropy", "leave out the `sigmoid`"),
        ("{linear: 10}, softmax", "focal", "leave out the `softmax`"),
        ("{linear: 20}, sigmoid, {reshape: [10, 2]}, {mean: 1}", "{dice: null, smooth: 2}", "end in a linear map"),
        ("{linear: 10}", "nll", "end in `log_softmax`"),
        ("{linear: 10}, relu", "nll", "end in `log_softmax`"),
        ("{linear: 10}, log_softmax", "nll", None),
        ("{linear: 10}, softmax", "nll", None),  # that is another lint
        ("{linear: 10}", "bce_with_logits", None),
        ("{linear: 10}, relu", "cross_entropy", None),
        ("{linear: 10}, sigmoid", "mse", None),
    ],
)
def test_outputs_and_losses(end, loss, expected):
    text = f"{HEAD}input: [1, 28, 28]\nlayers: [flatten, {end}]\n{RECIPE % loss}"
    told = [d.help for d in api.review(api.loads(text)) if d.code.number == "NS2012"]
    assert [help.startswith(expected) for help in told] == ([True] if expected else [])


def test_calls_of_one_entry_are_told_of_once():
    text = "input: [3, 32, 32]\nlayers:\n  - layers: [{conv: 8, kernel: 3}, batch_norm, relu]\n    repeat: 6\n"
    (diagnostic,) = api.review(api.loads(HEAD + text))
    assert [related.note for related in diagnostic.related] == ["the same in `conv2`, `conv3`, `conv4` and 2 more"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input: [28, 28, 1]\nlayers: [{conv: 4, kernel: 3, padding: 1}]", True),
        ("inputs: {photo: [32, 32, 3]}\nlayers: [{max_pool: 2, ceil_mode: true}]", True),
        ("input: [28, 28, 1]\nlayers: [{permute: [2, 0, 1]}, {conv: 4, kernel: 3}]", False),
        ("input: [28, 28, 1]\nlayers: [relu, flatten, {linear: 4}]", False),
        ("input: [28, 28, 2]\nlayers: [{conv: 4, kernel: 3, padding: 1}]", False),
        ("input: [3, 28, 28]\nlayers: [{conv: 4, kernel: 3, padding: 1}]", False),
        ("input: [28, 28]\nlayers: [{conv: 4, kernel: 3, padding: 1}]", False),
    ],
)
def test_channels_that_stand_last(text, expected):
    assert ("channels-last" in found(text)) is expected

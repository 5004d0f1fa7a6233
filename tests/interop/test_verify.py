"""A network beside a reference: what is the same passes, and every way of being different is found and named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.interop.result import Verification
from netspec.report.verification import verification
from netspec.report.writers import written
from tests.interop.networks import REFERENCE, SPEC, compiled, reference, small


def text_of(found: Verification) -> str:
    return " ".join(written(verification(found), "text").split())


def different(found: Verification) -> list[str]:
    return [check.name for check in found.checks if check.status == "different"]


def test_the_same_network_is_bit_equal(tmp_path: Path) -> None:
    found = api.verify(small(), reference(tmp_path))
    assert found.agrees
    assert {check.status for check in found.checks} == {"equal"}
    assert found["parameters"].ours == found["parameters"].theirs == 4 * 27 + 8 + 6 * 37 + 5 * 7
    assert found["MACs"].ours == 4 * 27 * 64 + 6 * 36 * 16 + 30
    assert found["outputs"].relative == 0
    assert found.parting is None
    assert "They agree, bit for bit." in text_of(found)


CHANGES: dict[str, tuple[str, str, set[str], str | None]] = {
    # what: (old, new, checks that differ, the module that is named)
    "eps": ("BatchNorm2d(4)", "BatchNorm2d(4, eps=1e-6)", {"outputs", "gradients", "settings"}, "bn1"),
    "stride": ("stride=2, padding=1", "padding=1", {"MACs", "outputs", "gradients", "settings"}, "conv2"),
    "padding mode": (
        "3, padding=1, bias",
        "3, padding=1, padding_mode='circular', bias",
        {"outputs", "gradients", "settings"},
        "conv1",
    ),
    "activation": ("leaky_relu(self.conv2(x))", "leaky_relu(self.conv2(x), 0.02)", {"outputs", "gradients"}, "drop"),
    "shift": ("self.bn1(self.conv1(x))", "self.bn1(self.conv1(x) + 1e-3)", {"outputs", "gradients"}, "bn1"),
    "momentum": ("BatchNorm2d(4)", "BatchNorm2d(4, momentum=0.2)", {"running statistics", "settings"}, None),
    "dropout": ("Dropout(0.5)", "Dropout(0.2)", {"random draws", "settings"}, None),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_found_and_named(tmp_path: Path, change: str) -> None:
    old, new, checks, module = CHANGES[change]
    found = api.verify(small(), reference(tmp_path, old, new))
    assert not found.agrees
    assert checks <= set(different(found))
    assert set(different(found)) <= checks | {"training outputs", "training gradients", "running statistics"}
    assert (found.parting and found.parting.module) == module
    if module is not None:
        assert found.parting
        assert found.parting.fed_alike == (change in ("eps", "stride", "padding mode"))
        assert found.parting.span
        assert SPEC.splitlines()[found.parting.span.line - 1].rstrip("}").endswith(f"name: {module}")
        assert f"`{module}`" in text_of(found)
    if "settings" in checks:
        assert len(found.settings) == 1
        assert "settings: 1 apart, first in" in text_of(found)


def test_tensors_without_a_counterpart_are_named(tmp_path: Path) -> None:
    found = api.verify(small(), reference(tmp_path, "padding=1, bias=False", "padding=1"))
    assert different(found) == ["parameters", "tensors"]
    assert [(each.ours, each.theirs) for each in found.tensors] == [(None, "conv1.bias")]
    assert "conv1.bias [4] is not in the spec" in text_of(found)
    found = api.verify(small(), reference(tmp_path, "nn.Linear(6, classes)", "nn.Linear(6, classes, bias=False)"))
    assert "+ fc.bias [5] is not in the reference" in text_of(found)
    found = api.verify(small(), reference(tmp_path), options={"classes": 7})
    assert "~ fc.weight: [5, 6] here, [7, 6] in the reference" in text_of(found)
    assert found["tensors"].where == "fc.weight"


def test_another_order_of_tensors_is_a_remark(tmp_path: Path) -> None:
    lines = REFERENCE.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "self.conv1 = " in line)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    (tmp_path / "reference.py").write_text("".join(lines))
    found = api.verify(small(), f"{tmp_path / 'reference.py'}:Reference")
    assert found.agrees
    assert (found["tensors"].status, found["tensors"].where) == ("equal", "conv1.weight")
    assert "They agree, bit for bit. tensors: in another order, first in `conv1.weight`" in text_of(found)


OTHERS = {"conv1": "stem", "bn1": "norm", "conv2": "blocks0", "fc": "head"}


def with_other_names(folder: Path) -> str:
    text = REFERENCE
    for ours, theirs in OTHERS.items():
        text = text.replace(f"self.{ours}", f"self.{theirs}")
    (folder / "other.py").write_text(text)
    return f"{folder / 'other.py'}:Reference"


def test_other_names_are_told_and_rules_proposed(tmp_path: Path) -> None:
    found = api.verify(small(), with_other_names(tmp_path))
    assert different(found) == ["tensors"]
    assert found.rules == {theirs: ours for ours, theirs in OTHERS.items()}
    assert "The shapes agree in order." in text_of(found)
    rules = ", ".join(f"{theirs}: {ours}" for theirs, ours in found.rules.items())
    mapped = api.verify(small(f"weights: {{names: {{paper: {{{rules}}}}}}}\n"), with_other_names(tmp_path))
    assert mapped.agrees
    assert mapped.names == "paper"
    assert mapped["gradients"].status == "equal"
    assert "the spec's rules for `paper`" in text_of(mapped)


def test_a_change_is_named_behind_a_mapping_too(tmp_path: Path) -> None:
    against = with_other_names(tmp_path)
    (tmp_path / "other.py").write_text((tmp_path / "other.py").read_text().replace("2d(4)", "2d(4, eps=1e-6)"))
    rules = ", ".join(f"{theirs}: {ours}" for ours, theirs in OTHERS.items())
    found = api.verify(small(f"weights: {{names: {{paper: {{{rules}}}}}}}\n"), against)
    assert found.parting
    assert (found.parting.module, found.parting.fed_alike) == ("bn1", True)


def test_no_rules_are_proposed_where_shapes_disagree(tmp_path: Path) -> None:
    against = with_other_names(tmp_path)
    assert api.verify(small(), against, options={"classes": 6}).rules == {}


def test_a_head_of_1x1_convolution(tmp_path: Path) -> None:
    text = REFERENCE.replace("nn.Linear(6, classes)", "nn.Conv2d(6, classes, 1)")
    text = text.replace("self.fc(self.drop(x.mean((2, 3))))", "self.fc(self.drop(x.mean((2, 3), True))).flatten(1)")
    (tmp_path / "reference.py").write_text(text)
    found = api.verify(small(), f"{tmp_path / 'reference.py'}:Reference")
    assert found.agrees
    assert found["gradients"].relative is not None


def test_rounding_is_close_and_explained(tmp_path: Path) -> None:
    path = reference(tmp_path, "self.bn1(self.conv1(x))", "self.bn1(self.conv1(x.double() * 3 / 3).float())")
    assert api.verify(small(), reference(tmp_path)).agrees
    text = REFERENCE.replace("self.bn1(self.conv1(x))", "self.bn1(self.conv1(x / 3) * 3)")
    (tmp_path / "reference.py").write_text(text)
    found = api.verify(small(), path)
    assert found.agrees
    assert found["outputs"].status == "close"
    assert 0 < (found["outputs"].relative or 0) < 1e-5
    assert found.parting
    assert found.parting.module == "conv1"
    assert "They agree within 1e-05 as far as they could be compared, which leaves out: operations." in text_of(found)
    assert "mul(other=3) here" not in text_of(found)
    assert "none of these here, div(other=3), mul(other=3) in the reference" in text_of(found)
    strict = api.verify(small(), path, tolerance=0.0)
    assert {"outputs", "gradients"} <= set(different(strict))


MANY = """netspec: 1
name: many
input: [4]
layers:
  - {linear: 3, name: a}
  - {linear: 2, from: a, name: b}
  - {linear: 2, from: a, name: c}
outputs: {one: b, two: c}
"""


def heads(folder: Path, result: str, made: str = "one, two") -> str:
    """A reference with two heads, of which it makes those named and returns what is said."""
    values = {"one": "self.b(x)", "one, two": "self.b(x), self.c(x)"}[made]
    (folder / "heads.py").write_text(
        "from collections import namedtuple\nfrom torch import nn\n\nPair = namedtuple('Pair', 'x y')\n\n\n"
        "class Heads(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.a, self.b, self.c = nn.Linear(4, 3), nn.Linear(3, 2), nn.Linear(3, 2)\n\n"
        f"    def forward(self, x):\n        x = self.a(x)\n        {made} = {values}\n"
        f"        return {result}\n"
    )
    return f"{folder / 'heads.py'}:Heads"


@pytest.mark.parametrize(
    "result",
    [
        "one, two",
        "two, one",
        "Pair(one, two)",
        "{'two': two, 'one': one}",
        "{'a': [one], 'b': (two,)}",
        "{'one': one, 'two': two, 'none': None}",
    ],
)
def test_several_outputs_by_name_or_in_order(tmp_path: Path, result: str) -> None:
    assert api.verify(api.loads(MANY), heads(tmp_path, result)).agrees


@pytest.mark.parametrize(
    ("result", "where"),
    [("{'one': two, 'two': one}", "one"), ("one, two + 1", "two"), ("one, two, one", "one"), ("one", "one")],
)
def test_several_outputs_that_differ(tmp_path: Path, result: str, where: str) -> None:
    found = api.verify(api.loads(MANY), heads(tmp_path, result))
    assert "outputs" in different(found)
    assert found["outputs"].where == where


def test_side_branches_are_compared_in_training_mode(tmp_path: Path) -> None:
    text = MANY.replace("from: a, name: c", "from: a, name: c, only: training").replace(", two: c", "")
    right = heads(tmp_path, "(one, self.c(x)) if self.training else one", "one")
    found = api.verify(api.loads(text), right)
    assert found.agrees
    assert found["training outputs"].ours
    wrong = heads(tmp_path, "(one, self.c(x) * 2) if self.training else one", "one")
    assert different(api.verify(api.loads(text), wrong)) == ["training outputs", "training gradients"]


def test_integers_flow_into_embeddings(tmp_path: Path) -> None:
    (tmp_path / "words.py").write_text(
        "from torch import nn\n\n\ndef words():\n    return nn.Sequential(nn.Embedding(11, 3), nn.Linear(3, 2))\n"
    )
    text = (
        "netspec: 1\nname: words\ninput: {shape: [6], dtype: int64}\nsequence: [{embedding: 11, dim: 3}, {linear: 2}]\n"
    )
    assert api.verify(api.loads(text), f"{tmp_path / 'words.py'}:words").agrees


def test_other_sizes_seeds_and_batches(tmp_path: Path) -> None:
    against = reference(tmp_path)
    first = api.verify(small(), against, inputs={"input": (3, 11, 6)}, seed=3, batch=5)
    assert first.agrees
    assert first["MACs"].ours != api.verify(small(), against)["MACs"].ours
    assert (first.seed, first.batch) == (3, 5)


def test_layers_that_torch_counts_otherwise(tmp_path: Path) -> None:
    (tmp_path / "lenet.py").write_text(
        f"{api.generate(api.load('lenet5_1998'))}\n\n"
        "class More(LeNet5_1998):\n"
        "    def forward(self, x):\n"
        "        return super().forward(x) @ torch.eye(10, device=x.device)\n"
    )
    found = api.verify("lenet5_1998", f"{tmp_path / 'lenet.py'}:LeNet5_1998")
    # C3's table is computed with all maps, and a distance is no product.
    assert (found["MACs"].theirs, found["MACs"].ours) == (326_520 + 90_000 - 840, 326_520)
    assert (found["MACs"].status, different(found), found.agrees) == ("unknown", [], True)
    assert "than the layers' definitions: 240,000 for 150,000 in `C3`, 0 for 840 in `output`" in text_of(found)
    assert "which leaves out: MACs" in text_of(found)
    more = api.verify("lenet5_1998", f"{tmp_path / 'lenet.py'}:More")
    assert different(more) == ["MACs"]


def test_what_is_not_finite_proves_nothing(tmp_path: Path) -> None:
    found = api.verify(small(), reference(tmp_path, "self.drop(x.mean((2, 3)))", "x.mean((2, 3)) / 0"))
    assert not found.agrees
    assert found["outputs"].status == "unknown"
    assert "The outputs and gradients could not be compared." in text_of(found)


VECTORS = """netspec: 1
name: vectors
input: [4]
layers: [{linear: 5, name: a}, {linear: 3, name: fc}]
"""

HOSTILE = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.fc = nn.Linear(4, 5), nn.Linear(5, 3)

    def forward(self, x):
        return self.fc(self.a(x))


class Hidden(Net):  # the gradient of fc.bias is nan, that of `a` seven times too large
    def forward(self, x):
        h = self.a(x)
        return self.fc(h.detach() + 7 * (h - h.detach())) + 0 * torch.sqrt((self.fc.bias * 0).sum())


class Unproven(Net):  # nothing but that nan
    def forward(self, x):
        return super().forward(x) + 0 * torch.sqrt((self.fc.bias * 0).sum())


class Thrice(Net):
    def forward(self, x):
        return 3 * super().forward(x)


class Long(Net):
    def forward(self, x):
        return super().forward(x)[:, :, None]


class Complex(Net):
    def forward(self, x):
        return super().forward(x).to(torch.complex64)


class Double(Net):
    def forward(self, x):
        return super().forward(x).double()


class Index(Net):
    def forward(self, x):
        return super().forward(x).argmax(-1)


class Lazy(Net):
    def __init__(self):
        super().__init__()
        self.fc = nn.LazyLinear(3)


class InPlace(Net):
    def forward(self, x):
        return super().forward(x.mul_(3).div_(3))
"""


def hostile(folder: Path, name: str, spec: str = VECTORS, **options: Any) -> Verification:
    (folder / "hostile.py").write_text(HOSTILE)
    return api.verify(api.loads(spec), f"{folder / 'hostile.py'}:{name}", **options)


def test_what_is_not_finite_hides_no_difference(tmp_path: Path) -> None:
    found = hostile(tmp_path, "Hidden")
    assert different(found) == ["gradients", "training gradients"]
    assert found["gradients"].where == "a.weight"


def test_gradients_that_cannot_be_compared_prove_nothing(tmp_path: Path) -> None:
    found = hostile(tmp_path, "Unproven")
    assert (found.agrees, different(found), found["gradients"].status) == (False, [], "unknown")
    assert "The gradients could not be compared." in text_of(found)
    assert "the reference's `fc.bias` is not finite" in text_of(found)


@pytest.mark.parametrize("tolerance", [float("nan"), float("inf"), -1.0])
def test_a_tolerance_is_a_finite_number(tmp_path: Path, tolerance: float) -> None:
    with pytest.raises(NetspecError, match="NS0207"):
        hostile(tmp_path, "Thrice", tolerance=tolerance)


@pytest.mark.parametrize(("name", "type_"), [("Complex", "complex64"), ("Double", "float64")])
def test_outputs_of_another_type_differ(tmp_path: Path, name: str, type_: str) -> None:
    found = hostile(tmp_path, name)
    assert different(found) == ["outputs", "training outputs"]
    assert f"outputs: float32 here, {type_} in the reference" in text_of(found)
    assert found["gradients"].status == "equal"


def test_a_check_that_was_not_made(tmp_path: Path) -> None:
    found = hostile(tmp_path, "Index")
    assert "outputs" in different(found)
    with pytest.raises(KeyError, match="gradients"):
        found["gradients"]


def test_gradients_are_compared_where_the_outputs_axes_of_size_1_differ(tmp_path: Path) -> None:
    found = hostile(tmp_path, "Long")
    assert found.agrees
    assert found["gradients"].status == "equal"


@pytest.mark.parametrize("name", ["Lazy", "InPlace"])
def test_references_may_be_lazy_and_work_in_place(tmp_path: Path, name: str) -> None:
    found = hostile(tmp_path, name)
    assert found.agrees
    assert found["gradients"].status in ("equal", "close")


def test_a_batch_too_small_for_a_step_of_training(tmp_path: Path) -> None:
    found = api.verify(small(), reference(tmp_path), inputs={"input": (3, 1, 1)}, batch=1)
    assert found.agrees
    assert found["training outputs"].status == "unknown"
    assert "Expected more than 1 value per channel" in text_of(found)
    assert "They agree, " not in text_of(found)
    assert "They agree as far as they could be compared, which leaves out: training outputs." in text_of(found)


def test_trained_weights_instead_of_random_ones(tmp_path: Path) -> None:
    weights = dict(compiled(4).state_dict())
    torch.save(weights, tmp_path / "w.pt")
    assert api.verify(small(), reference(tmp_path), weights=tmp_path / "w.pt").agrees
    del weights["fc.bias"]
    torch.save(weights, tmp_path / "w.pt")
    with pytest.raises(NetspecError, match="NS0604"):
        api.verify(small(), reference(tmp_path), weights=tmp_path / "w.pt")


def test_the_source_of_the_spec_s_weights_stands_for_the_reference() -> None:
    pytest.importorskip("torchvision")
    found = api.verify(small("weights: {source: torchvision:squeezenet1_1}\n"))
    assert found.against == "torchvision:squeezenet1_1"
    assert "parameters" in different(found)
    with pytest.raises(NetspecError, match="does not say what it is to be compared with"):
        api.verify(small())


@pytest.mark.parametrize(
    ("text", "name", "said", "line"),
    [
        ("def f(:\n", "f", "SyntaxError", 1),
        ("x = 1\nraise ValueError('no')\n", "f", "ValueError: no", 2),
        ("import nonsense_package\n", "f", "No module named 'nonsense_package'", 1),
        ("def net():\n    return 1 / 0\n", "net", "`net` of", 2),
        ("def net():\n    return 1\n", "net", "gives no network", None),
        ("def network():\n    return 1\n", "netwrk", "did you mean `network`?", None),
        ("def net(classes):\n    pass\n", "net", "missing 1 required positional argument", None),
        (
            "from torch import nn\n\n\nclass Net(nn.Module):\n    def forward(self, x):\n        return x.reshape(7)\n",
            "Net",
            "fails for an input [2, 3, 8, 8]",
            6,
        ),
    ],
)
def test_faults_of_the_reference_are_told_with_their_place(
    tmp_path: Path, text: str, name: str, said: str, line: int | None
) -> None:
    (tmp_path / "own.py").write_text(text)
    spec = "netspec: 1\nname: none\ninput: [3, 8, 8]\nlayers: [relu]\n"
    with pytest.raises(NetspecError) as caught:
        api.verify(api.loads(spec), f"{tmp_path / 'own.py'}:{name}")
    [found] = caught.value.diagnostics
    assert found.code.number == "NS0908"
    assert said in f"{found.message} {found.found} {found.help}"
    assert (found.span.line if found.span else None) == line


@pytest.mark.parametrize(
    ("against", "said"),
    [
        ("torchvision:resnet19", "did you mean `resnet18`?"),
        ("torchvison:resnet18", "did you mean `torchvision`?"),
        ("timm:resnet18x", "timm has no network `resnet18x`"),
        ("resnet18", "names no network"),
        ("own.py:", "names no network"),
    ],
)
def test_references_that_there_are_not(against: str, said: str) -> None:
    for package in ("torchvision", "timm"):
        pytest.importorskip(package)
    with pytest.raises(NetspecError) as caught:
        api.verify(small(), against)
    [found] = caught.value.diagnostics
    assert said in f"{found.message} {found.help}"


def test_options_that_a_reference_does_not_take() -> None:
    pytest.importorskip("torchvision")
    with pytest.raises(NetspecError, match="unexpected keyword argument 'clases'"):
        api.verify(small(), "torchvision:resnet18", options={"clases": 3})


def test_a_file_imports_what_stands_beside_it(tmp_path: Path) -> None:
    reference(tmp_path)
    (tmp_path / "main.py").write_text("from reference import Reference\n\nnetwork = Reference()\n")
    assert api.verify(small(), f"{tmp_path / 'main.py'}:network").agrees


def test_the_result_is_plain_data(tmp_path: Path) -> None:
    found = api.verify(small(), reference(tmp_path, "BatchNorm2d(4)", "BatchNorm2d(4, eps=1e-6)"))
    record: dict[str, Any] = json.loads(json.dumps(found.as_dict()))
    assert record["agrees"] is False
    assert [check["name"] for check in record["checks"]] == [check.name for check in found.checks]
    assert record["parting"]["module"] == "bn1"
    with pytest.raises(AttributeError):
        found.name = "other"  # type: ignore[misc]


DRAWN = "self.drop(x.mean((2, 3)))"


def test_dropout_as_a_function_is_the_module_s(tmp_path: Path) -> None:
    found = api.verify(small(), reference(tmp_path, DRAWN, "nn.functional.dropout(x.mean((2, 3)), 0.5, self.training)"))
    assert found.agrees
    assert found["training outputs"].status == "equal"
    assert found["random draws"].status == "equal"


@pytest.mark.parametrize(
    "drawn",
    [
        "nn.functional.dropout(x.mean((2, 3)), 0.4, self.training)",
        "nn.functional.dropout(x.mean((2, 3)), 0.5, self.training) * (1.01 if self.training else 1)",
        "nn.functional.alpha_dropout(x.mean((2, 3)), 0.5, self.training)",
    ],
)
def test_dropout_as_another_function_differs(tmp_path: Path, drawn: str) -> None:
    assert not api.verify(small(), reference(tmp_path, DRAWN, drawn)).agrees

"""LANGUAGE.md, "extends and --set"."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.frontend.settings import setting

BASE = """\
netspec: 1
name: base
doc: The base.
budget: {params: <= 1M}
params: {width: 8, act: relu}
let: {double: $(2 * width)}
input: [3, 8, 8]
blocks:
  one: {params: {out: int, act: str}, layers: [{conv: $out, kernel: 1}, $act]}
  two: {layers: [relu]}
layers: [{one: $double, act: $act}, two]
train: {epochs: 3}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE)
    return tmp_path


def load(folder: Path, text: str, name: str = "own.yaml", **settings: Any) -> api.Spec:
    (folder / name).write_text(text)
    return api.load(folder / name, settings)


def fault(folder: Path, text: str, name: str = "own.yaml", **settings: Any) -> tuple[str, str]:
    """The code and place of the first diagnostic."""
    with pytest.raises(NetspecError) as caught:
        api.elaborate(load(folder, text, name, **settings))
    first = caught.value.diagnostics[0]
    return first.code.name, f"{Path(first.span.file).name}:{first.span.line}" if first.span else "-"


def layers(spec: api.Spec) -> list[tuple[str, tuple[int, ...]]]:
    return [(node.path, node.output_shapes[0]) for node in api.elaborate(spec).nodes.values()]


def test_params_let_and_blocks_merge_by_key(folder: Path) -> None:
    text = "name: own\nextends: base.yaml\nparams: {width: 2}\nblocks: {two: {layers: [tanh, tanh]}}"
    assert [path for path, _ in layers(load(folder, text))] == ["one1.conv1", "one1.relu1", "two1.tanh1", "two1.tanh2"]
    assert layers(load(folder, text))[0][1] == (4, 8, 8)
    assert layers(load(folder, "name: own\nextends: base.yaml\nlet: {double: 5}"))[0][1] == (5, 8, 8)


def test_other_keys_are_replaced_whole(folder: Path) -> None:
    spec = load(folder, "name: own\nextends: base.yaml\ninputs: {a: [3, 4, 4]}\nsequence: [relu]\ntrain: {seed: 1}")
    assert layers(spec) == [("0", (3, 4, 4))]
    assert spec.document.train == {"seed": 1}


def test_some_keys_are_not_inherited(folder: Path) -> None:
    spec = load(folder, "name: own\nextends: base.yaml")
    assert (spec.document.doc, spec.document.budget, spec.document.train) == ("", {}, {"epochs": 3})
    assert fault(folder, "extends: base.yaml")[0] == "MISSING_KEY"


def test_null_removes(folder: Path) -> None:
    assert load(folder, "name: own\nextends: base.yaml\ntrain: null").document.train is None
    assert load(folder, "name: own\nextends: base.yaml\nbudget: null\nreferences: null").document.budget == {}
    assert fault(folder, "name: own\nextends: base.yaml\nblocks: {two: null}") == ("UNKNOWN_LAYER", "base.yaml:11")
    assert fault(folder, "name: own\nextends: base.yaml\nlet: null") == ("UNKNOWN_VARIABLE", "base.yaml:11")


def test_errors_point_into_the_file_they_are_in(folder: Path) -> None:
    assert fault(folder, "name: own\nextends: base.yaml\nparams:\n  width: -4") == ("BAD_OPTION", "base.yaml:9")
    assert fault(folder, "name: own\nextends: base.yaml\nblocks:\n  two:\n    layers: [rellu]") == (
        "UNKNOWN_LAYER",
        "own.yaml:5",
    )


def test_a_chain(folder: Path) -> None:
    load(folder, "name: middle\nextends: base.yaml\nparams: {width: 1}\nblocks: {two: {layers: [tanh]}}", "middle.yaml")
    assert layers(load(folder, "name: own\nextends: middle.yaml\nparams: {act: sigmoid}")) == [
        ("one1.conv1", (2, 8, 8)), ("one1.sigmoid1", (2, 8, 8)), ("two1.tanh1", (2, 8, 8)),
    ]  # fmt: skip


def test_the_zoo_can_be_extended(folder: Path) -> None:
    spec = load(folder, "name: own\nextends: resnet18\nparams: {classes: 10}")
    assert api.elaborate(spec).outputs["output"].shape == (10,)
    assert api.loads("name: own\nextends: lenet").document.train


def test_cycles(folder: Path) -> None:
    assert fault(folder, "name: own\nextends: own.yaml") == ("EXTENDS_CYCLE", "own.yaml:2")
    (folder / "a.yaml").write_text("name: a\nextends: b.yaml")
    assert fault(folder, "name: b\nextends: a.yaml", "b.yaml") == ("EXTENDS_CYCLE", "a.yaml:2")


@pytest.mark.parametrize(
    "target", ["nothing.yaml", "../outside.yaml", "/etc/passwd", '"a\\0b"', "sub", "x" * 5000, "''"]
)
def test_what_cannot_be_extended(folder: Path, target: str) -> None:
    (folder / "sub").mkdir()
    (folder.parent / "outside.yaml").write_text(BASE)
    assert fault(folder, f"name: own\nextends: {target}")[0] == "EXTENDS_NOT_FOUND"


def test_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    (folder.parent / "outside.yaml").write_text(BASE)
    (folder / "link.yaml").symlink_to(folder.parent / "outside.yaml")
    assert fault(folder, "name: own\nextends: link.yaml")[0] == "EXTENDS_NOT_FOUND"


def test_a_spec_below_may_extend_one_beside_it_alone(folder: Path) -> None:
    (folder / "sub").mkdir()
    assert fault(folder, "name: own\nextends: ../base.yaml", "sub/own.yaml")[0] == "EXTENDS_NOT_FOUND"
    (folder / "sub" / "inner.yaml").write_text(BASE)
    assert layers(load(folder, "name: own\nextends: sub/inner.yaml"))


def test_extends_takes_a_text(folder: Path) -> None:
    assert fault(folder, "name: own\nextends: [base.yaml]")[0] == "WRONG_TYPE"


def test_settings(folder: Path) -> None:
    def shape(**settings: Any) -> tuple[int, ...]:
        return layers(load(folder, "name: own\nextends: base.yaml", **settings))[0][1]

    assert shape(width=3) == (6, 8, 8)
    assert shape(**{"params.width": 4}) == (8, 8, 8)
    assert shape(**{"let.double": 5}) == (5, 8, 8)
    assert shape(input=(3, 5, 5)) == (16, 5, 5)
    assert load(folder, BASE, **{"train.epochs": 9, "train.seed": 1}).document.train == {"epochs": 9, "seed": 1}


def test_settings_of_a_recipe(folder: Path) -> None:
    """They reach into lists and under names alone, and make what is not there: the recipe's check knows its keys."""
    recipe = "train: {data: digits, augment: [flip, {crop: 8, padding: 1}], ema: {decay: 0.9}}"
    text = BASE.replace("train: {epochs: 3}", recipe)

    def train(**settings: Any) -> Any:
        return load(folder, text, **settings).document.train

    before = train()
    changed = train(**{"train.augment.1.padding": 2, "train.augment.0.p": 0.3})
    assert changed["augment"] == [{"flip": 0.3}, {"crop": 8, "padding": 2}]
    assert train(**{"train.data.batch_size": 8})["data"] == {"digits": None, "batch_size": 8}
    assert train(**{"train.ema.warmup": True})["ema"] == {"decay": 0.9, "warmup": True}
    assert train(**{"train.clip.norm": 1.0})["clip"] == {"norm": 1.0}
    assert train() == before


def test_bad_settings(folder: Path) -> None:
    text = "name: own\nextends: base.yaml"
    assert fault(folder, text, widht=3)[0] == "UNKNOWN_SETTING"
    assert fault(folder, text, **{"blocks.three.params": 3})[0] == "UNKNOWN_SETTING"
    assert fault(folder, text, **{"width.0": 3})[0] == "UNKNOWN_SETTING"
    assert fault(folder, text, width="wide") == ("WRONG_TYPE", "--set width:1")
    assert fault(folder, text, width=None) == ("WRONG_TYPE", "--set width:1")
    assert fault(folder, text, input="wide")[0] == "WRONG_TYPE"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=1", 1), ("a=1e-3", 0.001), ("a=true", True), ("a=word", "word"), ("a= word ", "word"), ("a=", None),
        ("a=[1, 2]", [1, 2]), ("a={b: 1}", {"b": 1}), ("a='1'", "1"), ("a=b=c", "b=c"), ("a=$(1 + 2)", "$(1 + 2)"),
        ("a=x: y", "x: y"),
    ],
)  # fmt: skip
def test_a_setting_is_yaml(text: str, value: object) -> None:
    assert setting(text) == ("a", value)


@pytest.mark.parametrize("text", ["a", "=1", "a=[1", "a=[1, 1]]", "a={b: 1, b: 2}", "a=" + "9" * 99, "a='\0'"])
def test_what_is_no_setting(text: str) -> None:
    with pytest.raises(NetspecError):
        setting(text)


def test_null_takes_a_key_at_the_top_away(tmp_path: Path) -> None:
    text = "netspec: 1\nname: n\ninput: [6]\nlayers: [{linear: 3, name: a}]\noutputs: {scores: a}\n"
    (tmp_path / "n.yaml").write_text(text)
    assert list(api.load(tmp_path / "n.yaml").graph.outputs) == ["scores"]
    assert list(api.load(tmp_path / "n.yaml", settings={"outputs": None}).graph.outputs) == ["output"]
    with pytest.raises(NetspecError, match="name"):
        api.load(tmp_path / "n.yaml", settings={"name": None})


@pytest.mark.parametrize(
    ("spec", "key", "help"),
    [
        ("lenet", "num_classes", "their number is written in the last layer, `linear: 10` in line 20"),
        ("mlp", "num_classes", "did you mean `classes`?"),
        ("lenet", "batch_size", "did you mean `train.data.batch_size`?"),
        ("lenet", "epochs", "did you mean `train.epochs`?"),
        ("vgg16", "xyz", ""),
    ],
)
def test_a_setting_that_names_nothing_is_told_with_what_is_meant(spec, key, help):
    with pytest.raises(NetspecError) as raised:
        api.load(spec, {key: 3})
    assert (raised.value.diagnostics[0].help or "").startswith(help)

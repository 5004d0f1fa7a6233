"""The section `weights`: other authors' names read as ours, its errors at their places, and inheritance."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec import api
from netspec.diagnostics import NetspecError
from tests.frontend.writing import diagnostics, only, spec

HEAD = """
weights:
  source: torchvision:resnet50/IMAGENET1K_V2
  names:
    timm:net_*:
      blocks.$i.$j.conv_dw: features.$(2 * i + j).dw
      stem.conv: conv1
      stem: head
      backbone: ""
      "*.mask": null
    paper: {"": features}
"""


def rename(name: str, original: str = "timm:net_100") -> str | None:
    section = api.loads(spec("- relu", HEAD)).document.weights
    [names] = [each for each in section.names if each.belong_to(original)]
    return next(iter(names.place(name).names), None)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("blocks.1.3.conv_dw.weight", "features.5.dw.weight"),
        ("blocks.1.3.conv_dwx.weight", "blocks.1.3.conv_dwx.weight"),  # whole components alone
        ("blocks.a.3.conv_dw.weight", "blocks.a.3.conv_dw.weight"),  # a number is digits
        ("stem.conv.weight", "conv1.weight"),  # the first rule that matches
        ("stem.bias", "head.bias"),
        ("stem", "head"),
        ("stemx", "stemx"),
        ("backbone.fc.weight", "fc.weight"),
        ("a.b.mask", None),
        ("fc.weight", "fc.weight"),
    ],
)
def test_names_are_read_by_the_first_rule_that_matches(theirs: str, ours: str | None) -> None:
    assert rename(theirs) == ours


def test_an_empty_name_stands_for_all() -> None:
    assert rename("a.weight", "paper") == "features.a.weight"


@pytest.mark.parametrize("original", ["timm:net_100", "timm:net_100.in1k"])
def test_a_tag_of_weights_does_not_count(original: str) -> None:
    assert rename("stem", original) == "head"


def test_the_source_is_kept() -> None:
    assert api.loads(spec("- relu", HEAD)).document.weights.source == "torchvision:resnet50/IMAGENET1K_V2"


def test_it_says_nothing_of_the_network_itself() -> None:
    assert api.loads(spec("- relu", HEAD)).digest == api.loads(spec("- relu")).digest


def fault(rule: str) -> tuple[str, str, int | None]:
    found = only(spec("- relu", f"weights:\n  names:\n    paper:\n      {rule}"))
    assert found.span
    return found.code.number, f"{found.message} {found.expected} {found.help}", found.span.line


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("a.$i: b.$j", "`j` is not known here"),
        ("a.$i: b.$i.0", "write `$(i).0`"),
        ("a.*: b", "`*` can only leave tensors out"),
        ("a.$: b", "a lone `$`"),
        ("a.$(i + 1): b", "a lone `$`"),
        ("a.$rest: b", "`rest` cannot name a number"),
        ("a: b.$(i) + $", "a lone `$`"),
    ],
)
def test_a_rule_that_cannot_be_read(rule: str, said: str) -> None:
    code, text, line = fault(rule)
    assert (code, line) == ("NS0605", 7)
    assert said in text


def test_a_rule_is_a_name_a_mapping_or_null() -> None:
    code, said, _ = fault("a: 3")
    assert (code, "text, a mapping or null" in said) == ("NS0203", True)
    assert fault("a: [b, c]")[0] == "NS0203"


@pytest.mark.parametrize(
    ("rule", "code", "said", "column"),
    [
        ("a: {to: [b, c]}", "NS0605", "no axis along which it is cut", 15),
        ("a.{x,y}: {to: b}", "NS0605", "`a.{x,y}` names 2 tensors for one place", 7),
        ("'a.{x,y}': b", "NS0605", "`concat: 0`", 7),
        ("a: {to: c, concat: 0}", "NS0605", "`concat` joins several tensors, and the rule names one", 26),
        ("a: {to: d, split: 0}", "NS0605", "`split` needs a name for each piece", 25),
        ("a.{x,y}: {to: [d, e], split: 0, concat: 1}", "NS0605", "not both", 36),
        ("a: {split: 0}", "NS0202", "a list of names", 10),
        ("a: {to: g, transpose: [1, 1]}", "NS0605", "names one axis twice", 29),
        ("a: {to: g, transpose: [0, 1, 2]}", "NS0203", "a pair of integers", 29),
        ("a: {to: g, squeeze: [2, 2]}", "NS0605", "names one axis twice", 27),
        ("a: {to: g, squeeze: 900}", "NS0207", "", 27),
        ("a.{x}: {to: h, concat: 0}", "NS0605", "holds several words", 7),
        ("a.{x,x}: {to: h, concat: 0}", "NS0605", "holds a word twice", 7),
        ("a.{x,y}.{z,w}: {to: h, concat: 0}", "NS0605", "can stand in a name once", 7),
        ("a.{$i,y}: {to: h, concat: 0}", "NS0605", "words alone, no numbers", 7),
        ("a.$i: {to: [h.$i, h.$j], split: 0}", "NS0605", "`j` is not known here", 25),
        ("a.$part_: {to: h}", "NS0605", "`part_` cannot name a number", 7),
        ("a: {to: h, join: 0}", "NS0201", "one of concat, split, squeeze, to, transpose", 18),
        ("a: {to: null}", "NS0203", "text or a list of names", 15),
        ("a.*: {to: h}", "NS0605", "`*` can only leave tensors out", 7),
    ],
)
def test_a_map_that_cannot_be_read(rule: str, code: str, said: str, column: int) -> None:
    found = only(spec("- relu", f"weights:\n  names:\n    paper:\n      {rule}"))
    assert found.span
    assert (found.code.number, found.span.line, found.span.column) == (code, 7, column)
    assert said in f"{found.message} {found.expected} {found.help}"


def test_several_tensors_are_left_out_together() -> None:
    section = api.loads(spec("- relu", "weights: {names: {paper: {'a.{x, y}': null}}}")).document.weights
    assert [section.names[0].place(f"a.{each}.weight").names for each in "xyz"] == [(), (), ("a.z.weight",)]


def test_a_number_of_any_length_is_no_trouble() -> None:
    section = api.loads(spec("- relu", "weights: {names: {paper: {a.$i: b.$i}}}")).document.weights
    assert section.names[0].place("a." + "9" * 5000).names == ("a." + "9" * 5000,)


def test_a_name_that_others_give_is_mapped() -> None:
    found = only(spec("- {linear: 3, name: block1-0}"))
    assert found.code.number == "NS0208"
    assert "`block1-0: block1_0`" in str(found.help)
    network = api.loads(spec("- relu", "weights: {names: {paper: {block1-0: block1_0}}}"))
    assert network.document.weights.names[0].place("block1-0.weight").names == ("block1_0.weight",)


@pytest.mark.parametrize("source", ["torchvison:resnet50", "torchvision:", "resnet50", "weights.pt"])
def test_a_source_is_a_network_of_a_collection(source: str) -> None:
    found = only(spec("- relu", f'weights: {{source: "{source}"}}'))
    assert found.code.number == "NS0605"
    assert (found.help is not None) == source.startswith("torchvis")


def test_unknown_keys_are_told_with_near_misses() -> None:
    [found] = diagnostics(spec("- relu", "weights: {nmaes: {}}"))
    assert (found.code.number, found.help) == ("NS0201", "did you mean `names`?")


def test_an_expression_without_a_value_for_a_name() -> None:
    section = api.loads(spec("- relu", "weights: {names: {paper: {a.$i: 'b.$([1, 2][i])'}}}")).document.weights
    assert section.names[0].place("a.1.weight").names == ("b.2.weight",)
    with pytest.raises(NetspecError, match=r"has no value for `a\.7") as caught:
        section.names[0].place("a.7.weight")
    assert caught.value.diagnostics[0].span


def test_names_are_inherited_and_the_source_is_not(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(spec("- relu", HEAD))
    (tmp_path / "own.yaml").write_text("extends: base.yaml\nname: own\n")
    (tmp_path / "other.yaml").write_text("extends: base.yaml\nname: other\nweights: {source: 'timm:other'}\n")
    (tmp_path / "none.yaml").write_text("extends: base.yaml\nname: none\nweights: null\n")
    own, other, none = (api.load(tmp_path / f"{name}.yaml").document.weights for name in ("own", "other", "none"))
    assert (own.source, [names.original for names in own.names]) == (None, ["timm:net_*", "paper"])
    assert (other.source, other.names[0].rules[0].targets) == ("timm:other", ("features.$(2 * i + j).dw",))
    assert (none.source, none.names) == (None, ())


def test_errors_of_inherited_rules_point_into_their_file(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(spec("- relu", "weights:\n  names:\n    paper:\n      a.$i: b.$j"))
    (tmp_path / "own.yaml").write_text("extends: base.yaml\nname: own\nweights: {source: 'timm:other'}\n")
    with pytest.raises(NetspecError) as caught:
        api.load(tmp_path / "own.yaml")
    span = caught.value.diagnostics[0].span
    assert span is not None
    assert Path(span.file).name == "base.yaml"

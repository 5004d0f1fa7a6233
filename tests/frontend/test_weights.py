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
    return names.rename(name)[0]


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


def test_a_rule_is_a_name_or_null() -> None:
    assert fault("a: 3")[0] == "NS0203"


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
    assert section.names[0].rename("a.1.weight")[0] == "b.2.weight"
    with pytest.raises(NetspecError, match=r"has no value for `a\.7") as caught:
        section.names[0].rename("a.7.weight")
    assert caught.value.diagnostics[0].span


def test_names_are_inherited_and_the_source_is_not(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(spec("- relu", HEAD))
    (tmp_path / "own.yaml").write_text("extends: base.yaml\nname: own\n")
    (tmp_path / "other.yaml").write_text("extends: base.yaml\nname: other\nweights: {source: 'timm:other'}\n")
    (tmp_path / "none.yaml").write_text("extends: base.yaml\nname: none\nweights: null\n")
    own, other, none = (api.load(tmp_path / f"{name}.yaml").document.weights for name in ("own", "other", "none"))
    assert (own.source, [names.original for names in own.names]) == (None, ["timm:net_*", "paper"])
    assert (other.source, other.names[0].rules[0].target) == ("timm:other", "features.$(2 * i + j).dw")
    assert (none.source, none.names) == (None, ())


def test_errors_of_inherited_rules_point_into_their_file(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(spec("- relu", "weights:\n  names:\n    paper:\n      a.$i: b.$j"))
    (tmp_path / "own.yaml").write_text("extends: base.yaml\nname: own\nweights: {source: 'timm:other'}\n")
    with pytest.raises(NetspecError) as caught:
        api.load(tmp_path / "own.yaml")
    span = caught.value.diagnostics[0].span
    assert span is not None
    assert Path(span.file).name == "base.yaml"

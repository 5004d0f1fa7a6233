"""Published results in a spec: checked for their form, not inherited, and those of the zoo are their source's."""

from __future__ import annotations

import pytest

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.report.change_sentences import sentences

HEAD = "netspec: 1\nname: net\ninput: [8]\nlayers: [{linear: 4}]\n"


def results(text: str) -> dict[str, dict[str, float]]:
    read = api.loads(f"{HEAD}results: {text}\n").document.results
    return {data: each.figures for data, each in read.items()}


def test_figures_by_data_set() -> None:
    told = results("{imagenet: {top1: 76.13, source: a}, mnist: {error: 1, source: b}}")
    assert told == {"imagenet": {"top1": 76.13}, "mnist": {"error": 1}}
    assert results("{}") == {}


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("{a: {top1: 5}}", "NS0202", "`source` is missing"),
        ("{a: {source: b}}", "NS0202", "has no figure"),
        ("{a: {}}", "NS0202", "`source` is missing"),
        ("{a: {top1: 5, source: ''}}", "NS0203", "`source` has the wrong type"),
        ("{a: {top1: 5, source: 3}}", "NS0203", "`source` has the wrong type"),
        ("{a: {top: 5, source: b}}", "NS0201", "no key `top`"),
        ("{a: {top1: 101, source: b}}", "NS0207", "`top1` is out of range"),
        ("{a: {top1: -1, source: b}}", "NS0207", "`top1` is out of range"),
        ("{a: {top1: .nan, source: b}}", "NS0207", "`top1` must be finite"),
        ("{a: {top1: true, source: b}}", "NS0203", "`top1` has the wrong type"),
        ("{a: {top1: '5', source: b}}", "NS0203", "`top1` has the wrong type"),
        ("{a: {top1: $x, source: b}}", "NS0203", "`top1` has the wrong type"),
        ("{a: 76.1}", "NS0203", "`a` has the wrong type"),
        ("[a]", "NS0203", "`results` has the wrong type"),
    ],
)
def test_one_error_for_each_mistake(text: str, code: str, says: str) -> None:
    with pytest.raises(NetspecError) as error:
        results(text)
    (found,) = error.value.diagnostics
    assert found.code.value[0] == code
    assert says in found.message


def test_a_field_of_a_block_is_named_by_itself() -> None:
    """`let` and `params` are keys of the document, too."""
    text = "netspec: 1\nname: n\ninput: [8]\nblocks: {b: {let: words, params: 3, layers: [relu]}}\nlayers: [{b: }]\n"
    with pytest.raises(NetspecError) as error:
        api.loads(text)
    told = [(each.path, each.message) for each in error.value.diagnostics]
    assert (("blocks", "b", "let"), "`let` has the wrong type") in told
    assert (("blocks", "b", "params"), "`params` has the wrong type") in told


def test_they_are_not_inherited() -> None:
    assert api.load("resnet50").document.results
    assert not api.loads("extends: resnet50\nname: mine\n").document.results


def test_they_do_not_count_for_the_digest() -> None:
    plain = api.loads(HEAD)
    assert api.loads(f"{HEAD}results: {{a: {{top1: 5, source: b}}}}\n").digest == plain.digest


def test_diff_tells_of_them() -> None:
    told = list(sentences(api.diff(api.load("resnet50"), api.load("resnet101"))))
    assert "top1 on imagenet 76.13 -> 77.374" in told


THEIR_DATA = {
    "imagenet": "ImageNet-1K",
    "coco_val2017_voc": "COCO-val2017-VOC-labels",
    "coco_val2017": "COCO-val2017",
    "kinetics400": "Kinetics-400",
}


@pytest.mark.parametrize("name", [name for name in api.zoo() if api.load(name).document.results])
def test_the_zoos_are_those_of_torchvisions_weights(name: str) -> None:
    models = pytest.importorskip("torchvision.models", reason="torchvision is not installed")
    for data, result in api.load(name).document.results.items():
        hub, _, source = result.source.partition(":")
        network, _, weights = source.partition("/")
        assert hub == "torchvision"
        metrics = models.get_model_weights(network)[weights].meta["_metrics"]
        theirs = metrics[THEIR_DATA[data]]
        ours = {"acc@1": result.top1, "acc@5": result.top5, "miou": result.miou, "box_map": result.map}
        assert {key: value for key, value in ours.items() if value is not None}.items() <= theirs.items()

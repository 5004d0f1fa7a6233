"""Legal input sizes, proven by trying."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from netspec import api
from netspec.analysis.size_search import axes_named, keeping, smallest
from netspec.analysis.sizes import Failure
from netspec.analysis.working_sizes import with_working_input
from netspec.diagnostics import Code, NetspecError
from netspec.driver.elaboration import attempt
from netspec.driver.spec import Spec
from netspec.shape import Shape


def takes(spec: Spec, size: int) -> bool:
    try:  # without the search for an input that works, which an error otherwise begins
        attempt(spec.document, {"input": (spec.graph.inputs["input"].shape[0], size, size)})
    except NetspecError:
        return False
    return True


def test_alexnet_s_sizes() -> None:
    spec = api.load("alexnet")
    (found,) = api.sizes(spec)
    assert (found.smallest, found.fits, found.fits_all) == (67, (227, 258), False)
    assert found.below is not None
    assert (found.below.size, found.below.key) == (66, "max_pool3")
    assert [size for size in range(1, 300) if takes(spec, size)] == list(range(67, 300))
    own = spec.graph.state_dict
    shapes = {size: api.elaborate(spec, {"input": (3, size, size)}).state_dict for size in range(220, 265)}
    assert [size for size, tensors in shapes.items() if tensors == own] == list(range(227, 259))


@pytest.mark.parametrize("name", ["lenet", "vgg16", "unet", "vit_b_16", "mobilenet_v1"])
def test_the_smallest_is_the_smallest(name: str) -> None:
    spec = api.load(name)
    (found,) = api.sizes(spec)
    assert found.smallest == next(size for size in range(1, 600) if takes(spec, size))
    assert all(takes(spec, size) == (size in found.works) for size in list(found.tried)[::7])


def test_sizes_that_are_taken_in_steps() -> None:
    (found,) = api.sizes(api.load("unet"))
    assert found.works == (188, 204, 220, 556, 572, 588)
    assert found.fits_all


def loads(layers: str, shape: str = "[1, 8, 8]") -> Spec:
    return api.loads(f"{{netspec: 1, name: n, input: {shape}, layers: [{layers}]}}")


def test_border_elements_that_no_window_reaches() -> None:
    spec = loads("{conv: 1, kernel: 3, stride: 2, name: c}")
    (found,) = api.sizes(spec, range(7, 11))
    told = {size: [(loss.axis, loss.elements) for loss in losses] for size, losses in found.tried.items()}
    assert told == {7: [], 8: [(0, 1), (1, 1)], 9: [], 10: [(0, 1), (1, 1)]}
    assert found.lossless == (7, 9)
    (padded,) = api.sizes(loads("{conv: 1, kernel: 3, stride: 2, padding: 1, name: c}"), range(7, 11))
    assert padded.lossless == (7, 8, 9, 10)
    (covered,) = api.sizes(loads("{max_pool: 3, stride: 2, ceil_mode: true}"), range(7, 11))
    assert covered.lossless == (7, 8, 9, 10)


def test_axes_of_different_sizes_are_varied_alone() -> None:
    found = api.sizes(loads("{conv: 1, kernel: [3, 5]}", "[1, 8, 9]"))
    assert [(each.group.size, each.smallest) for each in found] == [(8, 3), (9, 5)]
    assert api.sizes(loads("{linear: 3}", "[4]")) == ()


def test_searches_meet_holes() -> None:
    assert smallest(lambda size: size % 6 == 0, 24) == 6
    assert smallest(lambda size: size >= 67, 227) == 67
    assert smallest(lambda size: False, 8) is None
    assert keeping(lambda size: 227 <= size <= 258, 227) == (227, 258)
    assert keeping(lambda size: size % 2 == 0, 8) == (8, 8)
    assert keeping(lambda size: size >= 5, 9) == (5, None)


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("alexnet", (3, 62, 62), "the smallest input that works is 3x67x67; trained weights fit 227x227 to 258x258"),
        ("alexnet", (3, 300, 62), "the smallest input that works is 3x300x67"),
        ("vgg16", (3, 20, 20), "the smallest input that works is 3x32x32, which trained weights fit"),
    ],
)
def test_too_small_an_input_is_told_the_smallest(name: str, given: tuple[int, ...], told: str) -> None:
    spec = api.load(name)
    with pytest.raises(NetspecError) as caught:
        api.elaborate(spec, {"input": given})
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code is Code.KERNEL_TOO_LARGE
    assert told in diagnostic.help
    assert "floor((2 + 2*0 - 3)/2) + 1 = 0" in diagnostic.found or name == "vgg16"


def test_a_spec_too_small_for_its_own_layers_is_told_too() -> None:
    with pytest.raises(NetspecError, match="spans") as caught:
        _ = loads("{max_pool: 4}, {conv: 2, kernel: 3}").graph
    assert "the smallest input that works is 1x12x12" in caught.value.diagnostics[0].help


def test_no_size_is_searched_for_where_the_input_is_a_vector() -> None:
    with pytest.raises(NetspecError, match="spans") as caught:
        attempt(loads("{reshape: [1, 8, 8]}, {conv: 2, kernel: 9}", "[64]").document)
    help = caught.value.diagnostics[0].help
    tried: list[Mapping[str, Shape]] = []

    def refuse(shapes: Mapping[str, Shape]) -> None:
        tried.append(shapes)
        assert len(tried) < 100, "the search does not end"

    with_working_input(caught.value, refuse, {"input": (64,)}, None)
    assert caught.value.diagnostics[0].help == help


def test_a_failure_bears_its_layer() -> None:
    (found,) = api.sizes(api.load("googlenet"), range(70, 81))
    failures = {size: each.key for size, each in found.tried.items() if isinstance(each, Failure)}
    assert failures == dict.fromkeys(range(70, 79), "auxiliary1.avg_pool1")


def test_a_layer_that_is_left_out_for_a_size_does_not_fail() -> None:
    large = "{conv: 2, kernel: 3, when: $(x.height > 20)}"
    spec = loads(f"{large}, {{conv: 2, kernel: 9, name: last}}", "[1, 32, 32]")
    (found,) = api.sizes(spec)
    assert found.smallest == 9
    assert found.below is not None
    assert (found.below.key, found.below.diagnostic.code) == ("last", Code.KERNEL_TOO_LARGE)


def test_a_size_may_fail_outside_of_all_layers() -> None:
    (found,) = api.sizes(loads("{layers: [{conv: $n, kernel: 1}], let: {n: $(8 // (x.height - 4))}}"), range(4, 5))
    (failure,) = found.tried.values()
    assert isinstance(failure, Failure)
    assert (failure.key, failure.diagnostic.code) == (None, Code.EXPRESSION_FAILED)


@pytest.mark.parametrize(
    ("layers", "shape", "named", "axes"),
    [
        ("{linear: 4}, {mean: 0}", "[6, 8]", ["length"], [0]),
        ("{dropout: 0.1}, relu, layer_norm, {lstm: 4}", "[6, 8]", ["length"], [0]),  # looked through
        ("{linear: 4}, flatten, {linear: 2}", "[2, 6, 8]", ["axis 0", "axis 1"], [0, 1]),
        ("{conv: 4, kernel: 1}", "[6, 8]", ["length"], [1]),
        (
            "{conv: 4, kernel: 1, name: c}, {flatten: , name: f}, {linear: 2, from: input, name: l}, "
            "{flatten: , name: g}, {concat: [f, g]}",
            "[2, 6, 8]",
            ["height", "width"],
            [1, 2],
        ),
        ("flatten, {linear: 2}", "[1, 6, 8]", ["height", "width"], [1, 2]),
        ("{linear: 2}", "[8]", [], []),
    ],
)
def test_features_are_no_size_of_an_image(layers: str, shape: str, named: list[str], axes: list[int]) -> None:
    spec = loads(layers, shape)
    found = api.sizes(spec, range(1, 3))
    shapes = {name: each.shape for name, each in spec.graph.inputs.items()}
    assert [axes_named(shapes, each.group) for each in found] == named
    assert [axis for each in found for _, axis in each.group.axes] == axes


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("gpt2", ["length"]),
        ("bert_base", ["length of tokens, length of seen and length of sentences"]),
        ("clip_small", ["height of image and width of image", "length of tokens"]),
    ],
)
def test_tokens_have_a_length_and_images_their_own_sizes(name: str, named: list[str]) -> None:
    found = api.sizes(name, range(32, 34))
    shapes = {name: each.shape for name, each in api.elaborate(name).inputs.items()}
    assert [axes_named(shapes, each.group) for each in found] == named
    assert all(each.works == (32, 33) for each in found)


def test_features_that_do_not_divide_are_called_so() -> None:
    with pytest.raises(NetspecError, match="4 heads") as caught:
        api.elaborate(loads("{attention: 4}", "[6, 23]"))
    assert str(caught.value.diagnostics[0].help).endswith("20 or 24 work for the features: a multiple of 4")

"""Receptive fields of the zoo's networks, held by the gradients of the live modules."""

from __future__ import annotations

import re
from itertools import pairwise, product

import pytest
import torch

from netspec import api
from netspec.analysis.receptive import trace_receptive_fields
from netspec.diagnostics import NetspecError
from netspec.driver.elaboration import attempt
from netspec.graph import Graph
from netspec.shape import Shape
from tests.alike import networks
from tests.analysis.support import live, outputs, support

WITHOUT = {
    *("mlp", "gpt_bytes", "bert_base", "gpt2", "llama", "transformer_base", "vae"),  # no axis, or all of it is seen
    "swin_t",  # its masks need the softmax: below
    *("lstm_classifier", "wavenet"),  # integers have no gradient
    *("ddpm_unet", "siamese", "clip_small"),  # other inputs beside the first
}
"""Networks whose first input alone does not tell the fields of their layers."""


def narrow(name: str) -> api.Spec:
    """The network, or for those that take long a copy with few channels."""
    if name != "unet":
        widths = {"convnext": [4, 4, 8, 8], "farabet": [2, 2, 2]}.get(name.partition("_")[0])
        return api.load(name, {"widths": widths} if widths else {})
    return api.loads(re.sub(r"(double_conv|up): \d+", r"\1: 2", api.zoo_text(name)))


def lengthened(spec: api.Spec, axis: int) -> Graph:
    """The network on an input that is long enough along `axis` for a whole field, and short along others."""
    (name, given), *_ = spec.graph.inputs.items()
    fields = trace_receptive_fields(spec.graph).nodes
    long = max(f.size[axis] - f.start[axis] + 3 * int(f.stride[axis]) for f in fields.values() if f)
    sizes = [1, 3, 7, 15, 16, 28, 31, 32, 33, 64, 67, 75]
    for short in [*sizes, 0]:
        for length in (max(long, given.shape[axis + 1]), given.shape[axis + 1]):
            shape = [given.shape[0], *(min(short, n) or n for n in given.shape[1:])]
            shape[axis + 1] = length
            try:
                return attempt(spec.document, {name: tuple(shape)})
            except NetspecError:
                continue
    raise AssertionError(f"{spec.name} takes no input but its own")


def places(graph: Graph, key: str, axis: int) -> list[Shape]:
    """Two neighbours in the middle of a node's output, and its last element."""
    size = graph.nodes[key].output_shapes[0][1:]
    middle = [n // 2 for n in size]
    found = {size[axis] - 1, middle[axis], max(middle[axis] - 1, 0)}
    return [tuple(i if a == axis else m for a, m in enumerate(middle)) for i in sorted(found)]


@pytest.mark.parametrize("name", [name for name in networks() if name not in WITHOUT])
def test_a_field_is_what_the_gradient_sees(name: str) -> None:
    check_fields(narrow(name))


@pytest.mark.parametrize(("sizes", "window", "shift"), [((14, 10), 4, 2), ((9, 12), 3, 1), ((5, 8), 5, 2)])
def test_the_field_of_shifted_windows_is_what_their_gradient_sees(sizes: Shape, window: int, shift: int) -> None:
    layers = f"[{{permute: [1, 2, 0]}}, {{window_attention: 2, window: {window}, shift: {shift}, name: attn}}]"
    spec = api.loads(f"netspec: 1\nname: windows\ninput: [8, {sizes[0]}, {sizes[1]}]\nlayers: {layers}")
    torch.manual_seed(0)
    module = api.compile(spec).double()
    x = torch.randn(1, 8, *sizes, dtype=torch.float64, requires_grad=True)
    found = trace_receptive_fields(spec.graph).extents["attn"]
    output = module(x)
    for place in product(*map(range, sizes)):
        (gradient,) = torch.autograd.grad(output[(0, *place)].sum(), x, retain_graph=True)
        seen = gradient[0].abs().amax(0)
        rows, columns = torch.nonzero(seen > 1e-20 * seen.max(), as_tuple=True)  # a score less 100 is not quite nothing
        for extent, at, where, size in zip(found, place, (rows, columns), sizes, strict=True):
            first, last = extent.span(at)
            assert (max(first, 0), min(last, size - 1)) == (int(where.min()), int(where.max())), place


NORMS = """
netspec: 1
name: norms
input: [2, 24, 24]
layers:
  - {conv: 4, kernel: 3}
  - {group_norm: 2}
  - {conv: 4, kernel: 5, stride: 2}
  - instance_norm
  - {conv: 4, kernel: 3, padding: 1}
  - {layer_norm, axis: 0}
  - {max_pool: 2}
  - {rms_norm, axis: 0}
  - channel_layer_norm
  - {local_response_norm: 3}
  - {conv: 4, kernel: 2}
"""


def test_norms_leave_fields_as_they_are() -> None:
    spec = api.loads(NORMS)
    check_fields(spec)
    found = trace_receptive_fields(spec.graph).nodes["conv4"]
    assert (found.size, found.stride) == ((17, 17), (4, 4))


def check_fields(spec: api.Spec) -> None:
    """Size, stride and start of fields of a network are those of the gradient of its module."""
    (given, *_) = spec.graph.inputs.values()
    whole = 0
    for axis in range(len(given.shape) - 1):
        graph = lengthened(spec, axis)
        (source, *_) = graph.inputs.values()
        module = live(graph, spec)
        modules = dict(module.named_modules())
        found = trace_receptive_fields(graph)
        keys = [
            key
            for key, field in found.nodes.items()
            # What padding adds has a place, and sees nothing.
            if field
            and key.partition("#")[0] in modules
            and not graph.nodes[key].training_only
            and graph.nodes[key].layer.op != "pad"
        ]
        chosen = {keys[-1], keys[len(keys) // 2], keys[0]}
        x = torch.ones(1, *source.shape, dtype=torch.float64, requires_grad=True)
        caught = outputs(module, chosen, x)
        for key in chosen:
            for place in places(graph, key, axis):
                seen = support(caught[key], x, place)
                spans = [extent.span(at) for extent, at in zip(found.extents[key], place, strict=True)]
                lengths = source.shape[1:]
                assert seen or any(last < 0 or first >= n for (first, last), n in zip(spans, lengths, strict=True))
                for (first, last), (begin, end), n in zip(spans, seen, source.shape[1:], strict=False):
                    # Beyond the border there is padding; before it, pixels may be lost that no window reaches.
                    assert begin == first if first >= 0 else begin >= 0, (key, place)
                    assert end == last if last < n else end < n, (key, place)
                whole += bool(seen) and spans[axis][0] >= 0 and spans[axis][1] < source.shape[axis + 1]
    assert whole, "no field lies within the input, so that its size was not seen"


BESIDE = """
netspec: 1
name: beside
inputs: {left: [1, 24, 24], right: [1, 24, 24], age: [1]}
layers:
  - {conv: 4, kernel: 5, from: left, name: eye}
  - {reuse: eye, from: right, name: other}
  - {concat: [eye, other]}
  - {conv: 4, kernel: 3, stride: 2, name: both}
  - flatten
  - {linear: 3, name: seen}
  - {concat: [seen, age]}
"""


def test_a_vector_beside_images_leaves_their_fields_known() -> None:
    found = trace_receptive_fields(api.loads(BESIDE).graph)
    assert [found.nodes[key].size for key in ("eye", "eye#2", "both")] == [(5, 5), (5, 5), (7, 7)]
    assert found.extents["concat2"] == ("global", "global")


def test_strides_are_the_steps_between_fields() -> None:
    for name in ("resnet50", "unet", "fcn_resnet50", "conv_autoencoder"):
        found = trace_receptive_fields(api.load(name).graph)
        for key, field in found.nodes.items():
            if field:
                for extent, stride, start in zip(found.extents[key], field.stride, field.start, strict=True):
                    starts = [extent.span(index)[0] for index in range(0, 32 * len(extent.spans), len(extent.spans))]
                    assert starts[0] == start
                    assert {b - a for a, b in pairwise(starts)} == {stride * len(extent.spans)}


@pytest.mark.parametrize(("name", "layer", "size"), [("vgg16", "features.30", 212), ("alexnet", "max_pool3", 195)])
def test_published_sizes(name: str, layer: str, size: int) -> None:
    assert trace_receptive_fields(api.load(name).graph).nodes[layer].size == (size, size)

"""Every layer keeps its word: shapes, weights, counts and refusals are torch's own."""

from __future__ import annotations

import inspect
import os
import warnings
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from pydantic import ValidationError
from torch import nn

from netspec.contract.calls import NoSuchTarget, build, check_defaults, resolve, run, said, tensors
from netspec.contract.uses import uses
from netspec.contract.word import hold
from netspec.diagnostics import Code, NetspecError
from netspec.layers import registry
from netspec.layers.base import Example, Layer, Refusal
from netspec.layers.module import KNOWN
from netspec.program import Function
from tests.layers.plain import PLAIN, assert_plain

EXAMPLES = int(os.environ.get("NETSPEC_EXAMPLES", "30"))

LAYERS = sorted(registry())

COMMON = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def examples(op: str) -> int:
    """How many uses of a layer are drawn: fewer where there are no options to draw, unless a number is asked for."""
    return EXAMPLES if registry()[op].model_fields or "NETSPEC_EXAMPLES" in os.environ else max(EXAMPLES // 4, 5)


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def infer(op: str, use: Example) -> tuple[Layer, Any]:
    layer = registry()[op](**use.options)
    return layer, layer.infer(use.inputs)


def assert_as_torch(op: str, use: Example) -> None:
    """Shapes, state_dict and counts of a valid use are those of the module that it emits."""
    layer, shapes = infer(op, use)
    macs = hold(layer, use.inputs)
    call = layer.emit(use.inputs)
    if getattr(layer, "lengths", False):  # torch counts nothing of packed sequences; full ones are no more work
        whole, taken = type(layer)(**{**use.options, "lengths": False}), (use.inputs[0], *use.inputs[2:])
        _, macs = run(whole, whole.emit(taken), taken, 3, "meta")
    elif call.target in PLAIN:
        macs = assert_plain(call, use.inputs, 3)
    claimed = layer.macs(use.inputs, shapes)
    assert claimed is None or 3 * claimed == macs


MUSTS = {
    "examples": "valid uses, `examples: ClassVar = (Example({...}, ((3, 8, 8),)),)`: the tests run them",
    "weights": "its tensors, or `weights = no_weights`",
    "macs": "its multiply-accumulates, or `macs = no_work`",
    "receptive_field": "what an output sees, such as `receptive_field = pointwise`",
}
"""What every layer of netspec's own says, beside what it is emitted as; in words, for one that does not."""


def unsaid(cls: type[Layer]) -> list[str]:
    """What a layer's class leaves out of what it must say."""
    found = [name for name in MUSTS if getattr(cls, name) == getattr(Layer, name)]
    if cls.arity[0] == 0 and "receptive_field" in found:
        found.remove("receptive_field")  # there is no input to see
    told = [f"`{name}`, {MUSTS[name]}" for name in found]
    if not cls.target and cls.emit is Layer.emit and cls.target_for is Layer.target_for:
        told.append("`target`, the class that computes it, or `emit`")
    return told + ["a docstring with its formula"] * (not cls.__dict__.get("__doc__"))


@pytest.mark.parametrize("op", LAYERS)
def test_it_says_what_a_layer_must(op: str) -> None:
    cls = registry()[op]
    missing = unsaid(cls)
    assert not missing, f"`{op}` ({inspect.getsourcefile(cls)}) does not say {'; nor '.join(missing)}"


def test_what_is_left_out_is_told_in_words() -> None:
    class Nothing(Layer):
        pass

    assert [each.split("`")[1] for each in unsaid(Nothing)[:-1]] == [*MUSTS, "target"]
    assert unsaid(Nothing)[-1] == "a docstring with its formula"


def refusal_of(layer: Layer, use: Example) -> Refusal | None:
    """The refusal of a use, or None where it is accepted."""
    try:
        layer.infer(use.inputs)
    except Refusal as refusal:
        return refusal
    return None


REFUSALS = (ArithmeticError, AssertionError, IndexError, NoSuchTarget, RuntimeError, TypeError, ValueError)
"""Errors by which torch and netspec's modules refuse; any other is a fault of a module or of the test."""


def torch_refuses(layer: Layer, use: Example, device: str) -> bool:
    """Whether torch makes no module of the use, none that runs, or one that is no map of single examples."""
    try:
        call = layer.emit(use.inputs)
    except Refusal as refusal:
        # No call can be made of an axis that is not there, nor of an option that fits no axes.
        return refusal.code is Code.BAD_AXIS or refusal.option is not None
    found = []
    for batch in (3, 5):
        try:
            outputs, _ = run(layer, call, use.inputs, batch, device)
        except REFUSALS:
            return True
        if any(output.ndim == 0 or output.shape[0] != batch for output in outputs):
            return True
        found.append([tuple(output.shape[1:]) for output in outputs])
    # Tensors without elements pass in torch; here a shape holds something.
    empty = any(0 in shape for shape in found[0])
    empty = empty or any(0 in weight.shape for weight in build(call, "meta").state_dict().values())
    return found[0] != found[1] or empty


def is_stricter(op: str, use: Example, refusal: Refusal) -> bool:
    """Whether the refusal is one of the few that torch does not share."""
    axes = len(use.inputs[0]) - 1 if use.inputs else 0
    if op in ("locally_connected", "filter"):
        # At a stride `same` is ambiguous, and `F.pad`, with which modules of ours pad, takes a negative amount to crop.
        given = str(use.options.get(refusal.option or ""))
        if given == "same" or (refusal.option == "padding" and "-" in given):
            return True
    if "in the padding alone" in refusal.message:
        return True  # torch takes it, and its gradient writes where nothing is
    if op == "pad" and "that is cropped to" in refusal.message:
        return True  # torch takes it, and leaves elements unwritten
    if refusal.option in use.options and isinstance(use.options[refusal.option], tuple):
        # Torch's pools stretch a list of one to all axes, and its convolutions mirror the channels where there is an
        # entry too many.
        return refusal.code is Code.BAD_OPTION and len(use.options[refusal.option]) != axes
    nonsense = ("turn pairs of features", "wavelengths are", "without `rotary`", "have a bucket each")
    if any(words in refusal.message for words in nonsense):
        return True  # torch stretches the one feature that is left over, divides by 0, and puts distances out of order
    if any(words in refusal.message for words in ("the kernels take a positive factor", "attention with a mask")):
        return True  # no numbers where scores are hidden; a module of ours that is given a mask asks for no other
    if op == "attention" and refusal.code is Code.GROUPS_DO_NOT_DIVIDE:
        return True  # a module of ours takes the whole part of a head's width
    if refusal.code is Code.UNEQUAL_SHAPES and (
        op == "scaled_dot_product_attention" or "the mask must" in refusal.message
    ):
        return True  # by its parts, torch's attention stretches any axis, where its kernels do not
    # `chunk` gives as many parts as it says, softmax does not guess an axis, and torch before
    # 2.15 divides by an `eps` of 0; the range of `uniform_` may not end before it begins, that of `rand` may.
    if op == "conv" and (use.options.get("connections") or use.options.get("bias") == "unshared"):
        # A table leaves nothing for groups to say, so that the module is given none; of the padding it is given the
        # amounts, and does not ask whether they were to keep the size.
        return refusal.option == "groups" or (refusal.option == "padding" and use.options["padding"] == "same")
    stricter = {("chunk", Code.BAD_OPTION), ("batch_norm", Code.BAD_OPTION), ("random_uniform", Code.BAD_OPTION)}
    return (op, refusal.code) in stricter or refusal.code is Code.MISSING_OPTION or is_batch_axis(use)


def is_batch_axis(use: Example) -> bool:
    """Whether an axis lies one before the first, where torch has the batch."""
    before = -len(use.inputs[0]) - 1 if use.inputs else 0
    values = [v for k, v in use.options.items() if "axis" in k or "axes" in k]
    return any(before in (v if isinstance(v, tuple) else (v,)) for v in values)


@pytest.mark.parametrize("op", LAYERS)
def test_examples_are_valid(op: str) -> None:
    for example in registry()[op].examples:
        assert_as_torch(op, example)


@pytest.mark.parametrize("op", LAYERS)
def test_accepted_is_as_torch(op: str) -> None:
    seen = []

    @settings(COMMON, max_examples=examples(op))
    @given(uses(registry()[op]))
    def check(use: Example) -> None:
        try:
            infer(op, use)
        except (Refusal, ValidationError):
            assume(False)
        seen.append(use)
        assert_as_torch(op, use)

    check()
    assert len(seen) >= examples(op) or op == "module"


@pytest.mark.parametrize("op", LAYERS)
def test_refused_is_refused_by_torch(op: str) -> None:
    @settings(COMMON, max_examples=examples(op))
    @given(uses(registry()[op]))
    def check(use: Example) -> None:
        try:
            layer = registry()[op](**use.options)
        except ValidationError:
            return
        refusal = refusal_of(layer, use)
        if refusal is None:
            return
        assert refusal.message
        assert refusal.found
        assert said(refusal, "expected") or said(refusal, "help")
        assert refusal.option is None or refusal.option in type(layer).option_fields()
        if refusal.code is Code.BAD_RANK and refusal.option is None:
            # Torch often takes an axis for another where one is missing.
            assert any(len(shape) not in layer.ranks_at(at) for at, shape in enumerate(use.inputs)), (
                f"`ranks` of `{op}` holds what it refuses"
            )
        elif not is_stricter(op, use, refusal):
            assert torch_refuses(layer, use, "meta") or torch_refuses(layer, use, "cpu"), refusal.message

    check()


ACTIVATIONS = [op for op in LAYERS if registry()[op].function]


@pytest.mark.parametrize("op", ACTIVATIONS)
def test_function_equals_module(op: str) -> None:
    @settings(COMMON, max_examples=max(EXAMPLES // 4, 5))
    @given(uses(registry()[op]))
    def check(use: Example) -> None:
        try:
            layer, _ = infer(op, use)
        except (Refusal, ValidationError):
            assume(False)
        call = layer.emit_function()
        check_defaults(call)
        x = tensors(layer, use.inputs, 3, "cpu")[0] * 8 - 4
        torch.testing.assert_close(
            build(call, "cpu")(x), build(layer.emit(use.inputs), "cpu")(x), rtol=0, atol=0, equal_nan=True
        )

    check()


def test_every_activation_of_torch_is_here() -> None:
    """All but attention, the adaptive softmax (a loss), and Softmax2d, which is `softmax` on an image."""
    left_out = {"MultiheadAttention", "Softmax2d"}
    names = {
        name
        for name, cls in vars(torch.nn.modules.activation).items()
        if inspect.isclass(cls) and issubclass(cls, nn.Module) and cls.__module__ == "torch.nn.modules.activation"
    } - left_out
    made = {
        registry()[op](**registry()[op].examples[0].options).emit(registry()[op].examples[0].inputs).target
        for op in LAYERS
    }
    assert {f"torch.nn.{name}" for name in names} <= made


def test_two_layers_of_one_name_raise() -> None:
    twin = type("Twin", (Layer,), {"op": "relu", "__module__": __name__, "__annotations__": {}})
    registry.cache_clear()
    try:
        with pytest.raises(NetspecError, match="define the layer `relu`"):
            registry()
    finally:
        twin.op = ""  # type: ignore[attr-defined]
        registry.cache_clear()
        registry()


def test_functions_say_how_inputs_are_given() -> None:
    assert registry()["add"]().emit(((3,), (3,))) == Function("+")
    assert registry()["scale"](value=0.5).emit(((3,),)) == Function("*", (0.5,))
    assert registry()["concat"]().emit(((3,), (3,))).pack  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        registry()["conv"](out=1, kernel=1).emit_function()


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_arguments_of_listed_classes(name: str) -> None:
    signature = inspect.signature(resolve(f"torch.nn.{name}"))
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    named = {k: v for k, v in signature.parameters.items() if v.kind not in variadic}
    known = KNOWN[name]
    assert {k for k, v in named.items() if v.default is inspect.Parameter.empty} == set(known.required)
    assert set(known.optional) <= set(named)


def test_module_says_what_it_does_not_know() -> None:
    layer = registry()["module"](module="TransformerEncoderLayer", args={"d_model": 4, "nhead": 2})
    assert not layer.weights_known
    assert layer.macs(((5, 4),), ((5, 4),)) is None
    with pytest.raises(Refusal, match="shape"):
        registry()["module"](module="Unfold", args={"kernel_size": 2}).infer(((3, 4, 4),))
    with pytest.raises(Refusal, match="Linear"):
        registry()["module"](module="Linear").infer(((3,),))
    with pytest.raises(Refusal, match="lambda"):
        registry()["module"](module="Hardshrink", args={"lambda": 1.0}).infer(((3,),))

"""What a layer is: typed options and the rules that follow from them.

A layer is written in one class and nowhere else. From that class come the schema, the command
line's reference, the documentation, the analysis, the program and the contract test.

Rules receive shapes without the batch axis. They use plain integer arithmetic (``+ - * // %``,
comparisons; no ``int()``, ``math`` or ``/``), because lowering calls them with symbolic integers.

Annotations are not postponed in a layer's file: pydantic evaluates those of every base anew for every
layer, which takes longest where they are texts.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, ClassVar, Literal

from netspec.autograd import Tape, Tensor, Tensors
from netspec.choices import Choice
from netspec.layers.formula import Formula as Formula
from netspec.layers.ranks import ANY, Ranks
from netspec.layers.reach import Reach as Reach
from netspec.layers.reach import Window as Window
from netspec.layers.refusal import Refusal as Refusal
from netspec.layers.refusal import refuse as refuse
from netspec.layers.traits import ANYTHING, hull, within
from netspec.layers.traits import Bounds as Bounds
from netspec.layers.traits import Centring as Centring
from netspec.objects.immutable import immutable
from netspec.program import Call, Function
from netspec.shape import Shape, product

Shapes = tuple[Shape, ...]

Argument = str | int | Callable[[Any, Shapes], Any]
"""An argument of a module: the option of that name, a number, or what is made of the layer and its inputs' shapes."""

TORCH_KEYWORDS = {"kernel": "kernel_size"}
"""Options that torch calls otherwise."""


def channels(layer: Any, inputs: Shapes) -> int:
    """The first axis of the input, as an argument."""
    return inputs[0][0]


def features(layer: Any, inputs: Shapes) -> int:
    """The last axis of the input, as an argument."""
    return inputs[0][-1]


@immutable
class Weight:
    """One tensor of a layer's state_dict.

    `buffer` marks running statistics and the like, which training does not learn. `fans` are those that torch.nn.init
    reads rightly from the shape, which it takes for ``[out, in, *kernel]``; a tensor laid out otherwise has fewer.
    """

    shape: Shape
    buffer: bool = False
    fans: tuple[Literal["fan_in", "fan_out"], ...] = ("fan_in", "fan_out")

    @property
    def numel(self) -> int:
        """Number of scalars."""
        return product(self.shape)


@immutable
class Example:
    """Options and input shapes that are valid together."""

    options: dict[str, Any] = field(default_factory=dict)
    inputs: Shapes = ()


class Layer(Choice):
    """Base of all layers.

    Class attributes:
        op: Name in YAML.
        arity: Number of inputs; ``(2, None)`` for two or more.
        ranks: Numbers of axes, the batch left out, that each input may have; `ranked` refuses others.
        dtype: Element type the inputs must have: ``float``, ``int`` or ``any``.
        out_dtype: Element type of the outputs; ``same`` as the input's.
        computes_units: Whether its outputs are units in LeCun's sense (convolution, linear, pooling, ...).
        weight_layer: Whether papers count it as a layer of depth (convolution, linear, ...).
        uncounted: Whether what it does with its weights counts for no work and mixes no positions (norms, ...).
        target: The dotted name of torch's class; ``{}`` stands for the number of spatial axes.
        arguments: What the class is given by position: an option's name, a number, or what is made of the shapes.
        keywords: The options that it is given by keyword; all that `arguments` do not name unless told.
        function: For activations without weights, the dotted torch function of the same meaning.
        rearranges: Whether its outputs hold each element of its inputs once, as it is (flatten, split, ...).
        slices: Whether it cuts by sizes, so that one part alone may be what is meant (split).
        acts_in_training: Whether it does so alone, and gives what it gets afterwards (dropout, ...).
        gives_probabilities: Whether its results are positive and add up to 1 along an axis (softmax, ...).
        examples: Valid uses, for the contract test and the reference.
        samples: Per option, values the contract test draws from besides what the type suggests.
    """

    op: ClassVar[str] = ""
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    ranks: ClassVar[Ranks] = ANY
    dtype: ClassVar[Literal["float", "int", "any"]] = "float"
    out_dtype: ClassVar[Literal["same", "float", "int"]] = "same"
    computes_units: ClassVar[bool] = False
    weight_layer: ClassVar[bool] = False
    uncounted: ClassVar[bool] = False
    target: ClassVar[str] = ""
    arguments: ClassVar[tuple[Argument, ...]] = ()
    keywords: ClassVar[tuple[str, ...] | None] = None
    function: ClassVar[str | None] = None
    rearranges: ClassVar[bool] = False
    slices: ClassVar[bool] = False
    acts_in_training: ClassVar[bool] = False
    gives_probabilities: ClassVar[bool] = False
    examples: ClassVar[tuple[Example, ...]] = ()
    samples: ClassVar[dict[str, tuple[Any, ...]]] = {}

    def ranked(self, inputs: Shapes) -> Shapes:
        """The inputs' shapes. Raises `Refusal` where one has another number of axes than `ranks` says."""
        for shape in inputs:
            self.ranks.check(self.op, shape)
        return inputs

    def infer(self, inputs: Shapes) -> Shapes:
        """Output shapes. Raises `Refusal` where torch would fail."""
        return self.ranked(inputs)

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """The state_dict's tensors, in torch's order: parameters, then buffers."""
        return {}

    @property
    def weights_known(self) -> bool:
        """Whether `weights` tells all; where it does not, parameter counts are unknown."""
        return True

    def macs(self, inputs: Shapes, outputs: Shapes) -> int | None:
        """Multiply-accumulates for one example, bias left out; None where unknown.

        Unless it is told, what has weights is taken to work with them, and how much is unknown.
        """
        return 0 if self._works_alone(inputs) else None

    def fan_in(self, inputs: Shapes) -> int | None:
        """Connections into one unit, its bias included; None where units differ, or the layer computes none."""
        return None

    def count_connections(self, inputs: Shapes, outputs: Shapes) -> int | None:
        """Connections into all units, biases included; None where unknown. Unless units differ, `fan_in` tells."""
        fan_in = self.fan_in(inputs)
        return None if fan_in is None else sum(product(shape) for shape in outputs) * fan_in

    def receptive_field(self, inputs: Shapes) -> Window | Reach | None:
        """What an output element sees of each input; None where it is unknown.

        It is a window of 1 for pointwise layers, and for norms: their statistics are left out, as the literature does.
        Unless it is told, what has weights may mix positions, and what gives other sizes does.
        """
        if not inputs[0]:
            return Reach(())
        if not self._works_alone(inputs):
            return None
        if type(self).infer is not Layer.infer:  # which gives what it gets
            sizes = [shape[1:] for shape in inputs]
            if any(shape[1:] not in sizes for shape in self.infer(inputs)):
                return None
        axes = len(inputs[0]) - 1
        return Window((1,) * axes, (1,) * axes, (0,) * axes, "own")

    def _works_alone(self, inputs: Shapes) -> bool:
        """Whether it is known to do no counted work with weights: it has none, or says so."""
        return self.uncounted or (
            self.weights_known and (type(self).weights is Layer.weights or not self.weights(inputs))
        )

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """Numbers between which its results lie, where those of each input lie between `given`."""
        if self.rearranges:
            return hull(given)
        return given[0] if len(given) == 1 and within(given[0], self.unchanged(inputs)) else ANYTHING

    def unchanged(self, inputs: Shapes) -> Bounds | None:
        """Numbers between which it gives every element as it is; None where there are none, or none are told."""
        return None

    def why_constant(self, inputs: Shapes) -> str | None:
        """Why its result is the same in training whatever flows in; None where it depends on the input."""
        centring = self.centring(inputs)
        if centring is None or centring.over_batch or product([inputs[0][axis] for axis in centring.axes]) != 1:
            return None
        return "a normalisation over one element"

    def centring(self, inputs: Shapes) -> Centring | None:
        """The mean that it takes away; None where it takes none away."""
        return None

    @property
    def idempotent(self) -> bool:
        """Whether a second one right after takes back all that the first's weights did, so that one does as much."""
        return False

    def bias_axis(self, inputs: Shapes) -> int | None:
        """The axis along which it adds its tensor ``bias`` last of all; None where it has none or adds it otherwise."""
        return None

    def matrix_axis(self, inputs: Shapes) -> int | None:
        """The axis whose vectors one learned matrix maps, each for itself; None for all but linear maps."""
        return None

    @property
    def index_bound(self) -> int | None:
        """What the integers that it reads must stay below; None where nothing bounds them."""
        return None

    def explain(self, inputs: Shapes, outputs: Shapes) -> tuple[Formula, ...]:
        """How output sizes, and ``params`` and ``macs`` come about, where there is more to say than `weights` does."""
        return ()

    def record(self, tape: Tape, inputs: Tensors, weights: Mapping[str, Tensor]) -> Tensors | None:
        """Write on the tape what the layer's operations make, and what autograd keeps of it for the backward pass.

        Args:
            tape: Takes the operations, in torch's order.
            inputs: What flows in; shapes hold the batch.
            weights: The layer's tensors by name, buffers too.

        Returns:
            What flows out; None where it is not known what torch does, so that totals are unknown.
        """
        return None

    def emit(self, inputs: Shapes) -> Call:
        """The torch module (or function) that computes the layer: unless it is told, a call of its `target`."""
        target = self.target_for(inputs)
        if not target:
            raise TypeError(f"{type(self).__name__} does not say how it is emitted: it has no `target` and no `emit`")
        args = tuple([self._argument(each, inputs) for each in self.arguments])
        return Call(target, args, *self.given_by_keyword())

    def target_for(self, inputs: Shapes) -> str:
        """The dotted name of the class that computes the layer, where it has a `target`."""
        return self.target.format(max(len(inputs[0]) - 1, 1)) if "{}" in self.target else self.target

    def _argument(self, told: Argument, inputs: Shapes) -> Any:
        if isinstance(told, str):
            return getattr(self, told)
        return told(self, inputs) if callable(told) else told

    def given_by_keyword(self, *names: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Options as torch's keyword arguments, and the defaults of those that have one; `keywords` unless named."""
        fields = type(self).model_fields
        if not names:
            others = [name for name in fields if name not in self.arguments]
            names = tuple(others) if self.keywords is None else self.keywords
        torch = {name: TORCH_KEYWORDS.get(name, name) for name in names}
        defaults = {torch[name]: fields[name].default for name in names if not fields[name].is_required()}
        return {torch[name]: getattr(self, name) for name in names}, defaults

    def emit_function(self) -> Function:
        """The layer as a function of one tensor; only for those with a `function`."""
        raise TypeError(f"{type(self).__name__} is not a function")

    def type_name(self, inputs: Shapes) -> str:
        """The name shown in tables: that of the class it is computed by, or else its own."""
        target = self.target_for(inputs).rpartition(".")[2]
        return target if target[:1].isupper() else "".join(part.capitalize() for part in self.op.split("_"))

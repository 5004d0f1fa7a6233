"""The base class of layers: typed options and the rules that follow from them.

A layer is written in one class and nowhere else. The schema, the command line's reference, the documentation,
the analysis, the program and the contract test are made from that class.

Rules receive shapes without the batch axis. They use plain integer arithmetic (``+ - * // %``,
comparisons; no ``math`` or ``/``), because they are called with symbolic integers too. Each comparison
in a rule is recorded as a guard. Indices and counts of loop rounds are converted by ``int()``, which
records a guard as well.

Annotations are not postponed in a layer's file: pydantic evaluates the annotations of every base anew for
every layer, and evaluation is slowest for annotations that are texts.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, ClassVar, Literal

from netspec.choices import Choice
from netspec.layers.products import Multiplies
from netspec.layers.ranks import ANY, Ranks
from netspec.layers.reach import Reach as Reach
from netspec.layers.reach import Sees
from netspec.layers.reach import Window as Window
from netspec.layers.reach import pointwise as pointwise
from netspec.layers.refusal import Refusal as Refusal
from netspec.layers.refusal import refuse as refuse
from netspec.layers.refusal import refuse_option as refuse_option
from netspec.layers.remembers import Remembers
from netspec.layers.traits import Bounds as Bounds
from netspec.layers.traits import Centring as Centring
from netspec.layers.traits import Tells
from netspec.layers.types import Typed
from netspec.objects.immutable import immutable
from netspec.program import Call, Function
from netspec.shape import Shape, product
from netspec.shape import Shapes as Shapes

Argument = str | int | Callable[[Any, Shapes], Any]
"""An argument of a module: the name of an option, a number, or a function of the layer and its inputs' shapes."""

TORCH_KEYWORDS = {"kernel": "kernel_size"}
"""Options for which torch has another name."""


def channels(layer: Any, inputs: Shapes) -> int:
    """The first axis of the input, as an argument."""
    return inputs[0][0]


def features(layer: Any, inputs: Shapes) -> int:
    """The last axis of the input, as an argument."""
    return inputs[0][-1]


@immutable
class Weight:
    """One tensor of a layer's state_dict.

    `buffer` marks tensors that training does not learn, such as running statistics. `fans` are those that torch.nn.init
    reads rightly from the shape, which it takes for ``[out, in, *kernel]``; a tensor of another layout has fewer.
    `dtype` is its element type where that is not the weights' own.
    """

    shape: Shape
    buffer: bool = False
    fans: tuple[Literal["fan_in", "fan_out"], ...] = ("fan_in", "fan_out")
    dtype: str | None = None

    @property
    def numel(self) -> int:
        """Number of scalars."""
        return product(self.shape)


@immutable
class Example:
    """Options and input shapes that are valid together."""

    options: dict[str, Any] = field(default_factory=dict)
    inputs: Shapes = ()


def keeps_shape(layer: Any, inputs: Shapes, /) -> Shapes:
    """The inputs' shapes: the rule `infer` of layers that keep them, and the default."""
    return layer.ranked(inputs)  # type: ignore[no-any-return]


def no_weights(layer: Any, inputs: Shapes, /) -> dict[str, Weight]:
    """No tensors: the rule `weights` of layers that have none."""
    return {}


def no_work(layer: Any, inputs: Shapes, outputs: Shapes, /) -> int:
    """No counted work: the rule `macs` of layers without multiply-accumulates, and of norms."""
    return 0


class Layer(Typed, Sees, Remembers, Multiplies, Tells, Choice):
    """Base of all layers: rules that a layer must give, and others that it may.

    The latter are those of `Typed`, `Sees`, `Remembers`, `Multiplies` and `Tells`.

    A rule is a method, or the value of a class attribute of its name: ``macs = no_work``.

    Class attributes:
        op: Name in YAML.
        arity: Number of inputs; ``(2, None)`` for two or more.
        ranks: Numbers of axes, without the batch, that each input may have; `ranked` refuses others.
        other_ranks: Those of inputs that have others than the first, by position.
        computes_units: Whether its outputs are units in LeCun's sense (convolution, linear, pooling, ...).
        weight_layer: Whether papers count it as a layer of depth (convolution, linear, ...).
        papers: The word for it in papers' tables, where that is not its own name; a layer without units is listed
            there only if it has one.
        target: The dotted name of torch's class; ``{}`` stands for the number of spatial axes.
        arguments: Positional arguments of the class: an option's name, a number, or a function of the shapes.
        keywords: Options that are passed by keyword; by default all that `arguments` do not name.
        function: For activations without weights, the dotted torch function of the same meaning.
        sizeless: What to write instead where one of its options has the size of a dynamic axis, or would need it.
        drawless: What to write instead where evaluation must draw nothing.
        examples: Valid uses, for the contract test and the reference.
        samples: Values by option that the contract test draws besides those that the type suggests.
    """

    op: ClassVar[str] = ""
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    ranks: ClassVar[Ranks] = ANY
    other_ranks: ClassVar[Mapping[int, Ranks]] = {}
    computes_units: ClassVar[bool] = False
    weight_layer: ClassVar[bool] = False
    papers: ClassVar[str] = ""
    target: ClassVar[str] = ""
    arguments: ClassVar[tuple[Argument, ...]] = ()
    keywords: ClassVar[tuple[str, ...] | None] = None
    function: ClassVar[str | None] = None
    sizeless: ClassVar[str] = ""
    drawless: ClassVar[str] = ""
    examples: ClassVar[tuple[Example, ...]] = ()
    samples: ClassVar[dict[str, tuple[Any, ...]]] = {}

    # -- rules that a layer must give --------------------------------------------------------------

    def infer(self, inputs: Shapes, /) -> Shapes:
        """Output shapes; by default the input's shape. Raises `Refusal` where torch would fail."""
        return keeps_shape(self, inputs)

    def weights(self, inputs: Shapes, /) -> dict[str, Weight]:
        """The state_dict's tensors, in torch's order: parameters, then buffers; unknown by default."""
        return {}

    def macs(self, inputs: Shapes, outputs: Shapes, /) -> int | None:
        """Multiply-accumulates for one example, without the bias; None where unknown, which is the default."""
        return None

    def emit(self, inputs: Shapes, /) -> Call:
        """The torch module (or function) that computes the layer; by default a call of its `target`."""
        target = self.target_for(inputs)
        if not target:
            raise TypeError(f"{type(self).__name__} does not say how it is emitted: it has no `target` and no `emit`")
        args = tuple([self._argument(each, inputs) for each in self.arguments])
        return Call(target, args, *self.given_by_keyword())

    # -- derived from the rules --------------------------------------------------------------------

    def ranked(self, inputs: Shapes, /) -> Shapes:
        """The inputs' shapes. Raises `Refusal` where an input's number of axes is not in `ranks_at` its position."""
        for at, shape in enumerate(inputs):
            self.ranks_at(at).check(self.op, shape)
        return inputs

    @classmethod
    def ranks_at(cls, position: int) -> Ranks:
        """The numbers of axes that the input at a position may have."""
        return cls.other_ranks.get(position, cls.ranks)

    @property
    def weights_known(self) -> bool:
        """Whether `weights` lists all tensors; if it does not, or is left out, parameter counts are unknown."""
        return type(self).weights is not Layer.weights

    @property
    def repeatable(self) -> bool:
        """Whether evaluation gives the same outputs for the same inputs; not where windows are drawn there too."""
        return True

    def target_for(self, inputs: Shapes, /) -> str:
        """The dotted name of the class that computes the layer, where it has a `target`."""
        return self.target.format(max(len(inputs[0]) - 1, 1)) if "{}" in self.target else self.target

    def _argument(self, told: Argument, inputs: Shapes) -> Any:
        if isinstance(told, str):
            return getattr(self, told)
        return told(self, inputs) if callable(told) else told

    def given_by_keyword(self, *names: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Options as torch's keyword arguments, and the defaults of those that have one; by default `keywords`."""
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

    def type_name(self, inputs: Shapes, /) -> str:
        """The name shown in tables: the name of the class that computes the layer, or else its own."""
        target = self.target_for(inputs).rpartition(".")[2]
        return target if target[:1].isupper() else "".join(part.capitalize() for part in self.op.split("_"))


class Weightless(Layer):
    """Base of layers without tensors and without counted work: activations, pools, views, ..."""

    weights = no_weights
    macs = no_work


def tensors(**shapes: Shape | Weight | None) -> dict[str, Weight]:
    """The tensors by name; those that are None are left out."""
    told = {name: each for name, each in shapes.items() if each is not None}
    return {name: each if isinstance(each, Weight) else Weight(each) for name, each in told.items()}

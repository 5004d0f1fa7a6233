"""Classes of torch.nn that have no layer of their own in netspec."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from netspec.diagnostics import Code, unknown
from netspec.layers.base import Example, Layer, Shapes, Weight, Window, pointwise, refuse, refuse_option
from netspec.layers.checks import unset
from netspec.layers.reach import Reach
from netspec.objects.immutable import immutable
from netspec.program import Call
from netspec.program.names import ModulePath
from netspec.shape import Shape, spell


@immutable
class Known:
    """Facts of a class: its arguments, and whether it keeps the shape, has no tensors, and gives the same twice."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    same: bool = True
    weightless: bool = True
    repeatable: bool = True


POINTWISE = {
    "CELU": Known(optional=("alpha",)),
    "ELU": Known(optional=("alpha",)),
    "GELU": Known(optional=("approximate",)),
    "Hardshrink": Known(optional=("lambd",)),
    "Hardsigmoid": Known(),
    "Hardswish": Known(),
    "Hardtanh": Known(optional=("min_val", "max_val")),
    "LeakyReLU": Known(optional=("negative_slope",)),
    "LogSigmoid": Known(),
    "Mish": Known(),
    "RReLU": Known(optional=("lower", "upper")),
    "ReLU": Known(),
    "ReLU6": Known(),
    "SELU": Known(),
    "SiLU": Known(),
    "Sigmoid": Known(),
    "Softplus": Known(optional=("beta", "threshold")),
    "Softshrink": Known(optional=("lambd",)),
    "Softsign": Known(),
    "Tanh": Known(),
    "Tanhshrink": Known(),
    "Threshold": Known(required=("threshold", "value")),
}

FRACTIONAL = Known(required=("kernel_size",), optional=("output_size", "output_ratio"), same=False, repeatable=False)

KNOWN = {
    **POINTWISE,
    "CrossMapLRN2d": Known(required=("size",), optional=("alpha", "beta", "k")),
    "Fold": Known(required=("output_size", "kernel_size"), optional=("dilation", "padding", "stride"), same=False),
    "FractionalMaxPool2d": FRACTIONAL,
    "FractionalMaxPool3d": FRACTIONAL,
    "Softmax2d": Known(),
    "TransformerEncoderLayer": Known(
        required=("d_model", "nhead"),
        optional=("dim_feedforward", "dropout", "activation", "layer_norm_eps", "batch_first", "norm_first", "bias"),
        weightless=False,
    ),
    "Unfold": Known(required=("kernel_size",), optional=("dilation", "padding", "stride"), same=False),
    "UpsamplingBilinear2d": Known(optional=("size", "scale_factor"), same=False),
    "UpsamplingNearest2d": Known(optional=("size", "scale_factor"), same=False),
}


class Module(Layer):
    """A class of torch.nn by its own name and arguments, from a list.

    Input of any shape. `output` is the output's shape, ``same`` for the input's; it must be given where the class does
    not keep the shape. `weights` gives the state_dict's shapes by name; where a class has some and they are not given,
    they are unknown, and so are its multiply-accumulates. Nothing here checks the arguments' values: torch does.
    """

    op: ClassVar = "module"
    main: ClassVar = "module"
    dtype: ClassVar = "any"
    examples: ClassVar = (
        Example({"module": "Hardshrink", "args": {"lambd": 0.3}}, ((3, 4, 4),)),
        Example({"module": "Threshold", "args": {"threshold": 0.1, "value": 0.0}, "output": "same"}, ((5,),)),
        Example({"module": "CrossMapLRN2d", "args": {"size": 3}}, ((4, 5, 5),)),
        Example({"module": "Unfold", "args": {"kernel_size": 2}, "output": (12, 9)}, ((3, 4, 4),)),
        Example({"module": "Fold", "args": {"output_size": (4, 4), "kernel_size": 2}, "output": (3, 4, 4)}, ((12, 9),)),
        Example(
            {"module": "UpsamplingNearest2d", "args": {"scale_factor": 2}, "output": (3, 8, 8), "weights": {}},
            ((3, 4, 4),),
        ),
        Example(
            {
                "module": "TransformerEncoderLayer",
                "args": {"d_model": 4, "nhead": 2, "dim_feedforward": 8, "batch_first": True},
                "weights": {
                    "self_attn.in_proj_weight": (12, 4),
                    "self_attn.in_proj_bias": (12,),
                    "self_attn.out_proj.weight": (4, 4),
                    "self_attn.out_proj.bias": (4,),
                    "linear1.weight": (8, 4),
                    "linear1.bias": (8,),
                    "linear2.weight": (4, 8),
                    "linear2.bias": (4,),
                    "norm1.weight": (4,),
                    "norm1.bias": (4,),
                    "norm2.weight": (4,),
                    "norm2.bias": (4,),
                },
            },
            ((5, 4),),
        ),
    )

    module: str
    args: dict[str, Any] = Field(default_factory=dict)
    output: Literal["same"] | tuple[int, ...] | None = None
    tensors: dict[str, tuple[int, ...]] | None = Field(None, alias="weights")

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses a class that is not listed, arguments that the class lacks, and a missing output shape."""
        known = KNOWN.get(self.module)
        if known is None:
            fact = unknown(self.module, KNOWN)
            refuse_option(
                "module",
                f"torch.nn.{self.module} is not among the classes that `module` reaches",
                found=self.module,
                expected=", ".join(sorted(KNOWN)),
                help=None if fact.meant else "most of torch.nn has a layer of its own: `netspec layers`",
                fact=fact,
            )
        self._check_arguments(known)
        if known.weightless and self.tensors:
            refuse_option(
                "weights", f"torch.nn.{self.module} has no tensors", found=", ".join(self.tensors), expected="none"
            )
        self._check_tensors()
        return (self._output(known, inputs[0]),)

    def _check_arguments(self, known: Known) -> None:
        names = (*known.required, *known.optional)
        for name in self.args:
            if name not in names:
                refuse(
                    Code.UNKNOWN_OPTION,
                    f"torch.nn.{self.module} has no argument `{name}`",
                    option="args",
                    found=name,
                    expected=", ".join(names) or "no arguments",
                    fact=unknown(name, names),
                )
        for name in known.required:
            if name not in self.args:
                refuse(
                    Code.MISSING_OPTION,
                    f"torch.nn.{self.module} needs the argument `{name}`",
                    option="args",
                    found=", ".join(self.args) or "no arguments",
                    expected=", ".join(known.required),
                )

    def _check_tensors(self) -> None:
        for name in self.tensors or {}:
            try:
                ModulePath(name)
            except ValueError:
                refuse(
                    Code.BAD_NAME,
                    f"`{name}` cannot be a tensor's name",
                    option="weights",
                    found=name,
                    expected="a key of the state_dict: letters, digits and `_`, parts joined by dots",
                )

    def _output(self, known: Known, shape: Shape) -> Shape:
        keeps = unset(self.output) or self.output == "same"
        given: Shape = shape if keeps else tuple(self.output)  # type: ignore[arg-type]
        if known.same and given != shape:
            refuse(
                Code.UNEQUAL_SHAPES,
                f"torch.nn.{self.module} keeps its input's shape",
                option="output",
                found=spell(given),
                expected=spell(shape),
                help="`output: same` says so, and may be left out",
            )
        if not known.same and unset(self.output):
            refuse(
                Code.MISSING_OPTION,
                f"the shape that torch.nn.{self.module} gives is not known here",
                option="output",
                found="no `output`",
                expected="the output's shape without the batch, or `same`",
                help=f"`output: {spell(shape)}`, with the sizes that it has",
            )
        return given

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """The tensors that the option `weights` gives."""
        return {name: Weight(tuple(shape)) for name, shape in (self.tensors or {}).items()}

    @property
    def weights_known(self) -> bool:
        return KNOWN[self.module].weightless or self.tensors is not None

    @property
    def repeatable(self) -> bool:
        return KNOWN[self.module].repeatable

    def macs(self, inputs: Shapes, outputs: Shapes) -> int | None:
        """None where the class has tensors; others have no counted multiply-accumulates."""
        return 0 if KNOWN[self.module].weightless else None

    def receptive_field(self, inputs: Shapes) -> Window | Reach | None:
        """One position of a pointwise class; unknown of others."""
        return pointwise(self, inputs) if self.module in POINTWISE else None

    def target_for(self, inputs: Shapes) -> str:
        """The class itself."""
        return f"torch.nn.{self.module}"

    def emit(self, inputs: Shapes) -> Call:
        """The class with its arguments."""
        return Call(self.target_for(inputs), (), self.args)

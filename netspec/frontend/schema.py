"""The documents of a spec: what the text says, checked for form and not yet for meaning.

All are frozen pydantic models that forbid unknown keys. Entries of a `layers` or `sequence` list are
read by `entries.py`, since an entry's operation is its first key.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from netspec.shape import Shape

EXPRESSION = r"^\$"
Expression = Annotated[str, Field(pattern=EXPRESSION)]
"""A text that is a `$` expression."""


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _texts(value: Any) -> Any:
    return (value,) if isinstance(value, str) else _tuple(value)


class Form(BaseModel):
    """Base of all documents."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True, defer_build=True)


def _names(value: Any) -> Any:
    """One name or a list of them; the positions in a sequence are written as numbers."""
    listed = value if isinstance(value, list) else [value]
    return tuple(str(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in listed)


Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Targets = Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(_names)]
Sizes = Annotated[tuple[Annotated[int, Field(gt=0)] | Expression, ...], BeforeValidator(_tuple)]
DType = Literal["float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "bool"]


class InputForm(Form):
    """An input of the network: its shape without the batch, its element type, the axes whose size may vary."""

    shape: Sizes
    dtype: DType = "float32"
    dynamic: Annotated[tuple[int, ...], BeforeValidator(_tuple)] = ()


InputLike = Annotated[InputForm, BeforeValidator(lambda v: {"shape": v} if isinstance(v, (list, tuple, str)) else v)]


class Common(Form):
    """The options that every entry may have."""

    name: str | None = None
    from_: Targets | None = Field(None, alias="from")
    to: Targets | None = None
    repeat: Annotated[int, Field(ge=0)] | Expression | Annotated[tuple[Any, ...], BeforeValidator(_tuple)] | None = None
    as_: Targets | None = Field(None, alias="as")
    let: dict[str, Any] = {}
    when: bool | Expression = True
    only: Literal["training"] | None = None
    activation: Any = None
    freeze: bool | Expression | None = None
    init: dict[str, Any] = {}
    tie: dict[str, str] = {}
    doc: str | None = None


COMMON_KEYS = frozenset(field.alias or name for name, field in Common.model_fields.items())
STRUCTURES = ("layers", "sequence", "residual", "parallel")
MERGES = ("add", "concat", "multiply")


class ResidualForm(Form):
    """Options of `residual`: the shortcut's entries, whether there is one, and how the two meet."""

    shortcut: Any = None
    skip: bool | Expression = True
    merge: Literal["add", "concat", "multiply"] = "add"


class ParallelForm(Form):
    """Options of `parallel`: how its branches meet, and along which axis."""

    merge: Literal["add", "concat", "multiply", "none"] = "concat"
    axis: int | Expression = 0


PARAMETER_TYPES = ("int", "float", "bool", "str", "list", "any")


class BlockForm(Form):
    """A block: a function from its inputs and parameters to its outputs."""

    doc: str | None = None
    params: dict[str, Any] = {}
    let: dict[str, Any] = {}
    inputs: Texts | None = None
    outputs: Texts | dict[str, str] | None = None
    layers: Any = None
    sequence: Any = None


BUDGET = r"^(<=|>=|<|>|==)? *[0-9]+(\.[0-9]+)?([eE][0-9]+)? *[kKMGTP]?$"
Budget = dict[
    Literal["params", "macs", "memory", "receptive_field", "depth"], Annotated[str, Field(pattern=BUDGET)] | int
]


class DocumentForm(Form):
    """A whole spec."""

    netspec: Literal[1]
    name: str
    doc: str | None = None
    references: Annotated[tuple[str, ...], BeforeValidator(_texts)] = ()
    extends: str | None = None
    params: dict[str, Any] = {}
    let: dict[str, Any] = {}
    input: InputLike | None = None
    inputs: dict[str, InputLike] | None = None
    blocks: dict[str, BlockForm] = {}
    layers: Any = None
    sequence: Any = None
    outputs: dict[str, str] | None = None
    weights: dict[str, Any] = {}
    budget: Budget = {}
    train: dict[str, JsonValue] | None = None


def shape_of(sizes: tuple[Any, ...]) -> Shape:
    """A checked list of sizes as a shape."""
    return tuple(int(s) for s in sizes)

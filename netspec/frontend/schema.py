"""The forms of a spec's document: the text, checked for form but not yet for meaning.

All are frozen pydantic models that forbid unknown keys; they give the JSON Schema, and their descriptions
its hover texts. `entries.py` reads the entries of a `layers` or `sequence` list, since an entry's
operation is its first key.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    JsonValue,
    SkipValidation,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import CoreSchema, is_instance_schema

from netspec.frontend.written import Written

EXPRESSION = r"^\$"


class _Instance:
    """An instance of the annotated class. pydantic's `InstanceOf` would also describe the contents of the class."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return is_instance_schema(source)


Expression = Annotated[Written, _Instance, WithJsonSchema({"type": "string", "pattern": EXPRESSION})]
"""A text with expressions in it."""


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _texts(value: Any) -> Any:
    return (value,) if isinstance(value, str) else _tuple(value)


def _names(value: Any) -> Any:
    """One name or a list of them; positions in a sequence are numbers."""
    listed = value if isinstance(value, list) else [value]
    return tuple(str(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in listed)


def _input(value: Any) -> Any:
    return {"shape": value} if isinstance(value, (list, tuple, str, Written)) else value


def _filled(value: Any) -> Any:
    """Refuse a key without a value: to go on without it would leave out in silence what is meant."""
    if value is None:
        raise PydanticCustomError("empty", "a value, or no such key")
    return value


SECTION = "train"
"""The key of the section that is a training recipe."""


class Form(BaseModel):
    """Base of all documents."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True, defer_build=True)
    filled: ClassVar[tuple[str, ...]] = ()
    """Keys that are None where they are not written, and may not be written without a value."""


def _written(form: str, description: str, *, alias: str | None = None) -> Any:
    """A field that accepts more spellings than its type shows; `form` names them in the JSON Schema."""
    return Field(None, alias=alias, description=description, json_schema_extra={"form": form})


Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Origins = Annotated[tuple[str | Expression, ...], Field(min_length=1), BeforeValidator(_names)]
Targets = Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(_names)]
Templates = Annotated[tuple[str | Expression, ...], Field(min_length=1), BeforeValidator(_names)]
Sizes = Annotated[tuple[Annotated[int, Field(gt=0)] | Expression, ...], BeforeValidator(_tuple)]
DType = Literal["float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "bool"]


class InputForm(Form):
    """An input of the network: its shape without the batch, its element type, the axes whose size may vary."""

    spoken: ClassVar[str] = "a shape such as [3, 224, 224] or a mapping"

    shape: Sizes = Field(description="Sizes without the batch: [channels, height, width].")
    dtype: DType = Field("float32", description="Element type.")
    dynamic: Annotated[tuple[int, ...], BeforeValidator(_tuple)] = Field(
        (), description="Axes whose size may vary, counted in the shape as written; the batch always may."
    )


InputLike = Annotated[InputForm, BeforeValidator(_input)]


Defaults = dict[str, dict[str, Any]]

_DEFAULTS = "Options that layers and blocks in it take where they are left out: {batch_norm: {eps: 1e-3}}."


class Common(Form):
    """The options that every entry may have."""

    name: str | Expression | None = _written(
        "name", "The module's name, a key of the state_dict; dots open levels, $(...) is computed."
    )
    from_: Origins | None = _written("names", "Takes the outputs of named entries above.", alias="from")
    to: Templates | None = _written("names", "Names several results; $(...) is computed.")
    repeat: Annotated[int, Field(ge=0)] | Expression | Annotated[tuple[Any, ...], BeforeValidator(_tuple)] | None = (
        _written("repeat", "Rounds, each fed by the one before: a count, or a list with a value for each round.")
    )
    as_: Targets | None = _written("names", "Names for the value of each round of a repeat.", alias="as")
    scan: int | Expression | None = Field(
        None, description="Runs the block for each place along this axis of its first input, one after the other."
    )
    carry: Targets | None = _written(
        "names", "Inputs of the repeated block that its results feed in the next round; the first, unless told."
    )
    collect: Targets | None = _written(
        "names", "A name for the outputs of all rounds together: of the result that is not carried on, if there is one."
    )
    let: dict[str, Any] = Field({}, description="Values for expressions in this entry, evaluated in order.")
    defaults: Defaults = Field({}, description=_DEFAULTS, json_schema_extra={"form": "defaults"})
    when: bool | Expression = Field(True, description="False leaves the entry out.")
    only: Literal["training"] | None = Field(
        None, description="A side branch: it reads the flow in training mode, what follows ignores it."
    )
    activation: Any = _written("activation", "A layer without weights, applied to the result inside the entry.")
    freeze: bool | Expression | None = Field(
        None, description="Whether everything below is kept from training; an inner one overrides."
    )
    init: dict[str, Any] = Field(
        {}, description="Initialisers by weight, such as {weight: {normal: [0, 0.02]}}; on a group, by layer."
    )
    tie: dict[str, str] = Field({}, description="Own weight to the key of the weight whose tensor it shares.")
    doc: str | None = Field(None, description="A remark for readers.")


COMMON_KEYS = frozenset(field.alias or name for name, field in Common.model_fields.items())
STRUCTURES = ("layers", "sequence", "residual", "parallel")


class ResidualForm(Form):
    """`residual: [...]` merges a shortcut and the body, in that order."""

    shortcut: Any = _written("entries", "Entries of the shortcut; the identity if empty or wholly absent.")
    skip: bool | Expression = Field(True, description="False: the body alone.")
    merge: Literal["add", "concat", "multiply"] = Field("add", description="How the two meet.")


class ParallelForm(Form):
    """`parallel: {name: [...], ...}` or a list of entries: branches side by side, then merged."""

    merge: Literal["add", "concat", "multiply", "none"] = Field("concat", description="How the branches meet.")
    axis: int | Expression = Field(0, description="The axis that `concat` joins; 0 is the channels.")


class BlockForm(Form):
    """A block: a function from its inputs and parameters to its outputs."""

    filled: ClassVar[tuple[str, ...]] = ("inputs", "outputs")
    _filled = field_validator(*filled, mode="before")(_filled)

    doc: str | None = Field(None, description="What it is.")
    params: dict[str, Any] = Field(
        {},
        description="Parameters: int, float, bool, str, list, layer or any (with ? for nullable), a default, or both: "
        "`int | list = 0`. The first is the main argument.",
    )
    let: dict[str, Any] = Field({}, description="Values for expressions in the block, evaluated in order.")
    defaults: Defaults = Field({}, description=_DEFAULTS, json_schema_extra={"form": "defaults"})
    inputs: Texts | None = _written("names", "Names of several inputs, fed by `from: [a, b]`.")
    outputs: Texts | dict[str, str] | None = _written("outputs", "Entries whose outputs the block gives.")
    layers: Any = _written("entries", "The entries, top to bottom.")
    sequence: Any = _written("entries", "The entries as a numbered chain, as in torch.nn.Sequential.")


Axis = Annotated[int, Field(ge=-8, le=7)]
"""An axis of a tensor."""


class RuleForm(Form):
    """What an original's tensor becomes, step by step: `concat` or `split`, then `transpose`, then `squeeze`."""

    to: str | Annotated[tuple[str, ...], BeforeValidator(_tuple), Field(min_length=2)] = Field(
        description="Our name, or with `split` those of the pieces."
    )
    concat: Axis | None = Field(None, description="The axis along which the tensors of `{a,b}` are joined.")
    split: Axis | None = Field(None, description="The axis along which the tensor is cut into pieces of ours.")
    transpose: bool | Annotated[tuple[Axis, Axis], BeforeValidator(_tuple)] = Field(
        False, description="Two axes that change places; true turns matrices, and leaves vectors as they are."
    )
    squeeze: Axis | Annotated[tuple[Axis, ...], BeforeValidator(_tuple)] = Field(
        (), description="Axes of size 1 that are taken out."
    )


class WeightsForm(Form):
    """Trained weights: where this network's are, and what other authors call the same tensors."""

    source: str | None = Field(
        None, description="This network's own weights: torchvision:NAME, torchvision:NAME/WEIGHTS or timm:NAME."
    )
    names: dict[str, dict[str, SkipValidation[str | RuleForm | None]]] = Field(
        {},
        description="By original, such as timm:NAME: its names of tensors or modules to ours, $i for a number; "
        "null leaves out; {a,b} with `concat` joins several.",
    )


BUDGET = r"^(<=|>=|<|>|==)? *[0-9]+(\.[0-9]+)?([eE][0-9]+)? *([kKMGTP]?|[KMGT]?i?B)$"
BOUNDED = {
    "params": "Learned scalars of the whole network.",
    "macs": "Multiply-accumulates for one input.",
    "memory": "Bytes at the peak of a training step with one input, such as <= 2GiB.",
    "receptive_field": "Pixels that an element of the last feature map sees, along each axis.",
    "depth": "Weight layers: the depth that the title of a paper gives.",
}
"""The quantities that a budget can bound, each in words."""

Budget = dict[
    Literal["params", "macs", "memory", "receptive_field", "depth"],
    Annotated[str, Field(pattern=BUDGET, title="a bound such as `<= 26M`")] | int,
]


Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class ResultForm(Form):
    """A published result on a data set: its figures, in per cent, and where they stand."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 2})
    spoken: ClassVar[str] = "a mapping such as {top1: 76.13, source: https://arxiv.org/abs/1512.03385}"
    source: Annotated[str, Field(min_length=1)] = Field(
        description="Where the figures stand: a paper, a page, or torchvision:NAME/WEIGHTS."
    )
    top1: Percent | None = Field(None, description="Share of examples whose class is the first guess.")
    top5: Percent | None = Field(None, description="Share of examples whose class is among the first five guesses.")
    accuracy: Percent | None = Field(None, description="Share of examples that are right.")
    error: Percent | None = Field(None, description="Share of examples that are wrong.")
    miou: Percent | None = Field(None, description="Mean intersection over union of the classes.")
    map: Percent | None = Field(None, description="Mean average precision.")

    @property
    def figures(self) -> dict[str, float]:
        """Its figures, in per cent."""
        found = {name: getattr(self, name) for name in MEASURES}
        return {name: value for name, value in found.items() if value is not None}


MEASURES = tuple(name for name in ResultForm.model_fields if name != "source")
"""The figures of a result."""


class DocumentForm(Form):
    """A neural network, declared."""

    filled: ClassVar[tuple[str, ...]] = ("extends", "input", "inputs", "outputs", "detector", "train")
    _filled = field_validator(*filled, mode="before")(_filled)

    netspec: Literal[1] = Field(description="The version of the language.")
    name: str = Field(description="The network's name.")
    doc: str | None = Field(None, description="What it is.")
    references: Annotated[tuple[str, ...], BeforeValidator(_texts)] = Field(
        (), description="Papers and pages.", json_schema_extra={"form": "texts"}
    )
    extends: str | None = Field(None, description="A spec beside this file, or of the zoo, that this one changes.")
    params: dict[str, Any] = Field({}, description="Parameters with defaults, which `--set` and `extends` change.")
    let: dict[str, Any] = Field({}, description="Values for expressions, evaluated in order.")
    defaults: Defaults = Field({}, description=_DEFAULTS, json_schema_extra={"form": "defaults"})
    input: InputLike | None = _written("input", "The input's shape without the batch.")
    inputs: dict[str, InputLike] | None = _written("inputs", "Several inputs by name.")
    blocks: dict[str, BlockForm] = Field({}, description="Blocks by name: functions that entries call.")
    layers: Any = _written("entries", "The entries, top to bottom.")
    sequence: Any = _written("entries", "The entries as a numbered chain, as in torch.nn.Sequential.")
    outputs: dict[str, str] | None = Field(None, description="Output names to entries; else the last is `output`.")
    detector: Any = _written("detector", "What makes a detector of the network: its kind, and that kind's options.")
    weights: WeightsForm = Field(
        WeightsForm(), description="Where trained weights are, and other authors' names of them."
    )
    budget: Budget = Field({}, description="Bounds, such as {params: <= 26M}.")
    results: dict[str, ResultForm] = Field(
        {}, description="Published results by data set, such as {imagenet: {top1: 76.13, source: ...}}."
    )
    train: dict[str, JsonValue] | None = Field(None, description="The training recipe.")

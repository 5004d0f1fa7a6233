"""The contract of layers: what a layer says of itself is true of the module that it emits, over random options.

The tests of netspec's own layers hold them to it, and so can the author of a plugin: `check_layer` in a test, or
``netspec layers NAME --check --plugin FILE.py``. Imports torch, and Hypothesis where uses are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.styled import line
from netspec.layers import is_builtin, registry
from netspec.layers.base import Example, Layer, Refusal
from netspec.objects.immutable import immutable
from netspec.recipe.libraries import require
from netspec.report.document import Document, Lines
from netspec.report.sheet import Sheet

EXAMPLES = 60
"""Random uses of a layer that are drawn, unless another number is asked for."""


@immutable
class Kept:
    """A layer that has kept its word.

    Attributes:
        layer: Its name.
        examples: Its own examples that were tried.
        accepted: Random uses that it took, and that its module took alike.
        refused: Random uses that it refused.
    """

    layer: str
    examples: int
    accepted: int
    refused: int

    def text(self) -> str:
        """The result in a line; how many uses are drawn depends on the version of Hypothesis, and is left to data."""
        return f"{self.layer} keeps its word"


def check_layer(cls: type[Layer], examples: int = EXAMPLES) -> Kept:
    """Hold a layer to its contract: by its own examples, and by random options and shapes.

    For each use that its rules take, its module is made and run: shapes and types of the outputs, names and shapes of
    the tensors, and multiply-accumulates, where torch counts some, are compared; the rules are called with symbols
    too. Random uses are drawn from the types of its fields, its `samples` and its `examples`.

    Args:
        cls: The layer's class.
        examples: How many uses are drawn.

    Raises:
        NetspecError: NS0904: Hypothesis or torch is not installed.
        Broken: It does not keep its word, with the smallest use that was found to show it.
    """
    require("torch", "hypothesis", what="the contract of layers", extra="contract")
    from hypothesis import HealthCheck, given, settings

    from netspec.contract.uses import uses
    from netspec.contract.word import Broken

    if not cls.examples:
        raise Broken(f"`{cls.op}` has no `examples`: `examples: ClassVar = (Example({{...}}, ((3, 8, 8),)),)`")
    for example in cls.examples:
        if (reason := _tried(cls, example)) is not None:
            raise Broken(f"`{cls.op}` refuses its own example {_use(example)}: {reason}")
    counts = [0, 0]

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(uses(cls))
    def check(use: Example) -> None:
        counts[_tried(cls, use) is not None] += 1

    check()
    return Kept(cls.op, len(cls.examples), *counts)


def checked(name: str | None) -> Document:
    """The result of `check_layer` for a layer, or for all that plugins bring.

    Raises:
        NetspecError: NS0906: one does not keep its word. NS0204: there is no layer of that name. NS0904: Hypothesis or
            torch is not installed.
    """
    from netspec.contract.word import Broken
    from netspec.report.reference import known_layer

    classes = [known_layer(name)] if name else [cls for cls in registry().values() if not is_builtin(cls)]
    kept = []
    for cls in classes:
        try:
            kept.append(check_layer(cls))
        except Broken as error:
            help = "docs/plugins.md tells of each rule"
            raise NetspecError.of(
                Code.PLUGIN_FAILED, f"the layer does not keep its word: {error}", help=help
            ) from error
    return _document(kept)


def _document(kept: Sequence[Kept]) -> Document:
    rows = [(each.layer, each.examples, each.accepted, each.refused) for each in kept]
    columns = ("layer", "examples", "accepted", "refused")
    return Document(
        title="The contract of layers",
        parts=lambda: [Lines(map(line, [each.text() for each in kept] or ["no plugin brings a layer"]))],
        data=lambda: [dict(zip(columns, row, strict=True)) for row in rows],
        sheet=lambda: Sheet(columns, rows),
    )


def _tried(cls: type[Layer], use: Example) -> str | None:
    """The reason why a layer refuses a use; None where it takes it, and keeps its word.

    Raises:
        Broken: It does not.
    """
    from pydantic import ValidationError

    from netspec.contract.word import Broken, hold, hold_symbols

    try:
        layer = cls(**use.options)
        outputs = layer.infer(use.inputs)
    except (Refusal, ValidationError) as refusal:
        return str(refusal)
    except Exception as error:  # a plugin's rule can fail in any way
        raise Broken(f"`{cls.op}` with {_use(use)}: `infer` fails: {type(error).__name__}: {error}") from error
    try:
        counted, claimed = hold(layer, use.inputs), layer.macs(use.inputs, outputs)
        if counted and claimed is not None and 3 * claimed != counted:
            raise Broken(f"`macs` tells {claimed:,}, torch counts {counted // 3:,}")
        hold_symbols(cls, use)
    except Broken as error:
        raise Broken(f"`{cls.op}` with {_use(use)}: {error}") from error
    except Exception as error:  # a plugin's rule can fail in any way
        raise Broken(f"`{cls.op}` with {_use(use)}: a rule fails: {type(error).__name__}: {error}") from error
    return None


def _use(use: Example) -> str:
    options = ", ".join(f"{name}: {value}" for name, value in use.options.items())
    shapes = ", ".join(str(list(shape)) for shape in use.inputs) or "no input"
    return f"{{{options}}} of {shapes}"

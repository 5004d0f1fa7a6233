"""Calls that a layer emits: a module, a function or a learned tensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from typing import Any

from netspec.diagnostics import Code, NetspecError
from netspec.expr.identifiers import Identifier
from netspec.objects.immutable import immutable
from netspec.program.names import Target


@immutable
class Place:
    """The argument through which a call passes on an option of its layer: a position or a keyword."""

    at: int | str


@immutable
class Call:
    """The construction of a module, ``target(*args, **kwargs)``, and the layer that it implements.

    `defaults` are keyword arguments that need not be written out if they have that value: the target
    has the same default. Values may be symbolic.

    A program's calls keep the layer as its spec has it, so that torch's names need not be translated back: `op` is its
    name, empty if layers of several names emit the same call; `options` are the options that hold at every place of the
    call, each a value or the `Place` of its argument. `option` returns either.

    Raises:
        NetspecError: NS0906: `target` or a keyword is no name; this happens only in layers of plugins.
    """

    target: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    op: str = field(default="", compare=False)
    options: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", _checked(self.target, tuple(self.kwargs)))

    def option(self, name: str) -> Any:
        """The value or expression of an option of the layer.

        Raises:
            KeyError: It is not known, since it differs between calls and is no argument.
        """
        match self.options[name]:
            case Place(int() as at):
                return self.args[at]
            case Place(at):
                return self.kwargs[str(at)]
            case value:
                return value


@lru_cache(maxsize=4096)  # a network calls a few targets many times
def _checked(target: str, keywords: tuple[str, ...]) -> Target:
    try:
        if not isinstance(target, str):
            raise ValueError(f"{target!r} is no text")
        for key in keywords:
            Identifier(key)
        return Target(target)
    except ValueError as error:
        message = f"a layer emits a call of what has no name: {error}"
        raise NetspecError.of(Code.PLUGIN_FAILED, message, help="write it as `torch.nn.Conv2d`") from None


@immutable
class Function(Call):
    """A function applied to the inputs, without a module.

    A target of one sign (``+``, ``*``) is written between the inputs and `args`. `pack` passes the inputs as one list
    (``torch.cat``). `args` and `kwargs` follow the inputs. A target that starts with a dot is a method of the input.
    `parts`: whether it returns a tuple, even of a single tensor (``torch.split``).
    """

    pack: bool = False
    parts: bool = False


@immutable
class Parameter(Call):
    """A learned tensor of the module itself.

    Without an input, it has a leading axis of 1 and is expanded to the batch; with an input, `sign` joins the two.
    """

    sign: str = ""


@immutable
class Constant(Parameter):
    """A tensor of the module itself that is not learned, expanded to the batch; `saved` in the state_dict or not."""

    saved: bool = False

"""What a layer emits: a module, a function or a learned tensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """The construction of a module, ``target(*args, **kwargs)``.

    `defaults` are the keyword arguments that need not be written out where they have that value:
    the target has the same default. Values may be symbolic.
    """

    target: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Function(Call):
    """A function applied to the inputs, without a module.

    A target of one sign (``+``, ``*``) is written between the inputs. `pack` gives the inputs as one list
    (``torch.cat``). `args` and `kwargs` follow the inputs. A target that starts with a dot is a method of the input.
    """

    pack: bool = False


@dataclass(frozen=True, slots=True)
class Parameter(Call):
    """A learned tensor of the module itself.

    Without an input, it is kept with a leading 1 and expanded to the batch; with one, `sign` joins the two.
    """

    sign: str = ""

"""The computation of a recipe's part: a function and the arguments that the recipe gives it. Imports no torch.

`netspec train` calls it; a training script writes it down. So a part says once what it does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import partial
from importlib import import_module
from typing import Any

from netspec.diagnostics import Code, NetspecError
from netspec.objects.immutable import immutable


@immutable
class Function:
    """A function, or a class, with some of its arguments.

    Attributes:
        target: Its dotted name: ``netspec.functional.losses.focal``, ``torch.optim.AdamW``.
        arguments: The arguments by keyword: plain values, and functions.
    """

    target: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, *values: Any) -> Any:
        """The result for the remaining arguments."""
        return self.made()(*values)

    def made(self) -> Callable[..., Any]:
        """The function, its module imported, with its arguments.

        Raises:
            NetspecError: NS0906: a plugin names a function that is not there.
        """
        module, _, name = self.target.rpartition(".")
        found: Callable[..., Any] | None = getattr(import_module(module), name, None)
        if found is None:
            raise NetspecError.of(Code.PLUGIN_FAILED, f"there is no `{name}` in {module}, which a part names")
        arguments = {key: each.made() if isinstance(each, Function) else each for key, each in self.arguments.items()}
        return partial(found, **arguments) if arguments else found


class Instance(Function):
    """An instance of a class, made with all its arguments."""

    __slots__ = ()

    def made(self) -> Any:
        """The instance."""
        return super().made()()


def functional(name: str, **arguments: Any) -> Function:
    """A function of netspec's own: ``losses.focal``."""
    return Function(f"netspec.functional.{name}", arguments)

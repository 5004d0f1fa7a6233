"""The explorer's page of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics.arguments import typed
from netspec.driver.spec import Spec, given
from netspec.shape import Shape

if TYPE_CHECKING:
    from netspec.explorer.page import Shot


@typed
def explore(
    spec: Spec | str | Path,
    *,
    inputs: Mapping[str, Shape] | None = None,
    pictures: Mapping[str, Sequence[Shot]] | None = None,
    **params: Any,
) -> str:
    """A network as one self-contained HTML page: picture, table, arithmetic, spec and source.

    Args:
        spec: A loaded spec, or an argument for `load`.
        inputs: Input shapes in place of the spec's own.
        pictures: Pictures of its layers, by key: the `shots` of `netspec.look.in_explorer.pictured`.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec is wrong.
    """
    return given(spec, params).explore(inputs=inputs, pictures=pictures)

"""The explorer's page of a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netspec.driver.spec import Spec, given
from netspec.shape import Shape


def explore(spec: Spec | str | Path, *, inputs: Mapping[str, Shape] | None = None, **params: Any) -> str:
    """A network as one self-contained HTML page: picture, table, arithmetic, spec and source.

    Args:
        spec: A loaded spec, or an argument for `load`.
        inputs: Input shapes in place of the spec's own.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec is wrong.
    """
    return given(spec, params).explore(inputs=inputs)

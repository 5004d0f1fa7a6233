"""A single value as text: of `--set`, and of the default behind a parameter's type."""

from __future__ import annotations

from typing import Any

from netspec.diagnostics import Code, NetspecError
from netspec.frontend import source
from netspec.frontend.scalars import scalar


def one_value(text: str, name: str) -> Any:
    """The value of a text such as ``3``, ``[1, 2]`` or ``{batch_norm, eps: 1e-3}``.

    Args:
        text: The value as YAML.
        name: The name of the text, for errors.

    Raises:
        NetspecError: It is no value of YAML, or more than one.
        ValueError: It is a number beyond every usable range.
    """
    if text[:1] not in ("[", "{", '"', "'"):
        return scalar(text.strip())
    read = source.parse(f"value: {text}", name)
    if read.diagnostics:
        raise NetspecError(list(read.diagnostics))
    if len(read.data) > 1:
        raise NetspecError.of(Code.YAML_SYNTAX, "more than one value stands here", expected="one value")
    return read.data["value"]

"""A spec with other shapes of its inputs, as its own."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.driver.spec import Spec, elaborate, with_settings
from netspec.shape import Shape


def with_inputs(spec: Spec, inputs: Mapping[str, Shape]) -> Spec:
    """A spec whose inputs have other shapes, which whatever is written of it has too.

    Args:
        spec: The spec.
        inputs: Shapes by the name of their input, without the batch.

    Raises:
        NetspecError: The network does not take them, as `elaborate` finds.
    """
    if not inputs:
        return spec
    elaborate(spec, inputs)
    written = spec.document.places.data
    settings = {}
    for name, shape in inputs.items():
        key, value = (f"inputs.{name}", written["inputs"][name]) if "inputs" in written else ("input", written["input"])
        settings[f"{key}.shape" if isinstance(value, Mapping) else key] = list(shape)
    return with_settings(spec, settings)

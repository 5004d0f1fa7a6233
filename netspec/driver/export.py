"""The export of a spec to a file: written aside, read back, compared with torch, and only then put in place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import typed
from netspec.driver.recipes import recipe_of
from netspec.driver.spec import Spec, given

if TYPE_CHECKING:
    from netspec.exporters.result import Exported

TOLERANCE = 1e-4
"""The relative difference up to which an exported network counts as the same."""


@typed
def export(
    spec: Spec | str | Path,
    path: str | Path,
    weights: str | Path | None = None,
    *,
    format: str | None = None,
    seed: int = 0,
    opset: int | None = None,
    tolerance: float = TOLERANCE,
    **params: Any,
) -> Exported:
    """Export a network in evaluation mode, for batches of any size.

    Its outputs are compared with torch's before the file is put in place.

    Args:
        spec: A loaded spec, or what `netspec.load` takes.
        path: The file; ``.onnx``, ``.pt2`` or ``.safetensors``, which has the spec beside it as ``.spec.json``.
        weights: Weights as for `netspec.load_weights`; random ones if None.
        format: ``onnx``, ``pt2`` or ``safetensors`` where the suffix does not say it.
        seed: Seed of random weights, and of the compared inputs.
        opset: Version of ONNX's operators; torch's choice if None.
        tolerance: The largest permitted relative difference.
        params: Params and keys to set, as for `netspec.load`.

    Raises:
        NetspecError: The spec is wrong, or the weights do not fit. NS0909: the format cannot say the network. NS0910:
            the exported network answers otherwise. NS0903: the file cannot be written. NS0911: the format is unknown.
    """
    from netspec.exporters.formats import format_named, format_of
    from netspec.exporters.result import Exported
    from netspec.exporters.silenced import quiet
    from netspec.exporters.staging import staged

    file, name = Path(path), format_of(Path(path), format)
    if opset is not None and name != "onnx":
        raise NetspecError.of(Code.EXPORT_FAILED, f"`opset` is ONNX's, {name} has none")
    loaded = given(spec, params)
    with quiet(), staged(file) as aside:
        make = format_named(name).make
        from netspec.exporters.subject import subject_of

        subject = subject_of(loaded, weights, seed, tolerance)
        made = make(subject, aside, opset)
        sizes = {str(file.with_name(each.name)): each.stat().st_size for each in aside.parent.iterdir()}
    return Exported(
        name=loaded.name,
        format=name,
        files={str(file): sizes.pop(str(file.with_name(aside.name))), **sizes},
        weights=None if weights is None else str(weights),
        seed=seed,
        inputs=subject.ports,
        differences=made.differences,
        tolerance=tolerance,
        opset=made.opset,
        exporter=made.exporter,
        notes=(*subject.notes, *made.notes, *_of_standardised(loaded)),
    )


def _of_standardised(spec: Spec) -> Iterator[str]:
    """A remark on outputs that are trained to be standardised values; none of a recipe that nothing was trained by."""
    try:
        outputs = {} if spec.document.train is None else recipe_of(spec).for_outputs()
    except NetspecError:
        return
    asked = [name for name, (_, task) in outputs.items() if task is not None and task.standardises()]
    if asked:
        of = "" if asked == [""] else f" {', '.join(f'`{name}`' for name in asked)}"
        yield (
            f"The outputs{of} are trained to be standardised values: in its own unit a value is output * deviation + "
            "mean, which `standard` in the metrics.json of a run tells."
        )

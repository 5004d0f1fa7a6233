"""torch.export: the traced graph with its weights, for torch without the network's code."""

from __future__ import annotations

from pathlib import Path

import torch
from torch.export import ExportedProgram

from netspec.diagnostics import Code, NetspecError
from netspec.driver.resolved import resolved_json
from netspec.exporters.comparison import compare, outputs_of
from netspec.exporters.failures import refusal
from netspec.exporters.formats import Format
from netspec.exporters.result import Made
from netspec.exporters.subject import TRACED, Subject, dynamic_axes

SPEC = "spec.json"
"""The resolved spec's name among the extra files of a ``.pt2``."""


def make(subject: Subject, file: Path, _opset: int | None) -> Made:
    """Write the traced network and its spec, read it back and compare it.

    Raises:
        NetspecError: NS0909: torch cannot trace it for every batch. NS0910: it differs.
    """
    if subject.graph.detection is not None:
        raise NetspecError.of(
            Code.EXPORT_FAILED,
            f"`{subject.graph.name}` cannot be exported to torch.export: what a detector finds decides what runs",
            help="`--format safetensors` takes its weights, `--format onnx` a detector of one size, `ssd`",
        )
    try:
        program = trace(subject)
        torch.export.save(program, file, extra_files={SPEC: resolved_json(subject.spec)})
        return Made(compare(subject, outputs_of(torch.export.load(file).module())))
    except (NetspecError, OSError):
        raise
    except Exception as error:  # tracing runs all of torch, which can raise any exception
        raise refusal(error, FORMAT.title, subject) from error


FORMAT = Format("torch.export", make)


def trace(subject: Subject) -> ExportedProgram:
    """The network in evaluation mode, for any batch and any size of the axes that the spec calls dynamic."""
    batch = torch.export.Dim("batch", min=1)
    shapes = tuple(
        {0: batch, **{axis + 1: torch.export.Dim.DYNAMIC for axis in dynamic_axes(each)}}
        for each in subject.graph.inputs.values()
    )
    return torch.export.export(subject.network, subject.samples(TRACED), dynamic_shapes=shapes, strict=False)

"""safetensors: the weights by their names, and the resolved spec of their network."""

from __future__ import annotations

from pathlib import Path

from netspec.driver.resolved import resolved_json
from netspec.driver.spec import load
from netspec.exporters.comparison import made, torchs
from netspec.exporters.formats import Format
from netspec.exporters.result import Made
from netspec.exporters.subject import Subject, subject_of
from netspec.interop.loading import load as load_into
from netspec.interop.weight_files import read_safetensors, save_weights

SPEC_SUFFIX = ".spec.json"
"""The suffix of the spec's file, in place of the weights' suffix."""


def make(subject: Subject, file: Path, _opset: int | None) -> Made:
    """Write weights and spec, and compare the network made of the two."""
    spec = file.with_suffix(SPEC_SUFFIX)
    spec.write_text(resolved_json(subject.spec), encoding="utf-8")
    save_weights(subject.network, file)
    again = subject_of(load(spec), None, subject.seed + 1, subject.tolerance)
    load_into(again.network, read_safetensors(file))
    return made(subject, torchs(again))


FORMAT = Format("safetensors", make)

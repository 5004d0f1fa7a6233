"""Networks for the tests of exports."""

from __future__ import annotations

from pathlib import Path

from netspec import api
from netspec.interop.randomness import fill
from netspec.interop.weight_files import save_weights


def loads(text: str) -> api.Spec:
    """A spec without the lines that every spec has."""
    return api.loads(f"netspec: 1\nname: net\n{text}")


def weights_of(spec: api.Spec, folder: Path, seed: int = 3) -> Path:
    """A file of weights under which signals keep their size, so that every layer counts in the outputs."""
    network = api.compile(spec, device="cpu")
    fill(network, seed)
    save_weights(network, folder / "weights.safetensors")
    return folder / "weights.safetensors"

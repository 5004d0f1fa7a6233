"""Whatever is changed in a network, it is never said to agree with the original, bit for bit; the original is."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.report.verification import verification
from netspec.report.writers import written
from tests.interop.mutations import mutants, valid

EXAMPLES = int(os.environ.get("NETSPEC_EXAMPLES", "8"))
"""Changes that are tried of each network."""

SMALL = {
    "convolutions": """netspec: 1
name: small
input: [3, 12, 12]
layers:
  - {conv: 4, kernel: 3, padding: 1}
  - batch_norm
  - relu6
  - {max_pool: 2}
  - {conv: 4, kernel: 3, padding: 1}
  - {group_norm: 2}
  - {leaky_relu: 0.1}
  - {residual: [{conv: 4, kernel: 1}, {stochastic_depth: 0.3}]}
  - {spatial_dropout: 0.2}
  - {local_response_norm: 3}
  - {avg_pool: 2, padding: 1}
  - {upsample: 2}
  - {adaptive_avg_pool: 3}
  - flatten
  - {dropout: 0.4}
  - {linear: 6}
  - layer_norm
  - gelu
  - {linear: 5}
  - softmax
""",
    "tokens": """netspec: 1
name: small
input: [6, 8]
layers:
  - {attention: 2, dropout: 0.2}
  - {layer_norm, eps: 0.001}
  - {linear: 8}
  - {alpha_dropout: 0.1}
  - {batch_norm, momentum: 0.2}
  - celu
  - {linear: 3}
""",
    "lenet": "",
    "keras_cnn": "",
}
"""Specs of many layers, and of the zoo."""

INPUTS: dict[str, tuple[int, ...]] = {
    "resnet18": (3, 32, 32),
    "mobilenet_v2": (3, 32, 32),
    "googlenet_bn": (3, 32, 32),
    "convnext_tiny": (3, 32, 32),
}
"""Networks of the zoo, and small inputs for them, where as many are tried as are asked for."""

NETWORKS = [*SMALL, *(INPUTS if "NETSPEC_EXAMPLES" in os.environ else [])]


def text_of(name: str) -> str:
    return SMALL.get(name) or (Path(api.__file__).parent.parent / "specs" / f"{name}.yaml").read_text()


def original(folder: Path, spec: api.Spec) -> str:
    text = api.generate(spec)
    (folder / "original.py").write_text(text)
    classes = [line.split()[1].split("(")[0] for line in text.splitlines() if line.startswith("class ")]
    return f"{folder / 'original.py'}:{classes[-1]}"


def program(spec: api.Spec) -> str:
    """The generated source without its heading, which names the spec."""
    return "".join(line for line in api.generate(spec).splitlines(keepends=True) if not line.startswith("#"))


def said(spec: api.Spec, against: str, **options: Any) -> str:
    return " ".join(written(verification(api.verify(spec, against, **options)), "text").split())


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_with_one_change_is_never_said_to_agree_bit_for_bit(name: str, tmp_path: Path) -> None:
    text = text_of(name)
    spec = valid(text)
    assert spec
    against, written = original(tmp_path, spec), program(spec)
    inputs = {"input": INPUTS[name]} if name in INPUTS else None
    assert "They agree, bit for bit." in said(spec, against, inputs=inputs)
    found = list(mutants(text))
    random.Random(0).shuffle(found)
    wrong, tried = [], 0
    for what, changed in found:
        mutant = valid(changed)
        if mutant is None or program(mutant) == written:
            continue
        try:
            if "bit for bit" in said(mutant, against, inputs=inputs):
                wrong.append(what)
        except NetspecError:  # the original's weights do not lie in that input
            continue
        tried += 1
        if tried == EXAMPLES:
            break
    assert tried >= min(EXAMPLES, 10)
    assert wrong == []

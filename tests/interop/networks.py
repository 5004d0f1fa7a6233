"""Small networks for the tests of weights and comparisons."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from netspec import api

SPEC = """netspec: 1
name: small
input: [3, 8, 8]
layers:
  - {conv: 4, kernel: 3, padding: 1, bias: false, name: conv1}
  - {batch_norm, name: bn1}
  - relu
  - {conv: 6, kernel: 3, stride: 2, padding: 1, name: conv2}
  - leaky_relu
  - global_avg_pool
  - flatten
  - {dropout: 0.5, name: drop}
  - {linear: 5, name: fc}
"""

REFERENCE = """
import torch
from torch import nn


class Reference(nn.Module):
    def __init__(self, classes=5):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 6, 3, stride=2, padding=1)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(6, classes)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = nn.functional.leaky_relu(self.conv2(x))
        return self.fc(self.drop(x.mean((2, 3))))
"""


def small(head: str = "") -> api.Spec:
    return api.loads(SPEC + head)


def compiled(seed: int = 0, spec: api.Spec | None = None) -> nn.Module:
    torch.manual_seed(seed)
    network = api.compile(spec or small())
    for name, buffer in network.named_buffers():
        if name.endswith("num_batches_tracked"):
            buffer.fill_(seed + 3)
        else:
            buffer.uniform_(0.5, 1.5)
    return network


def reference(folder: Path, old: str = "", new: str = "") -> str:
    """The reference of a file, with one text replaced by another."""
    assert old in REFERENCE
    (folder / "reference.py").write_text(REFERENCE.replace(old, new) if old else REFERENCE)
    return f"{folder / 'reference.py'}:Reference"


def same(left: nn.Module, right: nn.Module) -> bool:
    pairs = zip(left.state_dict().items(), right.state_dict().items(), strict=True)
    return all(a == b and torch.equal(x, y) for (a, x), (b, y) in pairs)

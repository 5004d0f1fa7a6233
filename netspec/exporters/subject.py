"""The subject of an export: a network in evaluation mode with its weights, beside its spec."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from netspec.driver.live import compile, load_weights
from netspec.driver.spec import Spec
from netspec.graph import Graph
from netspec.objects.immutable import immutable


@immutable
class Subject:
    """A network to export.

    Attributes:
        spec: Its spec.
        network: Its module, in evaluation mode, on the CPU.
        seed: Seed of the compared inputs.
        tolerance: The largest permitted relative difference.
        notes: Steps taken to read its weights, a sentence each.
    """

    spec: Spec
    network: nn.Module
    seed: int
    tolerance: float
    notes: tuple[str, ...] = ()

    @property
    def graph(self) -> Graph:
        """The elaborated network."""
        return self.spec.graph


def subject_of(spec: Spec, weights: str | Path | None, seed: int, tolerance: float) -> Subject:
    """The network of a spec with the weights of a file, a run or a collection; else with random ones.

    Raises:
        NetspecError: The spec is wrong, or the weights do not fit.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = compile(spec, device="cpu").eval()
    subject = Subject(spec, network, seed, tolerance)
    if weights is None:
        return subject
    return replace(subject, notes=load_weights(network, weights, spec).notes)

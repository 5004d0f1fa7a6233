"""Muon for matrices and AdamW for all other tensors, as one optimizer of torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn, optim

_ADJUST = "match_rms_adamw"
"""Steps of a matrix as large as AdamW's, by the root of their mean square."""


class MuonAndAdamW(optim.Optimizer):
    """Two optimizers that share one state and one list of groups.

    So both are saved, loaded and scheduled as one. It needs torch 2.9.

    Args:
        parameters: Weights, or groups of them. Each group is split in two: its
            matrices come first.
        options: Those of torch.optim.Muon; AdamW takes the rate and the weight decay.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter] | Iterable[dict[str, Any]],
        **options: Any,
    ) -> None:
        self._matrices: optim.Optimizer | None = None
        self._others: optim.Optimizer | None = None
        listed: list[Any] = list(parameters)
        grouped = bool(listed) and isinstance(listed[0], dict)
        groups = listed if grouped else [{"params": listed}]
        super().__init__([half for group in groups for half in _halves(group)], options)
        self._share()

    def _share(self) -> None:
        """Let the two work on this optimizer's own groups and state."""
        muon = {"lr", "weight_decay", "momentum", "nesterov", "ns_steps"}
        for matrix, name in ((True, "_matrices"), (False, "_others")):
            groups = [group for group in self.param_groups if group["matrix"] is matrix]
            inner: optim.Optimizer | None = None
            if groups:
                options = {key: self.defaults[key] for key in muon}
                options["adjust_lr_fn"] = _ADJUST
                few = {key: options[key] for key in ("lr", "weight_decay")}
                own = [dict(group) for group in groups]
                inner = (
                    optim.Muon(own, **options)
                    if matrix
                    else optim.AdamW(own, fused=True, **few)
                )
                for group, full in zip(groups, inner.param_groups, strict=True):
                    for key, value in full.items():
                        group.setdefault(key, value)
                inner.param_groups, inner.state = groups, self.state
            setattr(self, name, inner)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        self._share()  # loading makes new groups and a new state

    def step(  # type: ignore[override]
        self, closure: Callable[[], float] | None = None
    ) -> float | None:
        """One step of both."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for inner in (self._matrices, self._others):
            if inner is not None:
                inner.step()
        return loss


def _halves(group: dict[str, Any]) -> list[dict[str, Any]]:
    """A group's matrices and its other tensors, as far as there are any."""
    params = list(group["params"])
    halves = (
        (True, [p for p in params if p.ndim == 2]),
        (False, [p for p in params if p.ndim != 2]),
    )
    return [
        {**group, "params": tensors, "matrix": matrix}
        for matrix, tensors in halves
        if tensors
    ]

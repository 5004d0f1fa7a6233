"""Muon for matrices and AdamW for all other tensors, as one optimizer of torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn, optim

_QUINTIC = (3.4445, -4.7750, 2.0315)
"""Coefficients by which every singular value soon comes near 1 (Jordan et al. 2024)."""

_LEAST = 1e-7
"""The least norm that a matrix is divided by."""


class MuonAndAdamW(optim.Optimizer):
    """Muon and AdamW, with one state and one list of groups.

    So both are saved, loaded and scheduled as one.

    Args:
        parameters: Weights, or groups of them. Each group is split in two: its
            matrices come first.
        convolutions: Whether tensors of four axes and more are matrices too, with a row
            for each output.
        options: Muon's; AdamW takes the rate and the weight decay.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter] | Iterable[dict[str, Any]],
        convolutions: bool = False,
        **options: Any,
    ) -> None:
        self._others: optim.Optimizer | None = None
        listed: list[Any] = list(parameters)
        grouped = bool(listed) and isinstance(listed[0], dict)
        groups = listed if grouped else [{"params": listed}]
        halves = [half for group in groups for half in _halves(group, convolutions)]
        super().__init__(halves, options)
        self._share()

    def _share(self) -> None:
        """Let AdamW work on this optimizer's own groups and state."""
        groups = [group for group in self.param_groups if not group["matrix"]]
        if not groups:
            return
        few = {key: self.defaults[key] for key in ("lr", "weight_decay")}
        others = optim.AdamW([dict(group) for group in groups], fused=True, **few)
        for group, full in zip(groups, others.param_groups, strict=True):
            for key, value in full.items():
                group.setdefault(key, value)
        others.param_groups, others.state = groups, self.state
        self._others = others

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
        with torch.no_grad():
            for group in self.param_groups:
                if group["matrix"]:
                    self._step_matrices(group)
        if self._others is not None:
            self._others.step()
        return loss

    def _step_matrices(self, group: dict[str, Any]) -> None:
        for weight in group["params"]:
            if weight.grad is None:
                continue
            state = self.state[weight]
            if not state:
                state["momentum_buffer"] = torch.zeros_like(weight.grad)
            mean = state["momentum_buffer"]
            mean.lerp_(weight.grad, 1 - group["momentum"])
            ahead = weight.grad.lerp(mean, group["momentum"])
            change = (ahead if group["nesterov"] else mean).flatten(1)
            # As large as AdamW's, by the root of the mean square (arXiv:2502.16982).
            rate = group["lr"] * (0.2 * max(change.shape) ** 0.5)
            weight.mul_(1 - group["lr"] * group["weight_decay"])
            made = orthogonal(change, group["ns_steps"]).view_as(weight)
            weight.add_(made, alpha=-rate)


def orthogonal(matrix: Tensor, steps: int) -> Tensor:
    """A matrix [rows, columns] with its singular values near 1, in bfloat16.

    X becomes aX + b(XX')X + c(XX')²X, again and again: the iteration of Newton and
    Schulz, with an odd polynomial of the fifth degree.
    """
    a, b, c = _QUINTIC
    tall = matrix.shape[0] > matrix.shape[1]
    found = matrix.bfloat16().T if tall else matrix.bfloat16()
    found = found / found.norm().clamp(min=_LEAST)
    for _ in range(steps):
        gram = found @ found.T
        found = torch.addmm(
            found, torch.addmm(gram, gram, gram, beta=b, alpha=c), found, beta=a
        )
    return found.T if tall else found


def _halves(group: dict[str, Any], convolutions: bool) -> list[dict[str, Any]]:
    """A group's matrices and its other tensors, as far as there are any."""
    halves: dict[bool, list[nn.Parameter]] = {True: [], False: []}
    for each in group["params"]:
        halves[each.ndim == 2 or (convolutions and each.ndim >= 4)].append(each)
    return [
        {**group, "params": tensors, "matrix": matrix}
        for matrix, tensors in halves.items()
        if tensors
    ]

"""Convolutions whose maps differ in what they see, or whose units each have a bias."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class TableConv(nn.Module):
    """Convolution whose output maps each see the input maps that a table lists."""

    places: Tensor
    bias: nn.Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        connections: Sequence[Sequence[int]],
        kernel_size: tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: tuple[int, ...] = (),
        dilation: int | tuple[int, ...] = 1,
        bias: bool = True,
        bias_size: tuple[int, ...] = (),
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        if len(connections) != out_channels:
            raise ValueError(f"{out_channels} rows needed, not {len(connections)}")
        for row in connections:
            different = 0 < len(row) == len(set(row))
            if not different or min(row) < 0 or max(row) >= in_channels:
                raise ValueError(f"channels below {in_channels} needed, not {row}")
        self.in_channels = in_channels
        self.connections = connections
        self.kernel_size = kernel_size
        self.stride = stride
        # Before and after, from the last axis backwards.
        self.padding = padding
        self.dilation = dilation
        self.padding_mode = padding_mode
        # One kernel for each pair of maps that the table connects; one bias for each
        # map or, with a size, for each unit.
        seen = [channel for row in connections for channel in row]
        self.weight = nn.Parameter(torch.empty(len(seen), *kernel_size))
        biases = nn.Parameter(torch.empty(out_channels, *bias_size))
        self.bias = biases if bias else None
        # Where each kernel stands among those of all pairs: known on the meta device
        # too, since weights that are loaded there bring no places.
        places = [m * in_channels + c for m, row in enumerate(connections) for c in row]
        device = "cpu" if self.weight.is_meta else self.weight.device
        known = torch.tensor(places, device=device)
        self.register_buffer("places", known, persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        # As torch's convolutions, but that the fan-in is each map's own.
        first = 0
        for number, row in enumerate(self.connections):
            kernels = self.weight.detach()[first : first + len(row)]
            bound = 1 / kernels.numel() ** 0.5
            nn.init.uniform_(kernels, -bound, bound)
            if self.bias is not None:
                nn.init.uniform_(self.bias.detach()[number], -bound, bound)
            first += len(row)

    def forward(self, x: Tensor) -> Tensor:
        if self.padding:
            x = F.pad(x, self.padding, self.padding_mode)
        # One dense convolution, in which pairs that are not connected weigh nothing, is
        # several times as quick as one for each map.
        maps = len(self.connections)
        every = self.weight.new_zeros(maps * self.in_channels, *self.kernel_size)
        dense = every.index_copy(0, self.places.to(every.device), self.weight)
        dense = dense.view(maps, self.in_channels, *self.kernel_size)
        convolve = getattr(F, f"conv{len(self.kernel_size)}d")
        y: Tensor = convolve(x, dense, None, self.stride, 0, self.dilation)
        if self.bias is None:
            return y
        size = self.bias.shape[1:]
        if size and y.shape[2:] != size:
            raise ValueError(f"biases for {[*size]} units, not {[*y.shape[2:]]}")
        return y + self.bias.view(maps, *(size or [1] * (y.dim() - 2)))

    def extra_repr(self) -> str:
        maps = f"{self.in_channels}, {len(self.connections)}"
        table = f"connections={len(self.weight)}"
        return f"{maps}, {table}, kernel_size={self.kernel_size}, stride={self.stride}"


class UnsharedBiasConv(nn.Module):
    """Convolution that shares its kernels, but gives every unit a bias of its own."""

    bias: nn.Parameter

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, ...],
        bias_size: tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: tuple[int, ...] = (),
        dilation: int | tuple[int, ...] = 1,
        groups: int = 1,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride
        # Before and after, from the last axis backwards.
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
        self.padding_mode = padding_mode
        shape = (out_channels, in_channels // groups, *kernel_size)
        self.weight = nn.Parameter(torch.empty(shape))
        self.bias = nn.Parameter(torch.empty(out_channels, *bias_size))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        # As torch's convolutions.
        bound = 1 / self.weight[0].numel() ** 0.5
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        if self.padding:
            x = F.pad(x, self.padding, self.padding_mode)
        convolve = getattr(F, f"conv{len(self.kernel_size)}d")
        window = (self.stride, 0, self.dilation, self.groups)
        y: Tensor = convolve(x, self.weight, None, *window)
        size = self.bias.shape[1:]
        if y.shape[2:] != size:
            raise ValueError(f"biases for {[*size]} units, not {[*y.shape[2:]]}")
        return y + self.bias

    def extra_repr(self) -> str:
        shapes = f"weight={tuple(self.weight.shape)}, bias={tuple(self.bias.shape)}"
        return f"{shapes}, stride={self.stride}"

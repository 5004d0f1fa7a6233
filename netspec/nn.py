"""The torch modules that torch lacks.

Each class stands alone: generated source carries the text of those it uses, below ``import torch``,
``from torch import Tensor, nn`` and ``import torch.nn.functional as F``.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Reshape(nn.Module):
    """Gives each example another shape."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], *self.shape)

    def extra_repr(self) -> str:
        return repr(self.shape)


class Permute(nn.Module):
    """Reorders the axes; the batch is axis 0."""

    def __init__(self, dims: tuple[int, ...]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Tensor) -> Tensor:
        return torch.permute(x, self.dims)

    def extra_repr(self) -> str:
        return repr(self.dims)


class ConstantPad(nn.Module):
    """Pads any number of axes; amounts (before, after) count from the last axis backwards."""

    def __init__(self, padding: tuple[int, ...], value: float = 0.0) -> None:
        super().__init__()
        self.padding = padding
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"{self.padding}, value={self.value}"


class PaddedConv1d(nn.Conv1d):
    """Convolution whose padding differs between the two sides: (before, after) per axis."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int],
        stride: int | tuple[int] = 1,
        padding: tuple[tuple[int, int], ...] = ((0, 0),),
        dilation: int | tuple[int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
    ) -> None:
        if len(padding) != 1 or any(amount < 0 for pair in padding for amount in pair):
            raise ValueError(f"padding must hold one pair of sizes (before, after), got {padding}")
        super().__init__(in_channels, out_channels, kernel_size, stride, 0, dilation, groups, bias)
        self.sides = [amount for pair in reversed(padding) for amount in pair]
        self.sides_mode = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(F.pad(input, self.sides, self.sides_mode))

    def extra_repr(self) -> str:
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.sides}, dilation={self.dilation}, groups={self.groups}, bias={self.bias is not None}, "
            f"padding_mode={self.sides_mode!r}"
        )


class PaddedConv2d(nn.Conv2d):
    """Convolution whose padding differs between the two sides: (before, after) per axis."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: tuple[tuple[int, int], ...] = ((0, 0), (0, 0)),
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
    ) -> None:
        if len(padding) != 2 or any(amount < 0 for pair in padding for amount in pair):
            raise ValueError(f"padding must hold two pairs of sizes (before, after), got {padding}")
        super().__init__(in_channels, out_channels, kernel_size, stride, 0, dilation, groups, bias)
        self.sides = [amount for pair in reversed(padding) for amount in pair]
        self.sides_mode = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(F.pad(input, self.sides, self.sides_mode))

    def extra_repr(self) -> str:
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.sides}, dilation={self.dilation}, groups={self.groups}, bias={self.bias is not None}, "
            f"padding_mode={self.sides_mode!r}"
        )


class PaddedConv3d(nn.Conv3d):
    """Convolution whose padding differs between the two sides: (before, after) per axis."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int, int],
        stride: int | tuple[int, int, int] = 1,
        padding: tuple[tuple[int, int], ...] = ((0, 0), (0, 0), (0, 0)),
        dilation: int | tuple[int, int, int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
    ) -> None:
        if len(padding) != 3 or any(amount < 0 for pair in padding for amount in pair):
            raise ValueError(f"padding must hold three pairs of sizes (before, after), got {padding}")
        super().__init__(in_channels, out_channels, kernel_size, stride, 0, dilation, groups, bias)
        self.sides = [amount for pair in reversed(padding) for amount in pair]
        self.sides_mode = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(F.pad(input, self.sides, self.sides_mode))

    def extra_repr(self) -> str:
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.sides}, dilation={self.dilation}, groups={self.groups}, bias={self.bias is not None}, "
            f"padding_mode={self.sides_mode!r}"
        )


class SequenceLSTM(nn.LSTM):
    """LSTM over [batch, time, features] that returns all hidden states, or the last ones of each direction."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
        last: bool = False,
    ) -> None:
        super().__init__(input_size, hidden_size, num_layers, bias, True, dropout, bidirectional)
        self.last = last

    def forward(self, input: Tensor) -> Tensor:  # type: ignore[override]
        sequence, (hidden, _) = super().forward(input)
        if self.last:
            directions = 2 if self.bidirectional else 1
            return hidden[-directions:].transpose(0, 1).flatten(1)
        return sequence


class SequenceGRU(nn.GRU):
    """GRU over [batch, time, features] that returns all hidden states, or the last ones of each direction."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
        last: bool = False,
    ) -> None:
        super().__init__(input_size, hidden_size, num_layers, bias, True, dropout, bidirectional)
        self.last = last

    def forward(self, input: Tensor) -> Tensor:  # type: ignore[override]
        sequence, hidden = super().forward(input)
        if self.last:
            directions = 2 if self.bidirectional else 1
            return hidden[-directions:].transpose(0, 1).flatten(1)
        return sequence


class SequenceRNN(nn.RNN):
    """Elman RNN over [batch, time, features] that returns all hidden states, or the last ones of each direction."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
        last: bool = False,
    ) -> None:
        super().__init__(input_size, hidden_size, num_layers, nonlinearity, bias, True, dropout, bidirectional)
        self.last = last

    def forward(self, input: Tensor) -> Tensor:  # type: ignore[override]
        sequence, hidden = super().forward(input)
        if self.last:
            directions = 2 if self.bidirectional else 1
            return hidden[-directions:].transpose(0, 1).flatten(1)
        return sequence


class Attention(nn.MultiheadAttention):
    """Multi-head attention over [batch, time, features]; of the input to itself where it is the only one."""

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, causal: bool = False
    ) -> None:
        super().__init__(embed_dim, num_heads, dropout, bias, batch_first=True)
        self.causal = causal

    def forward(self, query: Tensor, key: Tensor | None = None, value: Tensor | None = None) -> Tensor:  # type: ignore[override]
        key = query if key is None else key
        value = key if value is None else value
        mask = None
        if self.causal:
            mask = torch.ones(query.shape[1], key.shape[1], dtype=torch.bool, device=query.device).triu(1)
        return super().forward(query, key, value, need_weights=False, attn_mask=mask, is_causal=self.causal)[0]

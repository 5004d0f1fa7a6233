"""The torch modules that torch lacks.

Each class stands alone: generated source carries the text of those it uses, below ``import torch``,
``from torch import Tensor, nn`` and ``import torch.nn.functional as F``. So this file is laid out as ruff
lays out at 88 columns as well as at ours, and passes strict mypy without settings.
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
            raise ValueError(f"one pair (before, after) needed, not {padding}")
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            dilation=dilation,
            groups=groups,
            bias=bias,
        )
        self.sides = [amount for pair in reversed(padding) for amount in pair]
        self.sides_mode = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(F.pad(input, self.sides, self.sides_mode))

    def extra_repr(self) -> str:
        window = f"kernel_size={self.kernel_size}, stride={self.stride}"
        padding = f"padding={self.sides}, padding_mode={self.sides_mode!r}"
        return f"{self.in_channels}, {self.out_channels}, {window}, {padding}"


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
            raise ValueError(f"two pairs (before, after) needed, not {padding}")
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            dilation=dilation,
            groups=groups,
            bias=bias,
        )
        self.sides = [amount for pair in reversed(padding) for amount in pair]
        self.sides_mode = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(F.pad(input, self.sides, self.sides_mode))

    def extra_repr(self) -> str:
        window = f"kernel_size={self.kernel_size}, stride={self.stride}"
        padding = f"padding={self.sides}, padding_mode={self.sides_mode!r}"
        return f"{self.in_channels}, {self.out_channels}, {window}, {padding}"


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
            raise ValueError(f"three pairs (before, after) needed, not {padding}")
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            dilation=dilation,
            groups=groups,
            bias=bias,
        )
        self.sides = [amount for pair in reversed(padding) for amount in pair]
        self.sides_mode = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(F.pad(input, self.sides, self.sides_mode))

    def extra_repr(self) -> str:
        window = f"kernel_size={self.kernel_size}, stride={self.stride}"
        padding = f"padding={self.sides}, padding_mode={self.sides_mode!r}"
        return f"{self.in_channels}, {self.out_channels}, {window}, {padding}"


class SequenceLSTM(nn.LSTM):
    """LSTM over [batch, time, features]: all hidden states, or each direction's last."""

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
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias=bias,
            batch_first=True,
            dropout=dropout,
            bidirectional=bidirectional,
        )
        self.last = last

    def forward(self, input: Tensor) -> Tensor:  # type: ignore[override]
        sequence, (hidden, _) = super().forward(input)
        if self.last:
            directions = 2 if self.bidirectional else 1
            return hidden[-directions:].transpose(0, 1).flatten(1)
        return sequence


class SequenceGRU(nn.GRU):
    """GRU over [batch, time, features]: all hidden states, or each direction's last."""

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
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias=bias,
            batch_first=True,
            dropout=dropout,
            bidirectional=bidirectional,
        )
        self.last = last

    def forward(self, input: Tensor) -> Tensor:  # type: ignore[override]
        sequence, hidden = super().forward(input)
        if self.last:
            directions = 2 if self.bidirectional else 1
            return hidden[-directions:].transpose(0, 1).flatten(1)
        return sequence


class SequenceRNN(nn.RNN):
    """Elman RNN over [batch, time, features]: all hidden states, or each direction's last."""

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
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            nonlinearity,
            bias=bias,
            batch_first=True,
            dropout=dropout,
            bidirectional=bidirectional,
        )
        self.last = last

    def forward(self, input: Tensor) -> Tensor:  # type: ignore[override]
        sequence, hidden = super().forward(input)
        if self.last:
            directions = 2 if self.bidirectional else 1
            return hidden[-directions:].transpose(0, 1).flatten(1)
        return sequence


class Attention(nn.MultiheadAttention):
    """Attention over [batch, time, features]; of the input to itself if it is alone."""

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        causal: bool = False,
    ) -> None:
        super().__init__(embed_dim, num_heads, dropout, bias, batch_first=True)
        self.causal = causal

    def forward(  # type: ignore[override]
        self,
        query: Tensor,
        key: Tensor | None = None,
        value: Tensor | None = None,
    ) -> Tensor:
        key = query if key is None else key
        value = key if value is None else value
        mask = None
        if self.causal:
            shape = (query.shape[1], key.shape[1])
            mask = torch.ones(shape, dtype=torch.bool, device=query.device).triu(1)
        output, _ = super().forward(
            query,
            key,
            value,
            need_weights=False,
            attn_mask=mask,
            is_causal=self.causal,
        )
        return output

"""Recurrences that take the batch first and give a tensor."""

from __future__ import annotations

from torch import Tensor, nn


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

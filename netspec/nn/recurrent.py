"""Recurrences that take the batch first, states too, and give a tensor, or with it the final states."""

from __future__ import annotations

from torch import Tensor, nn


class SequenceLSTM(nn.LSTM):
    """LSTM over [batch, time, features]: all hidden states, or each way's last."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
        last: bool = False,
        states: bool = False,
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
        self.states = states

    def forward(  # type: ignore[override]
        self,
        input: Tensor,
        hidden: Tensor | None = None,
        cell: Tensor | None = None,
    ) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        given = None
        if hidden is not None:
            assert cell is not None
            given = (
                hidden.transpose(0, 1).contiguous(),
                cell.transpose(0, 1).contiguous(),
            )
        found, (hidden, cell) = super().forward(input, given)
        if self.last:
            directions = 2 if self.bidirectional else 1
            found = hidden[-directions:].transpose(0, 1).flatten(1)
        if self.states:
            return found, hidden.transpose(0, 1), cell.transpose(0, 1)
        return found


class SequenceGRU(nn.GRU):
    """GRU over [batch, time, features]: all hidden states, or each way's last."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
        last: bool = False,
        states: bool = False,
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
        self.states = states

    def forward(  # type: ignore[override]
        self,
        input: Tensor,
        hidden: Tensor | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        given = None if hidden is None else hidden.transpose(0, 1).contiguous()
        found, hidden = super().forward(input, given)
        if self.last:
            directions = 2 if self.bidirectional else 1
            found = hidden[-directions:].transpose(0, 1).flatten(1)
        return (found, hidden.transpose(0, 1)) if self.states else found


class SequenceRNN(nn.RNN):
    """Elman RNN over [batch, time, features]: all hidden states, or each way's last."""

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
        states: bool = False,
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
        self.states = states

    def forward(  # type: ignore[override]
        self,
        input: Tensor,
        hidden: Tensor | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        given = None if hidden is None else hidden.transpose(0, 1).contiguous()
        found, hidden = super().forward(input, given)
        if self.last:
            directions = 2 if self.bidirectional else 1
            found = hidden[-directions:].transpose(0, 1).flatten(1)
        return (found, hidden.transpose(0, 1)) if self.states else found

"""Recurrences over sequences of different lengths, padded to one; the batch comes first, in states too."""

from __future__ import annotations

from torch import Tensor, nn


class PackedLSTM(nn.LSTM):
    """LSTM over [batch, time, features] of sequences that differ in length."""

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
        lengths: Tensor,
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
        packed = nn.utils.rnn.pack_padded_sequence(
            input,
            lengths.cpu(),
            batch_first=True,
            enforce_sorted=False,
        )
        packed, (hidden, cell) = super().forward(packed, given)
        if self.last:
            directions = 2 if self.bidirectional else 1
            found = hidden[-directions:].transpose(0, 1).flatten(1)
        else:
            found, _ = nn.utils.rnn.pad_packed_sequence(
                packed,
                batch_first=True,
                total_length=input.shape[1],
            )
        if self.states:
            return found, hidden.transpose(0, 1), cell.transpose(0, 1)
        return found


class PackedGRU(nn.GRU):
    """GRU over [batch, time, features] of sequences that differ in length."""

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
        lengths: Tensor,
        hidden: Tensor | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        given = None if hidden is None else hidden.transpose(0, 1).contiguous()
        packed = nn.utils.rnn.pack_padded_sequence(
            input,
            lengths.cpu(),
            batch_first=True,
            enforce_sorted=False,
        )
        packed, hidden = super().forward(packed, given)
        if self.last:
            directions = 2 if self.bidirectional else 1
            found = hidden[-directions:].transpose(0, 1).flatten(1)
        else:
            found, _ = nn.utils.rnn.pad_packed_sequence(
                packed,
                batch_first=True,
                total_length=input.shape[1],
            )
        return (found, hidden.transpose(0, 1)) if self.states else found


class PackedRNN(nn.RNN):
    """Elman RNN over [batch, time, features] of sequences that differ in length."""

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
        lengths: Tensor,
        hidden: Tensor | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        given = None if hidden is None else hidden.transpose(0, 1).contiguous()
        packed = nn.utils.rnn.pack_padded_sequence(
            input,
            lengths.cpu(),
            batch_first=True,
            enforce_sorted=False,
        )
        packed, hidden = super().forward(packed, given)
        if self.last:
            directions = 2 if self.bidirectional else 1
            found = hidden[-directions:].transpose(0, 1).flatten(1)
        else:
            found, _ = nn.utils.rnn.pad_packed_sequence(
                packed,
                batch_first=True,
                total_length=input.shape[1],
            )
        return (found, hidden.transpose(0, 1)) if self.states else found

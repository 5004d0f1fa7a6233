"""A live network of a sequence's next tokens: its places all at once, or one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from netspec.diagnostics import Code, NetspecError

Scored = Callable[[Tensor], Tensor]
"""A network of next tokens: from tokens ``[batch, places]`` to the scores at each ``[batch, places, classes]``."""


class Past:
    """What the modules of a network keep of the places before; between two calls, they keep nothing themselves.

    Args:
        network: The network.
        modules: Those of its modules that have an attribute `past`.
    """

    def __init__(self, network: Scored, modules: Sequence[nn.Module]) -> None:
        self.network = network
        self.modules = modules
        self.kept: list[tuple[object, ...]] = [()] * len(modules)

    def go_on(self, tokens: Tensor) -> Tensor:
        """The scores at further places ``[batch, length, classes]``."""
        try:
            for module, kept in zip(self.modules, self.kept, strict=True):
                module.past = kept  # type: ignore[assignment]
            found = self.network(tokens)
            self.kept = [module.past for module in self.modules]  # type: ignore[misc]
        finally:
            for module in self.modules:
                module.past = None  # type: ignore[assignment]
        return found


def last_scores(network: Scored, tokens: Tensor, length: int, *, fixed: bool) -> Tensor:
    """The scores after the last token ``[batch, classes]``, by all places at once.

    Args:
        network: The network.
        tokens: ``[batch, places]``, of which the last `length` are read.
        length: The longest sequence that it takes.
        fixed: Whether it takes no shorter one: then further places are filled up, which none before them sees.
    """
    tokens = tokens[:, -length:]
    places = tokens.shape[1]
    if fixed and places < length:
        tokens = nn.functional.pad(tokens, (0, length - places))
    return network(tokens)[:, places - 1]


def chosen(scores: Tensor, temperature: float, top_k: int | None, draws: torch.Generator | None) -> Tensor:
    """A token for each row of scores ``[batch, classes]``: the likeliest at temperature 0, else one that is drawn.

    Drawn are classes by ``softmax(scores / temperature)``, of the `top_k` likeliest alone (Fan, Lewis and Dauphin,
    "Hierarchical neural story generation", 2018).

    Raises:
        NetspecError: NS0913: the largest score is no finite number.
    """
    best = scores.amax(-1, keepdim=True)
    if not best.isfinite().all():
        message = "the network's scores of the next token are no finite numbers"
        raise NetspecError.of(Code.NOT_RUNNABLE, message, help="its weights are damaged, or its training went astray")
    if temperature == 0:
        return scores.argmax(-1)
    # The likeliest is at 0, so that the others leave the range of float32 downwards, however low the temperature is.
    scores = (scores.float() - best.float()) / max(temperature, torch.finfo(torch.float32).tiny)
    if top_k is not None and top_k < scores.shape[-1]:
        likely = scores.topk(top_k)
        scores = torch.full_like(scores, -torch.inf).scatter(-1, likely.indices, likely.values)
    return torch.multinomial(scores.softmax(-1), 1, generator=draws).squeeze(1)


def tokens_after(
    network: Scored,
    tokens: Tensor,
    count: int,
    length: int,
    *,
    fixed: bool,
    keeping: Sequence[nn.Module] | None,
    temperature: float,
    top_k: int | None,
    seed: int | None,
) -> Iterator[Tensor]:
    """Tokens, one by one, each ``[batch]``, that a network in evaluation gives after those of a prompt.

    Args:
        network: The network.
        tokens: The prompts ``[batch, places]``, without padding.
        count: How many tokens.
        length: The longest sequence that it takes; what is longer is read without its beginning.
        fixed: As for `last_scores`.
        keeping: The modules that keep their past; None where each token needs all places anew.
        temperature: As for `chosen`.
        top_k: As for `chosen`.
        seed: The seed of what is drawn; None for torch's own state.
    """
    draws = None if seed is None else torch.Generator(tokens.device).manual_seed(seed)
    past = None if keeping is None else Past(network, keeping)
    new, first = tokens, tokens.shape[1]
    for places in range(first, first + count):
        with torch.no_grad():
            if past is not None and places <= length:
                scores = past.go_on(new)[:, -1]
            else:
                past = None  # the beginning is forgotten, so that every place is another
                scores = last_scores(network, tokens, length, fixed=fixed)
            found = chosen(scores, temperature, top_k, draws)
        new = found.unsqueeze(1)
        tokens = torch.cat((tokens, new), 1)[:, -length:]
        yield found

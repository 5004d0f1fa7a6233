"""Tokens that a network gives, one after the other. Needs torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import typed
from netspec.driver.live import require_torch
from netspec.driver.spec import Spec, given
from netspec.shape import spell

if TYPE_CHECKING:
    import torch

    from netspec.graph import Graph, Input


@typed
def generate_tokens(
    spec: Spec | str | Path,
    network: torch.nn.Module,
    tokens: torch.Tensor,
    count: int,
    *,
    temperature: float = 0.0,
    top_k: int | None = None,
    seed: int | None = None,
    cache: bool = True,
) -> Iterator[torch.Tensor]:
    """Tokens that a network gives after prompts, one by one.

    A network of a dynamic length whose layers need no later places, such as causal attention, keeps what it has read:
    each further token costs one place. Any other reads all places anew; so does each once a sequence is longer than the
    spec's input, of which the beginning is then forgotten.

    Args:
        spec: The network's spec: an input of whole numbers ``[length]``, and one output, ``[length, classes]``, whose
            scores at a place are those of the next token.
        network: The network, compiled from the spec; it is called as it is, in training or in evaluation.
        tokens: The prompts ``[batch, places]`` of int64, all of one length and of one place at least.
        count: The number of tokens to give.
        temperature: 0 for the likeliest token; else tokens are drawn, by ``softmax(scores / temperature)``.
        top_k: How many of the likeliest tokens may be drawn; all if None.
        seed: The seed of what is drawn; None for torch's own state.
        cache: Whether to keep what was read where that can be.

    Returns:
        An iterator over tensors ``[batch]`` of int64, each a token for every prompt.

    Raises:
        NetspecError: NS0913: the network gives no scores of next tokens, or none that are
            finite, or does not take the prompts. NS0207: a
            setting is out of range.
    """
    require_torch()
    from netspec.backends.decoding import tokens_after

    graph = given(spec, {}).graph
    taken = _taken(graph)
    _check(count, temperature, top_k)
    keeping = keeps_past(graph)
    length, fixed = taken.shape[0], 0 not in taken.dynamic
    if tokens.dim() != 2 or tokens.shape[1] < 1 or tokens.is_floating_point():
        raise _unfit("prompts are whole numbers [batch, places]", f"{spell(tuple(tokens.shape))} of {tokens.dtype}")
    if fixed and keeping is None and tokens.shape[1] < length:
        raise _unfit(
            f"`{graph.name}` takes {length} tokens, no fewer",
            f"{tokens.shape[1]}",
            help=f"`input: {{shape: [{length}], dtype: int64, dynamic: [0]}}` lets it take any number",
        )
    return tokens_after(
        network,
        tokens,
        count,
        length,
        fixed=fixed,
        keeping=keeping_modules(graph, network) if cache else None,
        temperature=temperature,
        top_k=top_k,
        seed=seed,
    )


def keeping_modules(graph: Graph, network: torch.nn.Module) -> list[torch.nn.Module] | None:
    """The modules of a network that keep their past, where it takes any length; None where it reads all anew."""
    paths = keeps_past(graph)
    if paths is None or any(0 not in each.dynamic for each in graph.inputs.values()):
        return None
    return [network.get_submodule(path) for path in paths]


def keeps_past(graph: Graph) -> tuple[str, ...] | None:
    """The modules that keep what they have read; None if the network needs all places anew for the next."""
    from netspec.analysis.stepping import obstacle

    if obstacle(graph) is not None:
        return None
    return tuple(node.path for node in graph.nodes.values() if node.layer.keeps_past and not node.reuses)


def _taken(graph: Graph) -> Input:
    """The network's input, if it gives scores of next tokens."""
    if len(graph.inputs) == len(graph.outputs) == 1:
        (taken,), (given_,) = graph.inputs.values(), graph.outputs.values()
        whole = not taken.dtype.startswith("float") and taken.dtype != "bool"
        if whole and len(taken.shape) == 1 and len(given_.shape) == 2 and given_.shape[0] == taken.shape[0]:
            return taken
    shapes = (
        " and ".join(f"{spell(each.shape)} of {each.dtype}" for each in values)
        for values in (graph.inputs.values(), graph.outputs.values())
    )
    raise _unfit(f"`{graph.name}` gives no scores of next tokens", " to ".join(shapes))


def _check(count: int, temperature: float, top_k: int | None) -> None:
    told = {"count": (count, 0), "temperature": (temperature, 0), "top_k": (1 if top_k is None else top_k, 1)}
    for name, (number, least) in told.items():
        if not least <= number < float("inf"):
            message = f"`{name}` must be at least {least}"
            raise NetspecError.of(Code.BAD_OPTION, message, found=f"{number}", expected=f"{least} or more")


def _unfit(message: str, found: str, help: str | None = None) -> NetspecError:
    expected = "tokens [length] of int64 to scores [length, classes]"
    return NetspecError.of(Code.NOT_RUNNABLE, message, found=found, expected=expected, help=help)

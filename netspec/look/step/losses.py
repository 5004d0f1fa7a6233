"""The loss by its formula, and its gradient by the network's output."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from netspec.look.step.values import at
from netspec.look.step.worked import Index, Style, Worked, places
from netspec.recipe.losses import Loss


@dataclass(frozen=True, slots=True)
class Judged:
    """The network's output and what it is compared with.

    Attributes:
        loss: The recipe's loss.
        outputs: The output z [N, ...].
        targets: Classes [N], or values in the output's shape.
        value: The loss L.
        gradient: The gradient dL/dz.
    """

    loss: Loss
    outputs: Tensor
    targets: Tensor
    value: float
    gradient: Tensor

    @property
    def of_classes(self) -> bool:
        """Whether targets are one class for each example."""
        return not self.targets.is_floating_point() and self.targets.ndim == 1 and self.outputs.ndim == 2


def worked_loss(judged: Judged, style: Style) -> list[Worked]:
    """The loss, its terms and its gradient, of a loss that is known here."""
    formula = _FORMULAS.get(judged.loss.key)
    return formula(judged, style) if formula else []


def _name(symbol: str, index: Index | tuple[object, ...], judged: Judged) -> str:
    return at(symbol, index if len(judged.outputs) > 1 else index[1:])


def _mean(judged: Judged, terms: list[float], style: Style) -> list[Worked]:
    """The mean over the examples, where there are several."""
    count = len(terms)
    if count == 1:
        return []
    numbers = f"({style.added([(term,) for term in terms])})/{count}"
    return [Worked("L", f"(sum_n L[n])/{count}", numbers, sum(terms) / count, judged.value)]


def _cross_entropy(judged: Judged, style: Style) -> list[Worked]:
    loss = judged.loss
    plain = not getattr(loss, "label_smoothing", 0) and getattr(loss, "weight", None) is None
    if not (judged.of_classes and plain and loss.ignored is None):
        return []
    outputs, targets = judged.outputs.detach(), judged.targets.tolist()
    rows = outputs.tolist()
    terms = [_log_sum(row) - row[target] for row, target in zip(rows, targets, strict=True)]
    row, target, one = rows[0], targets[0], len(rows) == 1
    powers = " + ".join(f"exp({style.number(each)})" for each in row[: style.terms])
    if len(row) > style.terms:
        left = sum(math.exp(min(each, 700)) for each in row[style.terms :])
        powers += f" + ... ({len(row) - style.terms} more: {style.number(left)})"
    symbols = f"log(sum_k exp({_name('z', (0, 'k'), judged)})) - {_name('z', (0, target), judged)}"
    numbers = f"log({powers}) - {style.factor(row[target])}"
    torch = judged.value if one else terms[0]
    found = [Worked("L" if one else "L[0]", symbols, numbers, terms[0], torch), *_mean(judged, terms, style)]
    for index in places(judged.gradient):
        n, k = index
        share = math.exp(rows[n][k] - _log_sum(rows[n]))
        own = int(k == targets[n])
        p = _name("p", index, judged)
        symbols, numbers = f"{p} - {own}", f"{style.number(share)} - {own}"
        if not one:
            symbols, numbers = f"({symbols})/{len(rows)}", f"({numbers})/{len(rows)}"
        gradient = float(judged.gradient[index])
        found.append(Worked(f"dL/d{_name('z', index, judged)}", symbols, numbers, (share - own) / len(rows), gradient))
    return found


def _log_sum(row: list[float]) -> float:
    largest = max(row)
    return largest + math.log(sum(math.exp(each - largest) for each in row))


def _wanted(judged: Judged) -> Tensor | None:
    """The values that outputs are to have."""
    if judged.targets.is_floating_point() and judged.targets.shape == judged.outputs.shape:
        return judged.targets
    if not judged.of_classes:
        return None
    positive, negative = (getattr(judged.loss, name, None) for name in ("positive", "negative"))
    if positive is None or negative is None:
        return None
    wanted = judged.outputs.detach().new_full(judged.outputs.shape, negative)
    return wanted.scatter_(1, judged.targets.unsqueeze(1), positive)


def _of_differences(
    power: str, of: Callable[[float], float], slope: Callable[[float], float], shape: str
) -> Callable[[Judged, Style], list[Worked]]:
    """A mean over all outputs of a function of their difference from the target."""

    def told(judged: Judged, style: Style) -> list[Worked]:
        wanted = _wanted(judged)
        if wanted is None:
            return []
        differences = (judged.outputs.detach() - wanted).flatten().tolist()
        pairs = list(zip(judged.outputs.detach().flatten().tolist(), wanted.flatten().tolist(), strict=True))
        count = len(differences)
        left, right = ("|", "|") if not power else ("(", f"){power}")
        shown = " + ".join(f"{left}{style.number(z)} - {style.factor(t)}{right}" for z, t in pairs[: style.terms])
        if count > style.terms:
            rest = sum(map(of, differences[style.terms :]))
            shown += f" + ... ({count - style.terms:,} more: {style.number(rest)})"
        letters = "nk" if len(judged.outputs) > 1 else "k"
        name = f"[{', '.join(letters)}]" if judged.outputs.ndim <= 2 else "[k]"
        total = sum(map(of, differences)) / count
        symbols = f"(sum_{letters if judged.outputs.ndim <= 2 else 'k'} {left}z{name} - t{name}{right})/{count}"
        found = [Worked("L", symbols, f"({shown})/{count}", total, judged.value)]
        for index in places(judged.gradient):
            z, t = float(judged.outputs.detach()[index]), float(wanted[index])
            zn, tn = _name("z", index, judged), _name("t", index, judged)
            symbols = shape.format(zn, tn, count)
            numbers = shape.format(style.number(z), style.factor(t), count)
            gradient = float(judged.gradient[index])
            found.append(Worked(f"dL/d{zn}", symbols, numbers, slope(z - t) / count, gradient))
        return found

    return told


_FORMULAS: dict[str, Callable[[Judged, Style], list[Worked]]] = {
    "cross_entropy": _cross_entropy,
    "mse": _of_differences("^2", lambda d: d * d, lambda d: 2 * d, "2*({} - {})/{}"),
    "l1": _of_differences("", abs, lambda d: (d > 0) - (d < 0), "sign({} - {})/{}"),
}

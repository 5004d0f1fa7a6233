"""The update of a weight by the formula of the optimizer, from the settings and the state that torch's own has."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, optim

from netspec.look.step.values import at
from netspec.look.step.worked import Index, Style, Worked, places


@dataclass(frozen=True, slots=True)
class Update:
    """The change of one tensor.

    Attributes:
        name: Its key in the state_dict.
        before: The weights w before the step.
        after: Those after it.
        gradient: The gradient g, as it was clipped.
        group: The optimizer's settings for it.
        earlier: The optimizer's state of it before the step; empty at the first.
        later: The state after it.
    """

    name: str
    before: Tensor
    after: Tensor
    gradient: Tensor
    group: Mapping[str, Any]
    earlier: Mapping[str, Any]
    later: Mapping[str, Any]


def worked_update(update: Update, kind: type[optim.Optimizer], style: Style) -> list[Worked]:
    """The weight whose gradient is the largest, by the optimizer's formula; none of an optimizer not known here."""
    formula = next((_FORMULAS[each] for each in kind.__mro__ if each in _FORMULAS), None)
    if formula is None or update.group.get("maximize") or update.group.get("amsgrad"):
        return []
    indices = places(update.gradient)
    return [each for index in indices for each in formula(update, index, style)]


def _number(state: Mapping[str, Any], name: str, index: Index) -> float:
    found = state.get(name)
    return float(found[index]) if found is not None else 0.0


def _sgd(update: Update, index: Index, style: Style) -> list[Worked]:
    """``v = mu v + g``, ``w' = w - lr v``; the first v is g (torch.optim.SGD)."""
    group, n = update.group, style.number
    w, g, after = (float(each[index]) for each in (update.before, update.gradient, update.after))
    lr, mu, decay, damping = (float(group[key]) for key in ("lr", "momentum", "weight_decay", "dampening"))
    found: list[Worked] = []
    own, gradient, name = at("w", index), g, at("g", index)
    if decay:
        gradient = g + decay * w
        numbers = f"{n(g)} + {n(decay)}*{style.factor(w)}"
        found.append(Worked(at("d", index), f"{name} + wd*{own}", numbers, gradient, gradient))
        name = at("d", index)
    step, step_name = gradient, name
    if mu:
        v, kept = at("v", index), _number(update.later, "momentum_buffer", index)
        if update.earlier.get("momentum_buffer") is None:
            step = gradient
            found.append(Worked(v, name, n(gradient), step, kept))
        else:
            old = _number(update.earlier, "momentum_buffer", index)
            step = mu * old + (1 - damping) * gradient
            numbers = f"{n(mu)}*{style.factor(old)} + {style.factor(gradient)}"
            found.append(Worked(v, f"mu*{v} + {name}", numbers, step, kept))
        step_name = v
        if group["nesterov"]:
            ahead = gradient + mu * step
            s = at("s", index)
            found.append(Worked(s, f"{name} + mu*{v}", f"{n(gradient)} + {n(mu)}*{style.factor(step)}", ahead, ahead))
            step, step_name = ahead, s
    symbols, numbers = f"{own} - lr*{step_name}", f"{n(w)} - {n(lr)}*{style.factor(step)}"
    return [*found, Worked(at("w'", index), symbols, numbers, w - lr * step, after)]


def _adam(update: Update, index: Index, style: Style) -> list[Worked]:
    """Kingma and Ba, arXiv:1412.6980, algorithm 1; the weight decay of AdamW is apart from the gradient's means."""
    group, n = update.group, style.number
    w, g, after = (float(each[index]) for each in (update.before, update.gradient, update.after))
    lr, eps, decay = (float(group[key]) for key in ("lr", "eps", "weight_decay"))
    beta1, beta2 = map(float, group["betas"])
    t = int(update.earlier.get("step", 0)) + 1
    found: list[Worked] = []
    own, name = at("w", index), at("g", index)
    apart = bool(group.get("decoupled_weight_decay"))
    if decay and not apart:
        numbers = f"{n(g)} + {n(decay)}*{style.factor(w)}"
        g, name = g + decay * w, at("d", index)
        found.append(Worked(name, f"{at('g', index)} + wd*{own}", numbers, g, g))
    m, s = at("m", index), at("s", index)
    first, second = _number(update.earlier, "exp_avg", index), _number(update.earlier, "exp_avg_sq", index)
    m_value, s_value = beta1 * first + (1 - beta1) * g, beta2 * second + (1 - beta2) * g * g
    m_numbers = f"{n(beta1)}*{style.factor(first)} + {n(1 - beta1)}*{style.factor(g)}"
    s_numbers = f"{n(beta2)}*{style.factor(second)} + {n(1 - beta2)}*{style.factor(g)}^2"
    m_hat, s_hat = m_value / (1 - beta1**t), s_value / (1 - beta2**t)
    found += [
        Worked(m, f"beta1*{m} + (1 - beta1)*{name}", m_numbers, m_value, _number(update.later, "exp_avg", index)),
        Worked(s, f"beta2*{s} + (1 - beta2)*{name}^2", s_numbers, s_value, _number(update.later, "exp_avg_sq", index)),
        Worked(at("m_hat", index), f"{m}/(1 - beta1^{t})", f"{n(m_value)}/(1 - {n(beta1)}^{t})", m_hat, m_hat),
        Worked(at("s_hat", index), f"{s}/(1 - beta2^{t})", f"{n(s_value)}/(1 - {n(beta2)}^{t})", s_hat, s_hat),
    ]
    kept, symbols, numbers = w, own, n(w)
    if decay and apart:
        kept = w * (1 - lr * decay)
        symbols, numbers = f"{own}*(1 - lr*wd)", f"{n(w)}*(1 - {n(lr)}*{n(decay)})"
    symbols += f" - lr*{at('m_hat', index)}/(sqrt({at('s_hat', index)}) + eps)"
    numbers += f" - {n(lr)}*{style.factor(m_hat)}/(sqrt({n(s_hat)}) + {n(eps)})"
    value = kept - lr * m_hat / (math.sqrt(s_hat) + eps)
    return [*found, Worked(at("w'", index), symbols, numbers, value, after)]


_FORMULAS: dict[type, Callable[[Update, Index, Style], list[Worked]]] = {
    optim.SGD: _sgd,
    optim.Adam: _adam,
    optim.AdamW: _adam,
}

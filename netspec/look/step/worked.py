"""Numbers that are worked out: a formula, the numbers put in, and the value, which torch's own is held against."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

Index = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Worked:
    """One number.

    Attributes:
        name: The number's name: ``dL/dw[0, 2]``.
        symbols: Its formula: ``dL/dy[0]*a[2]``.
        numbers: The same with the numbers put in.
        value: The value of the formula.
        torch: The number as torch computed it.
    """

    name: str
    symbols: str
    numbers: str
    value: float
    torch: float

    @property
    def difference(self) -> float:
        """The difference from torch's number, as a share of it where it is large."""
        if self.value == self.torch or (math.isnan(self.value) and math.isnan(self.torch)):
            return 0.0
        return abs(self.value - self.torch) / max(1.0, abs(self.torch))


@dataclass(frozen=True, slots=True)
class Style:
    """The writing of numbers.

    Attributes:
        digits: Digits of a number.
        shown: The most numbers of a tensor that are written out.
        terms: The most terms of a sum that are written out.
    """

    digits: int = 4
    shown: int = 12
    terms: int = 6

    def number(self, value: float) -> str:
        """``0.1234``; a whole number as such."""
        if value == 0 or not math.isfinite(value):
            return f"{abs(value) if value == 0 else value:g}"
        return f"{value:.0f}" if value == round(value, 0) and abs(value) < 1e6 else f"{value:.{self.digits}g}"

    def factor(self, value: float) -> str:
        """A number behind a sign: a negative one in brackets."""
        text = self.number(value)
        return f"({text})" if text.startswith("-") else text

    def product(self, factors: Sequence[float]) -> str:
        """``-0.1*2*(-3)``."""
        first, *others = factors
        return "*".join([self.number(first), *map(self.factor, others)])

    def added(self, terms: Sequence[Sequence[float]]) -> str:
        """``0.1*2 - 0.3*1 + ... (5 more: 0.2)``: a sum of products, of many terms the first that are not 0."""
        if not terms:
            return "0"
        shown = [term for term in terms if math.prod(term) != 0] if len(terms) > self.terms else list(terms)
        rest = len(terms) - len(shown[: self.terms])
        left = sum(math.prod(term) for term in shown[self.terms :])
        text = ""
        for term in shown[: self.terms]:
            part = self.product(term)
            joint = "" if not text else " - " if part.startswith("-") else " + "
            text += joint + (part[1:] if joint == " - " else part)
        if not rest:
            return text
        return f"{text or '0'} + ... ({rest:,} more: {self.number(left)})"

    def tensor(self, tensor: Tensor) -> str:
        """A small tensor whole, in nested brackets; of a large one the first numbers, and figures of all."""
        values = tensor.detach()
        if values.numel() <= self.shown:
            return self._nested(values.tolist())
        first = ", ".join(self.number(each) for each in values.flatten()[: self.shown // 2].tolist())
        left = values.numel() - self.shown // 2
        told = ", ".join(f"{name} {self.number(each)}" for name, each in figures(values).items() if each is not None)
        return f"[{first}, ... {left:,} more]; {told}"

    def _nested(self, value: Any) -> str:
        return f"[{', '.join(map(self._nested, value))}]" if isinstance(value, list) else self.number(value)


def figures(values: Tensor) -> dict[str, float | None]:
    """Mean, deviation, least and largest of a tensor's numbers; None where there is none."""
    if not values.numel():
        return dict.fromkeys(("mean", "std", "least", "largest"))
    plain = values.double()
    spread = float(plain.std(correction=0))
    return {"mean": float(plain.mean()), "std": spread, "least": float(plain.min()), "largest": float(plain.max())}


def places(tensor: Tensor, most: int = 4) -> list[Index]:
    """The indices of the numbers that are worked out: all of a small tensor, else that of the largest magnitude."""
    if not tensor.numel():
        return []
    flat = range(tensor.numel()) if tensor.numel() <= most else [int(tensor.detach().abs().argmax())]
    return [unravelled(at, tuple(tensor.shape)) for at in flat]


def unravelled(flat: int, shape: Sequence[int]) -> Index:
    """The index of a tensor's element by its place."""
    index: list[int] = []
    for size in reversed(shape):
        index.append(flat % size)
        flat //= size
    return tuple(reversed(index))


_LETTERS = {
    "lr": r"\eta",
    "mu": r"\mu",
    "wd": r"\lambda",
    "eps": r"\varepsilon",
    "beta1": r"\beta_1",
    "beta2": r"\beta_2",
    "gamma": r"\gamma",
    "beta": r"\beta",
    "m_hat": r"\hat{m}",
    "s_hat": r"\hat{s}",
    "mean": r"\operatorname{mean}",
    "var": r"\operatorname{var}",
    **{name: rf"\{name}" for name in ("log", "exp", "tanh", "max", "min")},
}

_PIECE = re.compile(
    r"(?P<command>\\[a-z]+)"
    r"|dL/d(?P<of>\w+)(?:\[(?P<at>[^\]]*)\])?"
    r"|sum_(?P<over>\w+)"
    r"|\.\.\. \((?P<more>[\d,]+) more: (?P<rest>[^)]*)\)"
    r"|(?P<name>[A-Za-z]\w*)(?P<prime>'?)(?:\[(?P<index>[^\]]*)\])?"
    r"|(?P<mantissa>\d[\d.]*)e(?P<exponent>[+-]\d+)"
    r"|(?P<times>\*)"
)


def latex(text: str) -> str:
    """A formula of this package in LaTeX's mathematical mode, from its text."""
    return _PIECE.sub(_in_latex, _with_roots(text))


def _in_latex(found: re.Match[str]) -> str:
    if found["command"]:
        return found["command"]
    if found["of"]:
        below = _below(found["at"])
        return rf"\frac{{\partial L}}{{\partial {_letter(found['of'])}{below}}}"
    if found["over"]:
        return rf"\sum_{{{found['over']}}}"
    if found["more"]:
        return rf"\cdots ({found['more'].replace(',', '{,}')} \text{{ more: }} {latex(found['rest'])})"
    if found["name"]:
        return _letter(found["name"]) + found["prime"] + _below(found["index"])
    if found["mantissa"]:
        return rf"{found['mantissa']} \cdot 10^{{{int(found['exponent'])}}}"
    return r" \cdot "


def _letter(name: str) -> str:
    if name in _LETTERS:
        return _LETTERS[name]
    head, _, below = name.partition("_")
    if below:
        return rf"{head}_{{\text{{{below}}}}}"
    if len(name) == 1:
        return name
    # A number stands above: an index may stand below.
    return rf"{name[0]}^{{({name[1:]})}}" if name[1:].isdecimal() else rf"\text{{{name}}}"


def _below(index: str | None) -> str:
    return f"_{{{index.replace(' ', '')}}}" if index else ""


def _with_roots(text: str) -> str:
    r"""The text with ``sqrt(...)`` as ``\sqrt{...}``."""
    while (start := text.find("sqrt(")) >= 0:
        depth, end = 0, start + 4
        for end in range(start + 4, len(text)):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            if not depth:
                break
        text = rf"{text[:start]}\@{{{text[start + 5 : end]}}}{text[end + 1 :]}"
    return text.replace(r"\@{", r"\sqrt{")

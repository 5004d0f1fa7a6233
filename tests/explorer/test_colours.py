"""Contrasts of the page's own colours, as WCAG 2.1 asks for: 4.5 for texts, 3 for what marks a thing."""

from __future__ import annotations

import re

import pytest

from netspec.explorer.scripts import style


def light_of(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((light_of(one), light_of(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1])
def test_texts_and_marks_stand_out(theme: int) -> None:
    told = re.findall(r"\{(--scheme:[^}]*)\}", style())[theme]
    colours = dict(re.findall(r"--(\w+):(#\w{6})", told))
    for ground in ("page", "shade", "chosen"):
        for text in ("text", "faint"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for ground in ("page", "shade"):
        assert contrast(colours["mark"], colours[ground]) >= 3, ground
        assert contrast(colours["edge"], colours[ground]) >= 3, ground

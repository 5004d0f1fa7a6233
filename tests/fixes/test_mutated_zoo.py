"""`check --fix` over specs of the zoo with one slip each: what is written unasked says what the author wrote."""

from __future__ import annotations

import os
import random
from collections import Counter
from functools import cache
from typing import Any

import netspec
from netspec import api
from netspec.fixes.steps import State
from tests.fixes.mutations import SLIPS

COUNT = int(os.environ.get("NETSPEC_MUTATIONS", "48"))
"""How many specs; 500 and more where the environment says so."""

SEED = int(os.environ.get("NETSPEC_MUTATION_SEED", "1"))
LONGEST = 4_000
"""Characters of the specs that are taken, so that a trial stays cheap."""


@cache
def meaning(text: str) -> tuple[Any, ...]:
    """What a valid text says."""
    spec = api.loads(text, name="spec.yaml")
    return State("spec.yaml", text, (), spec.graph, None).says()


def specs() -> list[str]:
    texts = [api.zoo_text(name) for name in api.zoo()]
    return [text for text in texts if len(text) < LONGEST and "extends:" not in text]


def test_a_fix_that_is_applied_unasked_gives_back_the_original() -> None:
    rng, texts = random.Random(SEED), specs()
    told: Counter[str] = Counter()
    wrong: list[str] = []
    while sum(told.values()) < COUNT:
        original, (kind, slip) = rng.choice(texts), rng.choice(list(SLIPS.items()))
        broken = slip(rng, original)
        errors = [each for each in netspec.check("spec.yaml", text=broken) if each.severity == "error"]
        fixes = [fix for each in errors for fix in each.fixes]
        if broken == original or not errors:
            told["still valid"] += 1
        elif not fixes or not fixes[0].sure:
            told["proposed" if fixes else "told alone"] += 1
        elif fixes[0].left == 0 and meaning(fixes[0].text) == meaning(original):
            told["mended"] += 1
        else:
            told["mended wrongly"] += 1
            wrong.append(f"{kind}: {fixes[0].title} (leaves {fixes[0].left})\n{fixes[0].diff}")
    print(dict(told))
    assert not wrong, "\n\n".join(wrong)
    assert told["mended"] > COUNT // 10

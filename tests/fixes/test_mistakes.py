"""Single mistakes at the edges of what they can mend."""

from __future__ import annotations

import netspec

HEAD = "netspec: 1\nname: n\ninput: [3, 8, 8]\n"


def titles(text: str) -> list[str]:
    return [fix.title for each in netspec.check("n.yaml", text=HEAD + text) for fix in each.fixes]


def test_a_free_number_is_found_for_a_name_however_many_are_taken() -> None:
    entries = "".join(f"  - {{relu, name: a{number}}}\n" for number in range(1, 1100))
    assert titles(f"layers:\n{entries}  - {{relu, name: a5}}\n") == ["`a1100` for the second"]


def test_a_bound_of_many_digits_is_written_in_full() -> None:
    recipe = "train: {data: digits, loss: cross_entropy, optimizer: {sgd: 0.1}, epochs: 1, seed: 99999999999}\n"
    assert titles(f"{recipe}layers: [flatten, {{linear: 10}}]\n") == ["`4294967295` instead of `99999999999`"]

"""The search for fixes: what it makes of broken specs, which fix comes first, and which is sure."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec
from netspec import api
from netspec.diagnostics import Code, Fix
from netspec.fixes.search import SECONDS, Search
from tests.broken_specs import FOLDER, SPECS, broken, load


def fixes(name: str, monkeypatch: pytest.MonkeyPatch) -> list[Fix]:
    return [fix for each in broken(name, monkeypatch) for fix in each.fixes]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_every_fix_makes_the_spec_valid_or_leaves_what_it_says(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = broken(spec.stem, monkeypatch)
    monkeypatch.chdir(tmp_path)
    for fix in (fix for each in before for fix in each.fixes):
        mended = Path(spec.name)
        mended.write_bytes((FOLDER / spec.name).read_bytes())
        api.apply_fix(mended, fix)
        assert mended.read_bytes().decode() == fix.text
        after = [each for each in netspec.check(mended) if each.severity == "error"]
        assert len(after) == fix.left < len(before)
        # A spec that is valid again may break its budget, which is known only then.
        left = {(each.code, each.message) for each in after if each.code is not Code.BUDGET_EXCEEDED}
        assert left <= {(each.code, each.message) for each in before}
        if not fix.left:
            load(mended)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_a_fix_changes_what_its_edits_say_and_no_more(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = spec.read_bytes().decode()
    for fix in fixes(spec.stem, monkeypatch):
        made = text
        for edit in sorted(fix.edits, key=lambda edit: edit.start, reverse=True):
            made = made[: edit.start] + edit.text + made[edit.end :]
        assert made == fix.text != text


def test_most_broken_specs_can_be_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    mended = [spec.stem for spec in SPECS if any(not fix.left for fix in fixes(spec.stem, monkeypatch))]
    assert len(SPECS) >= 60
    assert len(mended) >= 40


def test_a_fix_that_keeps_the_budget_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, *broken_ = fixes("budget_tells_apart", monkeypatch)
    assert (kept.title, kept.left) == ("without the first `groups: 5`", 0)
    assert [fix.left for fix in broken_] == [1]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("batch_in_input", "`input: [3, 32, 32]`: the batch is not written"),
        ("channels_last_input", "`input: [1, 28, 28]`: the channels come first"),
        ("misspelt_name_key", "`name` instead of `nmae`"),
        ("kernel_by_another_name", "`kernel` instead of `size`"),
        ("activation_alone", "`relu` is the layer"),
        ("bracket_left_open", "`]` before `name`"),
        ("forgotten_colon", "a `:` after `name`"),
        ("forgotten_braces", "braces around the options"),
        ("forgotten_comma", "a `,` between the options"),
        ("attention_misspelt", "`attention` instead of `attenton`"),
    ],
)
def test_the_likeliest_slip_is_mended(name: str, title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = fixes(name, monkeypatch)[0]
    assert (first.title, first.sure) == (title, True)


def test_a_convolution_of_kernel_1_is_not_made_unasked(tmp_path: Path) -> None:
    text = "netspec: 1\nname: n\ninput: [3, 1, 1]\nlayers:\n  - {conv: 8, kernel: 2, stride: 2}\n"
    (fix,) = (fix for each in api.check("n", text=text) for fix in each.fixes)
    assert (fix.title, fix.sure) == ("`kernel: 1` fits", False)


def test_no_key_is_moved_into_a_part_that_is_unknown(tmp_path: Path) -> None:
    recipe = "train: {data: {digits: , batch_size: 8}, loss: mse, optimizer: {type: adam}, epochs: 1, momentum: 0.9}\n"
    file = tmp_path / "net.yaml"
    file.write_text(f"netspec: 1\nname: net\ninput: [1, 8, 8]\nlayers: [flatten, {{linear: 10}}]\n{recipe}")
    titles = [fix.title for each in netspec.check(file) for fix in each.fixes]
    assert titles
    assert not any("in `optimizer`" in title for title in titles)


def test_of_ten_errors_those_are_mended_that_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    sure, other = fixes("ten_at_once", monkeypatch)
    assert (sure.sure, sure.left) == (True, 7)
    assert (other.sure, other.left) == (False, 4)


def test_a_search_that_is_cut_short_is_sure_of_nothing() -> None:
    head = "netspec: 1\nname: n\ninput: [3, 5, 5]\nlayers:\n"
    text = f"{head}  - {{conv: 8, kernal: 1}}\n  - {{conv: 8, kernel: 7, from: input}}\n"

    def fixes_within(ticks: int) -> list[Fix]:
        clock = iter(range(1_000))
        judge = lambda each: api.loads(each, name="spec.yaml").graph  # noqa: E731
        return Search("spec.yaml", judge, clock=lambda: next(clock) * SECONDS / ticks).fixes(text)

    whole = fixes_within(100)
    assert [fix.sure for fix in whole] == [True, False, False, False]
    cut = [fixes for ticks in range(1, 10) if len(fixes := fixes_within(ticks)) < len(whole)]
    assert any(cut)
    assert not any(fix.sure for fixes in cut for fix in fixes)

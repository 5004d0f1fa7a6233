"""Labels, values and classes of other data are matched by name with those of a run, whatever order those are in."""

import json
import random

import pytest

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.styled import printable
from netspec.training.judging.classes import trained_on
from tests.recipe.data.sets import dataset, encoded, picture, write

PAIRS = 200
NAMES = [*"aBbx0123", "cat", "Cat", "hot dog", "Ärger", "猫", "tab\tbed", "\u202emirror", "None", "1e3", "01"]


def run_of(place, raw, data, task):
    """What is left of a run on these data that tells of them."""
    labels = [printable(name) for name in raw.labels or data.columns_of("")]
    told = {"classes": [printable(name) for name in raw.classes], "labels": labels}
    text = json.dumps({"state": "done", "epochs": [], "task": task, "data": told})
    place.mkdir()
    (place / "metrics.json").write_text(text)
    return trained_on(place, Code.DATA_MISMATCH)


def listed(root, names, cells, **options):
    """A list of one picture with these cells of labels, each name among them."""
    write(root / "0.png", encoded(picture()))
    lines = [f'0.png,"{"|".join(cell)}"' for cell in [*cells, *([name] for name in names)]]
    (root / "list.csv").write_text("\n".join(["path,label", *lines, ""]), encoding="utf-8")
    return dataset({"list": str(root / "list.csv"), "test": 0.0, **options})


def judged(run, data):
    """Other data as they are held against the run."""
    data = data.like(run.learned)
    return run.adopt(data.own_parts(), data.columns_of, data.counted)


@pytest.mark.parametrize("seed", range(PAIRS))
def test_a_pair_of_label_sets(tmp_path, seed):
    draws = random.Random(seed)
    trained = draws.sample(NAMES, draws.randint(2, 7))
    kind = draws.choice(["same", "fewer", "more", "other"])
    own = {
        "same": trained,
        "fewer": draws.sample(trained, draws.randint(1, len(trained))),
        "more": [*trained[1:], *draws.sample([name for name in NAMES if name not in trained], 2)],
        "other": draws.sample(NAMES, draws.choice([len(trained), 2])),
    }[kind]
    learned = listed(tmp_path / "images", trained, [], separator="|")
    run = run_of(tmp_path / "run", learned.load(), learned, "multi_label")
    cells = [draws.sample(own, draws.randint(0, len(own))) for _ in range(4)]
    other = listed(tmp_path / "other", own, cells, separator="|")
    known = {*map(printable, trained)}
    numbered = sorted(own) == [str(number) for number in range(len(trained))] != sorted(trained)
    if set(map(printable, own)) - known and not numbered:
        with pytest.raises(NetspecError) as error:
            judged(run, other)
        assert error.value.diagnostics[0].code is Code.DATA_MISMATCH
        return
    found = judged(run, other)
    order = sorted(own) if numbered else None
    for target, cell in zip(found.train.targets.tolist(), [*cells, *([name] for name in own)], strict=True):
        told = {found.labels[at] for at, value in enumerate(target) if value}
        assert told == {found.labels[order.index(name)] if order else printable(name) for name in cell}
    assert set(found.labels) == known
    lacking = known - set(map(printable, own))
    assert numbered or bool(lacking) == any("have no images of the label" in note for note in found.notes)


@pytest.mark.parametrize(
    ("trained", "own", "named"),
    [
        (["0.0", "1.0", "2.0"], ["1.0", "2.0"], ("1", "2")),
        (["0.0", "1.0", "2.0"], ["2.0"], ("2",)),
        (["1.0", "cat"], ["1.0"], ("1.0",)),
        (["3", "20"], ["20.0"], ("20",)),
    ],
)
def test_the_meaning_of_labels_is_the_run_s(tmp_path, trained, own, named):
    learned = listed(tmp_path / "images", trained, [], targets="classes" if "cat" in trained else None)
    run = run_of(tmp_path / "run", learned.load(), learned, "classification")
    found = judged(run, listed(tmp_path / "other", own, []))
    assert tuple(run.names[label] for label in found.train.labels.tolist()) == named
    assert (len(named) < len(run.names)) == any("have no images of" in note for note in found.notes)


def test_values_that_count_from_0_stay_values_of_a_run_that_told_values(tmp_path):
    learned = listed(tmp_path / "images", ["0.5", "1.5"], [])
    run = run_of(tmp_path / "run", learned.load(), learned, "regression")
    found = judged(run, listed(tmp_path / "other", ["0", "1"], []))
    assert found.train.targets.tolist() == [[0.0], [1.0]]


def columns(root, head, row, **options):
    write(root / "0.png", encoded(picture()))
    (root / "list.csv").write_text(f"path,{','.join(head)}\n0.png,{','.join(row)}\n0.png,0,0\n")
    return dataset({"list": str(root / "list.csv"), "test": 0.0, "label_column": list(head), **options})


@pytest.mark.parametrize(("task", "one"), [("multi_label", "label"), ("regression", "value")])
def test_columns_in_another_order_are_matched_and_others_refused(tmp_path, task, one):
    learned = columns(tmp_path / "images", ["ant", "bee"], ["1", "0"])
    run = run_of(tmp_path / "run", learned.load(), learned, task)
    found = judged(run, columns(tmp_path / "other", ["bee", "ant"], ["0", "1"]))
    assert (found.train.targets[0].tolist(), found.labels) == ([1, 0], ("ant", "bee"))
    with pytest.raises(NetspecError, match=f"the data have the {one} yak, which"):
        judged(run, columns(tmp_path / "third", ["bee", "yak"], ["0", "1"]))


def table(root, head, rows, target):
    root.mkdir(parents=True)
    (root / "t.csv").write_text("\n".join([head, *rows, ""]))
    return dataset({"table": str(root / "t.csv"), "target": target})


def test_classes_and_values_of_several_outputs_are_matched_by_name(tmp_path):
    first = {"kind": ["k"], "size": ["u", "v"]}
    learned = table(tmp_path / "images", "x,k,u,v", ["1,cow,0.5,1.5", "2,ant,2.5,3.5"], first)
    raw = learned.own_parts()
    outputs = {
        "kind": {"task": "classification", "classes": list(raw.outputs[0].classes)},
        "size": {"task": "regression", "classes": [], "labels": ["u", "v"]},
    }
    facts = {"classes": [], "vocabulary": {"k": ["ant", "cow"]}, "columns": {"input": ["x"]}}
    text = {"state": "done", "epochs": [], "task": "several", "data": facts, "outputs": outputs}
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "metrics.json").write_text(json.dumps(text))
    run = trained_on(tmp_path / "run", Code.DATA_MISMATCH)
    found = judged(run, table(tmp_path / "other", "x,k,u,v", ["1,cow,0.5,1.5"], {"kind": ["k"], "size": ["v", "u"]}))
    assert found.train.targets.tolist() == [[1, 0.5, 1.5]]
    assert found.outputs[1].columns == ("u", "v")
    assert any("have no rows of the class ant for `kind`" in note for note in found.notes)
    with pytest.raises(NetspecError, match="the data have the value w for `size`, which"):
        judged(run, table(tmp_path / "third", "x,k,u,w", ["1,cow,0.5,1.5"], {"kind": ["k"], "size": ["w", "u"]}))


def test_a_subset_of_a_table_s_classes_is_told_of(tmp_path):
    learned = table(tmp_path / "images", "x,k", ["1,cow", "2,ant"], "k")
    run = run_of(tmp_path / "run", learned.own_parts(), learned, "classification")
    text = json.loads((tmp_path / "run" / "metrics.json").read_text())
    text["data"] |= {"vocabulary": {"k": ["ant", "cow"]}, "columns": {"input": ["x"]}}
    (tmp_path / "run" / "metrics.json").write_text(json.dumps(text))
    run = trained_on(tmp_path / "run", Code.DATA_MISMATCH)
    found = judged(run, table(tmp_path / "other", "x,k", ["1,cow"], "k"))
    assert found.train.labels.tolist() == [1]
    assert any("the data have no rows of the class ant" in note for note in found.notes)

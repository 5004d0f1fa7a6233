"""The section `train:` as data: what is read, what is refused and how."""

import math
import subprocess
import sys

import pytest
import torch

from netspec import api
from netspec.diagnostics import Code, NetspecError, nearmiss
from netspec.frontend import problems
from netspec.recipe.losses import Loss
from netspec.recipe.metrics import Metric
from netspec.recipe.optimizers import Optimizer
from netspec.recipe.reading import known_as
from netspec.recipe.recipe import override, read_recipe
from netspec.recipe.schedules import Constant, Cosine, OneCycle, Schedule, Step, Steps

LENET = {
    "data": {"mnist": None, "batch_size": 128},
    "loss": "cross_entropy",
    "optimizer": {"adamw": 2e-3, "weight_decay": 0.01},
    "schedule": {"one_cycle": 4e-3},
    "epochs": 10,
}


def refused(**changes):
    """The diagnostics of LeNet's recipe with changes; a value `...` takes the key out."""
    data = {k: v for k, v in {**LENET, **changes}.items() if v is not ...}
    with pytest.raises(NetspecError) as caught:
        read_recipe(data)
    assert all(d.path[0] == "train" for d in caught.value.diagnostics)
    return caught.value.diagnostics


def test_lenet():
    recipe = read_recipe(LENET)
    assert (recipe.data.key, recipe.data.folder, recipe.data.batch_size) == ("mnist", None, 128)
    assert (recipe.optimizer.key, recipe.optimizer.lr, recipe.optimizer.weight_decay) == ("adamw", 2e-3, 0.01)
    assert (recipe.schedule.max_lr, recipe.epochs, recipe.seed, recipe.side_loss) == (4e-3, 10, 0, None)


def test_a_name_alone_and_no_schedule():
    recipe = read_recipe({**LENET, "data": "digits", "schedule": None})
    assert (recipe.data.key, recipe.schedule) == ("digits", Constant())


def test_what_is_written_is_read_back():
    recipe = read_recipe({**LENET, "side_loss": 0.3, "seed": 7, "data": {"mnist": "here", "validation": 0.1}})
    assert read_recipe(recipe.written()) == recipe
    more = {
        "epochs": None,
        "steps": 50,
        "augment": ["flip", {"crop": 28, "padding": 4}],
        "accumulate": 4,
        "clip": {"norm": 1},
        "ema": {"decay": 0.9},
        "early_stopping": {"patience": 3},
        "checkpoint": {"steps": 5, "seconds": None},
        "precision": "bfloat16",
        "phases": [{"steps": 10, "freeze": ["*"], "except": ["fc"]}, {"rates": {"*": 0.1}}],
    }
    recipe = read_recipe({**LENET, **more})
    assert (recipe.step_size, recipe.steps_per_epoch(1000), recipe.total_steps(1000)) == (512, 2, 50)
    assert (recipe.clip.max_norm, recipe.ema.warmup, recipe.checkpoint.seconds) == (1, False, None)
    assert read_recipe(recipe.written()) == recipe


@pytest.mark.parametrize(
    ("changes", "place", "message", "found", "expected", "help"),
    [
        ({"epoch": 3}, "epoch", "there is no key `epoch` here", None, "one of", "`epochs`"),
        ({"": 3}, "", "there is no key `` here", None, "one of", None),
        ({"epochs": ...}, "", "`epochs` is missing", None, "steps: 5000", None),
        ({"epochs": -1}, "epochs", "`epochs`", "`-1`", "greater than 0", None),
        ({"epochs": 2.5}, "epochs", "`epochs`", "`2.5`", "an integer", None),
        ({"epochs": True}, "epochs", "`epochs`", "`true`", "an integer", None),
        ({"seed": 2**32}, "seed", "`seed`", "`4294967296`", "less than 4294967296", None),
        ({"optimizer": {"adamw": "2e-3"}}, "optimizer/adamw", "`lr`", "the text `2e-3`", "a number", None),
        ({"optimizer": {"adamw": math.inf}}, "optimizer/adamw", "`lr`", "`inf`", "a finite number", None),
        ({"optimizer": {"adamw": 0}}, "optimizer/adamw", "`lr`", "`0`", "greater than 0", None),
        ({"optimizer": {"adamw": None}}, "optimizer/adamw", "needs `lr`", None, "a number", "{adamw: 1e-3}"),
        ({"optimizer": "adamw"}, "optimizer/adamw", "needs `lr`", None, "a number", "{adamw: 1e-3}"),
        ({"optimizer": {"adamw": 1e-3, "lr": 1e-3}}, "optimizer/lr", "`lr` twice", None, None, "`adamw: 0.001`"),
        ({"optimizer": {"adamw": None, "lr": 1e-3}}, "optimizer/lr", "itself", None, None, "`adamw: 0.001`"),
        ({"optimizer": {"adamW": 1e-3}}, "optimizer/adamW", "`adamW`", None, "adamw, ", "`adamw`"),
        ({"optimizer": {"lr": 1e-3, "sgd": None}}, "optimizer/lr", "`lr`", None, None, "write `sgd` first"),
        (
            {"optimizer": {"sgd": 0.1, "momemtum": 0.9}, "schedule": None},
            "optimizer/momemtum",
            "`sgd` has no option `momemtum`",
            None,
            "momentum",
            "`momentum`",
        ),
        (
            {"optimizer": {"adamw": 0.1, "lrr": 0.9}},
            "optimizer/lrr",
            "`adamw` has no option `lrr`",
            None,
            "weight_decay",
            "`lr`? It is the value of `adamw`",
        ),
        ({"optimizer": {"sgd": 1e-3, "nesterov": True}}, "optimizer", "`momentum` above 0", None, None, None),
        ({"optimizer": 3}, "optimizer", "no optimizer", "`3`", "`radam`, `rmsprop` or `sgd`", None),
        ({"optimizer": {}}, "optimizer", "no optimizer", "a mapping", "or `sgd`", None),
        ({"loss": "crossentropy"}, "loss/crossentropy", "no loss `crossentropy`", None, None, "`cross_entropy`"),
        ({"loss": {"cross_entropy": 3}}, "loss/cross_entropy", "takes no main argument", "`3`", None, None),
        ({"data": "mnits"}, "data/mnits", "no data set `mnits`", None, "digits", "`mnist`"),
        ({"data": {"digits": "here"}}, "data/digits", "takes no main argument", "the text `here`", None, None),
        ({"data": {"mnist": None, "batch_size": 0}}, "data/batch_size", "`batch_size`", "`0`", "greater than 0", None),
        ({"data": {"mnist": None, "validation": 1.0}}, "data/validation", "`validation`", "`1.0`", "below 1", None),
        ({"loss": {"map": 0.1}}, "loss/map", "`map` takes no main argument", "`0.1`", None, None),
        ({"loss": {"map": None, "j": 0}}, "loss/j", "`j` is out of range", "`0`", "greater than 0", None),
        ({"loss": {"map": None, "k": 1}}, "loss/k", "`map` has no option `k`", None, "one of j", None),
        ({"loss": {"mse": None, "positive": "1"}}, "loss/positive", "`positive` has", "the text `1`", "a number", None),
        ({"loss": {"mse": None, "positive": -1}}, "loss", "`positive`, -1, must be above", None, None, None),
        ({"loss": {"mse": None, "postive": 1}}, "loss/postive", "no option `postive`", None, None, "`positive`"),
        ({"loss": {"nll": None, "j": 1}}, "loss/j", "`nll` has no option `j`", None, "ignore_index", None),
        ({"loss": {"multi_margin": None, "p": 3}}, "loss/p", "`p` is out of range", "`3`", "at most 2", None),
        ({"loss": {"multi_margin": None, "margin": 0}}, "loss/margin", "`margin`", "`0`", "greater than 0", None),
        (
            {"data": {"mnist": None, "size": 16}},
            "data/size",
            "no option `size`",
            None,
            "one of resize, pad,",
            "`resize`",
        ),
        *(
            (
                {"data": {"mnist": None, name: wrong}},
                f"data/{name}",
                f"`{name}` has the wrong type",
                ...,
                expected,
                None,
            )
            for name, expected, values in (
                ("resize", "pixels, 1 to 8,192", [0, -1, True, 2.5, "16", [], [16], [16, 0], [1, 2, 3], {"a": 1}]),
                ("pad", "pixels, 0 to 8,192", [-1, 0.5, None, "2", [1, -1], [[1, 1], [1, 1]]]),
                ("range", "two different numbers", [1, "-1, 1", [1], [1, 1], [0, "1"], [0, math.inf], [0, 1, 2]]),
            )
            for wrong in values
        ),
        ({"schedule": {"one_cycle": 1e-3}}, "schedule", "below the optimizer's rate", None, None, "raise the peak"),
        ({"schedule": "step"}, "schedule/step", "needs `step_size`", None, "an integer", "step: ..."),
        ({"steps": 100}, "steps", "`epochs` and `steps` both", None, None, "leave one of them out"),
        ({"epochs": ..., "steps": 0}, "steps", "`steps`", "`0`", "greater than 0", None),
        ({"accumulate": 0}, "accumulate", "`accumulate`", "`0`", "greater than 0", None),
        ({"clip": {"norm": 0}}, "clip/norm", "`max_norm` is out of range", "`0`", "greater than 0", None),
        ({"clip": 1.0}, "clip", "no way to clip gradients", "`1.0`", "`norm` or `value`", None),
        ({"clip": {"nrom": 1}}, "clip/nrom", "no way to clip gradients `nrom`", None, None, "`norm`"),
        ({"ema": {"decay": 1}}, "ema/decay", "`decay` is out of range", "`1`", "less than 1", None),
        ({"ema": {"decy": 0.9}}, "ema/decy", "there is no key `decy` here", None, "decay, warmup", "`decay`"),
        ({"ema": 0.999}, "ema", "`ema` has the wrong type", "`0.999`", "a mapping of `decay`, `warmup`", None),
        ({"early_stopping": {}}, "early_stopping", "`patience` is missing", None, "an integer", None),
        ({"checkpoint": {"seconds": 0}}, "checkpoint/seconds", "`seconds`", "`0`", "greater than 0", None),
        (
            {"precision": "fp16"},
            "precision",
            "`precision`",
            "the text `fp16`",
            "`float32`, `bfloat16` or `float16`",
            None,
        ),
        ({"tf32": 1}, "tf32", "`tf32`", "`1`", "true or false", None),
        ({"augment": "flip"}, "augment", "`augment` has the wrong type", "the text `flip`", "a list", None),
        ({"augment": ["flip", "flap"]}, "augment/1/flap", "no augmentation `flap`", None, None, "`flip`"),
    ],
)
def test_refused(changes, place, message, found, expected, help):
    (diagnostic,) = refused(**changes)
    assert "/".join(map(str, diagnostic.path[1:])) == place
    assert message in diagnostic.message
    assert found is ... or diagnostic.found == found
    assert expected is None or expected in diagnostic.expected
    assert help is None or help in diagnostic.help


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"epoch": 3}, Code.UNKNOWN_KEY),
        ({"ema": {"decy": 0.9}}, Code.UNKNOWN_KEY),
        ({"epochs": ...}, Code.MISSING_KEY),
        ({"loss": ...}, Code.MISSING_KEY),
        ({"early_stopping": {}}, Code.MISSING_KEY),
        ({"epochs": 2.5}, Code.WRONG_TYPE),
        ({"optimizer": 3}, Code.WRONG_TYPE),
        ({"optimizer": {"adamw": "2e-3"}}, Code.WRONG_TYPE),
        ({"loss": "l2"}, Code.UNKNOWN_LAYER),
        ({"optimizer": {"adamw": 1e-3, "momentum": 1}}, Code.UNKNOWN_OPTION),
        ({"optimizer": "adamw"}, Code.MISSING_OPTION),
        ({"optimizer": {"adamw": 0}}, Code.BAD_OPTION),
        ({"epochs": 0}, Code.BAD_OPTION),
        ({"phases": [{"rates": {"fc": 0}}]}, Code.BAD_OPTION),
        ({"optimizer": {"sgd": 1e-3, "nesterov": True}}, Code.BAD_OPTION),
        ({"loss": {"cross_entropy": 3}}, Code.BAD_ENTRY),
        ({"steps": 3}, Code.CONFLICTING_KEYS),
        ({"phases": [{"epochs": 3}]}, Code.BAD_RECIPE),
        ({"metrics": ["psnr"]}, Code.BAD_RECIPE),
    ],
)
def test_errors_have_the_codes_of_a_spec_s_but_for_what_is_about_training(changes, code):
    (diagnostic,) = refused(**changes)
    assert diagnostic.code is code


@pytest.mark.parametrize(
    ("key", "written", "meant"),
    [
        *(("loss", name, "mse") for name in ("MSELoss", "mse_loss")),
        *(("loss", name, "nll") for name in ("NLLLoss", "nll_loss")),
        ("loss", "BCEWithLogitsLoss", "bce_with_logits"),
        ("loss", "SmoothL1Loss", "smooth_l1"),
        ("loss", "L1Loss", "l1"),
        ("loss", "dice_loss", "dice"),
        ("schedule", "StepLR", "step"),
        ("schedule", "OneCycleLR", "one_cycle"),
        ("data", "ImageFolder", "folder"),
    ],
)
def test_what_torch_calls_its_classes_is_understood(key, written, meant):
    [found] = refused(**{key: written})
    assert found.help == f"did you mean `{meant}`?"


@pytest.mark.parametrize(("written", "meant"), [("acc", "accuracy"), ("f1_score", "f1"), ("IoU", "miou")])
def test_metrics_have_other_names_too(written, meant):
    [found] = refused(metrics=[written])
    assert found.help == f"did you mean `{meant}`?"


_OF_NO_PART = {
    "loss": "CTC CosineEmbedding GaussianNLL HingeEmbedding LinearCrossEntropy MarginRanking MultiLabelMargin "
    "NLLLoss2d PoissonNLL MultiLabelSoftMargin SoftMargin TripletMargin TripletMarginWithDistance",
    "optimizer": "Adafactor Adadelta Adamax ASGD LBFGS Optimizer Rprop SparseAdam",
    "schedule": "ChainedScheduler Cyclic Lambda LRScheduler Multiplicative Sequential",
}
"""What torch has and no recipe can say."""
_OF_KERAS = {
    "loss": "BinaryCrossentropy CategoricalCrossentropy SparseCategoricalCrossentropy BinaryFocalCrossentropy Huber "
    "MeanSquaredError MeanAbsoluteError KLDivergence CategoricalHinge Dice",
    "optimizer": "SGD RMSprop Adam AdamW Adagrad Nadam Muon",
    "schedule": "ExponentialDecay PolynomialDecay CosineDecay CosineDecayRestarts ReduceLROnPlateau",
    "metric": "Accuracy CategoricalAccuracy SparseCategoricalAccuracy TopKCategoricalAccuracy F1Score Precision Recall "
    "AUC MeanSquaredError MeanAbsoluteError RootMeanSquaredError MeanIoU R2Score",
}


def test_the_names_of_torch_and_keras_are_those_of_parts_wherever_there_is_one():
    of_torch = {
        Loss: [f"nn.{name}" for name in torch.nn.modules.loss.__all__],
        Optimizer: [f"torch.optim.{name}" for name in torch.optim.__all__ if name[0].isupper()],
        Schedule: [f"lr_scheduler.{name}" for name in torch.optim.lr_scheduler.__all__],
        Metric: [],
    }
    for family, names in of_torch.items():
        nothing = _OF_NO_PART.get(family.family, "").split()
        unknown = [each for each in names if known_as(each, family) not in family.members]
        plain = [each.rpartition(".")[2] for each in unknown]
        assert {each.removesuffix("Loss").removesuffix("LR") for each in plain} <= set(nothing)
        keras = [f"keras.{each}" for each in _OF_KERAS[family.family].split()]
        assert [each for each in keras if known_as(each, family) not in family.members] == []


@pytest.mark.parametrize(
    ("changes", "help"),
    [
        ({"optimizer": "adam"}, "write `optimizer: {adam: 1e-3}`"),
        ({"optimizer": {"type": "Adam", "lr": 0.1}}, "the name is the key: write `adam: ...`"),
        ({"optimizer": {"name": "torch.optim.SGD", "lr": 0.1}}, "the name is the key: write `sgd: ...`"),
        ({"optimizer": {"adam": {"lr": 0.1, "weight_decay": 0.2}}}, "write `{adam: 0.1, weight_decay: 0.2}`"),
        ({"loss": "nn.CrossEntropyLoss()"}, "did you mean `cross_entropy`?"),
        ({"layers": []}, "`layers` belongs to the spec itself, beside `train`"),
    ],
)
def test_the_ways_of_other_tools_are_answered_with_the_language_s(changes, help):
    assert [found.help for found in refused(**changes)] == [help]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"lr": 0.2}, "`lr` is the value of `optimizer`: write `optimizer: {adamw: ...}`"),
        ({"learning_rate": 0.2}, "`learning_rate` is the value of `optimizer`: write `optimizer: {adamw: ...}`"),
        ({"batch_size": 4}, "`batch_size` belongs to `data`"),
        ({"label_smoothing": 0.1}, "`label_smoothing` belongs to `loss`"),
        ({"optimizer": {"adamw": 0.1, "accumulate": 3}}, "`accumulate` belongs to the recipe itself, beside `data`"),
        ({"optimizer": {"adamw": 0.1, "batch_size": 3}}, "`batch_size` belongs to `data`"),
        ({"loss": "tilted"}, "`--plugin FILE.py` brings one's own loss"),
        ({"metrics": ["xyz"]}, "`--plugin FILE.py` brings one's own metric"),
        ({"augment": ["my_flip"]}, "did you mean `flip`? `--plugin FILE.py` brings one's own augmentation"),
        ({"data": "rocks"}, "`--plugin FILE.py` brings one's own data set"),
        ({"no_such_key": 1}, None),
    ],
)
def test_a_name_that_belongs_elsewhere_is_told_with_its_place(changes, told):
    assert [found.help for found in refused(**changes)] == [told]


def test_keys_of_the_recipe_at_the_top_of_the_spec_are_sent_below_it():
    text = "netspec: 1\nname: net\ninput: [8]\nlayers: [{linear: 3}]\nepochs: 3\nlr: 1\nsizes: 2\n"
    with pytest.raises(NetspecError) as caught:
        api.loads(text + "train: {data: digits, loss: mse, optimizer: {adam: 0.1}}\n")
    assert [found.help for found in caught.value.diagnostics] == [
        "`epochs` belongs under `train`",
        "`lr` is the value of `optimizer`: write `optimizer: {adam: ...}`, under `train`",
        None,
    ]


def test_the_weights_of_classes_have_other_names_too():
    [found] = refused(loss={"cross_entropy": None, "class_weight": [1, 2]})
    assert found.help == "did you mean `weight`?"


def test_options_that_are_unknown_and_values_that_are_wrong_are_told_at_once():
    found = refused(optimizer={"adam": "x", "momentum": 1, "eps": -1})
    assert sorted(d.path[-1] for d in found) == ["adam", "eps", "momentum"]


@pytest.mark.parametrize(
    "changes", [{1: 2}, {"optimizer": {3: 1}}, {"optimizer": {"sgd": 0.1, 3: 4}}, {"ema": {None: 1}}]
)
def test_keys_that_are_no_texts_are_unknown(changes):
    with pytest.raises(NetspecError) as caught:
        read_recipe({**LENET, "schedule": None, **changes})
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code in (Code.UNKNOWN_KEY, Code.UNKNOWN_OPTION, Code.UNKNOWN_LAYER)


def test_one_wrong_part_in_two_places_is_told_once():
    text = (
        "netspec: 1\nname: n\ninput: [1, 8, 8]\nlayers: [flatten, {linear: 10}]\ntrain:\n  data: digits\n  loss: nll\n"
    )
    text += (
        "  optimizer: {sgd: 0.1}\n  epochs: 2\n  schedule: &s {cosine: 3}\n  phases: [{epochs: 1, schedule: *s}, {}]\n"
    )
    (diagnostic,) = api.check("n.yaml", text=text)
    assert (diagnostic.code, diagnostic.span.line) == (Code.BAD_ENTRY, 10)


def test_all_errors_at_once():
    found = refused(epochs=-1, loss="l2", optimizer={"adam": "x", "weight_decay": -1}, data={"mnist": 3}, momentum=1)
    assert sorted("/".join(d.path[1:]) for d in found) == [
        "data/mnist",
        "epochs",
        "loss/l2",
        "momentum",
        "optimizer/adam",
        "optimizer/weight_decay",
    ]


@pytest.mark.parametrize("data", [None, [], "mnist", 3])
def test_no_mapping(data):
    with pytest.raises(NetspecError, match="NS0203 `train` has the wrong type"):
        read_recipe(data)


def test_pixels_and_ranges_are_read_back():
    written = {"mnist": None, "resize": [16, 18], "pad": 2, "range": [-0.1, 1]}
    recipe = read_recipe({**LENET, "data": written, "loss": {"mse": None, "positive": 0.9}})
    assert (recipe.data.resize, recipe.data.pad, recipe.data.range) == ((16, 18), (2, 2), (-0.1, 1.0))
    assert read_recipe(recipe.written()) == recipe
    assert read_recipe(
        {**LENET, "data": {"mnist": None, "batch_size": 128, "resize": None, "range": None}}
    ) == read_recipe(LENET)


def test_override():
    changed = override(LENET, epochs=2, seed=5, batch_size=64, folder="there")
    assert changed == {**LENET, "epochs": 2, "seed": 5, "data": {"mnist": "there", "batch_size": 64}}
    assert override({"data": "digits"}, batch_size=8, epochs=None) == {"data": {"digits": None, "batch_size": 8}}
    assert LENET["data"] == {"mnist": None, "batch_size": 128}
    assert override({"epochs": 3}, steps=50) == {"steps": 50}
    assert override({"steps": 50}, epochs=3) == {"epochs": 3}


def test_one_cycle_equals_torch():
    import torch

    rate, peak, steps = 2e-3, 4e-3, Steps(total=97, per_epoch=10)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, peak, total_steps=steps.total, div_factor=peak / rate, cycle_momentum=False
    )
    ours = OneCycle(max_lr=peak)
    for step in range(steps.total):
        assert ours.rate(rate, step, steps) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        if step < steps.total - 1:
            theirs.step()


def test_other_schedules():
    steps = Steps(total=40, per_epoch=10)
    assert [Constant().rate(0.1, s, steps) for s in (0, 39)] == [0.1, 0.1]
    warmed = Cosine(eta_min=0.02, warmup=1.0)
    assert [warmed.rate(0.1, s, steps) for s in (0, 9, 10, 25)] == pytest.approx([0.01, 0.1, 0.1, 0.06])
    assert 0.02 < warmed.rate(0.1, 39, steps) < 0.021
    assert [Step(step_size=2).rate(0.1, s, steps) for s in (0, 19, 20, 39)] == pytest.approx([0.1, 0.1, 0.01, 0.01])


@pytest.mark.parametrize("total", [1, 2, 3, 10])
def test_short_runs_have_a_rate_everywhere(total):
    for schedule in (OneCycle(max_lr=0.2), Cosine(), Step(step_size=1), Constant(warmup=5.0)):
        rates = [schedule.rate(0.1, s, Steps(total, 1)) for s in range(total)]
        assert all(0 <= r <= 0.2 for r in rates)


def test_reading_a_recipe_imports_little():
    code = (
        "import sys; from netspec.recipe.recipe import read_recipe; import netspec.cli.commands.train;"
        "read_recipe({'data': 'digits', 'loss': 'cross_entropy', 'optimizer': {'adam': 1e-3}, 'epochs': 1});"
        "print(*{'torch', 'numpy', 'sklearn', 'lightning', 'rich', 'safetensors'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_of_very_many_unknown_options_few_are_compared_with_known_ones(monkeypatch):
    compared = []
    monkeypatch.setattr(nearmiss, "near_miss", lambda name, known: compared.append(name) if known else None)
    unknown = {f"weight_decai{at}": 1 for at in range(3_000)}
    assert len(refused(optimizer={"adamw": 2e-3, **unknown})) == problems.MOST_ERRORS
    assert 0 < len(compared) < 200

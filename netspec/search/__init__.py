"""Search over a spec's params and its recipe: what breaks a budget or a shape is refused before anything is trained.

`space` reads the axes, `trial` judges one point of them by an ordinary training run, `study` keeps all trials with
Optuna, so that a search goes on where it was killed and several processes share one, and `driver` runs it.
"""

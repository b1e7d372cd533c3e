"""One set of weights for four tasks beside two sets of single models, on both data sets.

Twins (a): a model a task, each of the size of the one; twins (b): each of a quarter outside the tables. All have the
same choices, looked at along each training on validation (draw 0, seed 0), fitted before it. A twin keeps the point
that is best for its task; the one keeps the point where the mean over the tasks of its value over twin (a)'s is largest
(RMSE inverted). Then three seeds on test, refitted with validation, five for the genres; seed s has draw s of hidden
genres. Beside them the rivals of each task, which say whether a twin is strong enough to be compared with. Where the
one loses against twin (a), it is refitted without each other task, on both data sets, and the gradients of the tasks
are compared along a training.
Costs come from processes of their own, one thread each."""

import itertools
import multiprocessing
import time

import numpy as np
import pandas as pd
from _cost import _peak
from _runner import CLASSES, SEED_ARGUMENT, Run, data_set, results
from multi_task import SEEDS, kept_frames, tables

from recsys_lib import task_rivals
from recsys_lib.models.multi_task import gradient_cosine
from recsys_lib.models.one_transformer import OneTransformer
from recsys_lib.task_intervals import read_tasks, tasks_bootstrap, value
from recsys_lib.tasks import TASKS, four_tasks

CLASSES["OneTransformer"], SEED_ARGUMENT["OneTransformer"] = OneTransformer, "seed"
METRIC = {"next likes": "NDCG@10", "rating": "RMSE", "genres": "micro-F1", "search": "NDCG@10"}
INNER = {"a": 64, "b": 16}  # the width inside the blocks of the one and of its twins
EVERY, LONGEST = 20, 120  # steps of training between two looks, and of the longest
CHOICES = [{"learning_rate": rate, "weight_decay": decay} for rate in (0.005, 0.01) for decay in (0.001, 1.0)]


def tasks_of(dataset, draw):
    return four_tasks(dataset.data, liked_from=dataset.liked_from, draw=draw)


def curve(model, split, part, dataset, *, draw, every):
    """{"task after n": figure}, looked at every so many steps of one training."""
    found = {}

    def look(n):
        if n % every == 0:
            for task, frame in model.measure(part).items():
                found[f"{task} after {n}"] = value(frame, METRIC[task])

    model.fit(tasks_of(dataset, draw), part, look=look)
    return found


def figures(model, split, part, dataset, *, draw):
    """{"task top": {unit: number}, "task bottom": …} as the tasks' `measure` says."""
    return by_unit(model.fit(tasks_of(dataset, draw), part).measure(part))


def by_unit(frames):
    return {
        f"{task} {column}": {plain(unit): float(x) for unit, x in frame[column].items()}
        for task, frame in frames.items()
        for column in ("top", "bottom")
    }


def plain(unit):
    return unit.item() if isinstance(unit, np.generic) else unit


def frame_of(part, task):
    """The DataFrame as `measure` returned it."""
    return pd.DataFrame({column: part[f"{task} {column}"] for column in ("top", "bottom")})


def frames_of(parts, task):
    """One DataFrame a seed."""
    return [part[task] for part in parts if task in part]


def settings_of(kind, tasks, choice, steps):
    return {"tasks": list(tasks), "inner": INNER[kind], "steps": steps, **choice}


def choices_of(run, row):
    """What every network tries; on the second data set what this one had on the first."""
    if not run.dataset.suffix:
        return CHOICES
    chosen = results.load("one_model")["values"]["chosen"][row]
    return [{name: chosen[name] for name in CHOICES[0]}]


def looked_at(run, row, kind, tasks):
    """[(settings with the number of steps, {task: figure})]: every choice at every look."""
    points = []
    for choice in choices_of(run, row):
        longest = settings_of(kind, tasks, choice, LONGEST)
        found = run.part("OneTransformer", longest, 0, "validation", measure=curve,
                         arguments={"draw": 0, "every": EVERY})  # fmt: skip
        for n in range(EVERY, LONGEST + 1, EVERY):
            points.append((longest | {"steps": n}, {task: found[f"{task} after {n}"] for task in tasks}))
    run.settings_tried[row] = [{"settings": s, "validation": {t: round(v, 5) for t, v in f.items()}} for s, f in points]
    return points


def better(task, figure):
    """The figure, or the inverse of an error: larger is better."""
    return 1 / figure if METRIC[task] == "RMSE" else figure


def choose(run):
    """{row: settings} of the one and of its eight twins, chosen on validation."""
    chosen, best = {}, {}
    for kind in INNER:
        for task in TASKS:
            points = looked_at(run, f"{task} ({kind})", kind, [task])
            settings, found = max(points, key=lambda point: better(task, point[1][task]))
            chosen[f"{task} ({kind})"] = settings
            if kind == "a":
                best[task] = better(task, found[task])

    def relative(point):
        return np.mean([better(task, point[1][task]) / best[task] for task in TASKS])

    chosen["one"] = max(looked_at(run, "one", "a", TASKS), key=relative)[0]
    return chosen


def tested(run, settings):
    """[{task: frame of `measure`}], one a seed; the last seeds are measured for the genres alone."""
    found, tasks = [], settings["tasks"]
    for seed in range(max(len(SEEDS[task]) for task in tasks)):
        part = run.part("OneTransformer", settings, seed, "test", measure=figures, arguments={"draw": seed})
        found.append({task: frame_of(part, task) for task in tasks if seed in SEEDS[task]})
    return found


RIVALS = {  # name: task, its scores, its choices
    "EASE": ("next likes", task_rivals.ease, [{"regularization": x} for x in (50.0, 100.0, 200.0, 400.0)]),
    "bias model": ("rating", task_rivals.bias_ratings, [{"regularization": x} for x in (2.0, 5.0, 10.0, 20.0)]),
    "ALS": ("rating", task_rivals.als_ratings, [{"n_factors": d, "regularization": x}
                                                for d in (8, 16) for x in (5.0, 10.0)]),
    "ridge": ("genres", task_rivals.ridge_genres, [{"regularization": x} for x in (1.0, 3.0, 10.0, 30.0)]),
    "TF-IDF": ("search", task_rivals.tfidf_search, [{"longest": n, "analyzer": a}
                                                    for n in (3, 4) for a in ("char_wb", "char")]),
}  # fmt: skip


def rival_frame(name, tasks, part, settings):
    task, scores_of, _ = RIVALS[name]
    asked = getattr(tasks, task.replace(" ", "_"))
    if task != "genres":
        return asked.measure(scores_of(tasks, part, **settings), part)
    scores = scores_of(tasks, **settings)
    return asked.measure(scores[part], asked.threshold(scores["validation"]), part)


def rivals(run):
    """({name: [{task: frame}], one a draw}, {name: settings}); where nothing is drawn, one frame."""
    draws, found, chosen = [tasks_of(run.dataset, seed) for seed in SEEDS["genres"]], {}, {}
    for name, (task, _, choices) in RIVALS.items():
        tried = [value(rival_frame(name, draws[0], "validation", choice), METRIC[task]) for choice in choices]
        chosen[name] = max(zip(choices, tried), key=lambda one: better(task, one[1]))[0]
        asked = draws if task == "genres" else draws[:1]
        found[name] = [{task: rival_frame(name, tasks, "test", chosen[name])} for tasks in asked]
        run.settings_tried[name] = [{"settings": c, "validation": round(v, 5)} for c, v in zip(choices, tried)]
    return found, chosen


def gap(a, b, task):
    return dict(tasks_bootstrap(a, b, metric=METRIC[task])._asdict())


def loses(difference, task):
    """Does the interval of the difference say that the first is worse?"""
    return difference["low"] > 0 if METRIC[task] == "RMSE" else difference["high"] < 0


def to_leave_out(run, parts):
    """The tasks without which the one is fitted again: for each that loses, all others; on the second data the same."""
    if run.dataset.suffix:
        return [task for task in TASKS if f"without {task}" in read_tasks("one_model")]
    lost = {
        task
        for task in TASKS
        if loses(gap(frames_of(parts["one"], task), frames_of(parts["twins (a)"], task), task), task)
    }
    return [other for other in TASKS if lost - {other}]


def pulls(model, split, part, dataset, *, draw, every):
    """{"weights: task × task after n": cosine of gradients} along a training; of the body and of the film table.

    A look takes batches out of the training's own stream, so this is a training for itself."""
    found = {}

    def look(n):
        if n % every == 0:
            gradients = model.gradients()
            for kind, belongs in (
                ("films", lambda name: "table_films" in name),
                ("body", lambda name: "table_" not in name),
            ):
                of = {task: [g for name, g in by_name.items() if belongs(name)] for task, by_name in gradients.items()}
                for a, b in itertools.combinations(TASKS, 2):
                    found[f"{kind}: {a} × {b} after {n}"] = gradient_cosine(of[a], of[b])

    model.fit(tasks_of(dataset, draw), part, look=look)
    return found


def cost(model, split, part, dataset):
    """Seconds of a fit and of answers, memory, weights; measured in a child process."""
    context = multiprocessing.get_context("spawn")
    mine, its = context.Pipe()
    child = context.Process(target=_measure, args=(model.settings, dataset.data, dataset.liked_from, its))
    child.start(), its.close()
    found = mine.recv()
    child.join()
    return found


def costs(run, chosen):
    """{row: what `cost` says} of the one and of its twins."""
    return {row: run.part("OneTransformer", settings, 0, "test", measure=cost) for row, settings in chosen.items()}


def _measure(settings, data, liked_from, pipe):
    tasks = four_tasks(data, liked_from=liked_from)
    before, begin = _peak(), time.perf_counter()
    model = OneTransformer(**settings).fit(tasks)
    found = {"seconds": time.perf_counter() - begin, "start_mb": before, "fit_mb": _peak(), **model.weight_counts()}
    for task in model.tasks:
        model.scores(task)  # the first pass builds what the later ones use
        begin = time.perf_counter()
        rows = sum(len(part) for part in model.examples_.asked(task, "test"))
        model.scores(task)
        found[f"{task}: ms a row"] = 1000 * (time.perf_counter() - begin) / rows
        rows = model.examples_.asked(task, "test")[0][:100]
        vectors, times = model.network_.vectors(), []
        for row in rows:
            begin = time.perf_counter()
            model.answers(task, np.array([row]), "test", vectors)
            times.append(1000 * (time.perf_counter() - begin))
        found[f"{task}: ms a request"] = float(np.median(times))
    pipe.send(found)


def main(dataset, with_costs=True):
    """with_costs: False leaves out what has to be timed while nothing else runs (on the first data set alone)."""
    run = Run(dataset)
    chosen = choose(run)
    parts = {"one": tested(run, chosen["one"])}
    parts["no blocks"] = tested(run, chosen["one"] | {"n_layers": 0})  # the same sums, and no attention
    for kind in INNER:  # a row of four models, each with its task
        of_task = [tested(run, chosen[f"{task} ({kind})"]) for task in TASKS]
        parts[f"twins ({kind})"] = [
            {task: frame for one in of_task if seed < len(one) for task, frame in one[seed].items()}
            for seed in range(max(map(len, of_task)))
        ]
    refits = {
        f"without {other}": chosen["one"] | {"tasks": [task for task in TASKS if task != other]}
        for other in to_leave_out(run, parts)
    }
    parts |= {row: tested(run, settings) for row, settings in refits.items()}
    of_rivals, rival_settings = rivals(run)
    parts |= of_rivals
    cosines = run.part("OneTransformer", chosen["one"], 0, "test", measure=pulls,
                       arguments={"draw": 0, "every": EVERY})  # fmt: skip
    found = {row: [{"frames": kept_frames(frames)} for frames in seeds] for row, seeds in parts.items()}
    values = {"chosen": chosen | rival_settings, "cosines": {k: round(v, 4) for k, v in cosines.items()}}
    values |= {"costs": costs(run, chosen | refits) if with_costs and not dataset.suffix else {}, **tables(found)}
    settings = {"every": EVERY, "longest": LONGEST, "seeds": {task: list(seeds) for task, seeds in SEEDS.items()}}
    run.record("one_model", settings, values, seeds=SEEDS["genres"])


if __name__ == "__main__":
    main(data_set("movielens"))

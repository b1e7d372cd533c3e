"""One set of weights for four tasks beside two sets of single models, on both data sets.

Twins (a): a model a task, each of the size of the one; twins (b): each of a quarter outside the tables. All have the
same choices, looked at along each training on validation (draw 0, seed 0), fitted before it. A twin keeps the point
that is best for its task; the one keeps the point where the mean over the tasks of its value over twin (a)'s is largest
(RMSE inverted). Then three seeds on test, refitted with validation; seed s has draw s of hidden genres. Beside them the
rivals of each task, which say whether a twin is strong enough to be compared with. Where the one loses against twin
(a), it is refitted without each other task, and the gradients of the tasks are compared.
Costs come from processes of their own, one thread each."""

import itertools
import multiprocessing
import time

import numpy as np
import pandas as pd
from _cost import _peak
from _runner import CLASSES, SEED_ARGUMENT, Run, data_set, results

from recsys_lib import task_rivals
from recsys_lib.models.multi_task import gradient_cosine
from recsys_lib.models.one_transformer import OneTransformer
from recsys_lib.task_intervals import tasks_bootstrap, value
from recsys_lib.tasks import TASKS, four_tasks

CLASSES["OneTransformer"], SEED_ARGUMENT["OneTransformer"] = OneTransformer, "seed"
METRIC = {"next likes": "NDCG@10", "rating": "RMSE", "genres": "micro-F1", "search": "NDCG@10"}
SEEDS = range(3)
INNER = {"a": 64, "b": 16}  # the width inside the blocks of the one and of its twins
EVERY, LONGEST = 20, 120  # steps of training between two looks, and of the longest
CHOICES = {"": [{"learning_rate": rate} for rate in (0.005, 0.01)]}
MARGIN, STRONG = 0.01, 0.02  # what a task may lose; how near its rival a twin must be


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


def frames_of(parts, task):
    """One DataFrame a seed, as `measure` returned it."""
    return [pd.DataFrame({column: part[f"{task} {column}"] for column in ("top", "bottom")}) for part in parts]


def settings_of(kind, tasks, choice, steps):
    return {"tasks": list(tasks), "inner": INNER[kind], "steps": steps, **choice}


def choices_of(run):
    """What every network tries; on the second data set the learning rate that the one had on the first."""
    if not run.dataset.suffix:
        return CHOICES[""]
    return [{"learning_rate": results.load("one_model")["values"]["chosen"]["one"]["learning_rate"]}]


def looked_at(run, row, kind, tasks):
    """[(settings with the number of steps, {task: figure})]: every choice at every look."""
    points = []
    for choice in choices_of(run):
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
    return [
        run.part("OneTransformer", settings, seed, "test", measure=figures, arguments={"draw": seed}) for seed in SEEDS
    ]


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
    """{name: {task, settings, tried, frames: one a seed}}; where nothing is drawn, the same frame for each seed."""
    draws, found = [tasks_of(run.dataset, seed) for seed in SEEDS], {}
    for name, (task, _, choices) in RIVALS.items():
        tried = [value(rival_frame(name, draws[0], "validation", choice), METRIC[task]) for choice in choices]
        settings = max(zip(choices, tried), key=lambda one: better(task, one[1]))[0]
        asked = draws if task == "genres" else draws[:1]
        frames = [rival_frame(name, tasks, "test", settings) for tasks in asked]
        run.settings_tried[name] = [{"settings": c, "validation": round(v, 5)} for c, v in zip(choices, tried)]
        found[name] = {"task": task, "settings": settings, "frames": frames * (len(SEEDS) // len(frames))}
    return found


def gap(a, b, task):
    return dict(tasks_bootstrap(a, b, metric=METRIC[task])._asdict())


def loses(difference, task):
    """Does the interval of the difference say that the first is worse?"""
    return difference["low"] > 0 if METRIC[task] == "RMSE" else difference["high"] < 0


def verdict(difference, task, twin_is_strong):
    """What the target says: no worse than the margin, by the end of the interval that speaks against the one."""
    if not twin_is_strong:
        return "twin too weak"
    worst = difference["high"] if METRIC[task] == "RMSE" else -difference["low"]
    return "parity" if worst <= MARGIN else "no parity"


def pulls(model, split, part, dataset, *, draw, every):
    """{"weights: task × task after n": cosine of gradients} along a training; of the body and of the film table."""
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
    """with_costs: False leaves out what has to be timed while nothing else runs."""
    run = Run(dataset)
    chosen = choose(run)
    tests = {row: tested(run, settings) for row, settings in chosen.items()}
    tests["no blocks"] = tested(run, chosen["one"] | {"n_layers": 0})  # the same sums, and no attention
    of = rivals(run)
    compared, refits = {}, {}
    for task in TASKS:
        one, sums = frames_of(tests["one"], task), frames_of(tests["no blocks"], task)
        twins = {kind: frames_of(tests[f"{task} ({kind})"], task) for kind in INNER}
        against = {name: rival["frames"] for name, rival in of.items() if rival["task"] == task}
        row = {"metric": METRIC[task], "one": gap(one, None, task), "no blocks": gap(sums, None, task)}
        row |= {f"twin {kind}": gap(frames, None, task) for kind, frames in twins.items()}
        row |= {name: gap(frames, None, task) for name, frames in against.items()}
        row |= {f"one − twin {kind}": gap(one, frames, task) for kind, frames in twins.items()}
        row["one − no blocks"] = gap(one, sums, task)
        row |= {f"one − {name}": gap(one, frames, task) for name, frames in against.items()}
        row |= {f"twin a − {name}": gap(twins["a"], frames, task) for name, frames in against.items()}
        best = max(against, key=lambda name: better(task, row[name]["mean"]))
        behind = row[f"twin a − {best}"]["mean"] * (1 if METRIC[task] == "RMSE" else -1)
        row |= {"rival": best, "twin is strong": behind <= STRONG}
        row |= {f"verdict {kind}": verdict(row[f"one − twin {kind}"], task, row["twin is strong"]) for kind in INNER}
        compared[task] = row
        print(dataset.name, task, {key: v for key, v in row.items()}, flush=True)
    for task in TASKS:
        if loses(compared[task]["one − twin a"], task):
            one = frames_of(tests["one"], task)
            for other in TASKS:
                if other != task:
                    settings = chosen["one"] | {"tasks": [t for t in TASKS if t != other]}
                    without = frames_of(tested(run, settings), task)
                    refits.setdefault(task, {})[f"without {other}"] = gap(without, one, task)
            print(dataset.name, "refits", task, refits[task], flush=True)
    cosines = run.part("OneTransformer", chosen["one"], 0, "test", measure=pulls,
                       arguments={"draw": 0, "every": EVERY})  # fmt: skip
    by_seed = {}  # row: {task: the figure of each seed}
    for row, parts in tests.items():
        done = [task for task in TASKS if f"{task} top" in parts[0]]
        by_seed[row] = {task: [round(value(f, METRIC[task]), 5) for f in frames_of(parts, task)] for task in done}
    rival_settings = {name: rival["settings"] for name, rival in of.items()}
    values = {"chosen": chosen, "figures": by_seed, "rivals": rival_settings, "tasks": compared,
              "refits": refits, "cosines": {k: round(v, 4) for k, v in cosines.items()},
              "costs": costs(run, chosen) if with_costs else {}, "targets": targets(compared)}  # fmt: skip
    run.record("one_model", {"every": EVERY, "longest": LONGEST, "margin": MARGIN}, values, seeds=SEEDS)


def targets(compared):
    return {kind: sum(row[f"verdict {kind}"] == "parity" for row in compared.values()) for kind in INNER}


if __name__ == "__main__":
    main(data_set("movielens"))

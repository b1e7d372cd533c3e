"""Many tasks, one body: a network a task, one for two tasks and one for four, beside a specialist a task.

Every network has the same choices on validation: two settings of its dropout, and at which of three points to stop. A
network of one task tries two dropouts; one of several takes what its single networks chose, and that less .2. Best is
what is best on validation; for several tasks the mean over them of its figure by that of the single network, RMSE
inverted. Then three seeds on test, refitted with validation, five for the genres; each has its own draw of films with
hidden genres. One row more asks what the stop itself did: the network of four tasks with a shared body at the first of
the stops.
The specialists choose one setting each in the same way. Each finished fit is kept."""

import hashlib
import json
import time

import numpy as np
from _runner import COMPUTES, write_whole

from recsys_lib import results, task_rivals
from recsys_lib.data import data_home
from recsys_lib.models.multi_task import MultiTask, gradient_cosine
from recsys_lib.task_intervals import value
from recsys_lib.tasks import TASKS, four_tasks

SEEDS = {"next likes": range(3), "rating": range(3), "genres": range(5), "search": range(3)}
STOPS = [30, 60, 120]
DROPOUTS = (0.5, 0.8)
LEARNING_RATE = 0.006
SETS = {"two tasks": TASKS[:2], "four tasks": TASKS}
KINDS = {  # how a network of several tasks is built and weighted
    "losses as they come": {"body": "shared", "weighting": "sum"},
    "shared body": {"body": "shared", "weighting": "scaled"},
    "shared body, uncertainty": {"body": "shared", "weighting": "uncertainty"},
    "experts": {"body": "experts", "weighting": "scaled"},
    "experts, uncertainty": {"body": "experts", "weighting": "uncertainty"},
}
WATCHED = "four tasks, shared body"  # whose gradients are compared on the way
EARLY = "four tasks, shared body, first stop"  # the same network at the first of the stops, whatever was chosen
SINGLES = {f"{task} alone": (task,) for task in TASKS}
SEVERAL = {f"{those}, {kind}": (tasks, how) for those, tasks in SETS.items() for kind, how in KINDS.items()}
RIVALS = {  # row: task, function, settings to choose from
    "EASE": ("next likes", "ease", [{"regularization": x} for x in (30.0, 100.0, 300.0)]),
    "bias model": ("rating", "bias_ratings", [{"regularization": x} for x in (1.0, 3.0, 5.0)]),
    "ALS on ratings": ("rating", "als_ratings", [{"regularization": x} for x in (10.0, 20.0, 30.0)]),
    "shares of genres": ("genres", "genre_prior", [{}]),
    "ridge on text and genres": ("genres", "ridge_genres", [{"regularization": x} for x in (3.0, 10.0, 30.0)]),
    "TF-IDF of letters": ("search", "tfidf_search", [{"longest": x} for x in (2, 3, 4)]),
}


def of(tasks, task):
    return getattr(tasks, task.replace(" ", "_"))


def figures(tasks, frames):
    return {task: round(value(frame, of(tasks, task).metric), 5) for task, frame in frames.items()}


def kept_frames(frames):
    return {task: {"unit": list(f.index), "top": f["top"].round(4).tolist(), "bottom": f["bottom"].tolist()}
            for task, f in frames.items()}  # fmt: skip


def cosines(model, tasks, part):
    """{weight: {pair of tasks: cosine of their gradients}}, of each shared weight that both read."""
    found, gradients = {}, model.gradients(tasks, part)
    for name in gradients[model.tasks[0]]:
        pairs = [(a, b) for i, a in enumerate(model.tasks) for b in model.tasks[i + 1 :]]
        reads = {task for task in model.tasks if np.any(gradients[task][name])}
        found[name] = {
            f"{a} · {b}": round(gradient_cosine(gradients[a][name], gradients[b][name]), 4)
            for a, b in pairs if {a, b} <= reads
        }  # fmt: skip
    return {name: pairs for name, pairs in found.items() if pairs}


class Parts:
    """Fits with their figures, kept under their settings."""

    def __init__(self, dataset):
        self.dataset, self.seconds, self.tried, self.drawn = dataset, 0.0, {}, {}
        self.print = results.fingerprint(dataset.data)

    def tasks(self, draw):
        if draw not in self.drawn:
            self.drawn[draw] = four_tasks(self.dataset.data, liked_from=self.dataset.liked_from, draw=draw)
        return self.drawn[draw]

    def part(self, function, **settings):
        key = [function.__name__, settings, self.dataset.liked_from, self.print, results.versions(), COMPUTES]
        key += [STOPS, LEARNING_RATE] if function is not rival else []
        digest = hashlib.sha256(json.dumps(["multi_task", key], sort_keys=True).encode()).hexdigest()[:24]
        path = data_home() / "experiments" / f"{digest}.json"
        if not path.exists():
            begin = time.time()
            values = function(self, **settings)
            write_whole(path, {"key": key, "seconds": time.time() - begin, "values": values})
            print(f"{self.dataset.name} {function.__name__} {settings} {values.get('curve', values.get('figures'))} "
                  f"{time.time() - begin:.0f} s", flush=True)  # fmt: skip
        stored = json.loads(path.read_text("utf-8"))
        self.seconds += stored["seconds"]
        return stored["values"]


def curve(parts, tasks, watch=False, **settings):
    """Figures on validation at each stop, seed 0, and with watch the cosines of the gradients there."""
    data, found, angles = parts.tasks(0), {}, {}

    def look(model, steps):
        found[str(steps)] = figures(data, model.measure(data, "validation"))
        if watch:
            angles[str(steps)] = cosines(model, data, "validation")

    network(tasks, settings, STOPS[-1], 0).fit(data, "validation", looked_at=STOPS, look=look)
    return {"curve": found, "cosines": angles}


def tested(parts, tasks, steps, seed, **settings):
    """What `measure` says on test."""
    begin = time.process_time()
    data = parts.tasks(seed)
    model = network(tasks, settings, steps, seed).fit(data, "test")
    seconds, frames = time.process_time() - begin, model.measure(data, "test")
    kept = {"frames": kept_frames(frames), "figures": figures(data, frames)}
    return kept | {"parameters": model.count_params(), "seconds": round(seconds, 1)}


def all_seeds(parts, tasks, **settings):
    """`tested` of each seed; the last seeds are measured for the genres alone."""
    found = []
    for seed in range(max(len(SEEDS[task]) for task in tasks)):
        kept = parts.part(tested, tasks=list(tasks), seed=seed, **settings)
        found.append(kept | {"frames": {task: f for task, f in kept["frames"].items() if seed in SEEDS[task]}})
    return found


def network(tasks, settings, steps, seed):
    return MultiTask(tuple(tasks), steps=steps, seed=seed, learning_rate=LEARNING_RATE, **settings)


def rival(parts, row, settings, part, seed):
    """Figures, or on test frames, of a specialist."""
    task, name, _ = RIVALS[row]
    data, begin = parts.tasks(seed), time.process_time()
    function, settings = getattr(task_rivals, name), settings | ({"rng": seed} if name == "als_ratings" else {})
    if task == "genres":
        scores = function(data, **settings)
        frame = data.genres.measure(scores[part], data.genres.threshold(scores["validation"]), part)
    else:
        frame = of(data, task).measure(function(data, part, **settings), part)
    seconds = round(time.process_time() - begin, 1)
    kept = {"frames": kept_frames({task: frame})} if part == "test" else {}
    return kept | {"figures": figures(data, {task: frame}), "seconds": seconds}


def better(task, figure):
    return -figure if task == "rating" else figure


def choose_single(parts, row):
    """(settings, steps, figure on validation) of a network of one task."""
    (task,) = SINGLES[row]
    for dropout in DROPOUTS:
        found = parts.part(curve, tasks=[task], dropout={task: dropout})["curve"]
        for steps, figure in found.items():
            parts.tried.setdefault(row, []).append(
                {"settings": {"dropout": {task: dropout}, "steps": int(steps)}, "validation": figure}
            )
    best = max(parts.tried[row], key=lambda one: better(task, one["validation"][task]))
    return best["settings"], best["validation"][task]


def relative(figures_of, singles):
    """Mean over tasks of a network's figure by the single network's, RMSE inverted."""
    return float(np.mean([singles[t] / x if t == "rating" else x / singles[t] for t, x in figures_of.items()]))


def choose_several(parts, row, alone, singles):
    tasks, how = SEVERAL[row]
    for less in (0.0, 0.2):
        dropout = {task: round(alone[f"{task} alone"]["dropout"][task] - less, 2) for task in tasks}
        watch = {"watch": True} if row == WATCHED and not less else {}
        found = parts.part(curve, tasks=list(tasks), dropout=dropout, **how, **watch)
        if watch:
            parts.cosines = found["cosines"]
        for steps, figure in found["curve"].items():
            parts.tried.setdefault(row, []).append(
                {"settings": {"dropout": dropout, "steps": int(steps)}, "validation": figure,
                 "relative": round(relative(figure, singles), 5)}
            )  # fmt: skip
    return max(parts.tried[row], key=lambda one: one["relative"])["settings"]


def tables(found):
    """A table a task, as `task_intervals.read_tasks` reads them; those of NDCG as `results.frames` does, too."""
    made = {task: {"users": [], "rows": {}} for task in TASKS}
    for row, seeds in found.items():
        for task in seeds[0]["frames"]:
            frames, own = [kept["frames"][task] for kept in seeds if task in kept["frames"]], made[task]
            if task == "genres":  # other films in each draw, and how many genres a row says is its own
                own["users"] = own["users"] or [frame["unit"] for frame in frames]
                assert own["users"] == [frame["unit"] for frame in frames], "all rows are measured on the same films"
                own["rows"][row] = {part: [frame[part] for frame in frames] for part in ("top", "bottom")}
                continue
            own["users"] = own["users"] or frames[0]["unit"]
            assert all(frame["unit"] == own["users"] for frame in frames), "and on the same people or queries"
            if frames[0]["top"] == frames[-1]["top"]:
                frames = frames[:1]
            if task == "rating":
                own["bottom"] = frames[0]["bottom"]
            name = "top" if task == "rating" else "ndcg@10"
            own["rows"][row] = {name: [frame["top"] for frame in frames]}
    return {task.replace(" ", "_"): kept for task, kept in made.items()}


def main(dataset):
    """Four tasks first, then two; what is finished is recorded after each."""
    parts, chosen, found, singles = Parts(dataset), {}, {}, {}
    for row, (task,) in SINGLES.items():
        chosen[row], singles[task] = choose_single(parts, row)
    alone = dict(chosen)
    for row, (task, _, grid) in RIVALS.items():
        for settings in grid:
            figure = parts.part(rival, row=row, settings=settings, part="validation", seed=0)["figures"][task]
            parts.tried.setdefault(row, []).append({"settings": settings, "validation": figure})
        chosen[row] = max(parts.tried[row], key=lambda one: better(task, one["validation"]))["settings"]
        changes = task == "genres" or row == "ALS on ratings"
        found[row] = [
            parts.part(rival, row=row, settings=chosen[row], part="test", seed=seed if changes else 0)
            for seed in SEEDS[task]
        ]
    for those in ("four tasks", "two tasks"):
        rows = [row for row in SEVERAL if row.startswith(those)]
        for row in rows:
            chosen[row] = choose_several(parts, row, alone, singles)
        for row in [row for row in SINGLES if row not in found] + rows:
            tasks, how = (SINGLES[row], {}) if row in SINGLES else SEVERAL[row]
            found[row] = all_seeds(parts, tasks, **chosen[row], **how)
        if those == "four tasks":
            early = chosen[WATCHED] | {"steps": STOPS[0]}
            tasks, how = SEVERAL[WATCHED]
            found[EARLY] = all_seeds(parts, tasks, **early, **how)
        record(parts, chosen, singles, found)


def record(parts, chosen, singles, found):
    dataset = parts.dataset
    cost = {row: {"parameters": seeds[0].get("parameters"),
                  "seconds": round(float(np.mean([one["seconds"] for one in seeds[: len(SEEDS["rating"])]])), 1)}
            for row, seeds in found.items()}  # fmt: skip
    values = {"chosen": chosen, "validation": singles, "cost": cost, "cosines": parts.cosines, **tables(found)}
    settings = {"data": dataset.name, "liked_from": dataset.liked_from, "stops": STOPS, "draws": list(SEEDS["genres"])}
    values["tried"] = parts.tried
    inputs = {dataset.name: dataset.data}
    name = "multi_task" + dataset.suffix
    results.record(name, settings, values, seeds=SEEDS["genres"], inputs=inputs, seconds=parts.seconds)


if __name__ == "__main__":
    from _runner import data_set

    main(data_set("movielens"))

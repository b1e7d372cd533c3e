"""An LLM as recommender: SmolLM2 puts twenty films in order, one by one, two by two, all at once.

The contest: 200 people drawn from those with a relevant film among the best twenty of EASE (MovieTweetings: of the
model that knows the date). Everything about the questions is chosen on 50 people of validation. All at once: 100 of the
200. Pairwise: 50 of them, the ten first candidates. A known-truth world with invented titles is the control: none of
them was ever read.

The answers are kept as they come, so that a run that was interrupted goes on; at the end those that the chapter reads,
of MovieLens' test part, go into the package (`recsys_lib.llm_client.ANSWERS`)."""

import json
import time
from collections import Counter
from types import SimpleNamespace

import numpy as np
from _runner import popularity_of, table, write_side_by_side, write_whole
from scipy.stats import spearmanr

from recsys_lib import results
from recsys_lib.contest import draw_contest
from recsys_lib.data import data_home, invented_texts, simulate_world, split_by_user_time
from recsys_lib.llm_client import ANSWERS, LocalLLM, RecordedLLM, Recorder, request_hash
from recsys_lib.llm_lists import KINDS
from recsys_lib.llm_ranking import LISTS, PROMPTS, list_prompt, listwise, pairwise, pointwise, rotations, wins
from recsys_lib.models import EASE, RecencyRidge
from recsys_lib.models.content import film_titles

N_LIKES = (5, 10)  # of the newest likes, how many stand in the question: both are tried
N_ORDERS, MAX_TOKENS = 5, 96
N_DRAWS = 20  # of the one order in which a pair is asked
N_VALIDATION, N_WORDINGS, N_TEST, N_LISTWISE, N_PAIRWISE = 50, 5, 200, 100, 50  # people
MODEL = {"movielens": EASE, "last_film_movietweetings": RecencyRidge}


class Asked:
    """The model with a record of its answers, and what each kind of question took."""

    def __init__(self, name):
        self.local = LocalLLM()
        self.path = data_home() / "experiments" / f"llm_answers_{name}.json"
        self.recorder = Recorder(self.local, self.path)
        self.clock = data_home() / "experiments" / f"llm_seconds_{name}.json"
        self.seconds = json.loads(self.clock.read_text("utf-8")) if self.clock.exists() else {}

    def timed(self, kind, work, *arguments):
        """The result of the work; its time is added where the model was asked anew."""
        known, start = len(self.recorder.records), time.time()
        result = work(*arguments)
        if len(self.recorder.records) > known:
            took, n = self.seconds.get(kind, (0.0, 0))
            self.seconds[kind] = (took + time.time() - start, n + len(self.recorder.records) - known)
            if time.time() - self.saved > 20:
                self.save()
        return result

    saved = 0.0

    def save(self):
        self.recorder.save(self.path, terms=results.TERMS)
        write_whole(self.clock, self.seconds)
        self.saved = time.time()

    def write_all(self, prompts):
        """Greedy answers to prompts of the same length, side by side: as `generate` gives them one by one."""
        for _ in write_side_by_side(lambda: self.local.model, self.recorder.records, prompts, MAX_TOKENS):
            pass


def liked_titles(contest, row, titles, n):
    """The n newest likes of a person, the newest last."""
    return [titles[item] for item in contest.likes[row][:n][::-1]]


def by_titles(contest, row, titles):
    return [titles[item] for item in contest.candidates[row]]


def one_by_one(asked, contest, titles, prompt, n_likes, *, stranger=0):
    """Raw scores of a contest, (n, m).   stranger: how many people further the likes are taken from."""
    rows, n = [], len(contest.users)
    for row in range(n):
        likes = liked_titles(contest, (row + stranger) % n, titles, n_likes)
        shown = by_titles(contest, row, titles)
        rows.append(asked.timed("pointwise", pointwise, asked.recorder, PROMPTS[prompt], likes, shown))
    return np.array(rows)


def worth_by_itself(asked, contest, titles, prompt):
    """What each candidate's title is worth without any likes: (n, m), and {item: score}."""
    items = np.unique(contest.candidates)
    shown = [titles[item] for item in items]
    scores = asked.timed("blank", pointwise, asked.recorder, PROMPTS[prompt], [], shown)
    return scores[np.searchsorted(items, contest.candidates)], dict(zip(items.tolist(), scores.tolist()))


def all_at_once(asked, contest, titles, wording, n_likes):
    """(ranks (n, n_orders, m), kinds, places): at which place of the list the title stood that was named first."""
    ranks, kinds, places = [], [], []
    for row in range(len(contest.users)):
        likes, shown = liked_titles(contest, row, titles, n_likes), by_titles(contest, row, titles)
        orders = rotations(len(shown), N_ORDERS, rng=row)
        prompts = [list_prompt(wording, likes, [shown[i] for i in order]) for order in orders]
        asked.timed("listwise", asked.write_all, prompts)
        r, k = listwise(asked.recorder, wording, likes, shown, orders, max_tokens=MAX_TOKENS, rng=row)
        ranks.append(r)
        kinds += k
        places += [
            int(np.flatnonzero(order == r[turn].argmin())[0]) + 1
            for turn, order in enumerate(orders)
            if k[turn] is None
        ]
    return np.array(ranks), kinds, places


def two_by_two(asked, contest, titles, n_likes):
    """What `pairwise` says of each person: (n, m, m)."""
    rows, seconds = [], []
    for row in range(len(contest.users)):
        key = f"pairwise {contest.users[row]} {n_likes} {contest.candidates[row].tolist()}"
        path = data_home() / "experiments" / f"llm_{request_hash({'key': key, 'of': asked.path.name})}.json"
        if not path.exists():
            start = time.time()
            d = pairwise(
                asked.local.model, liked_titles(contest, row, titles, n_likes), by_titles(contest, row, titles)
            )
            write_whole(path, {"d": d.round(4).tolist(), "seconds": time.time() - start})
        kept = json.loads(path.read_text("utf-8"))
        seconds.append(kept["seconds"])
        rows.append(kept["d"])
    asked.seconds["pairwise"] = (sum(seconds), len(seconds))
    return np.array(rows)


def some_of(smaller, contest, n):
    """The contest of n people drawn out of one, and where they stand in the whole one."""
    chosen = smaller.take(np.sort(np.random.default_rng(0).choice(len(smaller.users), n, replace=False)))
    return chosen, np.searchsorted(contest.users, chosen.users)


def by_lot(scores, rng=0):
    """The scores with ties broken at random: films that were not named, or won as often as another."""
    scores = np.asarray(scores, float)
    return scores + 1e-6 * np.random.default_rng(rng).random(scores.shape)


def one_order_each(d, draw):
    """Wins of `two_by_two` where each pair is asked in one order only, drawn anew."""
    return by_lot([wins(one, both=False, rng=np.random.default_rng([draw, row])) for row, one in enumerate(d)], draw)


def rows_of(contest, scores, users, popularity):
    """A table of the contest: every row's NDCG@10, a value a person."""
    scores = {"retrieved": contest.retrieved(), "popularity": popularity[contest.candidates], **scores}
    rows = {name: [{"ndcg@10": dict(zip(users, contest.ndcg(s)))}] for name, s in scores.items()}
    return rows | {"chance": [{"ndcg@10": dict(zip(users, contest.chance()))}]}


def best_prompts(asked, contest, titles):
    """NDCG@10 on validation of each question and number of likes, and the best for raw and for calibrated scores."""
    tried = []
    for prompt in PROMPTS:
        blank, _ = worth_by_itself(asked, contest, titles, prompt)
        for n_likes in N_LIKES:
            raw = one_by_one(asked, contest, titles, prompt, n_likes)
            figures = {"raw": contest.ndcg(raw).mean(), "calibrated": contest.ndcg(raw - blank).mean()}
            tried.append({"prompt": prompt, "n_likes": n_likes} | {name: round(v, 4) for name, v in figures.items()})
            print(tried[-1], flush=True)
    best = {kind: max(tried, key=lambda one: one[kind]) for kind in ("raw", "calibrated")}
    return tried, {kind: {key: one[key] for key in ("prompt", "n_likes")} for kind, one in best.items()}


def best_wording(asked, contest, titles):
    """The share of good answers of each wording of the list, and the wording with the most."""
    tried = {}
    for wording in LISTS:
        _, kinds, _ = all_at_once(asked, contest, titles, wording, min(N_LIKES))
        tried[wording] = round(kinds.count(None) / len(kinds), 4)
        print(wording, Counter(kinds), flush=True)
    return tried, max(tried, key=tried.get)


def read_before(blank, popularity):
    """Whether titles that are likely without any likes are popular ones: rank correlation over the candidates."""
    items = list(blank)
    return {"spearman": round(float(spearmanr([blank[i] for i in items], popularity[items])[0]), 4), "n": len(items)}


def in_a_world(asked, chosen):
    """The contest among films that nobody has read of: the table, and what a title is worth by itself."""
    world = simulate_world(rng=0)
    data, texts = world.interactions, invented_texts(world, rng=0)
    titles = texts["title"].tolist()
    split = split_by_user_time(data)
    contest = draw_contest(EASE(), split, n_users=N_TEST)
    raw = one_by_one(asked, contest, titles, **chosen["raw"])
    calibrated = one_by_one(asked, contest, titles, **chosen["calibrated"])
    blank, by_item = worth_by_itself(asked, contest, titles, chosen["calibrated"]["prompt"])
    popularity = popularity_of(split.seen("test"), 4.0)
    scores = {"one by one": raw, "one by one, calibrated": calibrated - blank, "title by itself": blank}
    rows = rows_of(contest, scores, contest.users.tolist(), popularity)
    return table(rows), read_before(by_item, popularity)


def retriever(dataset):
    """The model whose twenty are put in order."""
    settings = {}
    if dataset.suffix:
        settings = {**results.load("date")["values"]["chosen"]["RecencyRidge"], "implicit": True}
    return MODEL[dataset.name](**settings)


def main(dataset):
    asked = Asked(dataset.name)
    data, split = dataset.data, dataset.cut(dataset.data)
    titles = film_titles(data.item_table)
    model, draw = retriever(dataset), {"liked_from": dataset.liked_from}
    validation = draw_contest(model, split, "validation", n_users=N_VALIDATION, **draw)
    tried, chosen = best_prompts(asked, validation, titles)
    contest = draw_contest(model, split, "test", n_users=N_TEST, **draw)
    users = [data.users[user] for user in contest.users.tolist()]
    popularity = popularity_of(split.seen("test"), dataset.liked_from)
    raw = one_by_one(asked, contest, titles, **chosen["raw"])
    with_likes = one_by_one(asked, contest, titles, **chosen["calibrated"])
    blank, _ = worth_by_itself(asked, contest, titles, chosen["calibrated"]["prompt"])
    own, by_item = worth_by_itself(asked, contest, titles, chosen["raw"]["prompt"])
    scores = {"one by one": raw, "one by one, less its own blank": raw - own, "title by itself": own}
    scores["one by one, calibrated"] = with_likes - blank  # by the question that is best when calibrated
    scores["one by one, a stranger's likes"] = one_by_one(asked, contest, titles, **chosen["raw"], stranger=1)
    asked.save()
    print({name: round(contest.ndcg(s).mean(), 4) for name, s in scores.items()}, flush=True)

    few, kept = some_of(contest.first(10), contest, N_PAIRWISE)
    d = two_by_two(asked, few, titles, min(N_LIKES))
    pairs = {"two by two, both orders": by_lot([wins(one) for one in d])}
    pairs |= {name: scores[name][kept][:, :10] for name in ("one by one", "one by one, calibrated")}
    paired = [data.users[user] for user in few.users.tolist()]
    pair_rows = rows_of(few, pairs, paired, popularity)
    by_draw = [few.ndcg(one_order_each(d, draw)) for draw in range(N_DRAWS)]
    pair_rows["two by two, one order"] = [{"ndcg@10": dict(zip(paired, values))} for values in by_draw]
    off = ~np.eye(10, dtype=bool)
    letters = {
        "says A": (d[:, off] > 0).mean(),
        "changes with the order": ((d * d.transpose(0, 2, 1))[:, off] > 0).mean(),
    }
    print(letters, flush=True)

    wordings, wording = best_wording(asked, validation.take(slice(N_WORDINGS)), titles)
    shorter, of_all = some_of(contest, contest, N_LISTWISE)
    ranks, kinds, places = all_at_once(asked, shorter, titles, wording, min(N_LIKES))
    asked.save()
    listed = [data.users[user] for user in shorter.users.tolist()]
    by_order = [{"ndcg@10": dict(zip(listed, shorter.ndcg(by_lot(-ranks[:, turn]))))} for turn in range(N_ORDERS)]
    lists = {name: scores[name][of_all] for name in ("one by one", "one by one, calibrated")}
    lists["all at once, five orders"] = by_lot(-ranks.mean(axis=1))
    values = {
        "tried": {"one by one": tried, "all at once": wordings},
        "chosen": {**chosen, "wording": wording},
        "n_able": n_able(model, split, draw),
        "test": table(rows_of(contest, scores, users, popularity)),
        "lists": table(rows_of(shorter, lists, listed, popularity) | {"all at once, one order": by_order}),
        "pairs": table(pair_rows),
        "letters": {name: round(float(share), 4) for name, share in letters.items()},
        "places": np.bincount(places, minlength=21)[1:],
        "kinds": {str(kind): kinds.count(kind) for kind in (None, *KINDS)},
        "memory": read_before(by_item, popularity),
    }
    if not dataset.suffix:
        values["world"], values["memory_world"] = in_a_world(asked, chosen)
        asked.save()
        publish(asked, contest, shorter, titles, chosen, wording)
    values["seconds"] = {kind: {"seconds": round(took, 1), "requests": n} for kind, (took, n) in asked.seconds.items()}
    settings = {"model": asked.local.name, "data": dataset.name, "liked_from": dataset.liked_from}
    settings |= {"n_likes": N_LIKES, "n_orders": N_ORDERS, "max_tokens": MAX_TOKENS, "retriever": settings_of(model)}
    source = {"last_film_movietweetings": "movietweetings"}.get(dataset.name, dataset.name)
    seconds = sum(took for took, _ in asked.seconds.values())
    results.record("llm_recommender" + dataset.suffix, settings, values, seeds=[0], inputs={source: data},
                   seconds=seconds)  # fmt: skip


def settings_of(model):
    return {"class": type(model).__name__, **model.settings}


def n_able(model, split, draw):
    """How many people have a relevant film among the twenty."""
    return len(draw_contest(model, split, "test", n_users=10**6, **draw).users)


def publish(asked, contest, shorter, titles, chosen, wording):
    """The answers about a contest, and of lists about a part of its people, go into the package."""
    package = Recorder(RecordedLLM(asked.recorder.records))
    package.name = asked.local.name
    again = SimpleNamespace(
        recorder=package, timed=lambda _, work, *arguments: work(*arguments), write_all=lambda prompts: None
    )
    for asked_for in chosen.values():
        one_by_one(again, contest, titles, **asked_for)
        worth_by_itself(again, contest, titles, asked_for["prompt"])
    all_at_once(again, shorter, titles, wording, min(N_LIKES))
    package.save(ANSWERS, terms=results.TERMS)


if __name__ == "__main__":
    from _runner import data_set

    main(data_set("movielens"))

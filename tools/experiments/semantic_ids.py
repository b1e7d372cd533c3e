"""Semantic ids: what is a word of codes worth, beside the same words dealt out to other films?

`test`: one decoder over four kinds of words (text, collaborative, and each permuted between the items), beside SASRec
of as many parameters. Each row's epochs are chosen on validation along one training, seed 0, with dropout and batch as
SASRec chose them; then three seeds on test (one on MovieLens), refitted with validation. The seed also draws the
quantiser and the permutation.
`cold` and `catalogue`, MovieTweetings alone: a tenth of the films is taken out of all histories, in five draws, one
seed each. The quantiser is fitted on the others; words are permuted within warm and within cold. A person's warm films
before the last one are read, the last one is to be found where it is cold. New words are ranked by log p, and by how
much likelier this person's history makes them than other people's. Epochs and the form of the second rule are chosen in
three draws, on a further tenth held out in the same way, with the last film but one to be found; the permuted words
take what was chosen for the text codes. The λ of ridge is chosen in each draw.
`words`: codebook use, what a beam writes with and without the tree, its width against its time, of one fitted model."""

import json
import sys
import time
from dataclasses import replace
from inspect import signature

import numpy as np
from _runner import CLASSES, SEED_ARGUMENT, USES_LIKES, Run, by_user, data_set, ndcg, popularity_of
from _runner import table as known_table
from strangers import curve
from text_encoder import DRAWS, INNER, Fitted, Parts, Same, chance, mean_ndcg
from text_encoder import by_user as cold_by_user
from text_encoder import table as cold_table

from recsys_lib.data import ColdItems, cold_items, data_home
from recsys_lib.metrics import ndcg as ndcg_of
from recsys_lib.models import ALS, load
from recsys_lib.models.beam import as_scores, beam_search, lift
from recsys_lib.models.cold_items import ContentCosine, ItemRidge, unit
from recsys_lib.models.content import film_texts
from recsys_lib.models.generative import GenerativeRetrieval
from recsys_lib.models.semantic_ids import codebook_use, permuted, semantic_ids
from recsys_lib.retrieval import top_k

SEEDS = {"": range(3), "_movielens": range(1)}
CODES = 64
EPOCHS = {"": [5, 10, 15, 20, 25], "_movielens": [4, 8, 12]}  # those of `attention`
CHOICES = {"": [{"dropout": 0.3}], "_movielens": [{"dropout": 0.5, "batch_size": 256}]}  # as SASRec chose there
RULES = ("log p", "lift", "lift of 1", "lift of 2")  # how the words of new items are ranked
INNER_DRAWS, LOOKS, OTHERS = range(3), [5, 10, 15], 500
ROWS = {  # of whose vectors the words are made, and whether they are dealt out anew
    "text codes": ("text", False),
    "text codes, permuted": ("text", True),
    "collaborative codes": ("collaborative", False),
    "collaborative codes, permuted": ("collaborative", True),
}
SASREC = {  # as many parameters as the decoder has, ±5 %; its other settings are those that `attention` chose
    "": {"loss": "softmax", "dropout": 0.3, "learning_rate": 0.002, "epochs": 15},
    "_movielens": {"loss": "softmax", "dropout": 0.5, "learning_rate": 0.002, "batch_size": 256, "epochs": 12}
    | {"n_factors": 31},
}
FEW = 3  # an item liked less often has no collaborative vector worth cutting
WIDTHS = (1, 2, 5, 10, 20, 50, 100)
COLD_GRID = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)


def text_vectors(data):
    from recsys_lib.models.text import TextEncoder

    return unit(TextEncoder().encode_cached(film_texts(data.item_table)))


def collaborative_vectors(train, liked_from, rng):
    """ALS' item vectors, of length 1. An item with fewer than three likes gets those of another, drawn at random."""
    more = {"implicit": True} if liked_from is None else {"liked_from": liked_from}
    vectors = unit(ALS(rng=int(rng.integers(2**31)), **more).fit(train).item_factors_.astype(np.float64))
    often = np.flatnonzero(popularity_of(train, liked_from) >= FEW)
    rare = np.setdiff1d(np.arange(train.n_items), often)
    vectors[rare] = vectors[rng.choice(often, len(rare))]
    return vectors


class Worded(GenerativeRetrieval):
    """The decoder over words that are made where it is fitted, of what it is fitted on alone.

    source: "text" or "collaborative".   shuffled: dealt out to other items, among the new ones and among the others."""

    def __init__(self, *, source, shuffled=False, **more):
        self.source, self.shuffled = source, shuffled
        super().__init__(self._make, n_codes=CODES, **more)

    @property
    def settings(self):
        own = [p.name for p in signature(GenerativeRetrieval).parameters.values() if p.kind is p.KEYWORD_ONLY]
        return {name: getattr(self, name) for name in ("source", "shuffled", *own)}

    def _make(self, train):
        rng = np.random.default_rng(self.seed)
        liked_from = None if self.implicit else self.liked_from
        new = popularity_of(train, liked_from) == 0
        if self.source == "text":
            vectors = text_vectors(train)
        else:
            vectors = collaborative_vectors(train, liked_from, rng)
        words, _ = semantic_ids(vectors, n_codes=CODES, rng=rng, fitted_on=np.flatnonzero(~new))
        return permuted(words, rng=rng, groups=new) if self.shuffled else words

    def plain(self):
        """The same model with the words as they are, which can be saved."""
        own = {name: value for name, value in self.settings.items() if name not in ("source", "shuffled")}
        model = GenerativeRetrieval(**own)
        vars(model).update({name: value for name, value in vars(self).items() if name.endswith("_")})
        return model


CLASSES["Worded"], SEED_ARGUMENT["Worded"] = Worded, "seed"
USES_LIKES.add("Worded")


def saved_model(source):
    """Where the fitted model of a kind of words lies, for pages that show it: of MovieTweetings, seed 0."""
    return data_home() / "semantic_ids" / source


def what_it_writes(model, split, part, dataset, n_people=500):
    """JSON of what one fitted model writes: invalid words, its beam's width against its time on one core."""
    folder = saved_model(model.source)
    kept = load(folder) if (folder / "model.json").exists() else None
    if kept is None or kept.settings != model.plain().settings:
        kept = model.fit(split.before(part)).plain()
    people = np.unique(getattr(split, part).user)[:n_people]
    state, seen, wanted = kept.states(people), kept.train_[people], getattr(split, part).matrix()[people]
    free = beam_search(state, kept.network_, width=10)[-1][0]
    invalid = kept.tree_.find(free) < 0
    mass = np.exp(kept.log_p(people[:100], items=np.arange(len(kept.words_))).sum(axis=2)).sum(axis=1)
    beams = []
    for width in WIDTHS:
        begin = time.process_time()
        items, log_p = kept._search(state, width)
        together = time.process_time() - begin
        begin = time.process_time()
        for one in state[:20]:
            kept._search(one[None], width)
        alone = time.process_time() - begin
        lists = top_k(as_scores(items, log_p, len(kept.items_)), 10, exclude=seen)
        beams.append({"width": width, "ndcg@10": float(np.nanmean(ndcg_of(lists, wanted))),
                      "ms_alone": 1000 * alone / 20, "ms_together": 1000 * together / len(people)})  # fmt: skip
    use = codebook_use(kept.words_, n_codes=CODES).reset_index().to_dict("records")
    told = {"invalid_of_first": float(invalid[:, 0].mean()), "invalid_of_ten": float(invalid.mean()),
            "mass_on_words": float(mass.mean()), "people": len(people)}  # fmt: skip
    return {"told": json.dumps({"use": use, "written": told, "beams": beams})}


def parameters(model):
    """Trained numbers of a fitted network."""
    return int(sum(np.prod(w.shape) for w in model.network_.trainable_weights))


def counted(model, split, part, dataset):
    """`by_user`, and how many numbers were trained; the first of words as they are is kept as a folder."""
    values = by_user(model, split, part, dataset) | {"parameters": parameters(model)}
    if (dataset.name, part, model.seed, model.shuffled) == ("sequences", "test", 0, False):
        model.plain().save(saved_model(model.source))
    return values


def chosen_on_curve(run, row, kind, candidates):
    tried, epochs = run.settings_tried.setdefault(row, []), EPOCHS[run.dataset.suffix]
    for settings in candidates:
        longest = settings | {"epochs": epochs[-1]}
        values = run.part(kind, longest, 0, "validation", measure=curve, arguments={"epochs": epochs})
        for n in epochs:
            tried.append({"settings": settings | {"epochs": n}, "validation": round(values[f"after {n} epochs"], 5)})
    return max(tried, key=lambda one: one["validation"])["settings"]


def known(dataset, rows=None):
    """The part of known items; rows: some of them alone, so that two can run side by side: nothing is recorded."""
    run, chosen, tested, sizes, seconds = Run(dataset), {}, {}, {}, {}
    for row in ROWS if rows is None else rows:
        source, shuffled = ROWS[row]
        candidates = [{"source": source, "shuffled": shuffled} | choice for choice in CHOICES[dataset.suffix]]
        chosen[row] = chosen_on_curve(run, row, "Worded", candidates)
        before = run.seconds
        tested[row] = run.test("Worded", chosen[row], seeds=SEEDS[dataset.suffix], measure=counted)
        seconds[row] = round((run.seconds - before) / len(tested[row]), 1)
        print(dataset.name, row, chosen[row], [round(ndcg(part), 4) for part in tested[row]], seconds[row], flush=True)
    if rows is not None:
        return None
    chosen["SASRec"] = SASREC[dataset.suffix]
    tested["SASRec"] = run.test("SASRec", chosen["SASRec"], seeds=SEEDS[dataset.suffix])
    for row, parts in tested.items():
        if row != "SASRec":
            sizes[row] = parts[0]["parameters"]
            tested[row] = [{name: v for name, v in part.items() if name != "parameters"} for part in parts]
    d, n = chosen["SASRec"].get("n_factors", 64), dataset.data.n_items
    sizes["SASRec"] = n * (d + 1) + 50 * d + 2 * (6 * d * d + 6 * d) + 2 * d
    tested["Popularity"] = run.test("Popularity", {})
    return run, {"chosen": chosen, "parameters": sizes, "seconds": seconds, "test": known_table(tested)}


def told(cut):
    """The cut as likes alone."""
    return ColdItems(replace(cut.warm, rating=None), replace(cut.cold, rating=None), cut.items)


def cut_of(before, asked, items):
    """Films taken out of all histories; to be found where the film asked for is one of them."""
    return told(ColdItems(before.take(~np.isin(before.item, items)), asked.take(np.isin(asked.item, items)), items))


def new_log_p(model, users, items, candidates):
    """log p of each code of new items, (n, m, L): the last one was never trained, a cell of candidates shares it."""
    codes = model.log_p(users, items=items)
    _, of, size = np.unique(model.words_[candidates][:, :-1], axis=0, return_inverse=True, return_counts=True)
    alone = np.zeros(len(model.words_))
    alone[candidates] = -np.log(size[of.ravel()])
    new = model.new_[items]
    codes[:, new, -1] = alone[items[new]]
    return codes


class Ruled(Same):
    """A fitted decoder that ranks some items by a rule, and all others below.

    "log p": log p(word).   "lift": log p(word) minus its mean, as a probability, over some of the people fitted on;
    "lift of 1", "lift of 2": the same of the first codes alone."""

    def __init__(self, model, items, rule):
        self.model, self.items, self.rule = model, items, rule

    def score(self, users):
        model, some = self.model, len(users)
        if not hasattr(model, "asked") or model.asked[0] is not self.items:
            others = np.random.default_rng(0).choice(np.flatnonzero(model.events_.lengths), OTHERS, replace=False)
            people = np.concatenate([users, others])
            model.asked = self.items, new_log_p(model, people, self.items, self.items)  # once for all rules
        codes = model.asked[1]
        if self.rule.startswith("lift of"):
            codes = codes[:, :, : int(self.rule[-1])]
        log_p = codes.sum(axis=2)
        scores = np.full((some, len(model.words_)), -1e9, np.float32)
        scores[:, self.items] = log_p[:some] if self.rule == "log p" else lift(log_p[:some], log_p[some:])
        return scores


def by_words(vectors, cut, liked_from, *, shuffled, seed, dropout, looks, catalogue):
    """The rows of one decoder along its training: {epochs: {"cold": {rule: row}, "catalogue": {rule: row}}}."""
    import keras

    settings = dict(source="text", shuffled=shuffled, seed=seed, dropout=dropout, epochs=max(looks), implicit=True)
    model, found, every = Worded(**settings, beam=100), {}, np.arange(cut.warm.n_items)
    make = model._network

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch + 1 not in looks:
                return
            model.asked = None, None
            rows = {rule: cold_by_user(Ruled(model, cut.items, rule), cut, liked_from) for rule in RULES}
            found[str(epoch + 1)] = {"cold": rows}
            if catalogue:
                rows = {"log p": Fitted(model), "lift": Ruled(model, every, "lift")}
                rows = {rule: cold_by_user(one, cut, liked_from, "all") for rule, one in rows.items()}
                found[str(epoch + 1)]["catalogue"] = rows

    def watched(train):
        network = make(train)
        fit = network.fit
        network.fit = lambda *x, callbacks, **more: fit(*x, callbacks=[*callbacks, Look()], **more)
        return network

    model._network = watched
    model.fit(cut.warm)
    return found


def by_text(vectors, cut, liked_from, *, regularization):
    model = ItemRidge(vectors, regularization=regularization).fit(cut.warm)
    cosine = ContentCosine(vectors).fit(cut.warm)
    return {
        "cold": {"ridge": cold_by_user(Fitted(model), cut, None), "cosine": cold_by_user(Fitted(cosine), cut, None)},
        "catalogue": {
            "ridge": cold_by_user(Fitted(model), cut, None, "all"),
            "cosine": cold_by_user(Fitted(cosine), cut, None, "all"),
        },
    }


def cuts(dataset, draw):
    """The test of a draw, and further films held out of what is fitted on for the choices before it."""
    split = dataset.cut(dataset.data)
    items = cold_items(dataset.data, n_items=dataset.data.n_items // 10, rng=draw).items
    others = np.setdiff1d(np.arange(dataset.data.n_items), items)
    inner = cold_items(dataset.data, n_items=len(items), rng=INNER + draw, among=others).items
    before = split.train.take(~np.isin(split.train.item, items))
    return cut_of(split.before("test"), split.test, items), cut_of(before, split.validation, inner)


def cold(dataset):
    vectors, parts = text_vectors(dataset.data), Parts(None)
    tried, chosen = {}, {}
    for draw in INNER_DRAWS:
        settings = dict(shuffled=False, seed=draw, dropout=0.3, looks=LOOKS, catalogue=False)
        found = parts.part(by_words, vectors, cuts(dataset, draw)[1], **settings)
        for n in map(str, LOOKS):
            for rule in RULES:
                tried.setdefault(rule, {}).setdefault(n, []).append(round(mean_ndcg(found[n]["cold"][rule]), 5))
        print("inner", draw, {rule: {n: v[-1] for n, v in of.items()} for rule, of in tried.items()}, flush=True)
    best = {rule: max(of, key=lambda n: np.mean(of[n])) for rule, of in tried.items()}
    lift = max(RULES[1:], key=lambda rule: np.mean(tried[rule][best[rule]]))
    chosen = {"log p": {"rule": "log p", "epochs": best["log p"]}, "lift": {"rule": lift, "epochs": best[lift]}}
    print("chosen", chosen, flush=True)
    tables, regularizations = {"cold": [], "catalogue": []}, []
    for draw in DRAWS:
        cut, inner = cuts(dataset, draw)
        ridge = {x: parts.part(by_text, vectors, inner, regularization=x)["cold"]["ridge"] for x in COLD_GRID}
        regularizations.append(max(COLD_GRID, key=lambda x: mean_ndcg(ridge[x])))
        of_text = parts.part(by_text, vectors, cut, regularization=regularizations[-1])
        random = Same(np.random.default_rng(draw).random(dataset.data.n_items))
        rows = {"cold": {"chance": chance(cut, None)}, "catalogue": {"chance": cold_by_user(random, cut, None, "all")}}
        looks = sorted({int(one["epochs"]) for one in chosen.values()})
        for shuffled in (False, True):
            settings = dict(shuffled=shuffled, seed=draw, dropout=0.3, looks=looks, catalogue=True)
            found = parts.part(by_words, vectors, cut, **settings)
            for design, one in chosen.items():
                name = "text codes" + (", permuted" if shuffled else "") + (", lift" if design == "lift" else "")
                rows["cold"][name] = found[one["epochs"]]["cold"][one["rule"]]
                rows["catalogue"][name] = found[one["epochs"]]["catalogue"][design]
        for where in rows:
            rows[where] |= {"text, cosine": of_text[where]["cosine"], "text, ridge": of_text[where]["ridge"]}
            tables[where].append(rows[where])
            means = {name: round(mean_ndcg(row), 4) for name, row in rows[where].items()}
            print("cold", draw, where, len(cut.cold), means, flush=True)
    values = {"chosen_cold": chosen | {"text, ridge": regularizations}, "tried_cold": tried}
    return values | {name: cold_table(draws) for name, draws in tables.items()}, parts.seconds


def main(dataset):
    run, values = known(dataset)
    if not dataset.suffix:
        values["words"] = {}
        for source in ("text", "collaborative"):
            settings = values["chosen"][f"{source} codes"]
            values["words"][source] = json.loads(
                run.part("Worded", settings, 0, "test", measure=what_it_writes)["told"]
            )
        more, seconds = cold(dataset)
        values, run.seconds = values | more, run.seconds + seconds
    settings = {"codes": CODES, "epochs": EPOCHS, "choices": CHOICES, "widths": WIDTHS, "few": FEW}
    run.record("semantic_ids", settings, values, seeds=SEEDS[dataset.suffix])


if __name__ == "__main__":
    which = sys.argv[1:] or ["all"]
    if which[0] == "cold":
        cold(data_set("sequences"))
    elif which[0] == "known":  # rows of the first data set; known_movielens: of the second
        known(data_set("sequences"), which[1:] or list(ROWS))
    elif which[0] == "known_movielens":
        known(data_set("sequences_movielens"), which[1:] or list(ROWS))
    else:
        main(data_set("sequences_movielens" if which[0] == "movielens" else "sequences"))

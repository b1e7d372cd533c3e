"""Scale: SASRec in five widths on three shares of the people, its loss and its lists against the compute they took.

A share is a part of the people, each share within the next. Every network reads the training steps of its people alone
(nobody's last two items), and is examined on the last item of everybody, with all that came before it as history: as
published tables are. It trains until the loss on validation has not fallen for PATIENCE batches, looked at after each
epoch, and keeps the weights of its best one. Validation is that of the people of the smallest share, who are in every
share. The settings of the other widths follow from those of 64 by a rule, `settings_of`, and are not tuned. One seed,
three at the corners of the grid.

loss: −ln of the probability of the item that came, by the softmax over the items that the person had not seen. In the
known-truth world both measures are their expectation under the truth, on the people of the smallest share, and the best
possible values of both are known."""

from unittest.mock import patch

import numpy as np
from _runner import Run, data_set, known_world, table, without_the_last_two
from scipy.special import logsumexp
from sequences import ROWS, chosen_settings

from recsys_lib import results
from recsys_lib.counting import epoch_flops
from recsys_lib.data.sequences import of_users

WIDTHS, SHARES = (8, 16, 32, 64, 128), (0.25, 0.5, 1.0)
BATCH, PATIENCE, LONGEST = 512, 350, 3000  # steps a batch; batches without a fall of the loss, and at most
CORNERS = [(width, share) for width in (WIDTHS[0], WIDTHS[-1]) for share in (SHARES[0], SHARES[-1])]
SEEDS = (0, 1, 2)


def settings_of(width, batches):
    """At 64 those that Attention chose; a narrower network gets less dropout, and larger steps. batches: an epoch's."""
    learning_rate, dropout = 0.002 * (64 / width) ** 0.5, min(0.3 * width / 64, 0.4)
    settings = {"learning_rate": round(learning_rate, 5), "dropout": round(dropout, 3)}
    return {"n_factors": width, **settings, "batch_size": BATCH, "epochs": -(-LONGEST // batches)}


def people_of(share, n_users):
    """The people of a share, sorted; a smaller share is part of a larger one."""
    return np.sort(np.random.default_rng(0).permutation(n_users)[: round(share * n_users)])


def exam(model, known, asked, users, truth=None):
    """Loss and NDCG@10 of some users' next item, two float64 (n,); in expectation where the truth is given.

    known: what they did before, asked: the Interactions with one item a user."""
    next_item = np.full(known.n_users, -1)
    next_item[asked.user] = asked.item
    seen, loss, ndcg = known.matrix(), [], []
    for some in np.array_split(users, -(-len(users) // 512)):
        scores = model.score(history=of_users(known, some)).astype(np.float64)
        scores[seen[some].tocoo().coords] = -np.inf
        total = logsumexp(scores, axis=1)
        if truth is None:
            rows, wanted = np.arange(len(some)), next_item[some]
            its = scores[rows, wanted][:, None]
            tied_before = (scores == its) & (np.arange(scores.shape[1]) < wanted[:, None])
            rank = 1 + ((scores > its) | tied_before).sum(axis=1)
            loss.append(total - its[:, 0])
            ndcg.append(np.where(rank <= 10, 1 / np.log2(rank + 1), 0))
        else:
            p = truth.probability[some]
            loss.append(total - (p * np.where(p > 0, scores, 0)).sum(axis=1))
            best = np.argsort(-scores, axis=1, kind="stable")[:, :10]
            ndcg.append(np.take_along_axis(p, best, axis=1) @ (1 / np.log2(np.arange(2, 12))))
    return np.concatenate(loss), np.concatenate(ndcg)


def stopped_early(model, split, part, dataset, share, patience):
    """Both measures of a network that was fitted on a share of train and stopped by validation, and its epochs."""
    import keras

    train, n_users = split.train, split.train.n_users
    always, best = people_of(SHARES[0], n_users), {"loss": np.inf}
    make, curve = model._network, {}

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            loss = exam(model, train, split.validation, always)[0].mean()
            curve[f"after {epoch + 1}"] = round(float(loss), 4)
            if loss < best["loss"]:
                best.update(loss=loss, epoch=epoch + 1, weights=self.model.get_weights())
            elif epoch + 1 - best["epoch"] >= patience:
                self.model.stop_training = True

    def watched(data):
        network = make(data)
        fit = network.fit
        network.fit = lambda *x, callbacks, **more: fit(*x, callbacks=[*callbacks, Look()], **more)
        return network

    with patch.object(model, "_network", watched):
        model.fit(train.take(np.isin(train.user, people_of(share, n_users))))
    model.network_.set_weights(best["weights"])
    truth = known_world() if dataset.name == "known_world" else None
    asked = np.unique(split.test.user) if truth is None else always
    loss, ndcg = exam(model, split.before(part), getattr(split, part), asked, truth)
    ids = [train.users[int(u)] for u in asked]
    values = {"loss": dict(zip(ids, loss, strict=True)), "ndcg@10": dict(zip(ids, ndcg, strict=True))}
    more = {"parameters": model.network_.count_params(), "best_epoch": best["epoch"], "epochs": len(curve)}
    return values | more | {"validation": float(best["loss"]), "curve": curve}


def cell(width, share):
    return f"width {width}, share {share:g}"


def steps_of(run, share):
    """How many steps the people of a share have in train."""
    lengths = np.bincount(run.split.train.user, minlength=run.split.train.n_users)
    return lengths[people_of(share, run.split.train.n_users)] - 1


def fitted(run, width, share, seed):
    batches = -(-int(steps_of(run, share).sum()) // BATCH)
    settings = settings_of(width, batches)
    arguments = {"share": share, "patience": -(-PATIENCE // batches)}
    return run.part("SASRec", settings, seed, "test", measure=stopped_early, arguments=arguments)


def of_ridge(run):
    """The ridge of Sequences, fitted on train alone: NDCG@10. In the world its settings are chosen on validation."""
    kind, fixed, axes = ROWS["NextItemRidge"]
    if run.dataset.name == "known_world":
        settings = chosen_settings(run, "NextItemRidge", kind, fixed, axes)
        return settings, run.part(kind, settings, 0, "test", measure=expected)
    settings = results.load("sequences")["values"]["chosen"]["NextItemRidge"]
    return settings, run.part(kind, settings, 0, "test", measure=without_the_last_two)


def expected(model, split, part, dataset):
    """NDCG@10 in expectation of a model fitted on train, on the people of the smallest share of the world."""
    model.fit(split.train)
    people = people_of(SHARES[0], split.train.n_users)
    ndcg = exam(model, split.before(part), getattr(split, part), people, known_world())[1]
    return {"ndcg@10": dict(zip([split.train.users[int(u)] for u in people], ndcg, strict=True))}


def main(dataset):
    run, rows, chosen, sizes, curves = Run(dataset), {}, {}, {}, {}
    for share in (1.0, 0.25, 0.5):  # one seed of the whole grid before the others
        for width in WIDTHS:
            fitted(run, width, share, 0)
    for share in SHARES:
        for width in WIDTHS:
            name = cell(width, share)
            seeds = SEEDS if (width, share) in CORNERS else SEEDS[:1]
            parts = [fitted(run, width, share, seed) for seed in seeds]
            rows[name] = [{metric: part[metric] for metric in ("loss", "ndcg@10")} for part in parts]
            steps = steps_of(run, share)
            chosen[name] = settings_of(width, -(-int(steps.sum()) // BATCH))
            sizes[name] = {"parameters": parts[0]["parameters"], "steps": int(steps.sum())}
            shape = {"n_items": dataset.data.n_items, "n_factors": width, "n_layers": 2}
            sizes[name]["epoch_flops"] = epoch_flops(steps + 1, **shape)
            sizes[name] |= {"best_epoch": [p["best_epoch"] for p in parts], "epochs": [p["epochs"] for p in parts]}
            curves[name] = parts[0]["curve"]
    chosen["NextItemRidge"], ridge = of_ridge(run)
    values = {"chosen": chosen, "sizes": sizes, "curves": curves, "test": table(rows)}
    values["ridge"] = table({"NextItemRidge": [{"ndcg@10": ridge["ndcg@10"]}]})
    users = {dataset.data.users[int(u)] for u in people_of(SHARES[0], dataset.data.n_users)}
    values["in_every_share"] = [int(user in users) for user in values["test"]["users"]]
    if dataset.name == "known_world":
        truth, people = known_world(), people_of(SHARES[0], dataset.data.n_users)
        p = truth.probability[people]
        entropy = -(p * np.log(np.where(p > 0, p, 1))).sum(axis=1)
        best = truth.expected_ndcg()[people]
        values["best"] = {"loss": round(float(entropy.mean()), 4), "ndcg@10": round(float(best.mean()), 4)}
    settings = {"split": run.split.kind, "widths": WIDTHS, "shares": SHARES}
    settings |= {"batch": BATCH, "patience": PATIENCE, "longest": LONGEST}
    run.record("scale", settings, values, seeds=SEEDS)


if __name__ == "__main__":
    main(data_set("sequences"))

"""Fusing scores where time matters: next-item ridge beside the popularity of the last days, by the rules of `fusion`.

On MovieTweetings each person's last film is the test, and all pairs of models are measured once more; MovieLens has the
usual split. Settings of the models are those of the chapters Sequences and The date. Beside them stands RecencyRidge,
which adds the two signals as they are and has chosen its weight together with λ and the window."""

from _runner import data_set
from fusion import measure

SETS = {"order_and_date": ("NextItemRidge", "RecentPopularity")}


def main(dataset):
    measure("fusion_dates", dataset, SETS, more=("RecencyRidge",), pairs=not dataset.suffix)


if __name__ == "__main__":
    main(data_set("sequences"))

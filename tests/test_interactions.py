"""IdMap, Interactions and the tables at the border."""

import dataclasses
import subprocess
import sys
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from recsys_lib.data import IdMap, Interactions, likes, to_table
from recsys_lib.data.interactions import with_data

TABLE = pd.DataFrame(
    {
        "user_id": ["u2", "u1", "u1", "u3"],
        "item_id": [30, 10, 20, 10],
        "rating": [5.0, 0.0, 4.0, 3.5],
        "timestamp": [400, 100, 300, 200],
    }
)
FILMS = pd.DataFrame({"item_id": [20, 10, 99, 30], "title": ["B", "A", "Unrated", "C"]})


@pytest.fixture
def data():
    return Interactions.from_table(TABLE, item_table=FILMS)


# --- IdMap


def test_ids_are_sorted_or_kept_in_order_of_appearance():
    assert IdMap.from_values([30, 10, 20, 10]).ids == (10, 20, 30)
    assert IdMap.from_values(["b", 1, "a", "b"]).ids == ("b", 1, "a")
    assert IdMap.from_values(np.array([3, 1, 3])).ids == (1, 3)
    assert all(type(value) is int for value in IdMap([np.int64(3), np.int64(1)]).ids)


@settings(max_examples=200)
@given(st.lists(st.one_of(st.integers(), st.text(max_size=3), st.tuples(st.integers(), st.booleans())), unique=True))
def test_index_is_the_way_back(values):
    ids = IdMap(values)
    assert len(ids) == len(values) and list(ids) == values
    assert [ids.index(value) for value in values] == list(range(len(values))) == ids.indices(values).tolist()
    assert [ids[i] for i in range(len(ids))] == values
    assert ids.indices(values).dtype == np.int32
    assert ids == IdMap(values) and all(value in ids for value in values)


def test_an_unknown_id_is_named():
    ids = IdMap([1, 2, 3])
    with pytest.raises(KeyError, match="unknown id 7; expected one of 3 ids such as 1, 2, 3"):
        ids.index(7)
    with pytest.raises(KeyError, match=r"unknown id '1'; did you mean 1 \(int, not str\)\?"):
        ids.index("1")
    with pytest.raises(KeyError, match=r"did you mean '1' \(str, not int\)"):
        IdMap(["1"]).indices([1])
    with pytest.raises(KeyError, match="did you mean ' 1'"):
        IdMap([" 1"]).index("1")
    with pytest.raises(KeyError, match=r"unknown id \[1\]"):
        ids.index([1])
    assert "1" not in ids and np.int64(1) in ids
    assert ids.index(np.int64(2)) == 1


@pytest.mark.parametrize(
    "values, error, message",
    [
        ([1, 2, 1], ValueError, "distinct ids, got 1 more than once"),
        ([1, None], ValueError, "none at 1"),
        ([float("nan")], ValueError, "none at 0"),
        ("abc", TypeError, "sequence of ids, got str"),
        (7, TypeError, "sequence of ids, got int"),
        ([[1]], TypeError, "unhashable"),
    ],
)
def test_ids_that_cannot_be_used(values, error, message):
    with pytest.raises(error, match=message):
        IdMap(values)


def test_id_map_is_frozen_and_has_no_last_item_at_minus_one():
    ids = IdMap([1, 2])
    with pytest.raises(dataclasses.FrozenInstanceError):
        ids.ids = ()
    for outside in (-1, 2):
        with pytest.raises(IndexError, match=f"0..1, got {outside}"):
            ids[outside]
    assert ids != IdMap([2, 1])
    assert repr(ids) == "IdMap(2 ids: 1, 2)"


@pytest.mark.parametrize("values", [pd.DataFrame({"user_id": [1]}), np.ones((2, 2))])
def test_a_table_is_no_sequence_of_ids(values):
    with pytest.raises(TypeError, match="expected ids in one dimension, got .* of shape"):
        IdMap(values)


# --- Interactions


def test_an_item_table_and_data_of_another_kind_are_refused(data):
    with pytest.raises(TypeError, match="expected DataFrame, received dict"):
        Interactions.from_table(TABLE, item_table={"item_id": [10, 20, 30]})
    with pytest.raises(TypeError, match="expected DataFrame, received dict"):
        dataclasses.replace(data, item_table={"item_id": [10, 20, 30]})
    with pytest.raises(TypeError, match="expected Interactions, received DataFrame"):
        to_table([[0]], TABLE, users=[0])
    for user in (None, 0):
        with pytest.raises(ValueError, match=r"expected user of shape \(1,\), got \(\)"):
            Interactions(user, [0], None, None, data.users, data.items)


def test_one_row_is_taken_by_its_number(data):
    assert data.take(2).table().values.tolist() == data.take([2]).table().values.tolist()


def test_from_table(data):
    assert data.users.ids == ("u1", "u2", "u3") and data.items.ids == (10, 20, 30)
    assert data.user.tolist() == [1, 0, 0, 2] and data.item.tolist() == [2, 0, 1, 0]
    assert (data.user.dtype, data.item.dtype, data.rating.dtype, data.timestamp.dtype) == tuple(
        map(np.dtype, ("int32", "int32", "float32", "int64"))
    )
    assert data.item_table["title"].tolist() == ["A", "B", "C"]
    assert (len(data), data.n_users, data.n_items) == (4, 3, 3)
    pd.testing.assert_frame_equal(data.table(), TABLE, check_dtype=False)


def test_matrix_keeps_zeros_and_the_full_shape(data):
    matrix = data.matrix()
    assert isinstance(matrix, csr_array) and matrix.dtype == np.float32
    assert matrix.shape == (3, 3) and matrix.nnz == 4 and matrix[0, 0] == 0
    assert data.take([0]).matrix().shape == (3, 3)
    assert data.take([]).matrix().nnz == 0


def test_likes_and_binarize(data):
    wanted = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert data.likes().toarray().tolist() == wanted == likes(data.matrix(), 4.0).toarray().tolist()
    assert data.likes().nnz == 2 and data.likes().dtype == np.float32
    assert data.likes(0).nnz == 4, "a stored zero is a rating"
    binary = data.binarize()
    assert binary.rating is None and binary.likes().toarray().tolist() == wanted
    assert binary.binarize() is binary
    with pytest.raises(TypeError, match="matrix as a scipy sparse array .n_users, n_items., received ndarray"):
        likes(np.zeros((2, 2)))
    for liked_from in (np.nan, np.inf, "4"):
        for call in (data.likes, data.binarize, lambda liked_from: likes(data.matrix(), liked_from)):
            with pytest.raises(ValueError, match="liked_from as a finite number, received"):
                call(liked_from)


def test_likes_of_one_row_say_how_to_take_it(data):
    with pytest.raises(ValueError, match=r"matrix as .*, got shape \(3,\): take one row as matrix\[\[0\]\]"):
        likes(data.matrix()[0])
    assert likes(data.matrix()[[0]]).toarray().tolist() == [[0, 1, 0]]


def test_likes_leave_the_matrix_and_its_order_alone():
    """Columns out of order and an entry stored twice: as a user's own csr may have them."""
    data, indices, indptr = np.array([5.0, 1, 4, 4]), np.array([2, 0, 1, 1]), np.array([0, 2, 4])
    matrix = csr_array((data, indices, indptr), shape=(2, 3))
    liked = likes(matrix)
    assert liked.data.tolist() == [1, 1, 1] and liked.indices.tolist() == [2, 1, 1]
    assert liked.indptr.tolist() == [0, 1, 3] and liked.dtype == np.float32
    assert matrix.data.tolist() == [5, 1, 4, 4] and matrix.indices.tolist() == [2, 0, 1, 1]
    assert with_data(matrix, data + 1).toarray().tolist() == [[2, 0, 6], [0, 10, 0]]


def test_what_is_missing_is_said(data):
    bare = Interactions.from_table(TABLE[["user_id", "item_id"]])
    assert bare.rating is None and bare.timestamp is None
    assert bare.matrix().data.tolist() == [1, 1, 1, 1]
    with pytest.raises(ValueError, match="expected ratings, got rating=None"):
        bare.require_rating()
    with pytest.raises(ValueError, match="expected timestamps, got timestamp=None"):
        bare.require_timestamp()
    assert list(bare.table().columns) == ["user_id", "item_id"]
    assert repr(bare) == "Interactions(4 pairs, 3 users, 3 items, no rating, no timestamp)"
    assert data.require_rating() is data.rating and data.require_timestamp() is data.timestamp


def test_it_is_frozen_and_keeps_its_own_copy():
    rating = np.array([1.0, 2.0], np.float32)
    data = Interactions([0, 0], [0, 1], rating, None, IdMap(["u"]), IdMap(["a", "b"]))
    rating[0] = 5
    assert data.rating.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        data.rating[0] = 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.rating = None


def test_take(data):
    assert data.take(data.rating >= 4).table()["item_id"].tolist() == [30, 20]
    assert data.take([2, 0]).timestamp.tolist() == [300, 400]
    assert data.take(slice(1, 3)).user.tolist() == [0, 0]
    assert data.take([0]).users is data.users
    with pytest.raises(ValueError, match="mask of 4 rows"):
        data.take([True, False])
    with pytest.raises(ValueError, match="indices below that"):
        data.take([4])
    with pytest.raises(ValueError, match="each pair once"):
        data.take([0, 0])
    with pytest.raises(ValueError, match=r"user of shape \(1,\), got \(1, 1\)"):
        data.take([[0]])


def test_k_core():
    table = pd.DataFrame({"user_id": list("aaabbbccd"), "item_id": [1, 2, 3, 1, 2, 4, 1, 2, 9]})
    films = pd.DataFrame({"item_id": [1, 2, 3, 4, 9], "title": list("vwxyz")})
    core = Interactions.from_table(table, item_table=films).k_core(user=2, item=2)
    assert core.users.ids == ("a", "b", "c") and core.items.ids == (1, 2)
    assert core.item_table["title"].tolist() == ["v", "w"] and len(core) == 6
    pd.testing.assert_frame_equal(core.table(), table.iloc[[0, 1, 3, 4, 6, 7]].reset_index(drop=True))
    titles = dataclasses.replace(core, item_table=core.item_table[["title"]]).k_core(user=2, item=3).item_table
    assert titles["title"].tolist() == ["v", "w"]
    whole = Interactions.from_table(table).k_core(user=0, item=0)
    assert len(whole) == len(table) and whole.items.ids == (1, 2, 3, 4, 9)
    with pytest.raises(ValueError, match="got an empty one"):
        core.take([]).k_core(user=0, item=0)
    with pytest.raises(ValueError, match="expected a core with 9 pairs a user"):
        core.k_core(user=9, item=1)
    with pytest.raises(ValueError, match="user as a whole number ≥ 0, received -1"):
        core.k_core(user=-1, item=1)
    with pytest.raises(ValueError, match="item as a whole number ≥ 0, received 1.5"):
        core.k_core(user=1, item=1.5)


def test_k_core_is_stable_and_maximal(movielens):
    core = movielens.k_core(user=20, item=10)
    assert np.bincount(core.user).min() >= 20 and np.bincount(core.item).min() >= 10
    assert core.n_users == len(np.unique(core.user)) and core.n_items == len(np.unique(core.item))


def test_describe(data):
    value = data.describe()
    assert value["users"] == 3 and value["pairs"] == 4 and value["mean rating"] == 3.125
    assert value["first day"] == "1970-01-01"
    assert "mean rating" not in Interactions.from_table(TABLE[["user_id", "item_id"]]).describe()


@pytest.mark.parametrize(
    "change, message",
    [
        ({"user": [0, 1]}, r"item of shape \(2,\), got \(3,\)"),
        ({"user": [0, 1, 2]}, r"user as whole numbers in 0..1, got 0..2"),
        ({"item": [0, 1, -1]}, r"item as whole numbers in 0..1, got -1..1"),
        ({"item": [0, 0.5, 1]}, "item as int32, got 0.5 at row 1"),
        ({"rating": [1, np.nan, 3]}, "rating as float32, got nan at row 1"),
        ({"rating": [1, 1e39, 3]}, "rating as float32, got 1e\\+39 at row 1"),
        ({"timestamp": [1.5, 2, 3]}, "timestamp as int64, got 1.5 at row 0"),
        ({"item": [0, 0, 0]}, "each pair once, got 1 repeats, the first: user 'a', item 'x'"),
        ({"item_table": FILMS}, "item table of 2 rows in the order of items"),
        ({"item_table": FILMS[["title"]]}, "item table of 2 rows in the order of items"),
        ({"item_table": pd.DataFrame({"item_id": ["y", "x"]})}, "item table of 2 rows in the order of items"),
        ({"users": ["a", "b"]}, r"expected IdMap, received list; wrap the ids: IdMap\(ids\)"),
    ],
)
def test_arrays_that_do_not_fit(change, message):
    good = {"user": [0, 0, 1], "item": [0, 1, 0], "rating": None, "timestamp": None}
    good |= {"users": IdMap(["a", "b"]), "items": IdMap(["x", "y"])}
    with pytest.raises((ValueError, TypeError), match=message):
        Interactions(**(good | change))


@pytest.mark.parametrize(
    "change, message",
    [
        ({"rating": [5.0, None, 4.0, 3.5]}, "a rating in every row, got none at row 1"),
        ({"user_id": ["u2", None, "u1", "u3"]}, "a user_id in every row, got none at row 1"),
        ({"item_id": [10, 10, 10, 10]}, "each pair once"),
        ({"rating": list("abcd")}, "rating as numbers, got text such as 'a': convert it with pd.to_numeric"),
        (
            {"rating": pd.Categorical(list("5432"))},
            "rating as numbers, got text such as '5': convert it",
        ),
        ({"rating": pd.array(list("5432"), dtype="string")}, "rating as numbers, got text such as '5'"),
        ({"rating": pd.to_datetime(["2015-03-01"] * 4)}, "rating as numbers, got Timestamp such as"),
        ({"timestamp": ["2015-03-01"] * 4}, "or as datetime64, got text such as '2015-03-01': .* pd.to_datetime"),
        ({"timestamp": [date(2015, 3, 1)] * 4}, r"got date such as datetime.date\(2015, 3, 1\): .* pd.to_datetime"),
    ],
)
def test_tables_that_do_not_fit(change, message):
    with pytest.raises((ValueError, TypeError), match=message):
        Interactions.from_table(TABLE.assign(**change))


def test_columns_and_item_tables_that_do_not_fit():
    with pytest.raises(ValueError, match=r"columns user_id, item_id\[, rating\]\[, timestamp\], got \['userId'"):
        Interactions.from_table(TABLE.rename(columns={"user_id": "userId"}))
    with pytest.raises(ValueError, match="row in the item table for every item: unknown id 30"):
        Interactions.from_table(TABLE, item_table=FILMS[:3])
    with pytest.raises(ValueError, match=r"did you mean '10' \(str, not int\)"):
        Interactions.from_table(TABLE, item_table=FILMS.astype({"item_id": str}))
    with pytest.raises(ValueError, match="a column item_id in the item table"):
        Interactions.from_table(TABLE, item_table=FILMS[["title"]])
    with pytest.raises(KeyError, match="unknown id 30"):
        Interactions.from_table(TABLE, items=IdMap([10, 20]))
    with pytest.raises(ValueError, match="duplicates to be one of 'error', 'last', 'mean', received 'first'"):
        Interactions.from_table(TABLE, duplicates="first")
    with pytest.raises(TypeError, match="expected DataFrame, received list"):
        Interactions.from_table([["u1", 10]])
    with pytest.raises(TypeError, match="expected distinct columns, got .*'rating', 'timestamp', 'rating'"):
        Interactions.from_table(pd.concat([TABLE, TABLE[["rating"]]], axis=1))
    with pytest.raises(TypeError, match="expected IdMap, received list"):
        Interactions.from_table(TABLE, users=["u1", "u2", "u3"])


def test_given_maps_and_dates():
    ids = IdMap([10, 20, 30, 40])
    moments = pd.to_datetime(TABLE["timestamp"] - 250, unit="s") + pd.Timedelta("0.9s")  # some of them before 1970
    for moment in (moments, moments.dt.tz_localize("UTC"), moments.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")):
        data = Interactions.from_table(TABLE.assign(timestamp=moment), items=ids)
        assert data.items is ids and data.matrix().shape == (3, 4)
        assert data.timestamp.tolist() == (TABLE["timestamp"] - 250).tolist()


@pytest.mark.parametrize("moment", [1_260_759_144_000, 1_260_759_144_000.0, -(10**11)])
def test_milliseconds_are_refused(moment):
    table = TABLE.assign(timestamp=[1, 10**11 - 1, moment, 0])
    with pytest.raises(ValueError, match=r"in seconds since 1970, got -?\d+(\.0)? at row 2; .* divide"):
        Interactions.from_table(table)
    assert Interactions.from_table(table.assign(timestamp=table["timestamp"] // 1000)).timestamp[1] == 10**8 - 1


def test_a_pair_that_comes_twice():
    table = pd.DataFrame({"user_id": list("abab"), "item_id": [1, 1, 1, 2], "rating": [1.0, 3, 5, 2]})
    with pytest.raises(ValueError, match="got 1 repeats, the first: user 'a', item 1"):
        Interactions.from_table(table)
    last = Interactions.from_table(table, duplicates="last").table()
    assert last.values.tolist() == [["b", 1, 3], ["a", 1, 5], ["b", 2, 2]]
    assert Interactions.from_table(table, duplicates="mean").rating.tolist() == [3, 3, 2]
    timed = Interactions.from_table(table.assign(timestamp=[9, 8, 7, 6]), duplicates="last")
    assert timed.rating.tolist() == [1, 3, 2], "the latest in time, not the latest row"
    timed = Interactions.from_table(table.assign(timestamp=[9, 8, 7, 6]), duplicates="mean")
    assert timed.rating.tolist() == [3, 3, 2] and timed.timestamp.tolist() == [9, 8, 6]
    assert table["rating"].tolist() == [1, 3, 5, 2], "the caller's table is left alone"


# --- lists at the border


def test_recommended_items_as_a_table(data):
    recommended = np.array([[2, 0], [1, -1], [-1, -1]])
    table = to_table(recommended, data, scores=np.array([[9.0, 8.0], [7.0, 0.0], [0.0, 0.0]]))
    assert table.values.tolist() == [["u1", 1, 30, "C", 9], ["u1", 2, 10, "A", 8], ["u2", 1, 20, "B", 7]]
    assert list(table.columns) == ["user_id", "rank", "item_id", "title", "score"]
    assert to_table(recommended[:1], data, users=[2])["user_id"].tolist() == ["u3", "u3"]
    with pytest.raises(ValueError, match="one row a user: users .3,., got 1 rows"):
        to_table(recommended[:1], data)
    with pytest.raises(ValueError, match="items as whole numbers in -1..2"):
        to_table(recommended + 1, data)
    for users, got in ([99], r"99\.\.99"), (["u"], "dtype <U1"), ([1.7], "dtype float64"), ([-1], "-1"):
        with pytest.raises(ValueError, match=rf"users as whole numbers in 0\.\.2, got {got}"):
            to_table(recommended[:1], data, users=users)
    with pytest.raises(ValueError, match=r"int \(n, k\), got float64"):
        to_table(recommended / 2, data)
    with pytest.raises(ValueError, match=r"one row a user: users \(\), got 3 rows"):
        to_table(recommended, data, users=0)
    with pytest.raises(ValueError, match=r"scores of shape \(3, 2\), got \(3, 3\)"):
        to_table(recommended, data, scores=np.zeros((3, 3)))


def test_importing_the_package_is_light():
    code = "import sys, recsys_lib; print({'numpy', 'pandas', 'tensorflow', 'keras'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
    code = "import sys, recsys_lib.data; print({'tensorflow', 'keras', 'matplotlib', 'sklearn'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.parametrize("factor", [10**3, 10**6, 10**9])
def test_the_advice_on_a_finer_unit_gives_seconds(factor):
    table = pd.DataFrame({"user_id": [1, 2], "item_id": [1, 1], "timestamp": [1_400_000_000 * factor] * 2})
    with pytest.raises(ValueError, match="in seconds") as error:
        Interactions.from_table(table)
    table["timestamp"] //= int(str(error.value).rpartition("// ")[2])
    assert Interactions.from_table(table).timestamp.tolist() == [1_400_000_000] * 2

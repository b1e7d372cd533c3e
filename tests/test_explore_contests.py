"""The numbers of the page of measures, computed again."""

import numpy as np

import explore


def test_contests_come_out_again():
    stored = explore.read_script((explore.DATA / "contests.js").read_text("utf-8"))
    rebuilt = explore.contests()["value"]
    assert stored["users"] == rebuilt["users"] and list(stored["contests"]) == list(rebuilt["contests"])
    assert list(stored["models"]) == list(rebuilt["models"])
    for model, contests in rebuilt["models"].items():
        # four digits are stored; another processor may turn a near tie of two scores
        np.testing.assert_allclose(stored["models"][model], contests, atol=3e-4, err_msg=model)

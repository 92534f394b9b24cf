"""The page's JSON: nothing in it ends its element, and every number comes back."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.figures.html.data import escape_json, number_values, pack, render_data
from ensemble_lab.figures.html.page import Facet
from ensemble_lab.figures.html.sprite import draw_sprite
from tests.figures.html.benches import build_bench, build_predictions, catalogue_all


def unpack(column):
    return np.frombuffer(base64.b64decode(column["base64"]), np.dtype(column["type"]))


@given(st.text())
def test_any_text_comes_back_and_ends_no_element(text):
    written = escape_json([text])
    assert json.loads(written) == [text]
    assert not set(written) & set("<>&\u2028\u2029")
    assert written.isascii()


def test_nan_is_refused():
    with pytest.raises(ValueError, match="JSON compliant"):
        escape_json([float("nan")])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "float64"])
def test_packed_numbers_come_back(dtype):
    values = np.array([[0, 1, 200], [3, 4, 5]], dtype)
    assert pack(values)["type"] == dtype
    np.testing.assert_array_equal(unpack(pack(values)), values.ravel())
    np.testing.assert_array_equal(unpack(pack(values.T)), values.T.ravel())


def test_values_of_a_facet_are_numbers_by_size_then_texts():
    values, places = number_values(Facet("who", ("10", "b", "9", "a", "", "9" * 30, "٣")))
    assert values == ("9", "10", "", "9" * 30, "a", "b", "٣")
    assert [values[place] for place in places] == ["10", "b", "9", "a", "", "9" * 30, "٣"]


@pytest.fixture
def bench():
    predictions = build_predictions()
    return build_bench(catalogue_all(predictions), predictions)


def read(page):
    return json.loads(render_data(page, draw_sprite(page.pictures)))


def test_columns_are_those_of_the_catalogue_to_the_last_bit(bench):
    columns = read(bench)["columns"]
    for name in ("index", "gap", "margin", "confidence", "p_predicted", "p_label", "label"):
        np.testing.assert_array_equal(unpack(columns[name]), getattr(bench.catalogue, name))
    np.testing.assert_array_equal(unpack(columns["tied"]), bench.catalogue.is_tied)


def test_shares_are_kept_to_half_a_step(bench):
    data, voices = read(bench), bench.voices
    means = unpack(data["means"]) / 65535
    np.testing.assert_allclose(means, voices.means.ravel(), atol=0.5 / 65535 + 1e-9)
    # Two decimals are shown, and these are they.
    hundredths = unpack(data["probabilities"])
    shown = [f"{share:.2f}" for share in voices.probabilities.ravel().tolist()]
    assert [f"{number / 100:.2f}" for number in hundredths.tolist()] == shown
    np.testing.assert_array_equal(unpack(data["votes"]), voices.votes.ravel())


def test_absent_gaps_are_no_nan_in_the_text(bench):
    absent = replace(bench.catalogue, gap=np.full(len(bench.catalogue), np.nan))
    data = read(replace(bench, catalogue=absent))
    assert np.isnan(unpack(data["columns"]["gap"])).all()


def test_numbers_that_are_their_own_names_are_no_names(bench):
    assert not read(bench)["isNamed"]
    assert read(replace(bench, class_names=("cat", "1", "2", "3")))["isNamed"]

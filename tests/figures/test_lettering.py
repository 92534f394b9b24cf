"""Texts that fit."""

import pytest

from ensemble_lab.figures.lettering import measure, shorten, wrap


@pytest.mark.parametrize("width", [5, 30, 60, 90, 200])
def test_shortened_text_fits_and_says_that_it_is_cut(width: float) -> None:
    text = "Ankle boot, brown leather"
    short = shorten(text, width, 9, "bold")
    assert measure(short, 9, "bold") <= max(width, measure("…", 9, "bold"))
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def test_wrapped_lines_fit_and_lose_no_word() -> None:
    text = "mean-probability, ties by random:7, chosen on validation among 1024"
    lines = wrap(text, 120, 8.5)
    assert len(lines) > 2
    assert max(measure(line, 8.5) for line in lines) <= 120
    assert " ".join(lines) == text


def test_word_wider_than_a_line_is_cut() -> None:
    assert wrap("one " + "w" * 50, 60, 9)[1].endswith("…")

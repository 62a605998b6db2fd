"""The survey page: opening it never rates, and what is sent is checked."""

from __future__ import annotations

import pytest
from page_samples import Fakes, build, client_of, survey_view

from plugin.survey_words import words_in


def test_opening_the_link_never_answers_whatever_it_asks() -> None:
    fakes = Fakes()
    client = client_of(build(fakes))
    for path in ("/s/tok", "/s/tok?score=1", "/s/tok?score=5&comment=x", "/s/tok?answer=1"):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    assert {what for what, *_ in fakes.asked} == {"survey"}


def test_the_score_of_the_link_is_chosen_but_not_sent() -> None:
    html = client_of(build(Fakes())).get("/s/tok?score=4").text
    assert 'value="4" required checked' in html
    assert "Nothing is saved until you press the button." in html


@pytest.mark.parametrize("score", ["0", "6", "4.0", "four", "", "४", "1 or 1"])
def test_a_score_that_is_none_chooses_nothing(score: str) -> None:
    html = client_of(build(Fakes())).get("/s/tok", query_string={"score": score}).text
    assert " checked" not in html


def test_a_rating_is_kept_and_thanked_for() -> None:
    fakes = Fakes()
    form = {"score": "4", "comment": "Quick.\r\nThank you."}
    answer = client_of(build(fakes)).post("/s/tok", data=form)
    assert ("answer", "tok", 4, "Quick.\nThank you.", "") in fakes.asked
    assert "Thank you, Katrin." in answer.text
    assert "Your rating is 4 of 5." in answer.text
    assert "until 4 December" in answer.text


@pytest.mark.parametrize("score", [None, "0", "6", "x"])
def test_without_a_score_nothing_is_saved_and_the_comment_is_kept(score: str | None) -> None:
    fakes = Fakes()
    form = {"comment": "Slow."} | ({} if score is None else {"score": score})
    answer = client_of(build(fakes)).post("/s/tok", data=form)
    assert answer.status_code == 422
    assert "Choose a number from 1 to 5" in answer.text
    assert "Slow." in answer.text
    assert "answer" not in {what for what, *_ in fakes.asked}


def test_a_comment_that_is_too_long_is_kept_and_not_cut() -> None:
    fakes = Fakes()
    answer = client_of(build(fakes)).post("/s/tok", data={"score": "2", "comment": "x" * 2001})
    assert answer.status_code == 422
    assert "longer than 2000 characters" in answer.text
    assert "x" * 2001 in answer.text
    assert "answer" not in {what for what, *_ in fakes.asked}


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_is_closed_says_why_and_saves_nothing(method: str) -> None:
    client = client_of(build(Fakes(survey_now=None)))
    answer = getattr(client, method)("/s/tok", data={"score": "4"})
    assert answer.status_code == 410
    assert "It was open for 14 days" in answer.text


def test_the_page_speaks_the_language_of_the_survey() -> None:
    html = client_of(build(Fakes(survey_now=survey_view("de")))).get("/s/tok").text
    assert '<html lang="de">' in html
    assert "Wie war unsere Hilfe, Katrin?" in html
    assert "gelöst von Mara am 20. November" in html
    assert "Bewertung senden" in html


def test_a_language_we_lack_gets_english_around_its_own_question() -> None:
    html = client_of(build(Fakes(survey_now=survey_view("pl")))).get("/s/tok").text
    assert '<html lang="en">' in html
    assert '<h1 lang="pl">Wie war unsere Hilfe?</h1>' in html


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_each_language_has_all_words_and_all_months(language: str) -> None:
    words = words_in(language)
    assert words.language == language
    assert len(set(words.months)) == 12


def test_search_engines_stay_out() -> None:
    assert client_of(build(Fakes())).get("/s/tok").headers["X-Robots-Tag"] == "noindex"

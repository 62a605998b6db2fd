"""Mails as people read them: in words, escaped, and in two forms that say the same."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from letter_samples import alert_letter, bare_digest_letter, digest_letter
from page_samples import HOSTILE, poisoned

from plugin.staff_letters import StaffLetters

LETTERS = StaffLetters()


class Words(HTMLParser):
    """The text of a page, and the tags in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return plain(" ".join(self.said))


def plain(text: str) -> str:
    """A text with one blank where there is any room."""
    return " ".join(text.split())


def test_a_digest_says_the_same_in_both_forms() -> None:
    made = LETTERS.digest(digest_letter())
    html = Words(made.html).text
    for words in (
        "Your week, 14 to 20 November",
        "3,811 tickets, 142 more than the week before.",
        "At-risk loyal misses its goal",
        "It was 76.7 %, 62.0 to 86.8, n = 43",
        "2 deliveries are parked",
        "Sent on Mondays at 8:00 to Ines Moreau because you asked for it.",
    ):
        assert words in html
        assert words in plain(made.text)
    assert "https://d.example/stop/abc" in made.text
    assert "VIP by hand: CSAT too few, n = 4" in made.text


def test_a_week_without_tickets_says_so() -> None:
    made = LETTERS.digest(bare_digest_letter())
    assert "No ticket was opened in this week." in made.text
    assert "Needs you" not in made.html
    assert "By segment" not in made.html


@pytest.mark.parametrize(
    ("missed", "words"),
    [
        (True, "At-risk loyal misses the goal CSAT ≥ 90 %."),
        (False, "At-risk loyal meets the goal CSAT ≥ 90 % again."),
    ],
)
def test_an_alert_says_what_how_much_and_how_sure(missed: bool, words: str) -> None:
    made = LETTERS.alert(alert_letter(missed=missed))
    for text in (plain(made.text), Words(made.html).text):
        assert words in text
        assert "76.7 %, 62.0 to 86.8, n = 43" in text


def test_what_somebody_wrote_stays_text() -> None:
    for html in (
        LETTERS.digest(poisoned(digest_letter())).html,
        LETTERS.alert(poisoned(alert_letter())).html,
    ):
        found = Words(html)
        assert "script" not in found.tags
        assert HOSTILE not in html
        assert html.count("<img") == html.count('<img src="cid:')
        assert plain(HOSTILE) in found.text


def test_a_mail_needs_nothing_from_outside() -> None:
    for made in (LETTERS.digest(digest_letter()), LETTERS.alert(alert_letter())):
        assert made.html.count("src=") == made.html.count('src="cid:')
        assert "url(" not in made.html
        assert "<link" not in made.html
        assert "class=" not in made.text
        assert "<" not in made.text

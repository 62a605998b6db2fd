"""Mails to our own people: a plain text, and the same with its looks."""

from __future__ import annotations

from functools import cached_property

from jinja2 import Environment, FileSystemLoader, select_autoescape

from plugin.house import TEMPLATES
from plugin.views.mails import AlertLetter, DigestLetter, Rendered
from plugin.web import display
from plugin.web.results import words
from plugin.web.segments.goal_words import WORDS


class StaffLetters:
    """Renders the templates of ``templates/mail``."""

    def digest(self, letter: DigestLetter) -> Rendered:
        """A week in numbers."""
        return self._rendered("digest", letter)

    def alert(self, letter: AlertLetter) -> Rendered:
        """A goal that is missed, or no longer."""
        return self._rendered("alert", letter)

    @cached_property
    def _environment(self) -> Environment:
        # Templates of ours over values of anybody's: html is escaped, and text is no html.
        made = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(["html"])
        )
        display.prepare(made)
        words.prepare(made)
        made.globals.update(WORDS)
        return made

    def _rendered(self, name: str, letter: DigestLetter | AlertLetter) -> Rendered:
        text, html = (
            self._environment.get_template(f"mail/{name}.{kind}").render(letter=letter)
            for kind in ("txt", "html")
        )
        return Rendered(text.strip() + "\n", html)

"""What mails to customers look like: plain text, and HTML whose looks stand in its tags.

Mail programs know no stylesheet and no variables, so the light colours of ``tokens.css`` are
written out in the templates.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from plugin.ports import SurveyLetter
from plugin.survey_words import words_in

LONGEST_SUBJECT = 150


@dataclass(frozen=True)
class MailTemplates:
    """The templates of mails in a folder."""

    folder: Path

    @cached_property
    def _html(self) -> Environment:
        return self._environment(escapes=True)

    @cached_property
    def _text(self) -> Environment:
        return self._environment(escapes=False)

    def survey(self, letter: SurveyLetter) -> tuple[str, str, str]:
        """The subject, the text and the HTML of a mail that asks a customer."""
        told = {"letter": letter, "words": words_in(letter.language)}
        question = " ".join(letter.question.split())
        subject = f"{letter.brand}: {question}" if letter.brand else question
        return (
            subject[:LONGEST_SUBJECT],
            self._text.get_template("mail/survey.txt").render(told),
            self._html.get_template("mail/survey.html").render(told),
        )

    def _environment(self, *, escapes: bool) -> Environment:
        return Environment(
            loader=FileSystemLoader(self.folder),
            autoescape=escapes,  # ruff: ignore[jinja2-autoescape-false] — off for plain text only
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

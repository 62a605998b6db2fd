"""A customer at their survey: looking writes nothing, only the button does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from plugin.pages import SurveyGone
from plugin.ports import Clock, Links
from plugin.records import Store, StoredSurvey
from plugin.views import SurveyView
from routing.playbook import SurveyTexts

LONGEST_COMMENT = 4_000
"""Longest comment that is kept, in characters."""


@dataclass(frozen=True, slots=True)
class AnswerSurvey:
    """The page behind a survey link."""

    store: Store
    links: Links
    clock: Clock

    def view(self, token: str) -> SurveyView:
        """What the customer sees. Raises SurveyGone."""
        key = self.links.read_survey(token)
        if key is None:
            raise SurveyGone("This link is not one of ours, or a part of it is missing.")
        with self.store.look() as work:
            survey = work.surveys.get(key)
            playbook = work.playbooks.live()
        if survey is None:
            raise SurveyGone("The ticket this link asks about is no longer kept.")
        texts = SurveyTexts() if playbook is None else playbook.survey
        until = survey.solved_at + timedelta(days=texts.valid_days)
        if self.clock.now() > until:
            raise SurveyGone(f"This link was open until {until.day} {until:%B %Y}.")
        return _view(token, survey, texts)

    def answer(self, token: str, score: int, comment: str) -> SurveyView:
        """Keep a rating, or replace the one given before. Raises SurveyGone."""
        self.view(token)
        if not 1 <= score <= 5:
            raise SurveyGone("A rating is a number from 1 to 5. Nothing was saved.")
        key = self.links.read_survey(token)
        with self.store.work() as work:
            if key is not None:
                work.surveys.answer(key, score, comment[:LONGEST_COMMENT], self.clock.now())
                work.commit()
        return self.view(token)


def _view(token: str, survey: StoredSurvey, texts: SurveyTexts) -> SurveyView:
    name = survey.ticket.ticket.requester_name
    return SurveyView(
        token=token,
        brand=texts.brand,
        question=texts.question(survey.language),
        subject=survey.ticket.ticket.subject,
        first_name=name.split(" ")[0] if name else None,
        language=survey.language or "en",
        solved_by=survey.agent_name.split(" ")[0] if survey.agent_name else None,
        solved_at=survey.solved_at,
        open_until=survey.solved_at + timedelta(days=texts.valid_days),
        score=survey.score,
        comment=survey.comment,
        answered=survey.score is not None,
    )

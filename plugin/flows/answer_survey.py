"""A customer at their survey: looking writes nothing, only the button does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from plugin.flows.find_turns import TURN
from plugin.pages import SurveyGone
from plugin.ports import Clock, Delivery, Jobs, Links, Notice
from plugin.records import Store, StoredSurvey, Work
from plugin.views import SurveyView
from routing.playbook import SurveyTexts
from routing.tickets import Trigger

LONGEST_COMMENT = 4_000
"""Longest comment that is kept, in characters."""


@dataclass(frozen=True, slots=True)
class AnswerSurvey:
    """The page behind a survey link."""

    store: Store
    links: Links
    jobs: Jobs
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
                self._tell(work, key)
                work.commit()
        self.jobs.ring()
        return self.view(token)

    def _tell(self, work: Work, key: int) -> None:
        """Let the rules for ratings be tried, where there are any: the first rating counts."""
        playbook, survey = work.playbooks.live(), work.surveys.get(key)
        if playbook is None or survey is None:
            return
        if any(rule.on is Trigger.RATED for rule in playbook.rules):
            ref = survey.ticket.ticket.ref
            body = json.dumps({"ticket": ref.id}).encode()
            delivery = Delivery(ref.connection, body, {}, self.clock.now())
            work.inbox.put(delivery, Notice(f"rated:{key}", TURN, ref.id))


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

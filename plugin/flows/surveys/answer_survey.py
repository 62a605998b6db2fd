"""A customer at their survey: looking writes nothing, only the button does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from plugin.flows.tickets.find_turns import put_rated
from plugin.pages.refusals import SurveyGone
from plugin.ports import Clock, Jobs, Links
from plugin.records.surveys import StoredSurvey
from plugin.records.work import Store, Work
from plugin.views.surveys import SurveyView, UnsubscribeView
from routing.surveys.survey import Kind, Survey

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
        with self.store.look() as work:
            return self._view(work, token, self._survey(work, token))

    def answer(self, token: str, score: int, comment: str, second: str = "") -> SurveyView:
        """Keep a rating, or replace the one given before. Raises SurveyGone."""
        with self.store.work() as work:
            survey = self._survey(work, token)
            self._view(work, token, survey)
            scale = survey.kind.scale
            if score not in scale:
                told = f"A rating is a number from {scale[0]} to {scale[-1]}."
                raise SurveyGone(f"{told} Nothing was saved.")
            kept = (comment[:LONGEST_COMMENT], second[:LONGEST_COMMENT])
            work.surveys.answer(survey.id, score, *kept, self.clock.now())
            if survey.kind is Kind.CSAT:
                put_rated(work, str(survey.id), survey.ticket.ticket.ref, self.clock.now())
            work.commit()
        self.jobs.ring()
        return self.view(token)

    def leaving(self, token: str) -> UnsubscribeView:
        """Where a customer can say that they do not want to be asked. Raises SurveyGone."""
        with self.store.look() as work:
            return self._leaving(work, token)

    def leave(self, token: str, *, gone: bool) -> UnsubscribeView:
        """Ask them no more, or let them be asked again. Raises SurveyGone."""
        with self.store.work() as work:
            _, mark = self._read_leaving(token)
            if gone:
                work.unsubscribed.leave(mark, self.clock.now())
            else:
                work.unsubscribed.come_back(mark)
            view = self._leaving(work, token)
            work.commit()
        return view

    def _survey(self, work: Work, token: str) -> StoredSurvey:
        key = self.links.read_survey(token)
        if key is None:
            raise SurveyGone("This link is not one of ours, or a part of it is missing.")
        survey = work.surveys.get(key)
        if survey is None:
            raise SurveyGone("The ticket this link asks about is no longer kept.")
        return survey

    def _view(self, work: Work, token: str, survey: StoredSurvey) -> SurveyView:
        how = _how(work, survey)
        until = survey.solved_at + timedelta(days=how.valid_days)
        if self.clock.now() > until:
            raise SurveyGone(f"This link was open until {until.day} {until:%B %Y}.")
        ticket = survey.ticket.ticket
        email = ticket.requester_email
        name = ticket.requester_name
        return SurveyView(
            token=token,
            brand=how.brand,
            question=how.question(survey.language),
            subject=ticket.subject,
            first_name=name.split(" ")[0] if name else None,
            language=survey.language or "en",
            solved_by=survey.agent_name.split(" ")[0] if survey.agent_name else None,
            solved_at=survey.solved_at,
            open_until=until,
            score=survey.score,
            comment=survey.comment,
            answered=survey.score is not None,
            kind=survey.kind,
            second_question=how.second_question(survey.language),
            second=survey.second,
            address=how.address,
            privacy=how.privacy,
            unsubscribe=None
            if email is None
            else self.links.unsubscribe_token(survey.id, work.unsubscribed.mark(email)),
        )

    def _read_leaving(self, token: str) -> tuple[int, str]:
        read = self.links.read_unsubscribe(token)
        if read is None:
            raise SurveyGone("This link is not one of ours, or a part of it is missing.")
        return read

    def _leaving(self, work: Work, token: str) -> UnsubscribeView:
        key, mark = self._read_leaving(token)
        # It works for as long as there is a mail with it, also when the survey is gone.
        survey = work.surveys.get(key)
        how = Survey("") if survey is None else _how(work, survey)
        language = None if survey is None else survey.language
        return UnsubscribeView(
            token=token,
            brand=how.brand,
            language=language or "en",
            gone=work.unsubscribed.has_left(mark),
            address=how.address,
            privacy=how.privacy,
        )


def _how(work: Work, survey: StoredSurvey) -> Survey:
    """The survey as the playbook has it; its name and kind where it is gone."""
    playbook = work.playbooks.live()
    live = None if playbook is None else playbook.survey(survey.name)
    fits = live is not None and live.kind is survey.kind
    return live if live is not None and fits else Survey(survey.name, survey.kind)

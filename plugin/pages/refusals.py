"""The ways a flow can say no to a person."""

from __future__ import annotations

from collections.abc import Sequence

from plugin.views.programs import NewToken
from plugin.views.receivers import NewReceiver
from plugin.views.sources import SourceForm
from routing.prove import Proof


class NotThere(Exception):
    """The thing a person asked for does not exist; ``what`` is a sentence that says so."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Conflict(Exception):
    """Somebody else published while this person was writing: ``by`` published ``version``."""

    def __init__(self, version: int, by: str) -> None:
        super().__init__(f"{by} published playbook {version} while you were writing.")
        self.version = version
        self.by = by


class RedCases(Exception):
    """A playbook that is not published, since cases that are kept with it come out another way.

    ``reds`` are those of ``cases``. ``text``, ``note`` and ``based_on`` are what was to be
    published, so that it can be kept.
    """

    def __init__(
        self, reds: Sequence[Proof], cases: int, text: str, note: str, based_on: int
    ) -> None:
        count = f"{len(reds)} of {cases} cases {'is' if len(reds) == 1 else 'are'} red"
        told = "".join(f"\n{one}" for one in reds)
        super().__init__(f"Not published: {count}.{told}")
        self.reds = tuple(reds)
        self.cases = cases
        self.text = text
        self.note = note
        self.based_on = based_on


class AskedForApproval(Exception):
    """Nothing is published yet: it was kept as ``draft``, and somebody else has to approve it."""

    def __init__(self, draft: int) -> None:
        super().__init__(
            f"Not published yet: it is kept as draft {draft}, and another lead or admin has to "
            "approve it."
        )
        self.draft = draft


class SignInRefused(Exception):
    """Nobody is signed in; ``message`` is for the person who tried and gives nothing away."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SurveyGone(Exception):
    """A survey link that leads nowhere; ``reason`` is a sentence for the customer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadFile(Exception):
    """A file that cannot be read at all; says why and how to mend it."""


class BadSource(Exception):
    """A customer source that cannot be saved: the form as it was filled in, with what is wrong."""

    def __init__(self, form: SourceForm) -> None:
        super().__init__(" ".join(form.problems.values()))
        self.form = form


class BadSubscription(Exception):
    """Mails that cannot be sent as they were wanted; says why."""


class StopGone(Exception):
    """A link that ended a subscription, which is ended already or was none of ours."""


class BadReceiver(Exception):
    """A receiver that cannot be kept; says why, and what was entered."""

    def __init__(self, wanted: NewReceiver, why: str) -> None:
        super().__init__(why)
        self.wanted = wanted


class BadToken(Exception):
    """A program that has not proved itself: its token is missing, unknown, revoked or expired."""


class TooOften(Exception):
    """A program that asks too often; it may come again after so many seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__()
        self.retry_after = retry_after


class BadWish(Exception):
    """A token that cannot be made as it was wanted; says why."""

    def __init__(self, wanted: NewToken, why: str) -> None:
        super().__init__(why)
        self.wanted = wanted

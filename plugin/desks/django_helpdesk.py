"""django-helpdesk 2.6: its webhooks, which it does not sign, and its REST API.

What to know of it:

* Its webhooks carry no delivery id, no time and no signature, and are sent once. They tell of
  new tickets and of follow-ups, but not of what is changed by the API or on the edit page: those
  are found by ``recent``.
* It renders every comment as a Django template, so what we write is neutralised first.
* Up to 2.6.1, reading or writing one ticket makes it walk through all tickets, at about 1.5 ms
  each. An installation with many tickets should give our user access to few queues.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import NoReturn

from plugin.desks.transport import Declined, TooLarge, Transport, base_url
from plugin.json_body import BadBody, read_json
from plugin.ports import (
    Changes,
    Clock,
    Delivery,
    Desk,
    Directory,
    Heard,
    Notice,
    NoTicket,
    Reading,
    Refused,
    Unavailable,
    Written,
)
from routing.events import (
    Actor,
    Event,
    Gone,
    TicketOpened,
    TicketReopened,
    TicketReplied,
    TicketSolved,
)
from routing.tickets import Priority, Status, Ticket, TicketRef

_OPEN, _REOPENED, _RESOLVED, _CLOSED, _DUPLICATE = 1, 2, 3, 4, 5
_DONE = frozenset({_RESOLVED, _CLOSED, _DUPLICATE})
_STATUS = MappingProxyType(
    {
        _OPEN: Status.OPEN,
        _REOPENED: Status.OPEN,
        _RESOLVED: Status.SOLVED,
        _CLOSED: Status.CLOSED,
        _DUPLICATE: Status.CLOSED,
    }
)
_PRIORITY = MappingProxyType(
    {
        1: Priority.URGENT,
        2: Priority.HIGH,
        3: Priority.NORMAL,
        4: Priority.LOW,
        5: Priority.LOW,
    }
)
_PRIORITY_NUMBER = MappingProxyType(
    {Priority.URGENT: 1, Priority.HIGH: 2, Priority.NORMAL: 3, Priority.LOW: 4}
)

_ID = re.compile(r"[1-9][0-9]{0,18}")
_MARK = re.compile(r"[A-Za-z0-9][A-Za-z0-9 :;,._/()\[\]-]{0,198}[A-Za-z0-9)\]]")
# How the desk marks the history of another ticket that was merged into this one, in English.
_MERGED = re.compile(r"\[Merged from #[0-9]+\] ")
_LARGEST_ID = 2**63 - 1
_MOST_FOLLOWUPS = 5_000
_MOST_CHARACTERS = 100_000
_CUSTOM = "custom_"
_TAGS_FIELD = f"{_CUSTOM}tags"
_NO_TAGS = "The desk has no custom field named tags. Add one, staff only, to keep them."
# A ticket that had no tags then has none now. To read it again would leave a gap as well, as long
# as the two requests take; and it costs a third of all that a new ticket costs the desk.
_JUST_NOW = timedelta(seconds=1)
_POLL_TICKETS = 1_000
_POLL_PAGE = 200
_POLL_PAGES = 20

_Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class DjangoHelpdesk:
    """One django-helpdesk. ``url`` is where its start page is; the API lies below it.

    ``token`` belongs to a staff user of its own there, whose id is ``api_user_id``: by it our
    own notes are recognised when the desk tells us of them. None recognises none of them.
    """

    connection: str
    url: str
    token: str = field(repr=False)
    api_user_id: str | None
    clock: Clock
    _transport: Transport = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        headers = {"Authorization": f"Token {self.token}"}
        object.__setattr__(self, "_transport", Transport(self.connection, self.url, headers))

    def notice(self, delivery: Delivery) -> Notice:
        """Read which ticket, and which follow-up if any, a webhook's body tells of.

        Refused if the body is not what django-helpdesk sends. The news of our own follow-up is
        an echo; a new ticket never is, because Deskroute opens none.
        """
        body = _webhook_body(delivery.body)
        ticket = _object(body.get("ticket"), "ticket")
        ticket_id = _id(ticket.get("id"), "ticket.id")
        # The desk gives a delivery no id, and the same follow-up may well be told twice with the
        # ticket changed in between. That is news, not a conflict, so the body is part of the id.
        digest = sha256(delivery.body).hexdigest()[:16]
        if "followup_id" not in body:
            return Notice(f"new:{ticket_id}:{digest}", "opened", str(ticket_id))
        followup = _id(body["followup_id"], "followup_id")
        author = _author(ticket.get("followup_set"), followup)
        return Notice(
            delivery_id=f"followup:{ticket_id}:{followup}:{digest}",
            kind="followup",
            ticket=str(ticket_id),
            echo=author is not None and author == self.api_user_id,
        )

    def read(self, ticket: str) -> Reading:
        """Ask the desk for a ticket and its history as they are now.

        The desk does not tell when a ticket was opened, so the first entry of its history says
        it. Moves to another queue leave nothing in that history. A ticket that was merged into
        another says so; its history has gone over to that one, where it is passed over.
        """
        read_at = self.clock.now()
        shown = self._show(ticket)
        ref = TicketRef(self.connection, ticket)
        followups = _followups(shown)
        opened_at = followups[0].at if followups else read_at
        return Reading(
            ticket=_ticket(ref, shown, opened_at),
            events=tuple(_events(ref, shown, followups, self.api_user_id)),
            read_at=read_at,
            mark=self._heard(shown).mark,
            gone=None if shown.get("merged_to") is None else Gone.MERGED,
        )

    def write(self, now: Reading, changes: Changes) -> tuple[Written, ...]:
        """Set what differs, in one request; one line for each thing that was wanted.

        A value the desk does not take (a queue or agent that is gone) does not keep the others
        from being written: they are sent again without it.
        """
        wish = self._wish(now, changes)
        accepted, refused = self._patch(now.ticket.ref.id, wish.fields)
        lines = list(wish.settled)
        for name, value in wish.fields.items():
            what = _WHAT.get(name, "field")
            if name in refused:
                why = f"The desk did not accept {value!r}. It may be gone there."
                lines.append(Written(what, done=False, why=why))
            elif accepted.get(name) == value:
                said = f"Set to {value}." if name in _WHAT else f"{_custom(name)} set to {value}."
                lines.append(Written(what, done=True, why=said))
            elif name == _TAGS_FIELD and name not in accepted:
                lines.append(Written(what, done=False, why=_NO_TAGS))
            else:
                why = "The desk accepted the change but does not show it."
                lines.append(Written(what, done=False, why=why))
        return tuple(sorted(lines, key=lambda line: _ORDER.index(line.what)))

    def note(self, ticket: str, text: str, mark: str, *, first: bool = False) -> bool:
        """Add a follow-up that only staff can see, unless ours with this mark is there."""
        return self._follow_up(ticket, text, mark, public=False, first=first)

    def reply(self, ticket: str, text: str, mark: str) -> bool:
        """Add a public follow-up, which the desk mails to the customer, unless it is there."""
        return self._follow_up(ticket, text, mark, public=True)

    def recent(self) -> Iterable[Heard]:
        """The newest 1,000 tickets that are open, reopened or resolved, newest first.

        Costs up to five requests, each of which makes the desk walk through all such tickets:
        some seconds at 1,000 tickets. Ask every few minutes at most. Where histories are so long
        that a page is too large, pages get smaller, there are up to twenty of them, and fewer
        tickets are seen. Our own follow-ups do not change a mark.
        """
        seen: set[str] = set()
        size = _POLL_PAGE
        while True:
            try:
                yield from self._turn_pages(size, seen)
            except TooLarge:
                if size == 1:
                    raise
                size = max(size // 4, 1)
            else:
                return

    def directory(self) -> Directory:
        """Nothing: the desk's API lists neither queues nor agents. Enter them by id."""
        return Directory()

    def check(self) -> None:
        """Ask for one follow-up: cheap for the desk, and only a staff user's token may."""
        try:
            self._transport.request("GET", "/api/followups/", params={"page_size": 1}).json()
        except Declined as no:
            if no.status == 404:
                raise Refused(
                    f"The desk {self.connection!r} has no API at its address. Check the address, "
                    "and that HELPDESK_API_ENABLED is on there."
                ) from no
            raise

    def close(self) -> None:
        """Close all connections to the desk."""
        self._transport.close()

    def _show(self, ticket: str) -> _Json:
        try:
            answer = self._transport.request("GET", f"/api/tickets/{_path_id(ticket)}/")
        except Declined as no:
            _refuse_gone(no, self.connection, ticket)
        return _answered(answer.json())

    def _wish(self, now: Reading, changes: Changes) -> _Wish:
        wish, ticket = _Wish(), now.ticket
        if changes.queue is not None:
            wish.add_id("queue", changes.queue, ticket.queue)
        if changes.agent is not None:
            wish.add_id("assigned_to", changes.agent, ticket.agent)
        if changes.priority is not None:
            wish.add_priority(changes.priority, ticket.priority)
        if changes.tags:
            self._wish_tags(wish, now, changes.tags)
        if changes.fields:
            self._wish_fields(wish, now, changes.fields)
        return wish

    def _wish_fields(self, wish: _Wish, now: Reading, fields: Mapping[str, str]) -> None:
        # The desk passes over a field that it has not, without a word.
        shown = self._show(now.ticket.ref.id)
        for name, value in fields.items():
            key = f"{_CUSTOM}{name}"
            if key not in shown or key == _TAGS_FIELD:
                why = f"The desk has no custom field named {name}. Add it there."
                wish.settled.append(Written("field", done=False, why=why))
            elif str(shown[key]) == value:
                why = f"{name} is {value} already."
                wish.settled.append(Written("field", done=False, why=why))
            else:
                wish.fields[key] = value

    def _wish_tags(self, wish: _Wish, now: Reading, tags: frozenset[str]) -> None:
        if tags <= now.ticket.tags:
            wish.settled.append(
                Written("tags", done=False, why="The ticket has these tags already.")
            )
            return
        if not now.ticket.tags and self.clock.now() - now.read_at <= _JUST_NOW:
            wish.add_tags((), tags)
            return
        # The field holds all tags in one text, so it is read again as late as can be: what
        # somebody added since ``now`` must stay.
        shown = self._show(now.ticket.ref.id)
        if _TAGS_FIELD not in shown:
            wish.settled.append(Written("tags", done=False, why=_NO_TAGS))
            return
        wish.add_tags(_tags(shown), tags)

    def _patch(self, ticket: str, fields: Mapping[str, object]) -> tuple[_Json, frozenset[str]]:
        """Send the fields; where the desk names some it does not take, once more without them.

        Returns the ticket as it answered, and the names of what it did not take.
        """
        if not fields:
            return {}, frozenset()
        try:
            return self._send_patch(ticket, fields), frozenset()
        except Declined as no:
            refused = no.fields & frozenset(fields)
            if no.status != 400 or not refused:
                _refuse_gone(no, self.connection, ticket)
        rest = {name: value for name, value in fields.items() if name not in refused}
        return (self._send_patch(ticket, rest) if rest else {}), refused

    def _send_patch(self, ticket: str, fields: Mapping[str, object]) -> _Json:
        path = f"/api/tickets/{_path_id(ticket)}/"
        return _answered(self._transport.request("PATCH", path, body=fields).json())

    def _follow_up(
        self, ticket: str, text: str, mark: str, *, public: bool, first: bool = False
    ) -> bool:
        if not _MARK.fullmatch(mark):
            raise Refused("The mark of a note must be 2 to 200 plain letters, digits and signs.")
        if not first and self._is_there(ticket, mark, public=public):
            return False
        # Without a title the desk names the follow-up after the ticket. A title of ours would
        # rename the ticket.
        comment = _neutral(_marked(_clean(text, _MOST_CHARACTERS), mark))
        body = {"ticket": int(_path_id(ticket)), "comment": comment, "public": public}
        try:
            self._transport.request("POST", "/api/followups/", body=body)
        except Declined as no:
            if no.status == 400 and "ticket" in no.fields:
                raise _gone(self.connection, ticket) from no
            raise
        return True

    def _is_there(self, ticket: str, mark: str, *, public: bool) -> bool:
        return any(
            one.public is public and one.user is not None and mark in one.comment.splitlines()
            for one in _followups(self._show(ticket))
            if self.api_user_id is None or one.user == self.api_user_id
        )

    def _turn_pages(self, size: int, seen: set[str]) -> Iterator[Heard]:
        """The tickets of the last pages that are not in ``seen``, and note them there."""
        page: str | int = "last"
        for _ in range(min(-(-_POLL_TICKETS // size), _POLL_PAGES)):
            answer = self._list(page, size)
            for heard in reversed([self._heard(one) for one in answer.tickets]):
                # Pages shift while they are turned, so a ticket may stand on two of them.
                if heard.ticket not in seen:
                    seen.add(heard.ticket)
                    yield heard
            if answer.before is None:
                return
            page = answer.before

    def _list(self, page: str | int, size: int) -> _Page:
        wanted = f"{_OPEN},{_REOPENED},{_RESOLVED}"
        params: dict[str, str | int] = {"status": wanted, "page_size": size, "page": page}
        answer = _answered(self._transport.request("GET", "/api/tickets/", params=params).json())
        tickets, count = answer.get("results"), answer.get("count")
        if not isinstance(tickets, list) or not isinstance(count, int):
            _refuse_answer("a list of tickets")
        here = -(-count // size) if page == "last" else int(page)
        return _Page(tuple(_answered(one) for one in tickets), here - 1 if here > 1 else None)

    def _heard(self, shown: _Json) -> Heard:
        theirs = [one.id for one in _followups(shown) if one.user != self.api_user_id]
        matters = [shown.get(name) for name in ("queue", "assigned_to", "priority", "status")]
        text = repr((matters, len(theirs), max(theirs, default=0)))
        ticket = _number(shown.get("id"))
        if ticket is None:
            _refuse_answer("a ticket")
        return Heard(str(ticket), sha256(text.encode()).hexdigest()[:16])


def open_desk(
    connection: str, settings: Mapping[str, str], secrets: Mapping[str, str], clock: Clock
) -> Desk:
    """The desk behind a connection.

    ``settings`` has ``url`` and, where our own notes shall be recognised, ``api_user``, the
    desk's id of our user there; ``secrets`` has ``token``. ValueError names every problem.
    """
    problems = [
        f"{name}: is not a setting of django-helpdesk. Remove it."
        for name in sorted((settings.keys() - {"url", "api_user"}) | (secrets.keys() - {"token"}))
    ]
    url = ""
    try:
        url = base_url(settings.get("url", ""))
    except ValueError as error:
        problems.append(f"url: {error}.")
    api_user = settings.get("api_user", "").strip() or None
    if api_user is not None and not _ID.fullmatch(api_user):
        problems.append("api_user: must be the number the desk gave our user.")
    token = secrets.get("token", "").strip()
    if not re.fullmatch(r"[\x21-\x7e]{1,200}", token):
        problems.append("token: must be the API token of our user at the desk.")
    if problems:
        raise ValueError(f"The connection {connection!r} cannot be used. " + " ".join(problems))
    return DjangoHelpdesk(connection, url, token, api_user, clock)


_WHAT = MappingProxyType(
    {"queue": "queue", "assigned_to": "agent", "priority": "priority", _TAGS_FIELD: "tags"}
)
_ORDER = ("queue", "agent", "priority", "tags", "field")


def _custom(key: str) -> str:
    """What the desk's people call a custom field."""
    return key.removeprefix(_CUSTOM)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a write has to send, by the desk's field names, and the lines that are settled."""

    fields: dict[str, object] = field(default_factory=dict)
    settled: list[Written] = field(default_factory=list)

    def add_id(self, name: str, wanted: str, now: str | None) -> None:
        what = _WHAT[name]
        if wanted == now:
            self.settled.append(
                Written(what, done=False, why=f"The ticket has this {what} already.")
            )
        elif not _ID.fullmatch(wanted):
            why = f"{wanted!r} is no id of this desk, whose ids are numbers."
            self.settled.append(Written(what, done=False, why=why))
        else:
            self.fields[name] = int(wanted)

    def add_priority(self, wanted: Priority, now: Priority | None) -> None:
        if wanted is now:
            why = "The ticket has this priority already."
            self.settled.append(Written("priority", done=False, why=why))
        else:
            self.fields["priority"] = _PRIORITY_NUMBER[wanted]

    def add_tags(self, there: tuple[str, ...], wanted: frozenset[str]) -> None:
        new = sorted({tag.strip() for tag in wanted} - set(there) - {""})
        if any("," in tag or not tag.isprintable() for tag in new):
            why = "A tag with a comma or a line break cannot be kept in the desk's field for tags."
            self.settled.append(Written("tags", done=False, why=why))
        elif not new:
            self.settled.append(
                Written("tags", done=False, why="The ticket has these tags already.")
            )
        else:
            self.fields[_TAGS_FIELD] = ", ".join((*there, *new))


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of the desk's list, oldest ticket first, and the number of the page before it."""

    tickets: tuple[_Json, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class _FollowUp:
    """One entry of a ticket's history. ``user`` is None where no user of the desk wrote it."""

    id: int
    at: datetime
    user: str | None
    title: str
    comment: str
    public: bool
    new_status: int | None


def _webhook_body(body: bytes) -> _Json:
    try:
        return _object(read_json(body), "the body")
    except BadBody as bad:
        raise Refused(bad.message) from bad


def _object(value: object, where: str) -> _Json:
    if not isinstance(value, dict):
        raise Refused(f"In the delivery, {where} is not an object, so it is not django-helpdesk's.")
    return value


def _id(value: object, where: str) -> int:
    number = _number(value)
    if number is None:
        raise Refused(f"In the delivery, {where} is not an id: ids are whole numbers from 1 on.")
    return number


def _author(followups: object, wanted: int) -> str | None:
    """The desk's id of the user who wrote the follow-up; None if that does not become clear."""
    if not isinstance(followups, list) or len(followups) > _MOST_FOLLOWUPS:
        raise Refused("In the delivery, ticket.followup_set is not a list, or absurdly long.")
    for one in followups:
        followup = _object(one, "an entry of ticket.followup_set")
        if _number(followup.get("id")) == wanted:
            return _text_id(followup.get("user"))
    return None


def _number(value: object) -> int | None:
    """A positive whole number that a database can hold; True and False are none."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 1 <= value <= _LARGEST_ID else None


def _text_id(value: object) -> str | None:
    number = _number(value)
    return None if number is None else str(number)


def _path_id(ticket: str) -> str:
    if not _ID.fullmatch(ticket):
        raise Refused(f"{ticket[:40]!r} is no ticket of this desk, whose tickets are numbers.")
    return ticket


def _gone(connection: str, ticket: str) -> NoTicket:
    return NoTicket(f"The desk {connection!r} has no ticket {ticket}, or hides it from our user.")


def _refuse_gone(no: Declined, connection: str, ticket: str) -> NoReturn:
    if no.status == 404:
        raise _gone(connection, ticket) from no
    raise no


def _refuse_answer(what: str) -> NoReturn:
    raise Unavailable(
        f"The desk's answer is not {what}. Check that its address leads to django-helpdesk."
    )


def _answered(value: object) -> _Json:
    if not isinstance(value, dict):
        _refuse_answer("an object")
    return value


def _ticket(ref: TicketRef, shown: _Json, opened_at: datetime) -> Ticket:
    status, priority = _number(shown.get("status")), _number(shown.get("priority"))
    email = _clean(shown.get("submitter_email"), 320).strip()
    return Ticket(
        ref=ref,
        subject=_clean(shown.get("title"), 1_000),
        text=_clean(shown.get("description"), _MOST_CHARACTERS),
        requester_email=email or None,
        opened_at=opened_at,
        # A desk may add statuses of its own; nothing but the built-in three means "done".
        status=_STATUS.get(status or _OPEN, Status.OPEN),
        priority=_PRIORITY.get(priority or 0),
        queue=_text_id(shown.get("queue")),
        agent=_text_id(shown.get("assigned_to")),
        tags=frozenset(_tags(shown)),
    )


def _tags(shown: _Json) -> tuple[str, ...]:
    """The tags in the order they stand there, each once."""
    words = (word.strip() for word in _clean(shown.get(_TAGS_FIELD), 10_000).split(","))
    return tuple(dict.fromkeys(word for word in words if word))


def _followups(shown: _Json) -> tuple[_FollowUp, ...]:
    """The ticket's own history, oldest first; beyond 5,000 entries only the newest.

    What was merged into it happened to another ticket.
    """
    entries = shown.get("followup_set")
    if not isinstance(entries, list):
        _refuse_answer("a ticket with its history")
    own = (one for one in map(_followup, entries) if not _MERGED.match(one.title))
    return tuple(sorted(own, key=lambda one: (one.at, one.id))[-_MOST_FOLLOWUPS:])


def _followup(entry: object) -> _FollowUp:
    shown = _answered(entry)
    number = _number(shown.get("id"))
    if number is None:
        _refuse_answer("a ticket with its history")
    return _FollowUp(
        id=number,
        at=_moment(shown.get("date")),
        user=_text_id(shown.get("user")),
        title=_clean(shown.get("title"), 200),
        comment=_clean(shown.get("comment"), _MOST_CHARACTERS),
        public=shown.get("public") is True,
        new_status=_number(shown.get("new_status")),
    )


def _moment(value: object) -> datetime:
    """A time of the desk as UTC. A desk that runs without time zones is taken to mean UTC."""
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        _refuse_answer("a ticket with its history: a date in it cannot be read")


def _clean(value: object, longest: int) -> str:
    """Text that can be stored: no NUL, no half of a surrogate pair, not longer than allowed."""
    text = value if isinstance(value, str) else ""
    kept = text[:longest].replace("\x00", "")
    return kept.encode("utf-8", errors="replace").decode("utf-8").replace("\r\n", "\n")


def _events(
    ref: TicketRef, shown: _Json, followups: tuple[_FollowUp, ...], us: str | None
) -> Iterator[Event]:
    """What the ticket's history says happened to it, in order."""
    standing = _OPEN
    for place, one in enumerate(followups):
        if place == 0:
            by, agent = _opener(one, us)
            key = f"ticket:{ref.id}:opened"
            yield TicketOpened(ticket=ref, at=one.at, key=key, by=by, agent=agent)
            if _is_opening(one, shown):
                continue
        by, agent = _actor(one, us)
        key = f"followup:{one.id}"
        if one.comment.strip() and not _is_acceptance(one):
            yield TicketReplied(
                ticket=ref,
                at=one.at,
                key=f"{key}:replied",
                by=by,
                agent=agent,
                # Only staff and the desk can write what a customer does not see.
                public=one.public or by is Actor.CUSTOMER,
            )
        if one.new_status is None:
            continue
        if _solves(standing, one.new_status):
            yield TicketSolved(ticket=ref, at=one.at, key=f"{key}:solved", by=by, agent=agent)
        elif _reopens(standing, one.new_status):
            yield TicketReopened(ticket=ref, at=one.at, key=f"{key}:reopened", by=by, agent=agent)
        standing = one.new_status


def _solves(standing: int, new: int) -> bool:
    """Whether this is a solution: not if it only closes what was solved before.

    The same status twice means that the ticket was opened in between without an entry, as the
    API and the edit page do.
    """
    return new in _DONE and (standing not in _DONE or standing == new)


def _reopens(standing: int, new: int) -> bool:
    """Whether this opens the ticket again. Each mail to a reopened ticket says so; one did it."""
    return new not in _DONE and (standing in _DONE or (new == _REOPENED and standing != _REOPENED))


def _is_opening(first: _FollowUp, shown: _Json) -> bool:
    """Whether the history's first entry is the ticket's own text.

    Every door but the desk's admin pages writes such an entry. For a ticket from there, the
    first entry is already an answer.
    """
    text = _clean(shown.get("description"), _MOST_CHARACTERS).strip()
    same = first.comment.strip() == text
    return same or first.user is None or first.title.startswith("Ticket Opened")


def _is_acceptance(one: _FollowUp) -> bool:
    """Whether it is the desk's own sentence that the customer accepted a solution."""
    return one.user is None and one.new_status == _CLOSED


def _opener(first: _FollowUp, us: str | None) -> tuple[Actor, str | None]:
    """Who opened the ticket. Deskroute opens none: whoever used our token did for a customer."""
    if first.user is None or first.user == us:
        return Actor.CUSTOMER, None
    return Actor.AGENT, first.user


def _actor(one: _FollowUp, us: str | None) -> tuple[Actor, str | None]:
    if one.user is not None:
        return (Actor.US, None) if one.user == us else (Actor.AGENT, one.user)
    # The desk signs its own escalations with nobody's name, like a customer's mail.
    return (Actor.DESK if one.title == "Ticket Escalated" else Actor.CUSTOMER), None


def _marked(text: str, mark: str) -> str:
    """The text with the mark as its last line."""
    body = text.rstrip()
    is_marked = body == mark or body.endswith(f"\n{mark}")
    return body if is_marked else f"{body}\n\n{mark}".lstrip("\n")


_TEMPLATE_SIGNS = re.compile(r"\{\{|\{%|\{#|%\}")
_TICKET_NUMBER = re.compile(r"#(?=[0-9])")
_WORD_JOINER = "\u2060"


def _neutral(text: str) -> str:
    """Text that the desk, which renders comments as Django templates, shows as it was.

    Each brace becomes a tag that prints it, and so does the dash in the desk's own placeholder
    for tags, which would otherwise end in an error. ``#12`` would be taken for a ticket and
    leave an entry in that one's history; an invisible sign that joins words prevents it.
    """
    text = _TICKET_NUMBER.sub(f"#{_WORD_JOINER}", text)
    if _TEMPLATE_SIGNS.search(text):
        text = re.sub(r"[{}]", lambda brace: f'{{{{ "{brace[0]}" }}}}', text)
    return text.replace("X-HELPDESK-COMMENT", 'X-HELPDESK{{ "-" }}COMMENT')

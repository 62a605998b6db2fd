"""A moment as an option says it: a day, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from plugin.pages.refusals import BadFile
from routing.conditions.durations import PATTERN, read_duration


def since_when(since: str | None, option: str = "--since") -> datetime | None:
    """What an option says: 2026-03-31, or a time like 90 d. Raises BadFile for anything else."""
    if since is None:
        return None
    if re.fullmatch(PATTERN, since.strip()):
        return datetime.now(UTC) - read_duration(since)
    try:
        at = datetime.fromisoformat(since)
    except ValueError:
        raise BadFile(f"{option} is “{since}”; write 2026-03-31, or a time like 90 d.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)

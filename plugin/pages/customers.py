"""Customers: where they come from, and what is held about them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from plugin.views.customers import HeldView, Keeps
from plugin.views.people import Person
from plugin.views.sources import SourceForm, SourceKind, SourceLine, TriedSource, Uploaded


class Sources(Protocol):
    """Where customer facts come from."""

    def view(self) -> tuple[SourceLine, ...]:
        """Every source, the most trusted first, and at the end what the desks know themselves."""
        ...

    def kinds(self) -> tuple[SourceKind, ...]:
        """Every kind of source that can be added with a form."""
        ...

    def form(self, name: str | None, kind: str) -> SourceForm:
        """The form of a source, or with None of a new one. Raises NotThere, or Refused for ours."""
        ...

    def save(self, name: str, kind: str, values: Mapping[str, str], by: str, *, new: bool) -> None:
        """Add or change a source; a secret that is left empty stays as it is.

        Raises BadSource with all that is wrong, NotThere, and Refused for what is worked out here.
        """
        ...

    def remove(self, name: str, by: str) -> None:
        """Remove a source with all that is known from it. Raises NotThere, or Refused for ours."""
        ...

    def try_out(self, name: str, who: str) -> TriedSource:
        """Look one customer up, by e-mail or the source's own id. Raises NotThere."""
        ...

    def upload(self, source: str, path: Path, *, dry: bool) -> Uploaded:
        """Take a file's customers over as this source; with ``dry`` only read them.

        Raises BadFile, or Refused if the name belongs to a source of another kind.
        """
        ...


class CustomerPages(Protocol):
    """What is held about a customer. Each raises Refused if the address is none."""

    def keeps(self) -> Keeps:
        """For how long things are kept."""
        ...

    def held(self, email: str, person: Person) -> HeldView:
        """What is held about the customer with this address."""
        ...

    def export(self, email: str, person: Person, *, as_csv: bool = False) -> str:
        """All of it, as a JSON or CSV text."""
        ...

    def forget(self, email: str, person: Person) -> HeldView:
        """Forget the customer everywhere; the answer is what was held."""
        ...

"""People who sign in."""

from __future__ import annotations

import click
from rich.table import Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.views.people import Role


@click.group()
def people() -> None:
    """Add, list and remove the people who sign in."""


@people.command()
@click.argument("email")
@click.option("--name", required=True, help="How they are called on pages.")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.password_option(help="At least 12 characters; asked for if left out.")
@plain_errors
def add(email: str, name: str, role: str, password: str) -> None:
    """Add somebody, or change their name, role and password."""
    try:
        deskroute().sign_in.save(email, name, Role(role), password)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    console.print(f"{name.strip()} signs in as {email.strip()}, in the role {role}.", markup=False)


@people.command()
@click.argument("email")
@plain_errors
def remove(email: str) -> None:
    """Remove somebody and end their sign-ins; what they did stays noted."""
    name = deskroute().sign_in.remove(email)
    console.print(f"{name} does not sign in any more.", markup=False)


@people.command(name="list")
@plain_errors
def listed() -> None:
    """List everybody."""
    table = Table("Name", "E-mail", "Role")
    with deskroute().store.look() as work:
        for person in work.people.everyone():
            table.add_row(person.name, person.email, person.role)
    console.print(table)

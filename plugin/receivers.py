"""Messages to other tools, signed as Standard Webhooks says, over HTTP to a checked address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plugin.customers.addresses import Addresses, BadAddress
from plugin.customers.outbound import Outbound
from plugin.desks.signatures import SCHEMES, sign
from plugin.ports import NotWanted, Refused, Unavailable, Webhook

SECONDS = 10.0
"""How long a receiver may take for one message and its answer."""

_SCHEME = SCHEMES["standard_webhooks"]
_GONE = 410


@dataclass(frozen=True, slots=True)
class Messages:
    """Sends to where ``addresses`` lets us. Of an answer only its status counts."""

    addresses: Addresses
    seconds: float = SECONDS

    def check(self, url: str) -> None:
        """Return if this address may be called; Refused says why not."""
        try:
            self.addresses.check(url)
        except BadAddress as error:
            raise Refused(str(error)) from None

    def send(self, webhook: Webhook, at: datetime) -> None:
        """Sign and hand over. Raises Unavailable, or NotWanted where nothing is wanted any more.

        Whatever is no 2xx is Unavailable: what a receiver refuses today it may take tomorrow.
        """
        headers = signed(webhook.secrets, webhook.id, webhook.body, at)
        outbound = Outbound(webhook.receiver, self.addresses, self.seconds)
        try:
            heard = outbound.tell(
                webhook.url, {**headers, "Content-Type": "application/json"}, webhook.body
            )
        finally:
            outbound.close()
        if heard.status == _GONE:
            raise NotWanted(f"{webhook.receiver} answered {heard}: it wants no messages any more.")
        if 300 <= heard.status < 400:
            raise Unavailable(
                f"{webhook.receiver} answered {heard}, a redirect, which is not followed. "
                "Set the address to where it really is."
            )
        if not 200 <= heard.status < 300:
            raise Unavailable(f"{webhook.receiver} answered {heard}.", heard.retry_after)


def signed(secrets: Sequence[str], event: str, body: bytes, at: datetime) -> dict[str, str]:
    """The headers ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature``.

    With several secrets, newest first, there are as many signatures, parted by blanks: whoever
    knows any one of them can check it.
    """
    each = [sign(_SCHEME, secret, body, delivery_id=event, at=at) for secret in secrets]
    return {**each[0], _SCHEME.header: " ".join(one[_SCHEME.header] for one in each)}

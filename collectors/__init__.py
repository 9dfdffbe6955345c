"""One adapter for each platform: vendor payloads in, arrivals out (docs/howto/add-a-channel.md)."""

from config.settings import (
    CollectorSettings,
    FacebookCollector,
    ReplayCollector,
    WebhookCollector,
    XCollector,
)
from triage.ports import Clock, Collector
from triage.reply_ports import Messenger


def build(settings: CollectorSettings, clock: Clock) -> Collector:
    """The collector of a `[[collector]]` table. A vendor's SDK is imported only here, when used."""
    match settings:
        case XCollector():
            from collectors.x import XCollector as X

            return X(settings, clock)
        case FacebookCollector():
            from collectors.facebook import FacebookCollector as Facebook

            return Facebook(settings, clock)
        case ReplayCollector():
            from collectors.replay import ReplayCollector as Replay

            return Replay(settings, clock)
        case WebhookCollector():
            from collectors.webhook import WebhookCollector as Webhook

            return Webhook(settings, clock)


def messenger(settings: CollectorSettings, clock: Clock) -> Messenger | None:
    """Who writes replies for the account of a `[[collector]]` table; None if it may only read."""
    match settings:
        case XCollector(reply_token=token) if token is not None:
            from collectors.x_replies import XReplies

            return XReplies(settings, clock)
        case FacebookCollector(reply_token=token) if token is not None:
            from collectors.facebook_replies import FacebookReplies

            return FacebookReplies(settings, clock)
        case _:
            return None

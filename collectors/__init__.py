"""One adapter for each platform: vendor payloads in, arrivals out (docs/howto/add-a-channel.md)."""

from config.settings import (
    CollectorSettings,
    FacebookCollector,
    ReplayCollector,
    WebhookCollector,
    XCollector,
)
from triage.ports import Clock, Collector


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

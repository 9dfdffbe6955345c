"""Settings of what all chat tools have in common."""

from pydantic import BaseModel, NonNegativeFloat, NonNegativeInt, PositiveFloat

from config.section import STRICT


class Chat(BaseModel):
    """How much is posted to the chat tools, and how long it stays there."""

    model_config = STRICT

    urgent_wait_seconds: PositiveFloat = 60
    surge_minutes: NonNegativeFloat = 5
    digest_seconds: PositiveFloat = 15
    scrub_after_days: NonNegativeInt = 30

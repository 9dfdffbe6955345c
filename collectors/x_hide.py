"""Hiding on X through tweepy: replies to the account's own posts, and only those."""

from collectors import x_shapes as shapes
from collectors.x_api import XApi
from config.settings import XCollector as Settings
from triage.errors import Unavailable
from triage.model import Item
from triage.ports import Clock

ROUTE = "hide"


class XHider:
    """Hides replies for one account on X (`triage.hiding.Hider`). Needs `hide_token`."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.name = settings.name
        token = settings.hide_token or settings.bearer_token
        self._settings = settings.model_copy(update={"bearer_token": token, "dm_token": None})
        self._clock = clock

    def cannot(self, item: Item) -> str:
        """X hides replies in conversations that the account itself began; others it refuses."""
        if item.channel != "x_mention" or not item.id.isdecimal():
            return "X hides posts only"
        return "" if item.reply_to else "X hides replies only, and this post answers nothing"

    def hide(self, item: Item, *, hidden: bool) -> None:
        """Hide it from the conversation, or show it again. Raises as the port says."""
        with _HidingApi(self._settings, self._clock, shapes.Vocabulary.BOTH) as api:
            api.hide(item.id, hidden=hidden)


class _HidingApi(XApi):
    """The one call that hides."""

    def hide(self, post_id: str, *, hidden: bool) -> None:
        self._asking = ROUTE
        route = f"/2/tweets/{post_id}/hidden"
        with self._public.request("PUT", route, json={"hidden": hidden}) as response:
            body = response.json()
        said = body.get("data") if isinstance(body, dict) else None
        if not isinstance(said, dict) or said.get("hidden") is not hidden:
            raise Unavailable(f"{self._settings.name}: hide: X does not say that it did")

"""Hiding on Facebook through facebook-sdk: comments on the page's posts."""

import facebook

from collectors.facebook_api import GraphApi
from config.settings import FacebookCollector as Settings
from triage.errors import Unavailable
from triage.model import Item
from triage.ports import Clock


class FacebookHider:
    """Hides comments for one page (`triage.hiding.Hider`).

    Its author and their friends still see a hidden comment.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.name = settings.name
        self._settings = settings
        self._clock = clock

    def cannot(self, item: Item) -> str:
        """Posts of visitors and messages cannot be hidden."""
        comment = item.channel == "fb_comment" and item.id != item.thread_id
        return "" if comment else "Facebook hides comments only"

    def hide(self, item: Item, *, hidden: bool) -> None:
        """Hide it, or show it again. Raises as the port says."""
        with _HidingApi(self._settings, self._clock, []) as api:
            api.hide(item.id, hidden=hidden)


class _HidingApi(GraphApi):
    """The one call that hides."""

    def hide(self, comment_id: str, *, hidden: bool) -> None:
        self._what = "hide"
        said = {"is_hidden": str(hidden).lower(), "appsecret_proof": self._proof}
        path = f"{self._graph.version}/{comment_id}"
        try:
            body = self._graph.request(path, args=said, method="POST")
        except facebook.GraphAPIError as error:
            raise Unavailable(f"{self._settings.name}: hide: no sense in the answer") from error
        if not isinstance(body, dict) or body.get("success") is not True:
            raise Unavailable(f"{self._settings.name}: hide: Facebook does not say that it did")

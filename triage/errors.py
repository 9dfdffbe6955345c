"""Every error of ours answers one question: try again, or not?

FirstContactError
├── Retry               may succeed later; `retry_at` says when, if the other side told us
│   ├── RateLimited     the vendor asked us to wait
│   ├── Unavailable     time-out, refused connection, 5xx, HTML instead of JSON
│   └── OutcomeUnknown  sent, no answer: look it up before sending again
├── Permanent           trying again cannot help; people must be told
│   ├── Unauthorised    token dead, scope missing, secret wrong
│   ├── BadRequest      the vendor refuses this very message
│   └── Gone            the target (channel, card, post) is no longer there
│       └── Removed     only the one message is gone: its channel is still there
├── BadInput            a file, line, field or message that cannot be read; names where
├── BadSettings         a setting is unknown, missing or wrong; names file and key
└── Refused             an action that the rules or a newer state do not allow; says why
    └── Stale           somebody was faster; says who has it
"""

from datetime import datetime


class FirstContactError(Exception):
    """Base of all errors raised on purpose. The message is one line, fit for an officer."""


class Retry(FirstContactError):
    """May succeed later. `retry_at` is when the other side allows it, if it said so."""

    def __init__(self, message: str, *, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class RateLimited(Retry):
    """The vendor asked us to wait."""


class Unavailable(Retry):
    """The other side did not answer sensibly: time-out, 5xx, HTML instead of JSON."""


class OutcomeUnknown(Retry):
    """The request may have been carried out: look before sending it again."""


class Permanent(FirstContactError):
    """Trying the same again cannot help; people must be told."""


class Unauthorised(Permanent):
    """A token is dead, a scope is missing or a secret is wrong."""


class BadRequest(Permanent):
    """The vendor refuses this very message."""


class Gone(Permanent):
    """The channel, card or post addressed is no longer there."""


class Removed(Gone):
    """Somebody removed the very message; the place it stood in is there.

    With `still_there` it is to be seen, but can no longer be edited.
    """

    def __init__(self, message: str, *, still_there: bool = False) -> None:
        super().__init__(message)
        self.still_there = still_there


class BadInput(FirstContactError):
    """Something handed to us cannot be read. `where` names the file and line, field or message."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what

    def __reduce__(self) -> tuple[type["BadInput"], tuple[str, str]]:
        """What another process makes it of."""
        return BadInput, (self.where, self.what)


class BadSettings(FirstContactError):
    """A setting is unknown, missing or wrong. The message names the file and the key."""


class Refused(FirstContactError):
    """The action is not allowed in this state or for this officer. The message says why."""


class Stale(Refused):
    """The item changed since the officer looked; the message says who has it now."""

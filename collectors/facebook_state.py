"""What the Facebook collector remembers between polls: its cursor. Times are epoch seconds."""

from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from zlib import crc32

from collectors.paging import read_cursor, write_cursor

WATCHED = 300
LATELY = 500
CONVERSATIONS = 200


@dataclass(slots=True, kw_only=True)
class Todo:
    """A post or conversation that has something new. `count` is of comments, -1 if not told."""

    id: str
    updated: float
    count: int = -1


@dataclass(slots=True, kw_only=True)
class Round:
    """A walk over posts or conversations, two levels of pages deep.

    `outer` and `inner` are the `after` cursors of the next page of each level, `todo` what is
    left of the present outer page, `seen` how many posts were met, `newest` becomes `mark` at
    the end.
    """

    mark: float = 0
    newest: float = 0
    outer: str = ""
    inner: str = ""
    inner_newest: float = 0
    todo: list[Todo] = field(default_factory=list)
    seen: int = 0
    slow: bool = False

    @property
    def under_way(self) -> bool:
        """Whether a kill interrupted it."""
        return bool(self.todo or self.outer)

    def next_head(self) -> None:
        """The first of `todo` is done."""
        self.todo = self.todo[1:]
        self.inner, self.inner_newest = "", 0

    def end(self) -> None:
        """Everything is stored: the newest becomes the mark."""
        self.mark = max(self.mark, self.newest)
        self.newest, self.outer, self.seen, self.slow = 0, "", 0, False

    def abandon(self) -> None:
        """Begin anew next time: the mark stays, so nothing is lost."""
        self.todo, self.inner, self.inner_newest = [], "", 0
        self.newest, self.outer, self.seen, self.slow = 0, "", 0, False


@dataclass(slots=True, kw_only=True)
class FacebookState:
    """Changes during a poll; each harvest carries a copy as its cursor.

    `posts`: newest comment stored, `updated_time` and comment count of each post.
    `conversations`: the `updated_time` up to which each is stored.
    `watch`: sent time, fingerprint of the text and post of recent comments.
    `lately`: digests of the ids of recent messages, with their time.
    `refused`: digests of entries that could not be read.
    """

    comments: Round = field(default_factory=Round)
    messages: Round = field(default_factory=Round)
    posts: dict[str, list[float]] = field(default_factory=dict)
    conversations: dict[str, float] = field(default_factory=dict)
    watch: dict[str, tuple[float, int, str]] = field(default_factory=dict)
    lately: dict[str, float] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    slow_at: float = 0
    held: float = 0

    @classmethod
    def read(cls, cursor: str, name: str) -> "FacebookState":
        """The state of a cursor; an unreadable one begins anew."""
        raw = read_cursor(cursor, name)
        try:
            watch = {
                key: (at, print_, post) for key, (at, print_, post) in raw.get("watch", {}).items()
            }
            plain = {key: raw[key] for key in _PLAIN if key in raw}
            return cls(
                comments=_round(raw.get("comments", {})),
                messages=_round(raw.get("messages", {})),
                watch=watch,
                **plain,
            )
        except (TypeError, ValueError, AttributeError):
            return cls()

    def write(self) -> str:
        """The state as a cursor."""
        plain = {key: getattr(self, key) for key in _PLAIN}
        return write_cursor(
            {
                **plain,
                "comments": asdict(self.comments),
                "messages": asdict(self.messages),
                "watch": self.watch,
            }
        )

    def remember_comment(self, comment_id: str, text: str, *, sent: float, post: str) -> None:
        """Watch a comment for edits and deletion."""
        self.watch[comment_id] = (sent, fingerprint(text), post)
        if len(self.watch) > WATCHED:
            newest = sorted(self.watch.items(), key=lambda entry: -entry[1][0])
            self.watch = dict(newest[:WATCHED])

    def forget_before(self, oldest: float) -> None:
        """Stop watching what was sent too long ago."""
        self.watch = {key: known for key, known in self.watch.items() if known[0] >= oldest}

    def remember_message(self, message_id: str, sent: float) -> bool:
        """Know a message; False if it was known."""
        key = blake2b(message_id.encode(), digest_size=8).hexdigest()
        if key in self.lately:
            return False
        self.lately[key] = sent
        if len(self.lately) > LATELY:
            newest = sorted(self.lately.items(), key=lambda entry: -entry[1])
            self.lately = dict(newest[:LATELY])
        return True

    def remember_post(self, post: Todo, newest: float, *, limit: int) -> None:
        """A post's comments are stored. Of more posts than `limit` the oldest are forgotten."""
        mark = max(newest, self.post_mark(post.id))
        self.posts[post.id] = [mark, post.updated, post.count]
        if len(self.posts) > limit:
            latest = sorted(self.posts.items(), key=lambda entry: -entry[1][1])
            self.posts = dict(latest[:limit])

    def post_mark(self, post_id: str) -> float:
        """The time of the newest comment stored of a post."""
        return self.posts[post_id][0] if post_id in self.posts else 0

    def remember_conversation(self, conversation_id: str, updated: float) -> None:
        """A conversation is stored up to a time."""
        self.conversations[conversation_id] = updated
        if len(self.conversations) > CONVERSATIONS:
            latest = sorted(self.conversations.items(), key=lambda entry: -entry[1])
            self.conversations = dict(latest[:CONVERSATIONS])


def fingerprint(text: str) -> int:
    """Tells an edited text from the one that was stored."""
    return crc32(text.encode("utf-8", "replace"))


def _round(raw: dict[str, object]) -> Round:
    todo = raw.pop("todo", [])
    if not isinstance(todo, list):
        raise TypeError("todo")
    return Round(todo=[Todo(**each) for each in todo], **raw)  # type: ignore[arg-type]


_PLAIN = ("posts", "conversations", "lately", "refused", "slow_at", "held")

"""Where, when and what a text tells of, as far as its words say."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from triage.folding import ends, fold
from triage.found import Trait
from triage.gazetteer import NOWHERE, Gazetteer, Located, Point, cells, locate, plain
from triage.identify.forms import scan
from triage.identify.lexicon import (
    NO_STREET,
    NOT_NAMES,
    STREET_SHORT,
    STREET_TYPES,
    english_words,
    words,
)
from triage.identify.namelist import FORENAMES
from triage.identify.places import postcode_key, split_address
from triage.model import Item, Priority, Verdict, require_zone
from triage.routing import was_read

LANDMARKS = words(
    """
    bridge park station estate common mill lock market library hotel pub arms inn church mosque
    temple school primary academy college university hospital stadium arena arcade centre mall
    beach pier harbour marina lake reservoir wood woods forest moor island roundabout junction
    services playground cemetery museum theatre cinema gym flyover underpass viaduct towpath
    interchange airport docks weir cross corner precinct
    """
)
"""Words that name a place together with the word before them: `iron bridge`."""

SURE_TYPES = words(
    """
    road street lane avenue crescent terrace gardens grove mews close drive parade alley
    boulevard wynd broadway quay wharf
    """
)
PLACE_TYPES = STREET_TYPES | LANDMARKS
GENERIC = words(
    """
    bus car train police fire petrol primary secondary high retail industrial housing council
    shopping town village city local nearest next skate water play business caravan trading tram
    tube railway main ring whole other busy same front back side our my your the a an this that
    their his her its some any no every one two both first second big little small old new empty
    derelict abandoned burning
    """
)
"""Words that make no name of a place: `car park`, `the main road`."""

BEFORE_PLACES = words(
    """
    in at on near outside inside by behind opposite off along through down up over under around
    from into to towards onto across beside passing round
    """
)

CONCEPTS: Mapping[str, str] = {
    word: concept
    for concept, told in {
        "fire": "fire fires smoke flame flames burning blaze ablaze alight arson burnt explosion"
        " exploded explosions bang blast boom inferno blew blown",
        "hurt": "hurt blood bleeding injured unconscious",
        "crash": "crash crashed collision collided accident rtc rta overturned flipped pileup"
        " smash smashed ploughed",
        "fight": "fight fights fighting brawl brawling punch punched punching kicking kicked"
        " battered battering attack attacked beaten beating scrapping scrap assault assaulted",
        "blade": "knife knives stab stabbed stabbing machete machetes blade sword slashed"
        " knifepoint",
        "gun": "gun guns shot shots shooting gunshot gunshots gunfire armed firearm rifle shotgun"
        " pistol bullet bullets fired gunman",
        "missing": "missing vanished disappeared lost wandered wandering",
        "break-in": "burglary burgled burglar burglars burgling broke breaking forced forcing"
        " intruder intruders",
        "robbery": "robbing robbery robbed robber robbers mugged mugging snatched snatching raid"
        " balaclavas hold-up",
        "water": "drowning drowned drown river canal water",
        "jump": "jump jumping jumper ledge parapet railings edge suicide",
        "noise": "noise music party loud bass rave racket blaring",
        "theft": "stolen stole nicked theft thief thieves shoplifting shoplifter",
        "gas": "gas leak stinks smell fumes",
        "dog": "dog dogs staffie biting bitten mauled mauling mauls",
        "damage": "vandals vandalism vandalising graffiti spraying bricks windows",
        "package": "package bag rucksack bomb holdall suspicious unattended wires",
        "tree": "tree cable cables scaffolding flooded flooding flood sparking collapsed",
        "traffic": "lorry truck hgv quad quads racers digger tractor",
        "horse": "horse horses",
    }.items()
    for word in told.split()
}
"""Words that tell of one kind of thing. Deliberately few: what is not here counts as itself."""

RELATED: tuple[frozenset[str], ...] = tuple(
    words(each)
    for each in (
        "fight blade hurt",
        "gun hurt",
        "robbery blade gun theft",
        "fire gas",
        "crash traffic hurt",
        "break-in theft damage",
        "water jump",
        "dog hurt",
    )
)
"""Kinds of thing of which one may be told as another: they do not speak against each other."""

COMMON_STREETS = frozenset(
    """
    high street,station road,church road,church lane,church street,main street,park road,mill lane
    london road,victoria road,victoria street,albert road,new road,manor road,the green,green lane
    school lane,king street,queen street,bridge street,market street,market place,grove road
    """.replace("\n", ",")
    .replace("    ", "")
    .split(",")
)
"""Names that many towns have: without a town they tell little of where."""

COMMON_PLACES = frozenset(
    """
    bus station,train station,market hall,town hall,skate park,cricket pitch,cricket ground
    cricket field,industrial estate,retail park,shopping centre,police station,war memorial
    primary school,high school,secondary school,car park,petrol station,care home
    """.replace("\n", ",")
    .replace("    ", "")
    .split(",")
) - {""}
ALONE_PLACES = words(
    """
    footbridge quayside towpath seafront promenade bandstand bypass marina harbour
    """
)
"""Places that need no name: most towns have one."""

EVERYDAY = words(
    """
    happened happening happens heard hear looks look looking think know going come coming seems
    right left round down outside inside near next town street road someone everyone anyone
    anything nothing thanks thank please hope safe update officers officer police cops emergency
    services ambulance people person kids children morning tonight tomorrow yesterday minutes
    hours time back home house work school live lives place area well done good great still just
    really what when where which would could should there their they them with that this from have
    been about into over send sent share sharing news video photo everybody somebody whole first
    last more some help sorry need want again always never quick quickly getting trying doing
    being said says shouting screaming running getting standing sitting walking
    """
)

_TALK = r"""
well done|thank you (?:for|to)|thanks (?:for|to)|thoughts? (?:are )?with|pray(?:ing|ers?)
r\.?i\.?p|heroes|so sad|awful news|sad news|good luck|lovely|great to|loved|support the|condolences
hope (?:everyone|everybody|they|she|he|you|the|all|no ?one|nobody)|disgrace|a joke|ashamed
heard (?:about|there|that|of)|just read|read (?:about|it|that)|told me about|apparently|allegedly
rumou?rs?|reports? of|reportedly|according to|is it true|is that (?:right|true)|statement
bbc|itv|facebook|insta(?:gram)?|tiktok|(?:on|in|after) (?:the )?(?:news|papers?)|all over the news
saw (?:your|the|a|this) (?:post|news|pics?|video)|(?:seen|saw) (?:it )?on|breaking(?: news|:)
any (?:news|updates?|comment|more on|word)|(?:does|did) any(?:one|body)|anyone (?:else )?know
know (?:more|what)|what(?:'?s| is| was) (?:going on|happening)|what happened|how did the
(?:this|last) (?:month|week|year|summer|winter)|last night|yesterday|tomorrow|lately|dashcam
on (?:a )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|\w+s in (?:a|one) (?:week|month|year)
for (?:weeks|months|years)|every (?:day|night|evening)|has been shut|still (?:closed|shut)
how (?:do|can|long|much) (?:i|we|you)|can i|who do i|where do i|what time|what number
when (?:is|are|can|do|will)|will (?:be )?(?:reopen|open)|open (?:today|tonight|until)
do you (?:do|have|know)|any reason|is there a reason|why (?:is|are|do|does) (?:the|you)
complain|complaint|appeal|insurance|crime ref\w*|volunteer|bad review|council|mayor|blood donors?
potholes?|road ?works|parking ticket|season ticket|moving to|just moved|licence
"""
HEARSAY = re.compile(rf"\b(?:{'|'.join(_TALK.split(chr(10))[1:-1])})\b|^rt\b")
"""Talk about what happened, and thanks for it: whoever writes so is not there."""

TOKEN = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
HANDLE = re.compile(r"@\w+|#")
WORD = re.compile(r"[^\W\d_]{3,}")
SHORTEST_WORD = 4
AT_PLACE = re.compile(
    r"\b(?:in|at|near|outside|inside|by|behind|opposite|on)[ \t](?:the[ \t])?"
    r"([^\W\d_]{4,}[ \t][^\W\d_]{4,})",
    re.IGNORECASE,
)
PROPER = re.compile(r"(?<![.!?\n] )(?<!^)\b([A-Z][a-z']{2,}(?:[ \t][A-Z][a-z']{2,})+)\b")
LONGEST_NAME = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What an item tells of where, when and what.

    `spots` are exact places (a numbered address, a postcode), `streets` whole streets and named
    places, `towns` what is named after them; `points` where on the map that is, and `common`
    those of the streets the map knows in several places. `concepts` are the kinds of thing that
    happen, `words` what else is told, in plain letters. `hearsay` is talk about what happened,
    `danger` whether the item reads like danger by itself (None: nobody has read it).
    """

    at: datetime
    spots: frozenset[str] = frozenset()
    streets: frozenset[str] = frozenset()
    towns: frozenset[str] = frozenset()
    points: tuple[Point, ...] = ()
    common: frozenset[str] = frozenset()
    concepts: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    hearsay: bool = False
    danger: bool | None = None

    @property
    def keys(self) -> frozenset[str]:
        """What two scenes of one incident have in common at least: the store looks them up."""
        if self.hearsay:
            return frozenset()
        return self.spots | self.streets | cells(self.points)

    def __post_init__(self) -> None:
        require_zone(self.at, "at")


def scene_of(item: Item, gazetteer: Gazetteer = NOWHERE) -> Scene:
    """Where, when and what an item tells. Of a very long text its beginning and its end."""
    text = HANDLE.sub(" ", ends(item.text))
    tokens = _tokens(text)
    postcodes, spots, streets = _addresses(text, item.sent_at)
    names, towns = _named(tokens)
    streets |= names | _spoken(text)
    if gazetteer is not NOWHERE:
        mapped, theirs = _on_the_map(tokens, gazetteer)
        names, towns = names | mapped, towns | theirs
        streets |= {_short_name(name.split()) for name in mapped}
    located = locate(names | streets, towns, postcodes, gazetteer)
    told = _told(text, {word for name in streets | towns for word in name.split()})
    folded = fold(text)
    return Scene(
        at=item.sent_at,
        spots=frozenset(spots | postcodes),
        streets=frozenset(streets),
        towns=frozenset(towns),
        points=located.points,
        common=_common(streets, located),
        concepts=frozenset(CONCEPTS[word] for word in told if word in CONCEPTS),
        words=frozenset(word.removesuffix("s") for word in told if word not in CONCEPTS),
        hearsay=HEARSAY.search(folded) is not None,
    )


def as_read(scene: Scene, verdict: Verdict, priority: Priority) -> Scene:
    """The scene with what the classifier makes of the item: danger, work, or no report in it."""
    if not was_read(verdict):
        return scene
    nothing = priority is Priority.P5
    return replace(scene, danger=priority <= Priority.P2, hearsay=scene.hearsay or nothing)


def _common(streets: set[str], located: Located) -> frozenset[str]:
    """Those that there are several of: the map knows, else it is a name that many towns have."""
    if located.known:
        return frozenset(_short_name(name.split()) for name in located.common)
    return frozenset(streets & _COMMON)


@dataclass(frozen=True, slots=True)
class _Token:
    plain: str
    capital: bool


def _tokens(text: str) -> list[_Token]:
    found = [(plain(match[0]), match[0]) for match in TOKEN.finditer(text)]
    shouted = sum(raw.isupper() for _, raw in found) * 2 > len(found)
    return [
        _Token(word, raw[0].isupper() and not shouted)
        for name, raw in found
        for word in name.split()
    ]


def _addresses(text: str, at: datetime) -> tuple[set[str], set[str], set[str]]:
    """Postcodes, numbered addresses and streets that have their form."""
    postcodes, spots, streets = set[str](), set[str](), set[str]()
    for piece in scan(text, at.date()).pieces:
        if piece.kind is Trait.POSTCODE:
            postcodes.add(postcode_key(piece.value))
        elif piece.kind is Trait.ADDRESS:
            unit, street = split_address(piece.value)
            streets.add(_short_name(plain(street).split()))
            if unit:
                spots.add(f"{unit} {_short_name(plain(street).split())}")
    return postcodes, spots, streets


def _short_name(name: Sequence[str]) -> str:
    """A place by its last two words: `old fenby road` and `fenby road` are one."""
    return " ".join(name[-2:])


def _named(tokens: Sequence[_Token]) -> tuple[set[str], set[str]]:
    """Names of places, and the towns named with them."""
    names, towns = set[str](), set[str]()
    for at, token in enumerate(tokens):
        name = _place_ending(tokens, at)
        if name:
            names.add(name)
            towns |= set(_town_after(tokens, at + 1))
        elif token.plain in ALONE_PLACES:
            names.add(token.plain)
            towns |= set(_town_after(tokens, at + 1))
    return names, towns


def _on_the_map(tokens: Sequence[_Token], gazetteer: Gazetteer) -> tuple[set[str], set[str]]:
    """Names and towns that the map knows, whole: `old fenby road`."""
    names, towns = set[str](), set[str]()
    for start, run in _runs(tokens):
        if gazetteer.town(run) and _said_as_name(tokens, start, run):
            towns.add(run)
        elif " " in run and gazetteer.spot(run):
            names.add(run)
    return names, towns


def _place_ending(tokens: Sequence[_Token], at: int) -> str:
    """The name of a place whose last word stands there: `harlow road`; "" if it ends none."""
    kind = STREET_SHORT.get(tokens[at].plain, tokens[at].plain)
    if at == 0:
        return ""
    name = f"{tokens[at - 1].plain} {kind}"
    if name in COMMON_PLACES:
        whose = tokens[at - 2].plain if at > 1 else ""
        return f"{whose} {name}" if whose and _only_a_name(whose) else name
    if kind not in PLACE_TYPES or not _names_a_place(tokens, at, kind):
        return ""
    follows = tokens[at + 1].plain if at + 1 < len(tokens) else ""
    return "" if STREET_SHORT.get(follows, follows) in SURE_TYPES else name


def _names_a_place(tokens: Sequence[_Token], end: int, kind: str) -> bool:
    before = tokens[end - 1]
    word = before.plain
    if len(word) < 3 or word in NO_STREET or word in GENERIC or word in PLACE_TYPES - SURE_TYPES:
        return word in LANDMARKS | {"high", "station", "church"} and kind in SURE_TYPES
    if kind in SURE_TYPES:
        return True
    if word in EVERYDAY or word in NOT_NAMES or word in CONCEPTS:
        return False
    if before.capital and tokens[end].capital:
        return True
    if word not in english_words():
        return True
    start = end - 2
    if start >= 0 and tokens[start].plain == "the":
        start -= 1
    return start >= 0 and tokens[start].plain in BEFORE_PLACES


def _only_a_name(word: str) -> bool:
    """Whether a word can be nothing but a name."""
    usual = word in english_words() or word in NOT_NAMES or word in PLACE_TYPES
    return len(word) > 3 and word.isalpha() and not usual and word not in EVERYDAY


def _town_after(tokens: Sequence[_Token], at: int) -> Iterator[str]:
    """The word after a place that can only be a name: `corrin court halden`."""
    led = at < len(tokens) and tokens[at].plain in ("in", "at")
    at += led
    if at < len(tokens) and (led or tokens[at].capital) and _only_a_name(tokens[at].plain):
        yield tokens[at].plain


def _runs(tokens: Sequence[_Token]) -> Iterator[tuple[int, str]]:
    """Every run of up to four words, with where it begins."""
    plains = [STREET_SHORT.get(each.plain, each.plain) for each in tokens]
    for start in range(len(plains)):
        for end in range(start + 1, min(start + LONGEST_NAME, len(plains)) + 1):
            yield (
                start,
                " ".join([*(each.plain for each in tokens[start : end - 1]), plains[end - 1]]),
            )


def _said_as_name(tokens: Sequence[_Token], start: int, name: str) -> bool:
    """Whether a town is meant, where its name is also a word: `Reading`, `reading`."""
    if name not in english_words():
        return True
    return start > 0 and tokens[start].capital and tokens[start - 1].plain in BEFORE_PLACES


def _spoken(text: str) -> set[str]:
    """Places by how they are spoken of: in capitals, or after `at` and the like."""
    named = {plain(match[1]) for match in PROPER.finditer(text)}
    named |= {plain(match[1]) for match in AT_PLACE.finditer(text)}
    return {
        _short_name(name.split())
        for name in named
        if _a_place(name.split()) and not set(name.split()[:-1]) & PLACE_TYPES
    }


def _a_place(name: Sequence[str]) -> bool:
    common = (NOT_NAMES, EVERYDAY, NO_STREET, CONCEPTS, english_words())
    return (
        len(name) > 1
        and name[0] not in FORENAMES
        and not any(word in table for word in name if word not in PLACE_TYPES for table in common)
    )


def _told(text: str, places: set[str]) -> set[str]:
    return {
        word
        for match in WORD.finditer(text.lower())
        if (word := match[0]) in CONCEPTS
        or (
            len(word) >= SHORTEST_WORD
            and word not in EVERYDAY
            and word not in NOT_NAMES
            and word not in PLACE_TYPES
            and word not in places
        )
    }


_COMMON = COMMON_STREETS | COMMON_PLACES | ALONE_PLACES

__all__ = ["Scene", "as_read", "scene_of"]

"""Whether a text tells of what a police officer did: a scan over its words.

Complaints about an officer go to a restricted lane, so both errors cost: a burglary reported "to
an officer" must reach the desk, and an officer who keeps texting a victim must not read about it
there. Words rather than one long regular expression, since texts come from strangers and the
time must not depend on what they hold.
"""

import re
from collections.abc import Sequence

from triage.folding import Phrases, ends, fold, tokens


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_RANK = re.compile(r"\b(?:PC|DC|PS|DS|Sgt|Insp)\.?\s{1,3}(?!World|Gaming|Specialist)(?=[A-Z0-9])")
_YOURS = re.compile(
    r"\b(?:one|two|three|some|several|both) of you(?:r|rs)? lot\b|\byour (?:DC|DS|dc|ds)\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\b(?:pc|ps|sgt|pcso)\s?(?=\d{2,6}\b)", re.IGNORECASE)

OFFICERS = _set(
    "officer officers constable constables sergeant sergeants sgt pcso pcsos detective detectives "
    "policeman policemen policewoman policewomen copper coppers cop cops"
)
_POLICE = OFFICERS | {"police"}
_NAMED = _POLICE | {f"{each}'s" for each in OFFICERS}
_STEMS = (
    *("offic", "constab", "serg", "sgt", "detective", "polic", "pcso", "cop"),
    *("misconduct", "abus", "iopc", "professional standards"),
)
"""Without one of these in it, a text names no officer: a quick look before the scan."""
_NOT_OURS = _set(
    "security prison housing parking council enforcement education probation immigration army "
    "customs benefits executive medical planning health attendance loan store border returning "
    "electoral military naval navy press welfare excise revenue fake bogus pretend former"
)
_ABOUT_AN_OFFICER = _set(
    "a an the this that these those your ur one of his her my our their some any many several two "
    "three another same male female man woman police serving duty on off uniformed local response "
    "traffic special custody plain clothes westbridge young older old white black asian british uk "
    "senior junior bloody fucking"
)
"""Words between a verb or preposition and the officer it belongs to."""

_SUFFERED = _set(
    "assaulted attacked beaten hit punched kicked slapped choked strangled groomed groped raped "
    "touched abused bullied harassed stalked threatened mistreated manhandled profiled insulted "
    "mocked intimidated blackmailed exploited propositioned humiliated pushed shoved grabbed"
)
_DID = _SUFFERED | _set(
    "assault assaults assaulting hits hitting punches slaps raping gropes groping grooming touches "
    "touching harasses harassing stalks stalking threatens threatening bullies bullying abuses "
    "abusing beat beats beating spat hurt hurting intimidating blackmailing exploiting pushes"
)
_ADVERBS = _set(
    "so very really extremely quite just a an being incredibly absolutely totally completely "
    "clearly openly bit both all unbelievably too as"
)
_LOOKED = _set("was were is are being been acted behaved became got seemed smelled he's she's")
_BAD = _set(
    "racist sexist homophobic transphobic islamophobic antisemitic corrupt rude aggressive abusive "
    "violent drunk bent bully bullying unprofessional disrespectful inappropriate perverted creepy "
    "dishonest disgusting vile pervert"
)
_THEM = _set("me us my our him her his their them")
_A = (["a"], ["an"])
_TIMES = _set("few couple lot bit while number second third taxi cab ambulance day week hero star")
_HARMLESS = _set("heart life soul day hearts lives")
_BE = _set("was were been being be got get gets getting is are wasn't")
_ELSEWHERE = _set(
    "said says saying told tell tells explained advised because when after where why if but "
    "whether about regarding dealing investigating looking arrested arrests arresting man men "
    "person people guy guys woman women lady someone somebody ex husband wife partner boyfriend "
    "girlfriend dad mum father mother brother sister neighbour neighbours suspect suspects youths "
    "lads kids gang thief they . ; ! ? :"
) | {"\n"}
"""Words after which what follows is no longer what the officer did."""

_PESTERING = _set("texting messaging calling ringing emailing following contacting dming phoning")
_KEEPS = _set("keeps keep kept started constantly repeatedly always stop stopped been")
_COMPLAINT = _set("complain complains complained complaining complaint complaints grievance")
_REPORT = _set("report reporting reported")
_ON = _set("about against regarding concerning re on")
_TO = _set("to with for via through from and but")
_PARTS = _set(". , ! ? and but") | {"\n"}
_MANNER = _set("conduct behaviour behavior attitude misconduct treatment manner actions brutality")
_ADVERB_AFTER = _set("up on down off at repeatedly again badly sexually racially both")
_VEHICLES = _set("car van vehicle dog dogs horse bike helicopter cars vans vehicles")

_PLAIN = Phrases(
    "police brutality",
    "police misconduct",
    "police corruption",
    "gross misconduct",
    "abuse of position",
    "abuse of power",
    "abuse of authority",
    "abused his position",
    "abused her position",
    "abused his power",
    "abusing his position",
    "professional standards",
    "bent copper",
    "bent coppers",
    "iopc",
)
_ABUSE_OF_POSITION = Phrases(
    "sleeping with",
    "slept with",
    "had sex",
    "have sex",
    "for sex",
    "wanted sex",
    "wants sex",
    "sexual favours",
    "nudes",
    "nude pictures",
    "nude photos",
    "naked pictures",
    "naked photos",
    "dick pics",
    "asked me out",
    "asking me out",
    "asked for my number",
    "came on to me",
    "hit on me",
    "flirting with me",
    "flirted with me",
    "kissed me",
    "took a bribe",
    "took bribes",
    "taking bribes",
    "took a backhander",
    "looked me up",
    "looking me up",
    "abused his",
    "abused her",
    "abusing his",
    "abusing her",
    "misused his",
    "misused her",
    "sexually",
    "racially",
    "inappropriately",
    "messaged me on",
    "messaging me on",
    "texted me on",
    "added me on",
    "followed me home",
    "excessive force",
    "unnecessary force",
    "too much force",
    "took my money",
    "took my cash",
    "sending me snapchats",
    "sending me snaps",
    "sending me pictures",
    "sending me photos",
    "sending me selfies",
    "sent me a selfie",
    "laughed at me",
    "laughed in my face",
    "swore at",
    "spat at",
)

_REACH = 12  # words after "officer" in which what they did is said
_MOST = 300  # officers looked at: an honest text has a handful


def about_conduct(text: str) -> bool:
    """Whether the text complains about an officer, or tells of an officer's abuse."""
    ranked = _NUMBERED.sub("constable ", _RANK.sub("constable ", ends(text)))
    ranked = fold(_YOURS.sub("constable ", ranked))
    if not any(stem in ranked for stem in _STEMS):
        return False
    said = tokens(ranked)
    if _PLAIN.first(said):
        return True
    places = [place for place, word in enumerate(said) if word in _NAMED][:_MOST]
    return any(_tells_of(said, place) for place in places)


def _bare(word: str) -> str:
    return word.removesuffix("'s")


def _tells_of(said: Sequence[str], place: int) -> bool:
    start = _phrase_start(said, place)
    if said[place] == "police":
        return _done_by(said, start, place)
    if start and said[start - 1] in _NOT_OURS:
        return False
    return (
        _done_by(said, start, place)
        or _complained_of(said, start, place)
        or (start > 0 and said[start - 1] in _BAD)
        or _did(said, place)
    )


def _phrase_start(said: Sequence[str], place: int) -> int:
    """Where the words that belong to the officer begin: at "one" of "one of your officers"."""
    start = place
    while start and place - start < 6 and said[start - 1] in _ABOUT_AN_OFFICER:
        start -= 1
    return start


def _done_by(said: Sequence[str], start: int, place: int) -> bool:
    """Assaulted by one of your officers."""
    if start < 2 or said[start - 1] != "by":
        return False
    if said[place] == "police" and place + 1 < len(said) and said[place + 1] in _VEHICLES:
        return False
    verb = said[start - 2]
    if verb in _ADVERB_AFTER and start > 2:
        verb = said[start - 3]
    return verb in _SUFFERED


def _complained_of(said: Sequence[str], start: int, place: int) -> bool:
    """Complaint about an officer; report an officer, but not: report it to an officer."""
    if said[place].endswith("'s") and _MANNER & set(said[place + 1 : place + 2]):
        return True
    if not start or said[start - 1] in _TO:
        return False
    if said[start - 1] in _REPORT | _COMPLAINT:
        return True
    before = said[max(0, start - 8) : start]
    complained = [at for at, word in enumerate(before) if word in _COMPLAINT]
    about = set(before[complained[-1] + 1 :]) if complained else set()
    return bool(_ON & about) and not _PARTS & about


def _did(said: Sequence[str], place: int) -> bool:
    """What the clause after the officer says they did."""
    after: list[str] = []
    for word in said[place + 1 : place + 1 + _REACH]:
        if word in _ELSEWHERE:
            break
        after.append(word)
    if _ABUSE_OF_POSITION.first(after) or any(_insults(after, at) for at in range(len(after))):
        return True
    return any(_deed(after, at) for at in range(len(after)))


def _insults(after: Sequence[str], at: int) -> bool:
    """Called me a liar; not: called me a few times."""
    if after[at] != "called" or not _THEM & set(after[at + 1 : at + 2]):
        return False
    article = next((place for place in range(at + 2, at + 4) if after[place : place + 1] in _A), 0)
    return bool(article) and not _TIMES & set(after[article + 1 : article + 2])


def _deed(after: Sequence[str], at: int) -> bool:
    word, before = after[at], after[:at]
    if word in _BAD:
        return _describes(before)
    if word in _PESTERING:
        return bool(_KEEPS & set(before[-2:])) and bool(_THEM & set(after[at + 1 : at + 2]))
    if word not in _DID or _BE & set(before[-2:]) - {"is", "are"}:
        return False  # an officer who was assaulted did nothing
    objects = after[at + 1 : at + 4]
    return bool(_THEM & set(objects)) and not _HARMLESS & set(objects)


def _describes(before: Sequence[str]) -> bool:
    words = list(before)
    while words and words[-1] in _ADVERBS:
        words.pop()
    return bool(words) and words[-1] in _LOOKED


# --- officers at home ---------------------------------------------------------------------------

_RELATIONS = _set(
    "husband wife partner ex boyfriend girlfriend fiance fiancee dad father stepdad stepfather mum "
    "mother stepmum brother sister uncle son flatmate housemate landlord abuser stalker rapist "
    "attacker he she they who"
)
_PREMISES = _set("station car van cell cells custody area report statement building")
_WORKS = Phrases(
    "works for the police",
    "works for you",
    "work for the police",
    "one of yours",
    "one of your own",
    "serving officer",
    "married to a police officer",
    "married to a policeman",
    "is in the force",
    "he's police",
    "he is police",
    "she's police",
)


def officer_at_home(said: list[str]) -> bool:
    """Whether somebody close is said to be an officer: "my husband is a police officer"."""
    if _WORKS.first(said):
        return True
    places = [place for place, word in enumerate(said) if word in _POLICE][:_MOST]
    return any(
        _in_the_police(said, place) if said[place] == "police" else _is_theirs(said, place)
        for place in places
    )


def _in_the_police(said: Sequence[str], place: int) -> bool:
    """He's in the police; not: he is in the police station."""
    if said[max(0, place - 2) : place] != ["in", "the"]:
        return False
    return not _PREMISES & set(said[place + 1 : place + 2])


def _is_theirs(said: Sequence[str], place: int) -> bool:
    if any(
        word in _RELATIONS - {"he", "she", "they", "who"} for word in said[place + 1 : place + 2]
    ):
        return True  # "my police officer ex"
    start = _phrase_start(said, place)
    before = said[max(0, start - 2) : start]
    if before and before[-1].endswith("'s"):
        return _bare(before[-1]) in _RELATIONS
    joined = before[-1:] in (["is"], ["was"], ["are"], ["as"], [","])
    return joined and before[0] in _RELATIONS | {"works", "serves", "also", "both"}

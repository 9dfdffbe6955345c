import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage import cues

CONDUCT = [
    "The officer assaulted me",
    "I was assaulted by one of your officers",
    "I want to complain about PC Smith",
    "I want to make a complaint regarding DC Hall",
    "complaint against sergeant Jones",
    "I'd like to make a complaint about the way an officer treated me",
    "I need to report an officer",
    "PC 4412 keeps texting me",
    "pc1234 groped me",
    "The officer who took my statement keeps texting me",
    "The officer, who came alone, touched me",
    "an officer at the station asked me for nudes",
    "DC Hall asked me out after taking my statement",
    "an officer slept with my daughter",
    "One of your officers is grooming my daughter",
    "I was groped by a police officer",
    "I was sexually assaulted by a serving police officer",
    "beaten up by two officers",
    "I was threatened by police last night",
    "the cop punched my son in the face",
    "officers kicked my brother when he was on the ground",
    "The custody sergeant slapped me",
    "the policeman was racist",
    "racist cop stopped me again",
    "your officers were so rude to my mum",
    "officer's behaviour was disgusting",
    "the officer’s attitude stinks",
    "misconduct by an officer: he abused his position",
    "police brutality on the High Street",
    "THE OFFICER ASSAULTED ME",
    "the ｏｆｆｉｃｅｒ as\u200bsaulted me",
    "the constable took a bribe",
    "one of your lot grabbed my wrist and bent it back",
    "your DC has been sending me snapchats at 2am",
    "your officer called me a liar at the stop search",
    "the sergeant called my son a waster",
    "officer used excessive force on my son",
    "the police officer took my money when he searched me",
]

NO_CONDUCT = [
    "",
    "I want to report a burglary to an officer",
    "report to an officer",
    "Can I report it to an officer at the station?",
    "I was told to report this to a police officer",
    "I reported racist graffiti and an officer came",
    "How do I report a crime, can an officer call me",
    "please can an officer ring me",
    "detective, please text me when you can",
    "my ex assaulted me and the officer who came was lovely",
    "thanks to the officer who helped when I was assaulted",
    "the officer said my neighbour assaulted me",
    "detective told me he beat her",
    "the officer dealing with the man who assaulted me",
    "officers arrested a man who assaulted my friend",
    "the officer investigating my rape has left",
    "the officer was assaulted",
    "an officer was punched outside the club",
    "officers were attacked last night",
    "Somebody hit the officer",
    "security officer assaulted me",
    "the prison officers beat him",
    "a man dressed as a police officer robbed me",
    "a man pretending to be a police officer",
    "I need to report a fake police officer at my door",
    "my pc is broken",
    "Complaint about PC World",
    "hit by a police car",
    "officer touched my heart",
    "Is there an officer who handles racist abuse?",
    "there was a complaint about noise, the officer who came was great",
    "I complained about my neighbour to the officer",
    "we need more police officers on the beat",
    "the officer was not racist at all",
    "an officer called me a few times",
    "the officer called me a taxi",
    "officer took a statement about the kid that nicked my bike",
    "you lot are useless",
    "can your DC call me back please",
]


@pytest.mark.parametrize("text", CONDUCT)
def test_what_an_officer_did_is_heard(text: str) -> None:
    assert cues.officer_conduct(text)


@pytest.mark.parametrize("text", NO_CONDUCT)
def test_an_officer_who_is_only_named_is_no_complaint(text: str) -> None:
    assert not cues.officer_conduct(text)


@pytest.mark.parametrize(
    "text",
    [
        "My husband is a police officer and he hits me",
        "my ex, a police officer, follows me",
        "my husband's a serving police officer",
        "he's a cop so nobody believes me",
        "my police officer ex",
        "he works for the police",
        "he is one of your own",
    ],
)
def test_an_officer_at_home_is_heard(text: str) -> None:
    assert cues.police_household(text)


@pytest.mark.parametrize(
    "text",
    [
        "the police officer came to my husband",
        "my husband called a police officer",
        "I am at the police station with an officer",
        "he is in the police station",
        "",
    ],
)
def test_police_who_came_to_the_house_are_no_officer_at_home(text: str) -> None:
    assert not cues.police_household(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I have the pills in my hand", "pills"),
        ("standing on the Bridge", "bridge"),
        ("this is Goodbye", "goodbye"),
        ("look after my dog", "look after my"),
        ("I won’t see tomorrow", "won't see"),
        ("g\u200boodbye", "goodbye"),
        ("going to hang myself", "hang myself"),
        ("multi-storey car park, top floor", "multi storey"),
        ("I’ve written letters to them", "written letters"),
        ("stoję na moście", "moscie"),
        ("żegnajcie wszyscy", "zegnajcie"),
        ("sunt pe podul mare", "podul"),
        ("adiós a todos", "adios"),
        ("adeus", "adeus"),
        ("hwyl fawr bawb", "hwyl fawr"),
        ("köprüdeyim, köprüden", "kopruden"),
        ("прощавайте", "прощаваите"),
        ("goliyan kha li hain", "goliyan"),
        ("saved up all my meds", "meds"),
        ("a belt round my neck", "belt"),
        ("look after Bella for me", "look after"),
        ("take care of the dog for me", "take care of the"),
        ("by the time anyone sees this I will be gone", "be gone"),
        ("I loved them all", "i loved them"),
    ],
)
def test_means_place_and_goodbye_are_named(text: str, said: str) -> None:
    assert cues.means_place_or_goodbye(text) == said


@pytest.mark.parametrize(
    "text",
    ["أنا على الجسر", "میں نے گولیاں کھا لی ہیں", "ਅਲਵਿਦਾ", "আমি ব্রিজে", "अलविदा", "再见", "💊💊"],
)
def test_means_place_and_goodbye_are_read_in_other_scripts(text: str) -> None:
    assert cues.means_place_or_goodbye(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I feel suicidal most of the time",
        "I can't cope and I want to die",
        "last time I felt like this I rang the Samaritans",
        "trained bridgehead",
        "nobody looks after me",
    ],
)
def test_a_wish_to_die_alone_names_neither_means_nor_place(text: str) -> None:
    assert cues.means_place_or_goodbye(text) == ""


def test_a_goodbye_in_an_earlier_text_counts() -> None:
    assert cues.means_place_or_goodbye("I mean it", "bye all") == "bye all"


@pytest.mark.parametrize(
    "text",
    [
        "i'm 14 and he touched me",
        "she is 9",
        "my 8 year old",
        "my daughter",
        "schoolgirl",
        "aged 3",
        "a 14yo",
        "f15 here",
        "six year old",
        "my lad",
        "a girl in yr 9",
        "the grandkids",
        "moją córkę",
        "a mi hija",
        "моя донька",
        "ਮੇਰੇ ਬੱਚੇ",
        "我的女儿",
    ],
)
def test_a_child_is_heard(text: str) -> None:
    assert cues.child(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I am 34",
        "2 men",
        "call me on 14 November",
        "his personal",
        "for six years",
        "M14 services",
        "5m away",
        "ਵਧੀਆ",
    ],
)
def test_numbers_alone_are_no_child(text: str) -> None:
    assert not cues.child(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("😭😭😭", 0),
        ("999", 0),
        ("h", 0),
        ("\u3164\u3164", 0),
        ("https://t.example/abc @westbridgepolice", 0),
        ("help", 1),
        ("he is here now", 3),
        ("救命", 1),
    ],
)
def test_only_what_can_be_read_is_a_word(text: str, count: int) -> None:
    assert cues.word_count(text) == count


@pytest.mark.parametrize(
    "text",
    [
        "I'm a freelance journalist",
        "reporter at the Westbridge Echo here",
        "could we use your video on air?",
        "contacting the press office",
    ],
)
def test_a_journalist_is_heard(text: str) -> None:
    assert cues.press(text)


@pytest.mark.parametrize("text", ["press the bell", "I am the one who reported it", "impressive"])
def test_pressing_and_reporting_is_no_journalism(text: str) -> None:
    assert not cues.press(text)


# --- time ----------------------------------------------------------------------------------------

SIZE = 100_000
HOSTILE = {
    "one word over and over": "officer " * SIZE,
    "beginnings of a complaint": "assaulted by one of your " * SIZE,
    "complaints without an end": "complaint about the " * SIZE,
    "spaces": "hanging" + " " * SIZE,
    "newlines": "officer" + "\n" * SIZE,
    "marks on one letter": "a" + "\u0301\u0323" * SIZE,
    "every letter there is": "".join(map(chr, range(0xA0, 0xD7FF))) * 2,
    "ligatures that grow": "\ufdfa" * SIZE,
    "apostrophes": "a'" * SIZE,
    "ranks": "PC " * SIZE,
    "links": "http://" * SIZE,
    "handles": "@" * SIZE,
    "goodbyes half said": "tell last look after take care of " * SIZE,
    "ages": "i'm 14 year " * SIZE,
    "journalists": "i'm a for " * SIZE,
}
CUES: list[Callable[[str], object]] = [
    cues.means_place_or_goodbye,
    cues.officer_conduct,
    cues.police_household,
    cues.child,
    cues.word_count,
    cues.press,
]


@pytest.mark.parametrize("cue", CUES, ids=lambda each: each.__name__)
@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_takes_long(cue: Callable[[str], object], name: str) -> None:
    """What takes a quadratic time takes minutes here; coverage and a busy machine may slow it."""
    text = HOSTILE[name][:SIZE]
    begun = time.process_time()
    cue(text)
    assert time.process_time() - begun < 4.0


@given(st.text())
def test_cues_read_any_text(text: str) -> None:
    for cue in CUES:
        cue(text)

"""Words that floors and routing look for themselves, because a life or a trust hangs on them.

The classifier and its rules find signals; these few cues only sharpen a signal that is already
on (F1, F3) or choose a restricted lane. They never lower anything, so a cue too many costs a
look and a cue too few may cost more: the lists lean to the former.
"""

import re
from collections.abc import Sequence
from itertools import islice

from triage.conduct import about_conduct, officer_at_home
from triage.folding import Phrases, ends, fold, tokens, words

_MEANS = """
pill pills tablet tablets overdose overdosed overdosing overdoses paracetamol ibuprofen codeine
cocodamol co-codamol insulin bleach antifreeze cyanide helium carbon-monoxide rope noose ligature
blade blades razor razors knife knives scalpel gun shotgun pistol rifle petrol exhaust gas wrist
wrists drown drowning jump jumping meds medication medications antidepressants sertraline
propranolol tramadol diazepam zopiclone fentanyl morphine heroin weedkiller poison belt cord flex
tabletki tabletek sznur sznurze noz pastile pastilele streang spanzur cutit cutitul
pastillas soga ahorcarme cuchillo comprimidos corda faca cachets comprimes corde medicaments
couteau pastiglie pillole coltello tabledi rhaff таблетки таблеток веревка мотузка haplar ilaclar
goliyan goliyaan golian rassi zeher zahar tabletes kaniini
"""
_PLACES = """
bridge viaduct aqueduct cliff cliffs roof rooftop ledge balcony multistorey multi-storey car-park
carpark tracks rail rails railway railways train trains platform level-crossing motorway flyover
overpass gantry river canal weir pier quarry reservoir woods tower-block the-edge parapet railings
scaffolding wrong-side top-floor multi-story multistory
na-most z-mostu mostu moscie torach pociag pociagu dachu podul pe-pod tren trenul puente azotea
ponte comboio telhado pont toit treno tetto bont міст мосту мост поїзд поезд köprü köprüden
pul-par pul-se tiltas tilto buundo tulay
"""
_GOODBYES = """
goodbye goodbyes good-bye bye-all bye-everyone bye-everybody bye-mum bye-dad bye-world farewell
last-message last-post last-words last-letter last-text last-time-you final-message final-post
final-words final-letter look-after-my look-after-the look-after-him look-after-her
look-after-them take-care-of-my take-care-of-the take-care-of-him take-care-of-her
take-care-of-them tell-my tell-mum tell-dad tell-them tell-him tell-her tell-everyone tell-the-kids
won't-be-here wont-be-here won't-see wont-see won't-wake wont-wake not-be-here not-wake-up
never-wake-up by-the-time-you when-you-read-this when-you-find find-my-body my-body suicide-note
left-note left-notes left-letters left-a-note left-a-letter wrote-a-note wrote-a-letter
wrote-letters written-a-note written-a-letter written-letters writing-a-note writing-letters
forgive-me sorry-for-everything sorry-for-all sorry-everyone sorry-to-everyone sorry-to-all
love-you-all loved-you-all my-funeral end-it-tonight end-it-today end-it-now
be-gone be-dead when-im-gone when-i'm-gone after-im-gone after-i'm-gone bye-x bye-forever
wont-be-around won't-be-around ends-tonight over-tonight do-it-tonight doing-it-tonight
other-side-of-this i-love-them i-loved-them
hang-myself hanging-myself hang-himself hang-herself hang-themselves
żegnaj żegnam żegnajcie pożegnalny adio ramas-bun adiós despedida adeus adieu adieux addio hwyl-fawr
ffarwel прощавай прощавайте прощай прощайте elveda alvida sudie paalam adye nabad-gelyo
"""
_GRAVE = Phrases(*_MEANS.split(), *_PLACES.split(), *_GOODBYES.split())
_SCRIPTS = """
الجسر,جسر,حبوب,وداعا,حبل,سكين,القطار,پل پر,پل سے,گولیاں,الوداع,رسی,زہر,قرص,خداحافظ,ਪੁਲ,ਗੋਲੀਆਂ,ਅਲਵਿਦਾ,
ব্রিজ,ওষুধ,বিদায়,সেতু,पुल,गोलिया,अलविदा,रस्सी,ज़हर,மாத்திரை,பாலம்,药,桥,跳楼,再见,永别,绳,💊,🔪,🔫
"""
_GRAVE_IN_SCRIPTS = tuple(fold(word.strip()) for word in _SCRIPTS.strip().split(","))

_CHILDREN = """
child children kid kids daughter daughters son sons stepdaughter stepson granddaughter grandson
niece nephew baby toddler infant schoolgirl schoolboy pupil pupils underage minor teenager
little-girl little-boy young-girl young-boy my-girl my-boy my-lad my-lass our-lad our-lass
grandchild grandchildren grandkid grandkids stepchild stepchildren stepkids toddlers babies infants
teen teens teenage teenagers minors preteen little-one little-ones little-sister little-brother
kid-sister kid-brother bairn bairns wean weans nursery primary-school schoolkid schoolkids
year-7 year-8 year-9 year-10 year-11 yr-7 yr-8 yr-9 yr-10 yr-11 y7 y8 y9 y10 y11 yr7 yr8 yr9 yr10
yr11
corka corke corki corce syna dziecko dziecka dzieci wnuczka wnuka fiica fiul copil copilul copii
copiii fetita baietel hija hijas hijo hijos ninas ninos filha filhas filho filhos crianca
criancas menina menino fille filles fils enfant enfants figlia figlie figlio figli bambina bambino
bambini plentyn merch ferch gabadhayda wiilkayga carruurta carruur ilmo kizim kizima oglum ogluma
cocuk cocugum dukra dukrai dukte sunus sunui vaikas vaika vaikai beti betiyan bacche bachche
baccha bachi bachon dhee puttar
дитина дитину дитини дитиною діти дітей донька доньку доньки донькою син сина сину дочка дочку
дочь дочери дочерью ребенок ребенка ребенком дети детей сын сына
"""
_CHILD = Phrases(*_CHILDREN.split())
_CHILDREN_IN_SCRIPTS = """
طفل,بنتي,ابنتي,ابني,بیٹی,بیٹا,بیٹے,بچہ,بچی,بچے,دخترم,پسرم,ਬੱਚ,ਮੇਰੀ ਧੀ,ਪੁੱਤ,बेटी,बेटा,बेटे,बच्च,মেয়ে,ছেলে,বাচ্চা,
শিশু,દીકરી,દીકરો,બાળક,குழந்தை,மகள்,மகன்,孩子,女儿,女兒,儿子,兒子
"""
_CHILD_IN_SCRIPTS = tuple(fold(word.strip()) for word in _CHILDREN_IN_SCRIPTS.strip().split(","))
_SAYS_AGE = frozenset({"i'm", "im", "am", "he's", "she's", "hes", "shes", "is", "aged", "age"})
_YEARS = frozenset({"year", "years", "yr", "yrs", "yo", "y"})
_AGES = frozenset(str(age) for age in range(1, 18))
_SPELT = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen
"""
_AGES_SPELT = frozenset(_SPELT.split())
_OLD = frozenset({"old", "olds"})
_AGE_IN_ONE = re.compile(r"(?:[1-9]|1[0-7])(?:yo|yr|yrs|y|f)|f(?:[1-9]|1[0-7])")  # 15yo, f15

_NO_WORDS = re.compile(r"https?://\S+|www\.\S+|@[\w.]+", re.IGNORECASE)
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")  # letters to Unicode, blank to the eye

_JOURNALISTS = frozenset({"journalist", "reporter", "broadcaster", "producer"})
_I_AM = frozenset({"i'm", "im", "am", "as"})
_PRESS = Phrases(
    "journalist at",
    "journalist with",
    "journalist for",
    "journalist from",
    "journalist here",
    "reporter at",
    "reporter with",
    "reporter for",
    "reporter from",
    "reporter here",
    "news desk",
    "newsdesk",
    "press office",
    "press enquiry",
    "press query",
    "media enquiry",
    "media query",
    "media request",
    "for comment",
    "can we use your",
    "could we use your",
    "may we use your",
    "can we use this",
    "could we use this",
    "may we use this",
)


def means_place_or_goodbye(*texts: str) -> str:
    """The first words naming a means, a place or a goodbye, or "" (floor F3)."""
    for text in texts:
        folded = fold(text)
        found = _GRAVE.first(words(folded))
        if not found and not folded.isascii():
            found = next((word for word in _GRAVE_IN_SCRIPTS if word in folded), "")
        if not found and _entrusts(words(folded)):
            found = "look after"
        if found:
            return found
    return ""


def _entrusts(said: Sequence[str]) -> bool:
    """Whether somebody is left to others: "look after Bella for me"."""
    pairs = (("look", "after"), ("care", "of"), ("feed", "the"))
    return any(
        (word, _after(said, place)) in pairs and _holds(said[place + 2 : place + 8], "for", "me")
        for place, word in enumerate(said)
    )


def _holds(said: Sequence[str], first: str, second: str) -> bool:
    return any(word == first and _after(said, place) == second for place, word in enumerate(said))


def child(text: str) -> bool:
    """Whether a child is named: a word for one, or an age under 18 (floor F1)."""
    folded = fold(text)
    said = words(folded)
    if _CHILD.first([each.removesuffix("'s") for each in said]):
        return True
    if not folded.isascii() and any(word in folded for word in _CHILD_IN_SCRIPTS):
        return True
    return any(_young(said, place) for place in range(len(said)))


def _young(said: Sequence[str], place: int) -> bool:
    word = said[place]
    if word in _AGES:
        return _before(said, place) in _SAYS_AGE or _after(said, place) in _YEARS
    if word in _AGES_SPELT:
        return _after(said, place) in _YEARS and _after(said, place + 1) in _OLD
    return bool(_AGE_IN_ONE.fullmatch(word))


def _before(said: Sequence[str], place: int) -> str:
    return said[place - 1] if place else ""


def _after(said: Sequence[str], place: int) -> str:
    return said[place + 1] if place + 1 < len(said) else ""


def word_count(text: str, *, up_to: int = 3) -> int:
    """How many words somebody could read, at most `up_to`.

    Links and handles are none, nor is a lone letter.
    """
    readable = _NO_WORDS.sub(" ", ends(text))
    letters = (char for char in readable if char.isalpha() and char not in _BLANK_LETTERS)
    if len(list(islice(letters, 2))) < 2:
        return 0
    spoken = (each for each in re.finditer(r"\S+", readable) if any(map(str.isalpha, each.group())))
    return len(list(islice(spoken, up_to)))


def officer_conduct(text: str) -> bool:
    """Whether the text complains about what an officer did (professional standards)."""
    return about_conduct(text)


def police_household(text: str) -> bool:
    """Whether somebody close to the writer is said to be in the police.

    With a disclosure this is abuse by an officer; alone it says nothing.
    """
    return officer_at_home(tokens(fold(text)))


def press(text: str) -> bool:
    """Whether a journalist is asking."""
    said = words(fold(text))
    if _PRESS.first(said):
        return True
    return any(
        word in _JOURNALISTS and bool(_I_AM & set(said[max(0, place - 4) : place]))
        for place, word in enumerate(said)
    )

"""How people write what they say of themselves: dates, numbers and names in many shapes."""

import unicodedata
from dataclasses import dataclass
from functools import cached_property
from random import Random

from benchmarks.linkbench.names import OTHER_LETTERS, SHORT, SURNAMES
from benchmarks.linkbench.town import Citizen

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Voice:
    """One person of a story, for `str.format`: each word is drawn once, then stays."""

    citizen: Citizen
    random: Random

    @cached_property
    def fore(self) -> str:
        return self.citizen.forename

    @cached_property
    def sur(self) -> str:
        return self.citizen.surname

    @cached_property
    def full(self) -> str:
        return f"{self.fore} {self.sur}"

    @cached_property
    def nick(self) -> str:
        return SHORT.get(self.fore, self.fore)

    @cached_property
    def short(self) -> str:
        """Nickname or other letters, with the surname."""
        fore = SHORT.get(self.fore) or OTHER_LETTERS.get(self.fore, self.fore)
        return f"{fore} {OTHER_LETTERS.get(self.sur, self.sur)}"

    @cached_property
    def lower(self) -> str:
        return _plain(self.full).lower()

    @cached_property
    def turned(self) -> str:
        return f"{self.sur} {self.fore}"

    @cached_property
    def typo(self) -> str:
        """One letter of forename or surname doubled, dropped or exchanged with the next."""
        if self.random.random() < 0.5:
            return f"{self._slipped(self.fore)} {self.sur}"
        return f"{self.fore} {self._slipped(self.sur)}"

    @cached_property
    def new(self) -> str:
        """Under another surname."""
        return f"{self.fore} {self.random.choice([one for one in SURNAMES if one != self.sur])}"

    @cached_property
    def dob(self) -> str:
        born = self.citizen.born
        day = str(born.day)
        return self.random.choice((
            f"{born:%d/%m/%Y}", f"{born:%d.%m.%Y}", f"{born:%d-%m-%Y}", f"{born:%d/%m/%y}",
            f"{day} {MONTHS[born.month - 1]} {born.year}", f"{born:%Y-%m-%d}",
            f"{day}{_ending(born.day)} {MONTHS[born.month - 1]} {born.year}",
            f"{day} {MONTHS[born.month - 1][:3]} {born.year}",
            f"{MONTHS[born.month - 1]} {day}, {born.year}",
        ))  # fmt: skip

    @cached_property
    def phone(self) -> str:
        return self._phone(self.citizen.mobile)

    @cached_property
    def landline(self) -> str:
        return self._phone(self.citizen.landline)

    @cached_property
    def email(self) -> str:
        return self.citizen.email

    @cached_property
    def spoken(self) -> str:
        """A number in words, "double" where a digit comes twice."""
        digits, words, at = self.citizen.mobile.replace(" ", ""), list[str](), 0
        zero = self.random.choice(("oh", "zero"))
        while at < len(digits):
            twice = digits[at : at + 2] == digits[at] * 2
            word = zero if digits[at] == "0" else DIGITS[int(digits[at])]
            words.append(f"double {word}" if twice else word)
            at += 2 if twice else 1
        return " ".join(words)

    @cached_property
    def spelt(self) -> str:
        """An e-mail as it is said."""
        name, host = self.citizen.email.split("@")
        name = name.replace(".", " dot ").replace("_", " underscore ")
        return f"{name} at {host.replace('.', ' dot ')}"

    @cached_property
    def address(self) -> str:
        line, postcode = self.citizen.line, self.citizen.postcode
        draw = self.random.random()
        if draw < 0.4:
            return line
        return f"{line}, {postcode}" if draw < 0.8 else f"{line.lower()} {postcode.lower()}"

    @cached_property
    def street(self) -> str:
        return self.citizen.line.split(", ")[-1].split(" ", 1)[1]

    @cached_property
    def postcode(self) -> str:
        code = self.citizen.postcode
        return self.random.choice((code, code, code.replace(" ", ""), code.lower()))

    @cached_property
    def ref(self) -> str:
        return self.citizen.reference

    @cached_property
    def plate(self) -> str:
        plate = self.citizen.plate
        return self.random.choice((plate, plate, plate.replace(" ", ""), plate.lower()))

    @cached_property
    def handle(self) -> str:
        return self.citizen.handle

    def _phone(self, number: str) -> str:
        bare = number.replace(" ", "")
        return self.random.choice((
            number, number, bare, f"+44 {bare[1:5]} {bare[5:]}", f"0044{bare[1:]}",
            f"{bare[:5]}-{bare[5:8]}-{bare[8:]}", f"{bare[:3]} {bare[3:7]} {bare[7:]}",
        ))  # fmt: skip

    def _slipped(self, word: str) -> str:
        at = self.random.randrange(1, max(2, len(word) - 1))
        after = word[at + 1 : at + 2]
        slip = self.random.choice((word[at] * 2 + after, after, after + word[at]))
        return word[:at] + slip + word[at + 2 :]


def _plain(text: str) -> str:
    """Without accents, as it is typed in a hurry."""
    text = text.translate(str.maketrans("łıŁ", "liL"))
    parts = unicodedata.normalize("NFKD", text)
    return "".join(each for each in parts if not unicodedata.combining(each))


def _ending(day: int) -> str:
    return {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}.get(day, "th")


def shown_name(citizen: Citizen, random: Random) -> str:
    """What an account shows: a name, part of one, or nothing of the kind."""
    nick = SHORT.get(citizen.forename, citizen.forename)
    draw = random.random()
    if draw < 0.35:
        return f"{citizen.forename} {citizen.surname}"
    if draw < 0.55:
        return random.choice((nick, f"{nick} x", f"{nick}{citizen.born:%y}"))
    return random.choice(NO_NAMES)


NO_NAMES = (
    "", "UTB ⚔️", "just passing through", "dog mum 🐾", "Northern lights", "it is what it is",
    "coffee first", "🌸🌸🌸", "private account", "onwards & upwards", "the quiet one",
    "MUFC_til_i_die",
)  # fmt: skip
OFFICERS = ("Holroyd", "Sagar", "Threlfall", "Bains", "Ackroyd", "Dunmore", "Okoro", "Vasey")
NUMBERS = ("0808 157 0123", "0808 157 0456", "0808 157 0789", "01632 960999", "0161 496 0999")
GROUPS = ("Westbridge Food Bank", "Dyer Lane Allotments", "The Corner Shop", "Tenter House")

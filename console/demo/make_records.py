"""Write records.jsonl: 2,000 invented citizens of Westbridge, the same ones on every run.

The people the demo day is about stand in story_people.jsonl and are copied as they are;
everyone else is drawn here. Phones come from Ofcom's ranges for fiction, e-mail addresses
from .example, number plates start with J, which DVLA never issued as an area letter.
"""

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).parent
TOTAL = 2000
SEED = 20261120
DAY = date(2026, 11, 20)
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"  # inward letters of a postcode: never C I K M O V

Record = dict[str, object]

# One community per row: share of households, surnames, women's names, men's names.
COMMUNITIES: list[tuple[float, str, str, str]] = [
    (
        72.0,
        "Ashby Barraclough Birtwell Booth Brearley Bristow Calder Cartledge Clegg Cobham Coldwell Crabtree Dalby"
        " Dawson Denholm Drury Eastwood Ellis Fairburn Fenton Fielding Garside Gledhill Greaves Haigh Halstead"
        " Hanson Hartley Haworth Hepworth Hobson Holroyd Ingham Jagger Jessop Kaye Kellett Kershaw Lumb Lister"
        " Marsden Mellor Mitchell Naylor Netherwood Ogden Oldfield Pickles Priestley Quarmby Ramsden Redfearn"
        " Robinson Rushworth Schofield Shackleton Smith Stansfield Sykes Taylor Thewlis Thornton Turner Uttley"
        " Varley Wadsworth Walker Whiteley Wilkinson Wood Wormald Wright",
        "Abigail Alice Amanda Angela Ann Barbara Beth Carol Charlotte Chloe Christine Claire Dawn Debbie Donna"
        " Dorothy Elaine Ellie Emily Emma Gemma Georgia Gillian Grace Hannah Heather Helen Holly Jackie Jane Janet"
        " Jean Jessica Joan Joanne Julie Karen Kate Kathleen Kelly Kerry Laura Leanne Lesley Linda Lisa Lorraine"
        " Lucy Lynn Mandy Margaret Maureen Megan Michelle Molly Natalie Nicola Olivia Paige Pamela Patricia Pauline"
        " Rachel Rebecca Ruth Samantha Sandra Sarah Sharon Shirley Sophie Stacey Susan Tracey Valerie Vicky Wendy Zoe",
        "Aaron Adam Adrian Alan Alex Andrew Anthony Barry Ben Brian Callum Carl Charlie Chris Colin Connor Craig"
        " Daniel Darren David Dean Declan Derek Dominic Donald Edward Eric Frank Gareth Gary Geoffrey George Graham"
        " Harry Ian Jack Jake James Jamie Jason Joe John Jonathan Jordan Josh Keith Kenneth Kevin Kieran Kyle Lee"
        " Leonard Lewis Liam Luke Malcolm Mark Martin Matthew Michael Mike Neil Nathan Nigel Oliver Paul Peter"
        " Philip Raymond Richard Robert Roger Ryan Sam Scott Sean Shane Simon Stephen Steven Stuart Terry Thomas Tim"
        " Tom Tony Trevor Wayne William",
    ),
    (
        9.0,
        "Ahmed Akhtar Ali Anwar Aslam Bashir Chaudhry Hussain Iqbal Javed Khan Mahmood Malik Mirza Nawaz"
        " Qureshi Rafiq Rashid Saleem Shah Sharif Siddiqui Yousaf",
        "Aisha Amina Ayesha Bushra Farah Fatima Fozia Hafsa Iqra Maryam Nadia Naila Nazia Rabia Rukhsana Saima Samina"
        " Shazia Sobia Sumaira Uzma Yasmin Zainab Zara",
        "Abdul Adeel Adnan Asif Bilal Faisal Farhan Hamza Hassan Imran Irfan Kamran Khalid Mohammed Naveed Omar"
        " Rizwan Saeed Shahid Tariq Usman Waqas Yasir Zahid",
    ),
    (
        3.5,
        "Bains Bhatti Chopra Dhillon Gill Grewal Joshi Kapoor Mehta Nair Patel Rao Sandhu Sharma Singh Verma",
        "Amrit Anjali Deepa Gurleen Harpreet Jasmin Kiran Manjit Meera Navdeep Neha Nisha Pooja Priya Simran Sunita",
        "Amit Arjun Baljit Gurdeep Harjit Inderjit Jaspal Kuldeep Manoj Nikhil Parminder Rajesh Ravi Sanjay Vikram",
    ),
    (
        2.0,
        "Choudhury Hoque Islam Miah Rahman Sarkar Uddin",
        "Farida Jahanara Lubna Nasima Rehana Runa Sabina Sharmin Sultana",
        "Abdul Jamal Kamal Monir Nazrul Rafiq Shafiq Shahin Sohel",
    ),
    (
        4.5,
        "Adams Adeyemi Asante Bailey Boateng Campbell Clarke Eze Francis Grant Kamara Mensah Mwangi Ncube Obi Okafor"
        " Osei Owusu Phiri Reid Thompson Williams",
        "Abena Adaeze Blessing Chantelle Chioma Denise Esther Funmi Grace Joy Kemi Makena Marcia Ngozi Patience"
        " Precious Shanice Tendai Yvonne",
        "Akin Chidi Delroy Emmanuel Femi Isaac Jermaine Kofi Kwame Leroy Marcus Michael Nana Samuel Segun Tafara"
        " Tunde Winston",
    ),
    (
        6.0,
        "Bondarenko Dumitru Gorski Ionescu Jankauskas Kovalenko Kowalski Kozak Lewandowski Munteanu Nowak Petrenko"
        " Popescu Radu Shevchuk Sikora Stan Wojcik Wrobel Zielinski",
        "Agnieszka Alina Anna Andreea Beata Daria Elena Ewa Halyna Ioana Iryna Joanna Katarzyna Magdalena Maria"
        " Mihaela Monika Natalia Oksana Olena",
        "Adam Adrian Andrei Bogdan Cristian Dariusz Grzegorz Ihor Ion Jakub Krzysztof Marcin Mihai Oleksandr Pawel"
        " Piotr Serhii Tomasz Vasile Viktor",
    ),
    (
        3.0,
        "Abdi Aden Al-Amin Chan Duale Ferreira Haddad Hassan Lam Li Nunes Nur Pereira Saleh Santos Silva Warsame Wong",
        "Amal Ana Asha Hodan Huda Ines Ka-Yan Layla Mei Nour Rita Sahra Siu-Ling Sofia Yara Yasmin",
        "Abdirahman Ahmed Bruno Faisal Hassan Ismail Joao Karim Liban Omar Paulo Rui Samer Tiago Wai-Man Yusuf",
    ),
]

# Street: the postcode without its last letter, the highest house number.
STREETS: dict[str, tuple[str, int]] = {
    "High Street": ("WB1 1A", 60),
    "Market Place": ("WB1 2B", 24),
    "Corn Street": ("WB1 3D", 90),
    "Cooper's Row": ("WB1 5G", 44),
    "Tanyard Lane": ("WB1 6L", 70),
    "Millgate Road": ("WB2 1B", 160),
    "Fennel Street": ("WB2 4U", 50),
    "Loom Street": ("WB2 5H", 120),
    "Weir Lane": ("WB2 8X", 60),
    "Keep View": ("WB3 1L", 56),
    "Castle Hollow Road": ("WB3 2F", 110),
    "Bastion Road": ("WB3 6T", 140),
    "Quarry Road": ("WB3 9J", 90),
    "Plover Close": ("WB4 7Q", 30),
    "Dunlin Drive": ("WB4 8J", 96),
    "Linnet Way": ("WB4 8A", 72),
    "Curlew Walk": ("WB4 9G", 84),
    "Gorse Avenue": ("WB5 1R", 100),
    "Furze Hill": ("WB5 2S", 64),
    "Heather Rise": ("WB5 3P", 48),
    "Bracken Road": ("WB5 6R", 88),
    "Beck Street": ("WB6 1N", 76),
    "Moor Road": ("WB6 2Q", 180),
    "Peat Lane": ("WB6 2S", 58),
    "Tarn Street": ("WB6 3H", 130),
    "Carr Lane": ("WB6 4Z", 66),
    "Sallow Green Road": ("WB7 1Y", 90),
    "Osier Court": ("WB7 2L", 36),
    "Withy Lane": ("WB7 4E", 52),
    "Alder Grove": ("WB7 5A", 40),
    "Church Lane, Ferncombe": ("WB8 1T", 28),
    "Combe Hill, Ferncombe": ("WB8 3N", 34),
}
TOWERS = {"Merlin Court": "WB4 7QX", "Heron House": "WB4 9HL"}
NICKNAMES = {
    "Andrew": "Andy", "Anthony": "Tony", "Christine": "Chris", "Daniel": "Danny", "David": "Dave", "Edward": "Ted",
    "James": "Jim", "Kathleen": "Kath", "Margaret": "Maggie", "Matthew": "Matt", "Michael": "Mick",
    "Mohammed": "Mo", "Patricia": "Pat", "Rebecca": "Becky", "Richard": "Rich", "Robert": "Bob",
    "Samantha": "Sam", "Stephen": "Steve", "Thomas": "Tom", "William": "Bill",
}  # fmt: skip
CASES = (
    "Theft of pedal cycle",
    "Burglary",
    "Criminal damage",
    "Noise complaint",
    "Theft from vehicle",
    "Fraud",
)
OFFICERS = ("PC 2214 Hadley", "PC 2305 Whelan", "PC 1990 Mirza", "PC 2071 Ferris", "PCSO 7012 Amos")
CODEWORDS = (
    "teapot",
    "ladder",
    "sunflower",
    "parsnip",
    "lantern",
    "postcard",
    "thimble",
    "saffron",
)
LANDLINES = ("0113496", "0114496", "0161496", "0207946")
NUMBERS_OF_THE_DAY = frozenset(
    {
        "07700900998",
        "07700900999",
        "01134960250",
        "01134960410",
        "01134960444",
    }  # written in the day by others
)


class Town:
    """Draws households; holds what may be given out only once (numbers, references, plates)."""

    def __init__(
        self, rng: random.Random, *, phones_taken: set[str], addresses_taken: set[str]
    ) -> None:
        self.rng = rng
        self.addresses_taken = addresses_taken
        mobiles = [f"07700900{n:03d}" for n in range(1000)]
        fixed = [f"{area}0{n:03d}" for area in LANDLINES for n in range(1000)]
        self.mobiles = [n for n in mobiles if n not in phones_taken]
        self.landlines = [n for n in fixed if n not in phones_taken]
        rng.shuffle(self.mobiles)
        rng.shuffle(self.landlines)
        self.next_case = 3000

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def households(self) -> Iterator[list[Record]]:
        shares = [row[0] for row in COMMUNITIES]
        while True:
            _, surnames, women, men = self.rng.choices(COMMUNITIES, shares)[0]
            surname = self.rng.choice(surnames.split())
            address = self.free_address()
            landline = self.landlines.pop() if self.chance(0.22) else None
            size = self.rng.choices((1, 2, 3, 4), (38, 34, 17, 11))[0]
            members = [
                self.person(surname, women.split(), men.split(), young=i > 1) for i in range(size)
            ]
            if size > 1 and self.chance(0.25):  # not everyone in a house has one name
                members[1]["surname"] = self.rng.choice(surnames.split())
            for member in members:
                member["addresses"] = [*self.earlier_address(), dict(address)]
                if landline:
                    phones = member.get("phones")
                    member["phones"] = [*(phones if isinstance(phones, list) else []), landline]
            yield members

    def person(self, surname: str, women: list[str], men: list[str], *, young: bool) -> Record:
        female = self.chance(0.51)
        forename = self.rng.choice(women if female else men)
        found: Record = {"forename": forename, "surname": surname}
        if self.chance(0.18):
            found["middle_names"] = self.rng.choice(women if female else men)
        if forename in NICKNAMES and self.chance(0.5):
            found["preferred_name"] = NICKNAMES[forename]
        if self.chance(0.06):
            other_surname = self.rng.choice(("Marsh", "Lane", "Pike", "Dobbs"))
            found["aliases"] = [f"{NICKNAMES.get(forename, forename)} {other_surname}"]
        if self.chance(0.93):
            found["date_of_birth"] = self.birthday(young=young).isoformat()
        found["sex"] = "F" if female else "M"
        found |= self.contact_details(forename, surname)
        found |= self.police_history()
        return found

    def birthday(self, *, young: bool) -> date:
        years = self.rng.triangular(10, 24, 17) if young else self.rng.triangular(18, 92, 38)
        return DAY - timedelta(days=int(years * 365.25) + self.rng.randrange(365))

    def contact_details(self, forename: str, surname: str) -> Record:
        details: Record = {}
        if self.chance(0.22) and self.mobiles:
            details["phones"] = [self.mobiles.pop()]
        if self.chance(0.15):
            dot, year = (
                self.rng.choice((".", "", "_")),
                self.rng.choice(("", str(self.rng.randrange(60, 99)))),
            )
            host = self.rng.choice(("mail.example", "inbox.example", "post.example"))
            details["emails"] = [f"{forename}{dot}{surname}{year}@{host}".lower()]
        if self.chance(0.05):
            handle = f"{forename}{surname[:3]}{self.rng.randrange(100, 999)}".lower().replace(
                "-", ""
            )
            details["handles"] = [self.handle(handle)]
        if self.chance(0.12):
            tail = "".join(self.rng.choices(LETTERS, k=3))
            details["vehicles"] = [
                f"J{self.rng.choice('ABDEFGH')}{self.rng.randrange(10, 26)} {tail}"
            ]
        return details

    def handle(self, name: str) -> Record:
        handle: Record = {"platform": "x", "handle": name}
        if self.chance(0.4):
            handle["account_id"] = str(self.rng.randrange(1_700_000_000_000, 1_999_999_999_999))
        return handle

    def police_history(self) -> Record:
        history: Record = {}
        if self.chance(0.09):
            kinds = ("domestic_abuse", "stalking", "high_risk", "vulnerable", "warning")
            marker = self.rng.choices(kinds, (30, 8, 5, 35, 22))[0]
            history["markers"] = [marker]
            if marker in {"domestic_abuse", "stalking"} and self.chance(0.7):
                history["safe_contact"] = self.safe_contact()
        if self.chance(0.14):
            history["cases"] = [self.case()]
        return history

    def safe_contact(self) -> Record:
        set_at = DAY - timedelta(days=self.rng.randrange(1, 40))  # some rules have run out: 28 days
        return {
            "channels": [self.rng.choice(("phone", "email", "fb_message", "x_dm"))],
            "days": self.rng.choice(
                (["mon", "wed"], ["tue", "thu", "fri"], ["mon", "tue", "wed", "thu", "fri"])
            ),
            "hours": self.rng.choice(("09:00-15:00", "10:00-12:00", "18:00-20:00")),
            "codeword": self.rng.choice(CODEWORDS),
            "public_reply": False,
            "leave_message": self.chance(0.2),
            "set_by": self.rng.choice(OFFICERS),
            "set_at": set_at.isoformat(),
            "expires_at": (set_at + timedelta(days=28)).isoformat(),
        }

    def case(self) -> Record:
        self.next_case += self.rng.randrange(3, 40)
        summary = self.rng.choice(CASES)
        return {
            "reference": f"WB/{self.next_case:06d}/26",
            "kind": "incident" if summary == "Noise complaint" else "crime",
            "summary": summary,
            "status": self.rng.choice(("open", "closed", "closed")),
            "opened": (DAY - timedelta(days=self.rng.randrange(20, 320))).isoformat(),
            "officer": self.rng.choice(OFFICERS),
        }

    def free_address(self) -> Record:
        while True:
            address = self.address()
            if address["line"] not in self.addresses_taken:
                self.addresses_taken.add(str(address["line"]))
                return address

    def address(self, *, current: bool = True) -> Record:
        if self.chance(0.05):
            tower = self.rng.choice(sorted(TOWERS))
            return {
                "line": f"Flat {self.rng.randrange(1, 48)}, {tower}",
                "postcode": TOWERS[tower],
                "current": current,
            }
        street = self.rng.choice(sorted(STREETS))
        stem, highest = STREETS[street]
        number = self.rng.randrange(1, highest + 1)
        return {
            "line": f"{number} {street}",
            "postcode": stem + LETTERS[number // 10],
            "current": current,
        }

    def earlier_address(self) -> list[Record]:
        return [self.address(current=False)] if self.chance(0.12) else []


def story_people() -> list[Record]:
    lines = (HERE / "story_people.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def phones_of(people: list[Record]) -> set[str]:
    return {
        str(phone)
        for person in people
        if isinstance(phones := person.get("phones"), list)
        for phone in phones
    }


def addresses_of(people: list[Record]) -> set[str]:
    return {
        str(address["line"])
        for person in people
        if isinstance(addresses := person.get("addresses"), list)
        for address in addresses
    }


def make_namesakes(people: list[Record], rng: random.Random, *, pairs: int) -> None:
    """Give some people the name, sex and birth date of a stranger, as happens in every town."""
    known = [person for person in people if "date_of_birth" in person]
    chosen = rng.sample(known, pairs * 2)
    for one, other in zip(chosen[:pairs], chosen[pairs:], strict=True):
        for field in ("forename", "surname", "sex", "date_of_birth"):
            other[field] = one[field]
        for field in ("middle_names", "preferred_name", "aliases", "emails", "handles"):
            other.pop(field, None)


def all_records() -> list[Record]:
    rng = random.Random(SEED)
    story = story_people()
    taken = {str(person["record_id"]) for person in story}
    free = [f"P{n:06d}" for n in range(1, TOTAL + 1) if f"P{n:06d}" not in taken]
    town = Town(
        rng, phones_taken=phones_of(story) | NUMBERS_OF_THE_DAY, addresses_taken=addresses_of(story)
    )
    others: list[Record] = []
    for household in town.households():
        others += household
        if len(others) >= len(free):
            break
    others = others[: len(free)]
    make_namesakes(others, rng, pairs=9)
    numbered: list[Record] = [
        {"record_id": key} | person for key, person in zip(free, others, strict=True)
    ]
    return sorted(story + numbered, key=lambda person: str(person["record_id"]))


def main() -> None:
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in all_records())
    (HERE / "records.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Signs in a text that somebody else than the person confirmed for the account may be writing.

None proves anything, and few writers say outright that they are somebody else. A sign costs one
question; a sign overlooked shows one person's life to another.
"""

import re
from collections.abc import Iterator

from triage.found import Identifiers, Place, Trait
from triage.identify.lexicon import KIN, OTHERS
from triage.identify.quoting import is_quoted
from triage.model import Person
from triage.own_name import names_person
from triage.unclaimed import unclaimed

NAMED = "the text names this person, and not as its writer"
UNCLAIMED = "a name stands in the text that may be the writer's"
RELATIVE = "the writer says to be somebody's relative or to stand in for them"
ACCOUNT = "the text speaks of the account or device it came from"
DENIED = "the writer says not to be the one we take them for"
ASKS = "the writer asks for what is on record"
BE_SURE = "The writer asks for what is on record: make sure who it is before you answer."
"""Said of writers who are only suggested."""

OTHER_HANDS = (NAMED, UNCLAIMED, RELATIVE, ACCOUNT, DENIED)

_DEVICE = (
    r"(?:account|acc|acct|profile|page|login|phone|fone|mobile|handset|tablet|ipad|laptop|computer"
    r"|number|sim|handle|facebook|fb|insta(?:gram)?|whatsapp|messenger|email|phones)\b"
)
_THEIRS = (
    rf"(?:(?:my|our|the|a|her|his|their)[ \t]+(?:\w{{1,15}}[ \t]+){{0,2}}?"
    rf"(?:{KIN}|{OTHERS})(?:['’]?s?)"
    r"|(?:my|our)[ \t]+[^\W\d_]{2,15}['’]s|her|his|their|hers|theirs"
    r"|(?:someone|somebody)(?: else)?['’]?s)"
)
_WRITES = r"(?:writ|typ|messag|text|post|repl|speak|contact|report|ask|act|translat|interpret)"
_TO_WRITE = (
    r"to (?:(?:write|text|speak|talk|reply) to you|(?:message|contact|text|tell|email|let|ask) you"
    r"|(?:write|message|text|type|say|pass|answer|reply|report)\b"
    r"(?! (?:it |them |that )?(?:down|back)))"
)


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


_ACCOUNTS = (
    _pattern(
        r"\bthis (?:old )?(?:account|acc|acct|profile|page|login|handset|tablet|ipad|laptop)\b",
        rf"\b(?:had|got|bought|given|have|use|using) (?:this|the same) (?:\w+ )?{_DEVICE}"
        r"[^.!?\n]{0,20}\b(?:since|from|off|for|until|now)\b",
        rf"\b(?:lent|lend|borrow(?:s|ed|ing)?|shares?|sharing|picked up|logged|took over"
        r"|taken over|found|handed|new owner|previous owner|passed)\b[^.!?\n]{0,25}"
        rf"\b(?:this|the|her|his|their|s|on) (?:\w+ )?{_DEVICE}",
        r"\b(?:account|number|sim) (?:was|went|came) (?:up )?(?:for sale|sold|with the phone)\b",
        r"\b(?:bought|inherited) this (?:account|number|sim)\b",
        r"\bleft (?:this|it|me|himself|herself|themselves) (?:logged|signed)\b",
    ),
    _pattern(  # "on my daughter's phone"; "using her mobile"; "that's our lad's number"
        r"(?:(?:^|[.!?,;(\n]|\b(?:hi|hello|sorry|and|but|so))[ \t]*"
        r"|\b(?:i['’]?m|im|i am|am|we['’]?re|be|it['’]?s me|only me|just me|have to|had to)[ \t]+)"
        r"(?:(?:only|just|actually|now|currently)[ \t]+)?"
        r"(?:(?:writing|typing|messaging|texting|sent|sending|contacting|posting)\b[^.!?\n]{0,15})?"
        rf"\b(?:on|off|from|via|through|using|use|borrow\w*)[ \t]+{_THEIRS}[ \t]+"
        rf"(?:\w{{1,12}}[ \t]+){{0,2}}?{_DEVICE}",
        rf"\bi(?:['’]ve| have)? (?:use|used|borrowed|borrow|had to use)[ \t]+{_THEIRS}[ \t]+"
        rf"(?:\w{{1,12}}[ \t]+){{0,2}}?{_DEVICE}",
        rf"\b(?:{_DEVICE}[ \t]*['’]?s?|page|the)[ \t]+(?:holder|owner|user)\b"
        r"|\bowner of (?:this|the) (?:phone|account|number|page|profile)\b",
        rf"(?:^|[.!?,(\n])[ \t]*(?:sorry[ ,]*)?(?:on|off|from|via|using)[ \t]+{_THEIRS}[ \t]+"
        rf"(?:\w{{1,12}}[ \t]+){{0,2}}?{_DEVICE}",
        rf"\b(?:this|that|it)(?:['’]?s| is| was)[ \t]+(?:\w+ly )?{_THEIRS}[ \t]+"
        rf"(?:\w{{1,12}}[ \t]+){{0,2}}?{_DEVICE}",
        rf"\b(?:this|the) {_DEVICE}(?:['’]?s| is| was| belongs to)[ \t]+(?:in )?{_THEIRS}",
        rf"\b(?:not|isn['’]?t|wasn['’]?t) (?:actually |really )?my (?:own )?{_DEVICE}",
        rf"\bmy (?:own )?{_DEVICE}[^.!?\n]{{0,12}}\b(?:dead|flat|broken?|bust|smashed|cracked"
        r"|charging|no (?:credit|battery|charge|data|signal)|out of|ran out|run out|died|playing up"
        r"|packed in)\b",
        r"\bmine(?:['’]?s| is| has| was)?[^.!?\n]{0,10}\b(?:dead|flat|broken?|smashed|died|charging"
        r"|no (?:credit|battery|charge|data)|out of|packed in)\b",
        r"\b(?:reply|answer|ring|call|text|contact|get|reach|message)\b[^.!?\n]{0,20}"
        r"\b(?:on|to) (?:mine|my own)\b",
        rf"\b(?:got|have|took|inherited|bought) this (?:{_DEVICE}|one)[^.!?\n]{{0,15}}"
        r"\b(?:from|off|when|after|with)\b",
    ),
)
_RELATIVES = (
    _pattern(
        r"(?:^|[.!?,;\n]|\b(?:hi|hello|sorry|and|but))[ \t]*\b(?:i['’]?m|i am|this is|it['’]?s)"
        rf"[ \t]+(?:only[ \t]+)?(?:(?:the|his|her|their|your)[ \t]+)?{KIN}\b"
        r"(?![ \t]+(?:of|to|and)\b)",
        r"\b(?:speak|write|writing|speaking|typing|messaging|texting|replying|translating)[ \t]+"
        r"(?:this )?for[ \t]+(?:him|her|them|my|(?-i:[A-Z])[\w'’-]+)",
    ),
    _pattern(  # "as her carer"; "I'm his support worker"; "mother of Chloe"; "mum here"
        r"\b(?:i['’]?m|i am|im|this is|it['’]?s|it is|speaking as|writing as|as)[ \t]+"
        r"(?:only |just |actually |now )?(?:her|his|their)[ \t]+(?:\w{2,12}[ \t]+){0,2}?"
        rf"(?:{KIN}|{OTHERS}|support worker|keyworker|key worker|advocate|guardian|interpreter)\b",
        rf"\b(?:i['’]?m|i am|im|this is|it['’]?s)[ \t]+(?:\w{{1,10}}[ \t]+)?{KIN}"
        r"[ \t]+(?:of|to)[ \t]+(?-i:[A-Z])",
        rf"(?:^|[.!?\n,–-])[ \t]*(?:hi[ ,]+|hello[ ,]+)?(?:(?:her|his|their|the)[ \t]+)?{KIN}"
        r"[ \t]+(?:here|speaking|writing|typing)\b",
        rf"(?:^|[\n.!?])[ \t]*{KIN}[ \t]+(?:of|to)[ \t]+(?!two\b|three\b|four\b|my\b)[^\W\d_]{{3}}",
        rf"\bas (?:the |a )?{KIN}[ \t]+(?:of|to)\b|\b(?:her|his|their) {KIN} and (?:i|me)\b",
        r"\b(?:how|why) i['’]?m (?:writing|using|on here|messaging)\b",
    ),
    _pattern(  # "Her dad, Olly" and "love, mum" at the end
        rf"(?:^|[\n.!?,])[ \t]*(?:her|his|their)[ \t]+(?:\w{{2,12}}[ \t]+)?(?:{KIN}|{OTHERS})"
        r"(?:[ \t,:–-]+(?-i:[A-Z])[\w'’-]+){0,3}[ \t.!x]*$",
        rf"(?:^|[\n.!?])[ \t]*{KIN}[ \t]*[-–,:][ \t]*(?-i:[A-Z])[\w'’-]+[ \t.!x]*$",
        r"\b(?:love|thanks|cheers|from|regards|signed)[ \t,.\n]+(?:(?:her|his|their|the)[ \t]+)?"
        rf"{KIN}[ \t.!x]*$",
    ),
    _pattern(  # in whose stead
        r"\b(?:on|in) (?:behalf of|(?:her|his|their) behalf)\b",
        rf"\b{_WRITES}\w*[ \t]+(?:this |it |to you )?(?:for|instead of)[ \t]+"
        r"(?:my|our|her|him|them)\b(?![ \t]+(?:rights?|life|statement|own))",
        rf"\b(?:{KIN}|{OTHERS})(?:['’]s| has| have| had)?[ \t]+(?:just |only )?told me {_TO_WRITE}",
        rf"\b(?:she|he|they|{KIN}|{OTHERS})(?:['’]s| has| have| had)?[ \t]+(?:just |only )?"
        r"(?:asked|wants|wanted|got|begged|needs|would like|['’]d like)[ \t]+"
        rf"(?:me|us)[ \t]+{_TO_WRITE}",
        rf"\b(?:she|he|they|{KIN})[^.!?\n]{{0,12}}\b(?:can['’]?t|cannot|can not|couldn['’]?t"
        r"|(?:not|un)able to|isn['’]?t able to|(?:upset|scared|frightened|shy|ill|poorly|weak"
        r"|embarrassed|ashamed|old|young|shaky|shaken|afraid|nervous|busy|drunk|sick) to)[ \t]+"
        r"(?:write|type|text|message|talk|speak|come to the phone|use (?:the|a|her|his) phone|spell"
        r"|read|ring|call|contact|report)\b",
        r"\b(?:her|his|their) english\b|\bhasn['’]?t (?:got )?(?:the |much |any )?english\b"
        r"|\b(?:she|he|they) (?:doesn['’]?t|does not|don['’]?t)[^.!?\n]{0,10}\b(?:speak|write)\b"
        r"[^.!?\n]{0,10}\benglish\b",
        r"\bpass(?:ing)? (?:this|it) on (?:for|from) (?:my|her|him|our|a)\b",
        r"\b(?:she|he|they|mum|mam|dad) (?:does|do)(?:n['’]?t| not) know (?:that )?i(?:['’]?m| am)"
        r"[^.!?\n]{0,12}\b(?:writing|messaging|using|texting|contacting|doing this)\b",
    ),
)
_ASKS = _pattern(
    r"\b(?:what|which)[ \t]+(?:\w+[ \t]+){0,3}?(?:address|number|phone|e-?mail|name|details"
    r"|info\w*|dob|date of birth)[ \t]+(?:\w+[ \t]+){0,3}?(?:have|hold|got|on file|on record"
    r"|down for)\b",
    r"\b(?:send|give|tell|read|text|e-?mail|forward|confirm|remind|show|let)[ \t]+(?:\w+[ \t]+)?"
    r"(?:me|us)\b[^.!?\n]{0,20}\b(?:the|my|her|his|their|our)[ \t]+(?:new |old |current |full "
    r"|home |last )*(?:address|phone number|mobile number|statement|whereabouts|location|details"
    r"|e-?mail|file|record)\b",
    r"\b(?:copy|copies|transcript) of (?:my|the|her|his|our) (?:\w+ )?(?:statement|report|interview"
    r"|file|records?)\b",
    r"\bwhat (?:did|have) (?:i|we|she|he|they) (?:say|said|tell|told|put|write|written)\b",
    r"\b(?:remind|tell) me what (?:i|we|she|he) (?:said|told|put|reported|wrote)\b",
    r"\b(?:change|changing|update|updating|amend|correct) (?:my|the|her|his|our) (?:home |contact "
    r"|phone |e-?mail )*(?:address|number|phone|e-?mail|details)\b",
    r"\bwhere (?:does|do|did|is|are) (?:she|he|they|my \w+)[^.!?\n]{0,12}\b(?:live|living|staying"
    r"|stay|moved?)\b",
)
_STILL = re.compile(r"\bstill (?:me|mine)\b", re.IGNORECASE)
_DENIED = re.compile(
    r"\bwrong (?:person|account|number|one|lad|lass|girl|boy|man|woman|guy|bloke|name)\b"
    r"|\b(?:mixed|mixing) (?:me|us) up\b|\bnot the (?:person|one|man|woman)\b"
    r"|\b(?:someone|somebody) else(?:['’]s)? (?:account|profile|phone|number|name|details)\b"
    r"|\b(?:that|it) (?:wasn['’]?t|was not|isn['’]?t|is not) me\b|\bthat is not my name\b"
    r"|\bi never (?:reported|spoke|wrote|contacted|gave|said|asked)\b"
    r"|\bnever (?:contacted|messaged|written to|spoken to) (?:you|the police)\b"
    r"|\b(?:ignore|forget|never mind) the (?:name|picture|photo) (?:at|on|up)\b"
    r"|\bconfus(?:ed|ing) me with\b|\bno idea who (?:that|this) is\b"
    r"|\bfirst time (?:i['’]?ve|i have|i|writing|messaging|contacting)\b",
    re.IGNORECASE,
)


def other_hands(text: str, identifiers: Identifiers, person: Person) -> Iterator[str]:
    """What makes one ask who is writing; nothing of what was written is repeated."""
    told = [
        each
        for each in identifiers.found
        if each.place is Place.TEXT and not is_quoted(text, each.span.start)
    ]
    if names_person(text, told, person):
        yield NAMED
    if unclaimed(text, [each for each in told if each.kind is Trait.NAME], person):
        yield UNCLAIMED
    if any(_says(each, text) for each in _ACCOUNTS) and not _STILL.search(text):
        yield ACCOUNT
    if any(_says(each, text) for each in _RELATIVES):
        yield RELATIVE
    if _says(_DENIED, text):
        yield DENIED
    if asks_for_record(text):
        yield ASKS


def asks_for_record(text: str) -> bool:
    """Whether somebody asks for what is on record, or to change it: impostors ask just that."""
    return _says(_ASKS, text)


def _says(pattern: re.Pattern[str], text: str) -> bool:
    return any(not is_quoted(text, match.start()) for match in pattern.finditer(text))

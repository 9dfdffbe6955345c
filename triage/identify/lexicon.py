"""Words that rules about identifiers read: relations, streets, and words that are no names."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

ENGLISH_FILE = Path(__file__).with_name("english.txt")


def words(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


@cache
def english_words() -> frozenset[str]:
    """Words, folded, that messages in English mostly consist of; no names among them."""
    lines = ENGLISH_FILE.read_text(encoding="ascii").splitlines()
    return frozenset(word for word in lines if not word.startswith("#"))


NOT_NAMES = words(
    """
a about above absolutely actually after again against all almost alone already also although
always am an and angry another any anybody anymore anyone anything anyway anywhere are area around
as asap asking at away back bad be because been before behind being below better between both
boy british broke broken bus but by call called calling came can cannot cant car child children
christmas church city clearly close come coming community completely concerned control could
council country couple court currently dad danger day definitely deal desperate did didnt
different disabled disgraceful disgusted disgusting do does doesnt doing done dont down driver
driving during each either elderly else emergency england english enough even ever every everybody
everyone everything evidence extremely facebook family fear female fine first five flat for force
four friday friend from front fucking full fuming genuine genuinely get getting girl give go god
going gone gonna good got great guy had half happening happy has hate have havent having he hello
help her here hers hey hi him his hiya hold home hoping house how however hurt i if ill im in
incident indian innocent inside instagram into irish is isnt it its ive january just kid kids
kind knackered know lady last late later least leave let life like literally live lives living
local london looking lost lot love lovely mad made make male man many match mate maybe me mean men
message messaging might mine miss missing monday more morning most mother moved much mum muslim my
myself name near need needs neighbour neighbourhood never new news next nice night no nobody non
none nor not nothing now number of off office officer officers ok okay old on once one only onto or
other our ours out outside over own pain parent parked past pakistani people person phone photo
please pls police polish poor possible post pregnant pretty probably profile public put question
quite rather re reading ready really reason record recording regarding registered reply report
reported reporting resident ridiculous right road romanian roughly running s sad safe said same
saturday saw say saying scam scared school scottish second see seeing seen self send sent serious
seriously several shaking she should shut sick since sir sister so some somebody someone something
sometimes somewhere soon sorry south speaking special spoke staff station stay still stood stop
store street stuck student stupid such sunday sure surely take taking talk talking team tell
telling terrified thank thankful thanks that thats the their them then there these they thing
things think thinking this those though thought thoughts three through thursday till time times
tired to today told tomorrow tonight too top totally touch town tried true truly trying tuesday
turn two twitter uk ukrainian unable under understand unfortunately unless until up upset urgent us
use used using usual very via victim video wait waiting walking want wanted was wasnt watching way
we wednesday week weird welcome well welsh went were west westbridge what whats when where whether
which while white who whole whos why wife will wish with without witness woman women wondering wont
work worker working worried worst worth would writing wrong x xx xxx yeah year years yes yesterday
yet you young your yours youth asian black african caribbean chinese european american christian
jewish sikh hindu gay lesbian trans autistic deaf blind homeless unemployed retired married single
divorced diabetic asthmatic epileptic alcoholic trapped locked hiding bleeding dying begging
crying shouting screaming fighting standing sitting sat
hospital pub shop park estate bridge centre bank hotel
mam daughter son brother husband partner boyfriend girlfriend girl cousin uncle aunt auntie nan
grandad grandma gran granny mom stepdad stepmum landlord tenant teacher nurse carer doctor
customer caller anonymous admin support service services department complaints enquiry
re fwd ps btw fyi omg lol wtf tbh idk smh
dob tel mob mobile telephone ref reg reference postcode address age aged email plate
blue red black silver grey gray gold yellow purple orange pink
fiesta focus corsa astra golf polo transit audi bmw ford vauxhall toyota yaris micra nissan qashqai
kia honda civic mini peugeot renault clio mercedes rover skoda octavia volvo seat fiat van
"""
)
"""Words that never are a part of a name after "I'm", "this is" and the like."""

SURNAMES_TOO = words(
    "white black young gray grey ford gold rover english french welsh love day may west south"
    " street church park city mann"
    " poor rich good sharp moody hope child wood brown green church bridge bank house hall"
    " field stone lake forest castle temple wells court bishop friend banks parker"
)
"""Words that are surnames where they stand behind a first name with a capital letter."""


# --- relations and places -------------------------------------------------------------------------

KIN = (
    r"(?:(?:step|half|grand|great|foster|ex)[- ]?)?(?:mum|mam|mom|mother|dad|father|brother|bro"
    r"|sister"
    r"|sis|son|daughter|husband|hubby|wife|partner|boyfriend|girlfriend|bf|gf|fianc[eé]e?|nan|nana"
    r"|nanna|gran|granny|grandma|grandad|grandpa|granddad|uncle|aunt|aunty|auntie|cousin|niece"
    r"|nephew|parents?|child|kid|kids|baby|children|lad|girl|boy)"
    r"(?:[- ]in[- ]law)?"
)
OTHERS = (
    r"(?:ex|neighbou?r|friend|mate|boss|landlord|landlady|tenant|lodger|flatmate|housemate"
    r"|roommate|colleague|manager|client|patient|pupil|student|carer|abuser|attacker|stalker"
    r"|social worker|solicitor|teacher|teenager|missus|bloke|fella|man|woman|lady|guy|bird)"
)
RELATION = (
    rf"(?:{KIN}|ex[- ](?:partner|husband|wife|boyfriend|girlfriend|bf|gf|missus)|{OTHERS})"
    r"(?=['’]?s?\b)"
)

RELATION_WORDS = words(
    """
    mum mam mom mother dad father brother bro sister sis son daughter husband hubby wife partner
    boyfriend girlfriend bf gf fiance fiancé fiancee fiancée nan nana nanna gran granny grandma
    grandad grandpa granddad grandmother grandfather grandson granddaughter stepmum stepdad
    stepson stepdaughter uncle aunt aunty auntie cousin niece nephew parent parents child kid kids
    baby children lad girl boy ex neighbour neighbor friend mate boss landlord landlady tenant
    lodger flatmate housemate roommate colleague manager client patient pupil student carer abuser
    attacker stalker worker solicitor teacher teenager missus bloke fella man woman lady guy bird
    """
)
"""The words one of which stands in every match of `RELATION`."""

STREET_TYPES = words(
    "road rd street st lane ln avenue ave av close cl drive dr way court ct crescent cres cresent"
    " place pl terrace terr gardens gdns garden grove gr hill walk row view rise park square sq"
    " mews green house hall fold croft gate quay wharf parade bank end common mount yard tower"
    " towers heights point lodge block broadway wynd brae loan vale dale mead meadow meadows fields"
    " field villas cottages approach passage alley circus buildings mansions boulevard chase"
)
STREET_SHORT: Mapping[str, str] = {
    "rd": "road",
    "st": "street",
    "ln": "lane",
    "ave": "avenue",
    "av": "avenue",
    "cl": "close",
    "dr": "drive",
    "ct": "court",
    "cres": "crescent",
    "cresent": "crescent",
    "pl": "place",
    "terr": "terrace",
    "gdns": "gardens",
    "gr": "grove",
    "sq": "square",
}
PLACE_WORDS = STREET_TYPES | words(
    "station stadium school college university hospital infirmary bridge church mosque temple"
    " market arms inn hotel pub club centre center arcade estate library theatre cinema police"
    " council city town village united rovers fc academy primary juniors shopping road museum"
    " junction roundabout island islands airport port harbour beach river canal lake forest wood"
    " woods moor county borough parish surgery pharmacy cafe bar grill takeaway supermarket tesco"
    " asda sainsburys morrisons aldi lidl boots greggs costa courier news herald gazette echo"
    " times radio show day week morning night evening cathedral abbey castle palace monument"
)
NO_STREET = words(
    """
    minute minutes min mins hour hours hrs year years month months week weeks day days men man lad
    lads car cars people guys kids children boys girls women dogs quid pounds metres miles am pm x
    of on in at by to from with and or the is are was were off down up near past it they he she we i
    you times officers police old bed bedroom bedrooms storey stolen big bikes vans outside behind
    opposite next a an this that my your his her our their same other busy main whole wrong right
    middle every each any across along over into no back side single one two three four blocked
    closed for some all new per
    """
)
"""Words that no street is called by."""

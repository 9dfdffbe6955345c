"""Which language a message is in: by script, then by common words, then by py3langid.

A text that nobody can place must not pass for English: floor F5 sends it to people.
"""

import re
from collections import Counter
from functools import cache
from typing import Any

from classifiers.normalise import flat, plain
from triage.identify.lexicon import english_words

READ_CHARS = 2_000
SURE = 0.75
UNKNOWN = "und"  # ISO 639 for a language that cannot be told
HALF = 0.5
ENOUGH_LETTERS = 24

# Languages heard in British cities that py3langid is allowed to answer with.
PLAUSIBLE = "en pl ro pt es fr cy so tr it de nl lt lv hu cs sk sq hr sv vi tl sw ga gd da no fi et"


_SCRIPTS = (
    (0x0370, 0x03FF, "el"),
    (0x0400, 0x052F, "cyrillic"),
    (0x0530, 0x058F, "hy"),
    (0x0590, 0x05FF, "he"),
    (0x0600, 0x077F, "arabic"),
    (0x08A0, 0x08FF, "arabic"),
    (0x0900, 0x097F, "hi"),
    (0x0980, 0x09FF, "bn"),
    (0x0A00, 0x0A7F, "pa"),
    (0x0A80, 0x0AFF, "gu"),
    (0x0B80, 0x0BFF, "ta"),
    (0x0C00, 0x0C7F, "te"),
    (0x0C80, 0x0CFF, "kn"),
    (0x0D00, 0x0D7F, "ml"),
    (0x0D80, 0x0DFF, "si"),
    (0x0E00, 0x0E7F, "th"),
    (0x10A0, 0x10FF, "ka"),
    (0x1200, 0x137F, "am"),
    (0x3040, 0x30FF, "ja"),
    (0x4E00, 0x9FFF, "zh"),
    (0xAC00, 0xD7AF, "ko"),
)

# Common words, folded; words that English shares are left out of the others.
_WORDS = {
    "en": "the a an i im is are was to and of in on my your you it its he hes she shes they "
    "for with that this have has had do does not no can cant what when how who please "
    "me we at from be been just got there theres out up so if but or about will would "
    "someone get thanks thank hi hello police help u ur lol yes ok well why all need "
    "know him her them his as by any where now",
    "pl": "nie sie jest na do ze to i z w moj moja mnie mi czy jak prosze co jestem mam ma "
    "ale dla od przez juz tylko mojego mojej dzien dobry bardzo dziekuje teraz po za "
    "ktos gdzie pomocy pomoc ratunku",
    "ro": "nu este si la cu din pe ma imi mi sa ca un o sunt eu meu mea va rog multumesc buna "
    "ziua pentru dar mai acum vecinul poate cineva ce cum unde am ne lui ajutor ajutati",
    "es": "el la los las que de en y un una por con para mi me se es esta estoy lo su como "
    "pero gracias hola ahora tengo hay muy ya no al del puedo ayuda",
    "pt": "o os as que de em e um uma por com para meu minha me se nao esta estou ele ela "
    "como mas obrigado obrigada ola agora tenho muito ja na no da do voce posso sao",
    "fr": "le la les que de en et un une pour avec mon ma me se est je il elle pas ne des du "
    "dans sur bonjour merci mais nous vous au qui ce suis ai jai cest on",
    "it": "il lo la gli che di in e un una per con mio mia mi si sono non ho ha del della nel "
    "come grazie ciao ma ora adesso molto questo sto da buongiorno al aiuto",
    "cy": "mae yn y yr i ar o dw dwi chi fi ni ddim wedi sydd oedd am gyda diolch helo bore "
    "da nawr ei eu fy dyn rhywun eisiau plis gan hi ti beth ble yw hwn",
    "so": "waa waxaan ayaa iyo ka ku la u soo waxay wuxuu maxaa ma oo anigoo waan aan ah ahay "
    "fadlan wuu nin ayuu carruurta inuu leeyahay ninkaygu kaalay haysta walaal hadda "
    "leh laga inaan wax kale guriga waxaa igu ii",
    "tr": "bir ve bu da de ne icin ben benim bana cok var yok mi ama gibi daha simdi lutfen "
    "merhaba evde tesekkurler biri kadar olarak beni bizim su nasil nerede",
    "lt": "ir yra as kad su mano man ne kaip bet ar jis ji jau labas aciu prasau nuo i is po "
    "dabar labai kur kas mes jie gali turiu",
    "ur-Latn": "hai hain mein nahi mujhe mera meri mere ka ki ke ko se aur kya raha rahi rahe ho "
    "woh wo yeh ye par bhi kar tha thi abhi jaldi koi hum kal main ghar apne",
    "pa-Latn": "da di de nu te hai ne mera meri mainu menu nahi si vich wich ch reha rahi rehe "
    "ohna oh eh kol ji kise sadi sade hun nal haan ni kehnda mere dian raat",
    "nl": "het een en van ik niet dat op met voor zijn mijn hij zij maar ook wel naar bij",
    "de": "der die das und ich nicht ist ein eine mit auf fur mein meine er sie wir haben bitte",
    "tl": "ang ng sa mga ko na ako po ay hindi siya kami ito yung naman dito tulong",
    "hu": "az egy es hogy nem is van volt a de meg csak mar itt kerem segitseg",
    "sq": "dhe ne nje me te per nuk eshte qe une jam ka mua ju lutem",
    "lv": "un ir es ka ar no man mans nav vai uz par ludzu paldies",
    "vi": "toi la khong cua va co cho nguoi duoc o trong giup",
}
# Letters that, among the languages above, belong to few; they count as two common words.
_LETTERS = {
    "pl": "ąęłńśźż",
    "ro": "ășțţş",
    "es": "ñ¿¡",
    "pt": "ãõ",
    "fr": "œèêàùç",
    "cy": "ŵŷ",
    "tr": "ğışç",
    "lt": "ėįųūšž",
    "de": "ßäöü",
    "vi": "ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđơư",
}
_COMMON_IN: dict[str, list[str]] = {}  # languages by common word
for _lang, _words in _WORDS.items():
    for _word in frozenset(_words.split()):
        _COMMON_IN.setdefault(_word, []).append(_lang)
_LATIN_WORD = re.compile(r"[a-z]+")

NAMES = {
    "en": "English",
    "pl": "Polish",
    "ro": "Romanian",
    "es": "Spanish",
    "pt": "Portuguese",
    "fr": "French",
    "it": "Italian",
    "cy": "Welsh",
    "so": "Somali",
    "tr": "Turkish",
    "lt": "Lithuanian",
    "ur": "Urdu",
    "ur-Latn": "Urdu or Hindi in Latin letters",
    "pa": "Punjabi",
    "pa-Latn": "Punjabi in Latin letters",
    "hi": "Hindi",
    "bn": "Bengali",
    "gu": "Gujarati",
    "ta": "Tamil",
    "ar": "Arabic",
    "fa": "Persian",
    "uk": "Ukrainian",
    "ru": "Russian",
    "zh": "Chinese",
}


def language_of(text: str, *, hint: str = "") -> str:
    """ISO code of a text's main language; "" if it has no letters, `und` if nobody can tell.

    `hint` is what the platform says; it decides only where the text is too short to tell.
    """
    shown = plain(text[:READ_CHARS]).text
    script = _script(shown)
    match script:
        case "":
            return ""
        case "latin":
            return _latin(shown, hint)
        case "arabic":
            return _arabic(shown)
        case "cyrillic":
            return "ru" if re.search("[ыэъё]", shown.lower()) else "uk"
        case _:
            return script


def name_of(lang: str) -> str:
    """The English name of a language, or its code."""
    return "unknown" if lang == UNKNOWN else NAMES.get(lang, lang)


def _script(text: str) -> str:
    if text.isascii():
        return "latin" if any(map(str.isalpha, text)) else ""
    seen: Counter[str] = Counter()
    for char in text:
        if char.isalpha():
            seen[_script_of(ord(char))] += 1
    if not seen:
        return ""
    # A few words of another script in a Latin text, or a Latin place name in another script.
    other = {name: count for name, count in seen.items() if name != "latin"}
    if other and sum(other.values()) * 2 >= seen["latin"]:
        if "ja" in other:
            return "ja"
        return max(other, key=lambda name: other[name])
    return "latin"


def _script_of(code: int) -> str:
    if code < 0x0370:
        return "latin"
    for first, last, name in _SCRIPTS:
        if first <= code <= last:
            return name
    return "latin" if 0x1E00 <= code <= 0x1EFF else "other"


def _arabic(text: str) -> str:
    if re.search("[ٹڈڑںےہھ]", text):
        return "ur"
    persian = re.search("[پچژگ]", text) or re.search(
        r"(?<!\w)(?:این|است|می|را|که|شده|داره|منو|دارن|مردم|خنده|تو|رو)(?!\w)", text
    )
    return "fa" if persian else "ar"


def _latin(text: str, hint: str) -> str:
    words = _LATIN_WORD.findall(flat(text).text)
    found = Counter(dict.fromkeys(_WORDS, 0))
    found.update(lang for word in words for lang in _COMMON_IN.get(word, ()))
    for lang, letters in _LETTERS.items():
        found[lang] += 2 * any(letter in letters for letter in text.lower())
    (best, most), (_, second) = found.most_common(2)
    if most >= 2 and most > second and (best != "en" or most * 6 >= len(words)):
        return best
    if hint in NAMES and most == 0 and sum(map(len, words)) < ENOUGH_LETTERS:
        return hint
    english = sum(word in english_words() for word in words)
    if found["en"] >= most and english * 2 >= len(words) and english:
        return "en"
    if len(words) <= 1:
        return best if most and not found["en"] else "en"
    return _by_model(text)


def _by_model(text: str) -> str:
    code, probability = _identifier().classify(text)
    return str(code) if float(probability) >= (HALF if code == "en" else SURE) else UNKNOWN


@cache
def common_words() -> frozenset[str]:
    """The most common words of every language that is told by them, folded."""
    return frozenset(_COMMON_IN)


@cache
def _identifier() -> Any:
    """py3langid's model: 0.8 s to load, so only when script and common words do not tell."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    known = set(identifier.labels)
    identifier.set_languages([lang for lang in PLAUSIBLE.split() if lang in known])
    identifier._full_model = None  # 27 MB, for choosing other languages later
    return identifier

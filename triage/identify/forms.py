"""Everything in a text that has a form, each kind masked before the next is looked for."""

from datetime import date

from triage.identify.contacts import DIGIT, mails_and_handles, phones, references
from triage.identify.dates import ages, births
from triage.identify.pieces import Page
from triage.identify.places import addresses, plates, postcodes


def scan(text: str, today: date) -> Page:
    """The text with its pieces; `today` bounds birth dates. Linear in the length of the text."""
    page = Page(text)
    mails_and_handles(page)
    digits = DIGIT.search(text) is not None
    if digits:
        references(page)
    phones(page)
    if digits:
        births(page, today)
        postcodes(page)
        plates(page)
        ages(page)
    addresses(page)
    return page

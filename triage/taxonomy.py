"""The words of the desk: classes, audiences, signals and modifiers (docs/concepts/taxonomy.md)."""

from enum import StrEnum


class Label(StrEnum):
    """The class of an item: exactly one."""

    EMERGENCY = "emergency"
    ABUSE = "abuse"
    ROUTINE = "routine"


class Audience(StrEnum):
    """Who is best placed to look at an item of this content."""

    CONTROL_ROOM = "control_room"
    SAFEGUARDING = "safeguarding"
    COMMS = "comms"
    BOTH = "both"  # safeguarding and comms: an angry victim, an abusive post that discloses
    CONTACT = "contact"


class SignalName(StrEnum):
    """The 25 things the classifier listens for."""

    # emergency
    VIOLENCE_IN_PROGRESS = "violence_in_progress"
    WEAPON = "weapon"
    THREAT_TO_LIFE = "threat_to_life"
    SUICIDE_RISK = "suicide_risk"
    MISSING_PERSON = "missing_person"
    RESCUE = "rescue"
    COVERT_HELP = "covert_help"
    OFFENDER_PRESENT = "offender_present"
    # disclosure
    DOMESTIC_ABUSE = "domestic_abuse"
    COERCIVE_CONTROL = "coercive_control"
    STALKING_HARASSMENT = "stalking_harassment"
    SEXUAL_OFFENCE = "sexual_offence"
    CHILD_AT_RISK = "child_at_risk"
    ADULT_AT_RISK = "adult_at_risk"
    HONOUR_EXPLOITATION = "honour_exploitation"
    IMAGE_ABUSE = "image_abuse"
    # content
    THREATENING_CONTENT = "threatening_content"
    HATE = "hate"
    ABUSE_OF_STAFF = "abuse_of_staff"
    IDENTIFIES_PERSON = "identifies_person"
    # routine
    CRIME_REPORT = "crime_report"
    INFORMATION_SIGHTING = "information_sighting"
    NUISANCE = "nuisance"
    EXISTING_CASE = "existing_case"
    GENERAL = "general"


EMERGENCY_SIGNALS = frozenset(list(SignalName)[:8])
DISCLOSURE_SIGNALS = frozenset(list(SignalName)[8:16])
CONTENT_SIGNALS = frozenset(list(SignalName)[16:20])
ROUTINE_SIGNALS = frozenset(list(SignalName)[20:])


class When(StrEnum):
    """When what is told happened."""

    NOW = "now"
    RECENT = "recent"
    PAST = "past"
    HISTORIC = "historic"
    UNKNOWN = "unknown"


class Voice(StrEnum):
    """Who is speaking."""

    SELF = "self"
    WITNESS = "witness"
    RELATIVE = "relative"
    PROFESSIONAL = "professional"
    CHILD = "child"
    UNKNOWN = "unknown"


class Literalness(StrEnum):
    """Whether the words mean what they say."""

    LITERAL = "literal"
    FIGURATIVE = "figurative"
    QUOTED = "quoted"
    FICTION = "fiction"
    HYPOTHETICAL = "hypothetical"
    JOKE = "joke"
    NEWS = "news"


class Direction(StrEnum):
    """At whom abusive content is aimed."""

    PERSON = "person"
    POLICE = "police"
    NONE = "none"


class Kind(StrEnum):
    """How an item reached the force. Only `DM` is private."""

    DM = "dm"
    MENTION = "mention"
    COMMENT = "comment"
    POST = "post"


class Lane(StrEnum):
    """The staff channels work is routed to."""

    CONTROL_ROOM = "control_room"
    DESK = "desk"
    SAFEGUARDING = "safeguarding"
    COMMS = "comms"
    STANDARDS = "standards"  # professional standards: complaints about officers, restricted


class Marker(StrEnum):
    """Warning and vulnerability markers of a citizen record that priority rules read."""

    HIGH_RISK = "high_risk"
    DOMESTIC_ABUSE = "domestic_abuse"
    STALKING = "stalking"
    VULNERABLE = "vulnerable"
    CHILD = "child"
    WARNING = "warning"

"""Who may do what to whose record: one table that a lawyer can read and the running app is checked against."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is here. Each member of staff has one role."""

    PATIENT = "patient"
    NURSE = "nurse"
    CLINICIAN = "clinician"
    COORDINATOR = "coordinator"
    RESEARCHER = "researcher"
    ADMIN = "admin"


class Reach(StrEnum):
    """How far a permission goes.

    `self`: the patient's own record. `care`: patients with whom a care relationship stands. `study`: data of studies
    the researcher was admitted to, under pseudonyms. `site`: matters of the own site that are no patient's record.
    `open`: nobody's data (vocabulary, catalogue, one's own session).
    """

    SELF = "self"
    CARE = "care"
    STUDY = "study"
    SITE = "site"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: a permission, how far it goes, who has it, and in plain words what it lets them do."""

    permission: str
    reach: Reach
    roles: frozenset[Role]
    meaning: str


_P, _N, _C, _K, _R, _A = Role
_TREATING = (_N, _C)
_CARING = (_N, _C, _K)
_ANYONE = tuple(Role)


def _row(permission: str, reach: Reach, roles: tuple[Role, ...], meaning: str) -> Row:
    return Row(permission, reach, frozenset(roles), meaning)


TABLE: tuple[Row, ...] = (
    # The patient, about themselves
    _row("own-profile:read", Reach.SELF, (_P,), "See one's own profile."),
    _row("own-profile:write", Reach.SELF, (_P,), "Change how one wants to be reached."),
    _row("own-plan:read", Reach.SELF, (_P,), "See one's own treatment, doses and intervals."),
    _row("own-doses:write", Reach.SELF, (_P,), "Log a dose taken at home."),
    _row("own-entries:read", Reach.SELF, (_P,), "See one's own diary."),
    _row("own-entries:write", Reach.SELF, (_P,), "Log, correct and retract one's own diary entries."),
    _row("own-samples:read", Reach.SELF, (_P,), "See one's own finger pricks and released results."),
    _row("own-samples:write", Reach.SELF, (_P,), "Log a finger prick and that it was posted."),
    _row("own-responses:read", Reach.SELF, (_P,), "See one's own forms."),
    _row("own-responses:write", Reach.SELF, (_P,), "Answer, correct and retract forms."),
    _row("own-assignments:read", Reach.SELF, (_P,), "See which questionnaires one is asked, and when."),
    _row("own-reminders:read", Reach.SELF, (_P,), "See one's own reminders."),
    _row("own-reminders:write", Reach.SELF, (_P,), "Pause, stop or put off one's own reminders."),
    _row("own-calendar:write", Reach.SELF, (_P,), "Make or revoke one's private calendar feed."),
    _row("own-record:sync", Reach.SELF, (_P,), "Send what was logged on one's phone, and get what changed."),
    _row("own-record:export", Reach.SELF, (_P,), "Take everything about oneself along."),
    _row("own-access:read", Reach.SELF, (_P,), "See who looked at one's record."),
    _row("own-devices:read", Reach.SELF, (_P,), "See one's own phones."),
    _row("own-devices:write", Reach.SELF, (_P,), "Send one of one's own phones away."),
    _row("own-push:write", Reach.SELF, (_P,), "Let one's phone be woken, and try it."),
    _row("own-consents:read", Reach.SELF, (_P,), "See which studies one consented to."),
    _row("own-consents:write", Reach.SELF, (_P,), "Withdraw one's consent to a study."),
    _row("own-requests:read", Reach.SELF, (_P,), "See what one asked of the clinic."),
    _row("own-requests:write", Reach.SELF, (_P,), "Ask the clinic to make contact or to move a dose."),
    # Treating and caring
    _row("patients:enrol", Reach.SITE, _CARING, "Enrol a patient at one's own site."),
    _row("patients:list", Reach.CARE, _CARING, "List the patients one cares for."),
    _row("patients:read", Reach.CARE, _CARING, "See who a patient is and how to reach them."),
    _row("patients:write", Reach.CARE, _CARING, "Change a patient's identity and contact details."),
    _row("patients:pair", Reach.CARE, _CARING, "Pair a patient's phone, see and revoke devices."),
    _row("care:read", Reach.CARE, _CARING, "See who has a care relationship with a patient."),
    _row("care:write", Reach.CARE, _CARING, "Open or end a colleague's care relationship."),
    _row("treatments:read", Reach.CARE, _CARING, "See treatments and the versions of their plan."),
    _row("treatments:write", Reach.CARE, _TREATING, "Start, change or stop a treatment plan, with a reason."),
    _row("doses:read", Reach.CARE, _CARING, "See doses and their history."),
    _row("doses:write", Reach.CARE, _CARING, "Plan, record, move, correct and undo doses."),
    _row("intervals:read", Reach.CARE, _CARING, "See dosing intervals."),
    _row("entries:read", Reach.CARE, _TREATING, "Read a patient's diary."),
    _row("responses:read", Reach.CARE, _TREATING, "Read a patient's answers to forms."),
    _row("assignments:read", Reach.CARE, _CARING, "See which questionnaires a patient is asked, and whether they did."),
    _row("assignments:write", Reach.CARE, (_C, _K), "Make, change and end a patient's assignments, with a reason."),
    _row("trend:read", Reach.CARE, _TREATING, "See a patient's wearing-off over the intervals."),
    _row("samples:read", Reach.CARE, _CARING, "See where samples are, without their results."),
    _row("samples:write", Reach.CARE, _CARING, "Order samples and log their steps."),
    _row("results:read", Reach.CARE, _TREATING, "See results of samples."),
    _row("results:write", Reach.CARE, _TREATING, "Enter, correct and release results."),
    _row("monitoring:read", Reach.CARE, _CARING, "See which checks the drug asks for and when they were done."),
    _row("monitoring:write", Reach.CARE, _TREATING, "Record that a check was done."),
    _row("reminders:read", Reach.CARE, _CARING, "See a patient's reminders and what became of them."),
    _row("undelivered:list", Reach.CARE, _CARING, "List what did not reach the patients one cares for."),
    _row("undelivered:write", Reach.CARE, _CARING, "Take on, or settle, what did not reach a patient."),
    _row("requests:read", Reach.CARE, _CARING, "See what a patient asked of the clinic."),
    _row("requests:write", Reach.CARE, _CARING, "Say what became of a patient's request."),
    _row("roster:list", Reach.CARE, _CARING, "See at a glance how the patients one cares for stand."),
    _row("worklist:list", Reach.CARE, _CARING, "List which of the patients one cares for need something."),
    _row("worklist:write", Reach.CARE, _CARING, "Say what became of a call about something on the worklist."),
    _row("calls:read", Reach.CARE, _CARING, "See what became of calls with a patient."),
    _row("ward:list", Reach.CARE, _CARING, "See the day ward's calendar of the patients one cares for."),
    _row("overview:read", Reach.CARE, _TREATING, "See a patient's whole course on one page."),
    _row("history:read", Reach.CARE, _TREATING, "See every change to a patient's treatment, with who and why."),
    _row("cohort:read", Reach.CARE, _TREATING, "See figures over the patients one cares for."),
    _row("findings:read", Reach.CARE, _TREATING, "See a patient's relapses, tests, scans, blood values and the like."),
    _row("findings:write", Reach.CARE, _TREATING, "Enter, correct and retract a patient's findings."),
    _row(
        "protocols:read", Reach.CARE, _TREATING, "See what a study's dosing rule says of a patient, and past decisions."
    ),
    _row("decisions:write", Reach.CARE, (_C,), "Decide on a patient's interval under a study's dosing rule."),
    _row("subjects:read", Reach.CARE, _CARING, "See a patient's consents to studies, arms and visits."),
    _row(
        "subjects:write",
        Reach.CARE,
        _CARING,
        "Ask a patient to take part in a study, and record consents, their withdrawal, the arm, visits and the end.",
    ),
    _row("participants:list", Reach.CARE, _CARING, "List those one cares for who take part in a study of one's site."),
    # The site and its studies
    _row("staff:read", Reach.SITE, (*_CARING, _A), "List the staff of one's own site."),
    _row("staff:write", Reach.SITE, (_A,), "Invite staff to one's own site, and let them go."),
    _row("sites:read", Reach.SITE, (*_CARING, _R, _A), "See one's own site."),
    _row("sites:write", Reach.SITE, (_A,), "Change one's own site."),
    _row("reminder-rules:read", Reach.SITE, (*_CARING, _A), "See what one's own site reminds of, and when."),
    _row("reminder-rules:write", Reach.SITE, (_A,), "Change what one's own site reminds of, and when."),
    _row("reminders:standing", Reach.SITE, (*_CARING, _A), "See whether reminders are going out."),
    _row("requests:list", Reach.CARE, _CARING, "List the open requests of the patients one cares for."),
    _row("checklists:read", Reach.SITE, (*_CARING, _A), "See the site's checklists for doses at home."),
    _row("checklists:write", Reach.SITE, (_C,), "Decide which drugs may be given at home, after which checklist."),
    _row(
        "questionnaires:read", Reach.SITE, (*_CARING, _R, _A), "See the questionnaires of one's own site, drafts too."
    ),
    _row("questionnaires:write", Reach.SITE, (_C, _K), "Draft a version of a questionnaire of one's own site."),
    _row("questionnaires:publish", Reach.SITE, (_C,), "Publish a draft, so that it never changes; retire a version."),
    _row(
        "study-assignments:read",
        Reach.SITE,
        (*_CARING, _A),
        "See which questionnaires the site's studies ask, and when.",
    ),
    _row("study-assignments:write", Reach.SITE, (_C, _K), "Make, change and end a study's assignments, with a reason."),
    _row("studies:read", Reach.SITE, (*_CARING, _A), "See the studies of one's own site, their texts and plans."),
    _row("studies:write", Reach.SITE, (_A,), "Set up studies, admit researchers, and publish what people agree to."),
    _row("study-plans:write", Reach.SITE, (_C, _K, _A), "Decide on the arms and visits of the site's studies."),
    _row("datasets:read", Reach.STUDY, (_R,), "Pull pseudonymous data of studies one was admitted to."),
    _row("keys:write", Reach.STUDY, (_R,), "Make, see and revoke one's own keys with which scripts pull a study."),
    _row("study-protocols:read", Reach.SITE, (*_TREATING, _A), "See which dosing rules the site's studies show."),
    _row(
        "study-protocols:write", Reach.SITE, (_C, _A), "Switch a dosing rule of a study on or off, and fill its table."
    ),
    _row("intake:write", Reach.SITE, _TREATING, "Take in a list of doses of the patients one cares for."),
    _row(
        "emergency:write",
        Reach.SITE,
        _TREATING,
        "Open a patient's record in an emergency, for a short time, with a reason.",
    ),
    # Nobody's data
    _row(
        "fhir:read",
        Reach.OPEN,
        (_P, *_CARING),
        "Ask over FHIR; what is behind the door asks for its own permission beside this one.",
    ),
    _row("session:use", Reach.OPEN, _ANYONE, "See who one is logged in as, and log out."),
    _row("catalogue:read", Reach.OPEN, _ANYONE, "Read vocabulary, drug catalogue and forms."),
)

PUBLIC = "public"
"""What a route declares that needs no token: logging in, pairing, health, the contract itself."""

BY_NAME: Mapping[str, Row] = {row.permission: row for row in TABLE}


KEYED = frozenset({"datasets:read"})
"""All that a key lets a script do, whoever made it."""


def allows(permission: str, role: Role, *, keyed: bool = False) -> bool:
    """Whether a role has a permission at all, and with a key too when `keyed`; KeyError for one that has no row."""
    return role in BY_NAME[permission].roles and (not keyed or permission in KEYED)

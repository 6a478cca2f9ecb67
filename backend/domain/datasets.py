"""What leaves for research: the datasets, each with its columns, which are also its code book, and what keys a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.domain.adherence import State as Adherence
from backend.domain.age_bands import BANDS
from backend.domain.drugs import catalogue
from backend.domain.findings import Kind
from backend.domain.instruments import instruments
from backend.domain.levels import Comparator, TroughClass
from backend.domain.regimens import Route
from backend.domain.samples import Matrix, State
from backend.domain.scores import WhyNot
from backend.domain.study_days import Days
from backend.domain.symptoms import OtherCause, WearingOffFelt, vocabulary
from backend.domain.visits import State as Visit
from backend.domain.visits import Timing
from backend.domain.worsening import Course, Measure


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, type, unit, what it means, and its codes if it has any; an empty cell is missing."""

    name: str
    kind: str
    meaning: str
    unit: str = ""
    codes: Sequence[str] = ()


_SUBJECT = Column("subject", "text", "Pseudonym of the patient in this study; other studies have others.")
_PLACE = (
    Column("interval", "integer", "Number of the dosing interval, counting from 1; empty before the first dose."),
    Column("day_since_dose", "integer", "Local calendar days since the dose that opened the interval.", "d"),
    Column("days_before_planned", "integer", "Days to the planned next dose, by the plan of that moment.", "d"),
    Column("days_before_actual", "integer", "Days to the dose that ended the interval; empty while open.", "d"),
    Column("cycle_fraction", "decimal", "day_since_dose over the interval's actual length (0-1).", "1"),
    Column("flags", "text", "date-only-on-dose-day, zone-shift; several are joined by a space."),
)


def _day(of: str = "The", name: str = "") -> tuple[Column, Column]:
    """Return the columns of a day, counted and as the calendar's own; `of` begins what explains them."""
    counted = f"{of} local day, counted from the patient's first given dose, or from the last in a study that tells so."
    dated = f"{of} local day (ISO 8601); empty unless the study tells the calendar."
    return Column(f"{name}study_day", "integer", counted, "d"), Column(f"{name}date", "date", dated)


_DAY = _day()
_YES_NO = ("true", "false")
COMPARATORS = {Comparator.BELOW: "below", Comparator.EQUAL: "equal", Comparator.ABOVE: "above"}
"""The lab's signs as words: a cell of `=` would be a formula."""
_COMPARED = tuple(COMPARATORS.values())
_TREATMENT = Column("treatment", "text", "Keyed id of the treatment in this study.")
_SUBSTANCES = tuple(dict.fromkeys(drug.substance for drug in catalogue().values()))
_CHECKS = tuple(dict.fromkeys(check.key for drug in catalogue().values() for check in drug.monitoring))

ENTRIES = (
    _SUBJECT,
    Column("entry", "text", "Keyed id of the diary entry in this study."),
    Column("version", "integer", "1, or more after corrections; only the standing version is here."),
    *_DAY,
    Column("local_time", "time", "Local clock time of the entry; empty where only the day is known."),
    *_PLACE,
    Column("no_complaints", "boolean", "The patient said there were no complaints that day.", codes=_YES_NO),
    Column("wearing_off", "code", "I feel it wearing off.", codes=tuple(w.value for w in WearingOffFelt)),
    *(
        Column(f"nrs_{symptom.key}", "integer", f"{symptom.en}: 0 none to 10 worst (NRS-11).", "1")
        for symptom in vocabulary().values()
    ),
    Column("mean_rating", "decimal", "Mean of the ratings of this entry; 0 for no complaints.", "1"),
    *(Column(f"cause_{c.value}", "boolean", f"Possible other cause: {c.value}.", codes=_YES_NO) for c in OtherCause),
    Column(
        "set_apart",
        "boolean",
        "Infection or fever, steroids or a relapse that day, as the patient said or the clinic found.",
        codes=_YES_NO,
    ),
    Column("late", "boolean", "Came in over 24 hours after its moment, or after the end of its day.", codes=_YES_NO),
)

INTERVALS = (
    _SUBJECT,
    Column("interval", "integer", "Number of the dosing interval, counting from 1."),
    Column("drug", "code", "Key of the drug catalogue."),
    Column("route", "code", "How the opening dose was given.", codes=tuple(Route)),
    *_DAY,
    Column("length_days", "integer", "Days from dose to dose; empty while open.", "d"),
    *_day("Planned end, or while open the next dose expected:", "planned_end_"),
    Column("planned_weeks", "integer", "Interval class: the plan's whole weeks.", "wk"),
    Column("route_switch", "boolean", "The closing dose was given by another route.", codes=_YES_NO),
    Column("stopped", "boolean", "The treatment was stopped in this interval.", codes=_YES_NO),
    Column("entries", "integer", "Diary entries in the interval."),
    Column("rated_days", "integer", "Days with at least one rating.", "d"),
    Column("diary_assessable", "boolean", "Whether the diary allows a statement.", codes=_YES_NO),
    Column("diary_why_not", "text", "Why not; several are joined by a space."),
    Column("diary_first_mean", "decimal", "Mean rating of the first window.", "1"),
    Column("diary_last_mean", "decimal", "Mean rating of the last window.", "1"),
    Column("diary_difference", "decimal", "Last minus first.", "1"),
    Column("diary_wearing_off", "boolean", "Difference at least the threshold.", codes=_YES_NO),
    Column("diary_onset_day", "integer", "First day from which ratings stay above baseline + threshold.", "d"),
    Column("diary_relief_days", "integer", "Days after the next dose until back below it.", "d"),
    Column("diary_threshold", "decimal", "Setting: points.", "1"),
    Column("diary_window_days", "integer", "Setting: length of either window.", "d"),
    Column("diary_min_rated_days", "integer", "Setting: rated days needed in each window.", "d"),
    Column("recall_forms", "integer", "Completed end-of-interval forms about this interval."),
    Column("recall_ever", "code", "Ever felt wearing-off (last form).", codes=("yes", "no", "unsure")),
    Column("recall_experienced", "code", "Felt it this interval (last form).", codes=("yes", "no", "unsure")),
    Column(
        "recall_frequency", "code", "How often (last form).", codes=("regularly", "sometimes", "first_time", "never")
    ),
    Column("recall_onset_day", "integer", "Onset in days after the opening dose (last form).", "d"),
    Column("recall_relief_days", "integer", "Relief in days after the closing dose (last form).", "d"),
)

SAMPLES = (
    _SUBJECT,
    Column("sample", "text", "Keyed id of the sample in this study."),
    *_DAY,
    *_PLACE,
    Column("matrix", "code", "What was taken.", codes=tuple(Matrix)),
    Column("state", "code", "Where the sample is in its chain.", codes=tuple(State)),
    Column("hours_before_dose", "decimal", "To the dose that ended the interval, if both times are known.", "h"),
    Column("trough_class", "code", "Derived from times.", codes=tuple(TroughClass)),
    Column("drops", "integer", "Drops of blood, as logged."),
    Column("unusable", "text", "Why it is not to be used; several are joined by a space."),
    Column("level", "decimal", "Drug concentration.", "ug/mL"),
    Column("level_comparator", "code", "How the number stands to the true one.", codes=_COMPARED),
    Column("level_lloq", "decimal", "Lower limit of quantification.", "ug/mL"),
    Column("antibodies", "decimal", "Antibodies against the drug.", "AU/mL"),
    Column("antibodies_comparator", "code", "How the number stands to the true one.", codes=_COMPARED),
)

ANSWERS = (
    _SUBJECT,
    Column("response", "text", "Keyed id of the response in this study."),
    Column("form", "code", "Key of the form: one that ships, or one of the site's own."),
    Column("form_version", "integer", "Version of the form."),
    Column("completed", "boolean", "Whether the form was finished.", codes=_YES_NO),
    *_DAY,
    *_PLACE,
    Column("about_interval", "integer", "Number of the interval the answers are about."),
    Column("about_length_days", "integer", "Length of that interval; empty while open.", "d"),
    Column("item", "code", "Key of the question, `group[n].key` where a group repeats; empty where none is answered."),
    Column(
        "value",
        "text",
        "The answer, never own words; days are counted unless dates are told; choices have a space between.",
    ),
)

SUBJECTS = (
    _SUBJECT,
    Column("days", "code", "How this study tells days.", codes=tuple(Days)),
    *_day("Day of the pull, in a study that tells the calendar:", "as_of_"),
    Column("intervals", "integer", "Dosing intervals; 0 before the first given dose."),
    Column("substance", "code", "Of the treatment that began last, of those that run if any does.", codes=_SUBSTANCES),
    Column("treatment_state", "code", "How that treatment stands.", codes=("running", "stopped")),
    *_day("Its start:", "started_"),
    *_day("Its stop:", "stopped_"),
    Column("arm", "code", "Key of the study's arm, however few are in it; empty while in none."),
    *_day("The day from which the study asked nothing more:", "finished_"),
    Column(
        "age_band",
        "code",
        "Age at consent, by ten years; empty where fewer than 5 of those on the same substance share it.",
        codes=BANDS,
    ),
)

VISITS = (
    _SUBJECT,
    Column("visit", "code", "Key of the visit in the study's plan."),
    Column("visit_turn", "integer", "Which time it is, counting from 1 by the day it opens."),
    Column("interval", "integer", "Number of the dosing interval it hangs on, or its first day lies in."),
    *_day("First day of the visit:", "opens_"),
    *_day("Last day of the visit:", "closes_"),
    Column("visit_state", "code", "What became of it.", codes=tuple(Visit)),
    *_day("The day it was held:", "held_"),
    Column("visit_timing", "code", "How that day lies to the days of the visit.", codes=tuple(Timing)),
)

TREATMENTS = (
    _SUBJECT,
    _TREATMENT,
    Column("drug", "code", "Key of the drug catalogue."),
    Column("substance", "code", "Its substance.", codes=_SUBSTANCES),
    *_day("Its start:", "started_"),
    *_day("Its stop; empty while it runs:", "stopped_"),
    Column("planned_weeks", "integer", "Whole weeks between doses by the standing plan; empty without.", "wk"),
    *_day("The next dose that is planned, or that the plan expects:", "next_dose_"),
)

FINDINGS = (
    _SUBJECT,
    Column("finding", "text", "Keyed id of the finding in this study."),
    Column("version", "integer", "1, or more after corrections; only the standing version is here."),
    Column("kind", "code", "What was found.", codes=tuple(Kind)),
    *_DAY,
    *_day("Its end, where it has one:", "ended_"),
    *_PLACE,
    Column("item", "code", "Key of the field."),
    Column("value", "text", "What it holds, as a code or number; several choices are joined by a space."),
)

CHECKS = (
    _SUBJECT,
    _TREATMENT,
    Column("drug", "code", "Key of the drug catalogue."),
    Column("check", "code", "Which check of the drug was done.", codes=_CHECKS),
    *_DAY,
)

SCORES = (
    _SUBJECT,
    Column("response", "text", "Keyed id of the response in this study."),
    Column("form", "code", "Key of the form: one that ships, or one of the site's own."),
    Column("form_version", "integer", "Version of the form."),
    *_DAY,
    *_PLACE,
    Column("instrument", "code", "Key of the published instrument.", codes=tuple(instruments())),
    Column("scale", "code", "Key of the scale."),
    Column("score", "decimal", "The scale's score; empty where there is none, or where it is a profile."),
    Column("profile", "text", "The digits of a profile, such as that of EQ-5D-5L."),
    Column("score_why_not", "code", "Why the scale has no score.", codes=tuple(WhyNot)),
    Column("n_answered", "integer", "Items of the scale that were answered; empty for a score made elsewhere."),
    Column("n_items", "integer", "Items of the scale."),
    Column("prorated", "boolean", "Answered items stand in for some that were left out.", codes=_YES_NO),
    Column("scoring_version", "text", "Instrument and mark of the rule; another rule has another mark."),
)

WINDOWS = (
    _SUBJECT,
    Column("assignment", "text", "Keyed id of the assignment in this study."),
    Column("round", "integer", "Number of the window within the assignment, counting from 1 by the day it opens."),
    Column("form", "code", "Key of the form that is asked: one that ships, or one of the site's own."),
    Column("interval", "integer", "Number of the dosing interval it hangs on, or its first day lies in."),
    *_day("First day of the window:", "opens_"),
    *_day("Last day of the window:", "closes_"),
    Column("window_state", "code", "How it stands.", codes=tuple(Adherence)),
    Column("late", "boolean", "Answered after its last day.", codes=_YES_NO),
    Column("response", "text", "Keyed id of the response that completed it."),
    *_day("The day it was completed:", "completed_"),
    Column("rated_days", "integer", "Days of the window with a diary rating.", "d"),
    Column("mean_rating", "decimal", "Mean of the ratings of those days.", "1"),
)

WORSENING = (
    _SUBJECT,
    Column("measure", "code", "What was followed.", codes=tuple(Measure)),
    Column("course", "code", "What the tests say of it.", codes=tuple(Course)),
    *_day("The day of the first test, the baseline:", "baseline_"),
    Column("baseline_value", "decimal", "Its result: points, correct answers, or seconds."),
    *_day("The day on which the worsening began:", "event_"),
    Column("event_value", "decimal", "The result of that day."),
    *_day("The day of the test that confirmed it:", "confirmed_"),
    Column("confirm_months", "integer", "Setting: calendar months until a test confirms.", "mo"),
    Column("worsening_rule", "text", "The rule in words, with its numbers."),
)

DATASETS: Mapping[str, tuple[Column, ...]] = {
    "entries": ENTRIES,
    "intervals": INTERVALS,
    "samples": SAMPLES,
    "answers": ANSWERS,
    "scores": SCORES,
    "windows": WINDOWS,
    "subjects": SUBJECTS,
    "visits": VISITS,
    "treatments": TREATMENTS,
    "findings": FINDINGS,
    "worsening": WORSENING,
    "checks": CHECKS,
}
"""The columns of each dataset, by its name."""

KEYS: Mapping[str, tuple[str, ...]] = {
    "entries": ("entry",),
    "intervals": ("interval",),
    "samples": ("sample",),
    "answers": ("response", "item"),
    "scores": ("response", "scale"),
    "windows": ("assignment", "round"),
    "subjects": (),
    "visits": ("visit", "visit_turn"),
    "treatments": ("treatment",),
    "findings": ("finding", "item"),
    "worsening": ("measure",),
    "checks": ("treatment", "check", "study_day"),
}
"""The columns that, beside the subject, say which row of a dataset one is."""

"""The figures on a patient's page: what the analysis makes of one patient's spans, dosing line and levels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from backend.domain.agreement import Agreement, Measured, Paired, bland_altman, paired
from backend.domain.extension import Avoided, Extension, avoided, extension
from backend.domain.lengths import Lengths, by_length
from backend.domain.levels import Comparator
from backend.domain.linking import Chain
from backend.domain.onsets import Onsets, onsets
from backend.domain.profiles import Line, Profiles, around_dose, lines_around_dose, lines_since_dose, since_dose
from backend.domain.spans import Span
from backend.domain.stretching import Stretching, stretching
from backend.domain.wearing_off import Settings
from backend.services.overview_course import Level


@dataclass(frozen=True, slots=True)
class Figures:
    """Every figure about one patient; `paired` are the pricks of a day with blood from a vein behind `agreement`."""

    by_day: Profiles
    before_dose: Profiles
    lines_by_day: tuple[Line, ...]
    lines_before_dose: tuple[Line, ...]
    by_length: Lengths
    stretching: Stretching
    onsets: Onsets
    extension: Extension
    avoided: Avoided | None
    paired: Paired
    agreement: Agreement


def figures(spans: Sequence[Span], line: Chain, levels: Iterable[Level], today: date, settings: Settings) -> Figures:
    """Return the figures of one patient as of a local day; samples that are not to be used are left out of pairs."""
    pairs = paired(_measured(level) for level in levels if not level.sample.unusable)
    return Figures(
        by_day=since_dose([spans], settings),
        before_dose=around_dose([spans], settings),
        lines_by_day=lines_since_dose(spans, settings),
        lines_before_dose=lines_around_dose(spans, settings),
        by_length=by_length([spans], settings),
        stretching=stretching(spans, settings),
        onsets=onsets([spans], settings),
        extension=extension(line, today),
        avoided=avoided(line, today),
        paired=pairs,
        agreement=bland_altman(pairs.pairs),
    )


def _measured(level: Level) -> Measured:
    on = level.sample.collected.on if level.sample.collected else date.min
    return Measured(on, level.sample.matrix, level.told.value, Comparator(level.told.comparator))

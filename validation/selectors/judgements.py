"""The judgement of a study as a director reads it: exceptions first, each beside the last approved study's number."""

from __future__ import annotations

from dataclasses import dataclass

from lims.models import Measurement
from validation.choices import Comparator, Verdict
from validation.models import Criterion, Judgement, Study
from validation.selectors import studies
from validation.wording import criterion_words

Question = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class JudgementRow:
    """One criterion with its outcome; before the first evaluation only the demand is known."""

    criterion: Criterion
    verdict: Verdict = Verdict.NOT_EVALUATED
    library_count: int = 0
    numerator: int | None = None
    denominator: int | None = None
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    change: float | None = None
    measurements: tuple[Measurement, ...] = ()

    @property
    def name(self) -> str:
        return criterion_words(self.criterion)

    @property
    def is_met_by_estimate_alone(self) -> bool:
        """The value meets the limit, as was asked, but its interval reaches to the other side."""
        if self.verdict != Verdict.MET or self.lower is None or self.upper is None:
            return False
        limit = float(self.criterion.limit)
        return self.lower < limit if self.criterion.comparator == Comparator.AT_LEAST else self.upper > limit

    def get_verdict_display(self) -> str:
        return str(self.verdict.label)


_SEVERITY = {Verdict.NOT_MET: 0, Verdict.NOT_EVALUATED: 1, Verdict.MET: 2}


def rows_of(study: Study) -> list[JudgementRow]:
    """Return a row for each criterion: what is not met first, then what was not evaluated, then the rest in order."""
    evaluation = studies.latest_evaluation(study)
    judged = {each.criterion_id: each for each in evaluation.judgements.all()} if evaluation else {}
    before = _values_of(studies.last_approved_before(study))
    rows = [_row(criterion, judged.get(criterion.pk), before) for criterion in studies.criteria_of(study)]
    return sorted(rows, key=lambda row: _SEVERITY[row.verdict])


def _values_of(study: Study | None) -> dict[Question, float]:
    evaluation = studies.latest_evaluation(study) if study else None
    if evaluation is None:
        return {}
    return {
        _question(judgement.criterion): judgement.value
        for judgement in evaluation.judgements.all()
        if judgement.value is not None
    }


def _question(criterion: Criterion) -> Question:
    return (criterion.metric_id, criterion.variant_type, criterion.stratum)


def _row(criterion: Criterion, judgement: Judgement | None, before: dict[Question, float]) -> JudgementRow:
    if judgement is None:
        return JudgementRow(criterion)
    earlier = before.get(_question(criterion))
    return JudgementRow(
        criterion=criterion,
        verdict=Verdict(judgement.verdict),
        library_count=judgement.library_count,
        numerator=judgement.numerator,
        denominator=judgement.denominator,
        value=judgement.value,
        lower=judgement.lower,
        upper=judgement.upper,
        change=judgement.value - earlier if judgement.value is not None and earlier is not None else None,
        measurements=tuple(judgement.measurements.all()),
    )

"""The records of validation studies."""

from validation.models.study import Criterion, Evaluation, Evidence, Judgement, Study, StudyReport

__all__ = ["Criterion", "Evaluation", "Evidence", "Judgement", "Study", "StudyReport"]

"""Enumerations of validation studies."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class StudyKind(models.TextChoices):
    """ISO 15189 keeps the two apart: own or changed methods are validated, ready-made ones verified."""

    VALIDATION = "validation", _("Validation")
    VERIFICATION = "verification", _("Verification")


class StudyTrigger(models.TextChoices):
    NEW_ASSAY = "new_assay", _("New assay")
    CHANGE = "change", _("After a change")
    PERIODIC = "periodic", _("Periodic")


class StudyState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("study", "Draft")
    LOCKED = "locked", pgettext_lazy("study", "Plan locked")
    SUBMITTED = "submitted", pgettext_lazy("study", "Submitted")
    APPROVED = "approved", pgettext_lazy("study", "Approved")
    REJECTED = "rejected", pgettext_lazy("study", "Rejected")
    WITHDRAWN = "withdrawn", pgettext_lazy("study", "Withdrawn")
    RETIRED = "retired", pgettext_lazy("study", "Retired")


class Comparator(models.TextChoices):
    AT_LEAST = "ge", "≥"
    AT_MOST = "le", "≤"


class Basis(models.TextChoices):
    """What is compared with the limit."""

    POINT = "point", _("Point estimate")
    CONFIDENCE_BOUND = "bound", _("Confidence bound")


class IntervalMethod(models.TextChoices):
    CLOPPER_PEARSON = "clopper_pearson", "Clopper–Pearson"
    WILSON = "wilson", "Wilson"


class Verdict(models.TextChoices):
    MET = "met", pgettext_lazy("criterion", "Met")
    NOT_MET = "not_met", pgettext_lazy("criterion", "Not met")
    NOT_EVALUATED = "not_evaluated", pgettext_lazy("criterion", "Not evaluated")

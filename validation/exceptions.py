"""Errors of validation studies."""

from lims.exceptions import InvalidInput


class PlanIncomplete(InvalidInput):
    """A plan without what a locked plan must have."""

    code = "plan_incomplete"

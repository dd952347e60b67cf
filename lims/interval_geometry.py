"""Where the parts of an interval bar stand in its box."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 160
MARGIN = 4
_ROOM = 0.2  # of the span shown, on either side


@dataclass(frozen=True, slots=True)
class IntervalGeometry:
    """Positions from the left edge of a box `WIDTH` wide; the allowed side of the limit reaches the edge."""

    value: float
    lower: float | None
    upper: float | None
    limit: float
    allowed_from: float
    allowed_width: float


def interval_geometry(
    *, value: float, lower: float | None, upper: float | None, limit: float, is_floor: bool, is_proportion: bool
) -> IntervalGeometry:
    """Place a value, its interval and its limit on one scale that shows them all with some room.

    Parameters
    ----------
    value, limit : float
    lower, upper : float or None
        Bounds of the interval, where there is one.
    is_floor : bool
        The value must be at least the limit; else at the most.
    is_proportion : bool
        The scale then ends at 0 and 1.
    """
    shown = [each for each in (value, lower, upper, limit) if each is not None]
    room = (max(shown) - min(shown)) * _ROOM or abs(limit) * _ROOM or 1.0
    start, end = min(shown) - room, max(shown) + room
    if is_proportion:
        start, end = max(start, 0.0), min(end, 1.0)

    def place(number: float) -> float:
        return round(MARGIN + (number - start) / (end - start) * (WIDTH - 2 * MARGIN), 1)

    edge = place(limit)
    return IntervalGeometry(
        value=place(value),
        lower=None if lower is None else place(lower),
        upper=None if upper is None else place(upper),
        limit=edge,
        allowed_from=edge if is_floor else 0.0,
        allowed_width=round(WIDTH - edge, 1) if is_floor else edge,
    )

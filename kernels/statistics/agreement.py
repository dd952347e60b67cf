"""Agreement with a comparator and between readers: 2 x 2 tables, McNemar, kappa, weighted kappa, Fleiss' kappa.

References
----------
Cohen J. Educ Psychol Meas 1960;20:37-46; weighted: Psychol Bull 1968;70:213-220.
Fleiss JL, Cohen J, Everitt BS. Large sample standard errors of kappa and weighted kappa. Psychol Bull 1969;72:323-327.
Fleiss JL. Measuring nominal scale agreement among many raters. Psychol Bull 1971;76:378-382.
McNemar Q. Psychometrika 1947;12:153-157.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from kernels.errors import KernelError
from kernels.statistics.distributions import (
    binomial_cdf,
    checked_probability,
    chi_squared_upper_tail,
    normal_quantile,
)
from kernels.statistics.proportions import IntervalMethod, Proportion, ProportionInterval, proportion_interval

# Below this number of discordant pairs the chi-squared approximation of McNemar's test is not used.
EXACT_BELOW_DISCORDANT = 25

Probability = Decimal | Fraction | float
Table = Sequence[Sequence[int]]


class KappaWeights(StrEnum):
    """How much credit a near miss gets: none, falling in proportion to the distance, or to its square."""

    NONE = "none"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


class McNemarMethod(StrEnum):
    """Which p-value decides."""

    EXACT = "exact"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class AgreementRate:
    """A rate with its counts and interval."""

    rate: Proportion
    interval: ProportionInterval


@dataclass(frozen=True, slots=True)
class McNemar:
    """Both forms of the test; `decided_by` names the one to read, and `p_value` repeats it.

    The chi-squared form is None without a discordant pair; the exact p-value is then 1.
    """

    only_first: int
    only_second: int
    exact_p_value: float
    chi_squared: float | None
    chi_squared_p_value: float | None
    decided_by: McNemarMethod
    p_value: float


@dataclass(frozen=True, slots=True)
class Kappa:
    """Chance-corrected agreement; None where chance alone already agrees completely."""

    n: int
    weights: KappaWeights
    observed_fraction: float
    chance_fraction: float
    kappa: float | None
    standard_error: float | None
    null_standard_error: float | None
    confidence: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class TwoByTwo:
    """A method against its comparator."""

    positive_agreement: AgreementRate
    negative_agreement: AgreementRate
    overall_agreement: AgreementRate
    positive_predictive_value: AgreementRate
    negative_predictive_value: AgreementRate
    kappa: Kappa
    mcnemar: McNemar


@dataclass(frozen=True, slots=True)
class FleissKappa:
    """Agreement of several readers; `p_value` tests the hypothesis of chance agreement."""

    cases: int
    readers: int
    observed_fraction: float
    chance_fraction: float
    kappa: float | None
    null_standard_error: float | None
    p_value: float | None


def two_by_two(
    *,
    both_positive: int,
    only_method: int,
    only_comparator: int,
    both_negative: int,
    confidence: Probability = 0.95,
    method: IntervalMethod = IntervalMethod.CLOPPER_PEARSON,
) -> TwoByTwo:
    """Compare a method with its comparator on the same cases.

    Parameters
    ----------
    both_positive, only_method, only_comparator, both_negative : int
        Cases positive by both, by the method alone, by the comparator alone, by neither.

    Returns
    -------
    TwoByTwo
        PPA over the comparator's positives, NPA over its negatives, OPA over all, and what they say about chance.
    """
    a, b, c, d = both_positive, only_method, only_comparator, both_negative

    def rate(numerator: int, denominator: int) -> AgreementRate:
        share = Proportion(numerator, denominator)
        return AgreementRate(share, proportion_interval(share, method=method, confidence=confidence))

    return TwoByTwo(
        positive_agreement=rate(a, a + c),
        negative_agreement=rate(d, b + d),
        overall_agreement=rate(a + d, a + b + c + d),
        positive_predictive_value=rate(a, a + b),
        negative_predictive_value=rate(d, c + d),
        kappa=cohen_kappa([[a, b], [c, d]], confidence=confidence),
        mcnemar=mcnemar(b, c),
    )


def mcnemar(only_first: int, only_second: int) -> McNemar:
    """Test whether two methods disagree more in one direction than in the other.

    Parameters
    ----------
    only_first, only_second : int
        Pairs in which only the first, or only the second, is positive (or correct).
    """
    for count in (only_first, only_second):
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise KernelError("count_invalid", f"{count} is not a number of pairs; give an integer of 0 or more.")
    discordant = only_first + only_second
    exact = min(1.0, 2.0 * binomial_cdf(min(only_first, only_second), discordant, 0.5))
    chi_squared = max(0, abs(only_first - only_second) - 1) ** 2 / discordant if discordant else None
    approximate = None if chi_squared is None else chi_squared_upper_tail(chi_squared, 1)
    if approximate is None or discordant < EXACT_BELOW_DISCORDANT:
        return McNemar(only_first, only_second, exact, chi_squared, approximate, McNemarMethod.EXACT, exact)
    return McNemar(only_first, only_second, exact, chi_squared, approximate, McNemarMethod.CORRECTED, approximate)


def cohen_kappa(table: Table, *, weights: KappaWeights = KappaWeights.NONE, confidence: Probability = 0.95) -> Kappa:
    """Compute kappa or weighted kappa of two readers.

    Parameters
    ----------
    table : square sequence of sequences of int
        `table[i][j]` counts the cases that reader 1 put into category i and reader 2 into j, categories in their order.
    weights : KappaWeights
        Linear and quadratic weights take the categories as equally spaced.
    confidence : float
        Of the interval kappa ± z SE, with the standard error of Fleiss, Cohen and Everitt (1969).

    Raises
    ------
    KernelError
        `agreement_table_invalid`.
    """
    size, n = _checked_square(table)
    shares = [[count / n for count in row] for row in table]
    rows, columns = _margins(table, n)
    credit = [[_credit(i, j, size, weights) for j in range(size)] for i in range(size)]
    cells = [(i, j) for i in range(size) for j in range(size)]
    observed = math.fsum(credit[i][j] * shares[i][j] for i, j in cells)
    chance = math.fsum(credit[i][j] * rows[i] * columns[j] for i, j in cells)
    level = float(confidence)
    if _is_chance_certain(table):
        return Kappa(n, weights, observed, chance, None, None, None, level, None, None)
    kappa = (observed - chance) / (1.0 - chance)
    expected = _expected_credit(credit, rows, columns)
    spread = (
        math.fsum(shares[i][j] * (credit[i][j] - expected[i][j] * (1.0 - kappa)) ** 2 for i, j in cells)
        - (kappa - chance * (1.0 - kappa)) ** 2
    )
    null_spread = math.fsum(rows[i] * columns[j] * (credit[i][j] - expected[i][j]) ** 2 for i, j in cells) - chance**2
    error, null_error = (math.sqrt(max(0.0, part) / n) / (1.0 - chance) for part in (spread, null_spread))
    half = normal_quantile(float(1 - (1 - checked_probability(confidence, "confidence")) / 2)) * error
    return Kappa(
        n, weights, observed, chance, kappa, error, null_error, level, max(-1.0, kappa - half), min(1.0, kappa + half)
    )


def fleiss_kappa(ratings: Table) -> FleissKappa:
    """Compute Fleiss' kappa of a fixed number of readers per case.

    Parameters
    ----------
    ratings : sequence of sequences of int, shape (cases, categories)
        How many readers put each case into each category; every row sums to the same number of readers.
    """
    readers = _checked_readers(ratings)
    cases = len(ratings)
    observed = math.fsum((sum(c * c for c in row) - readers) / (readers * (readers - 1)) for row in ratings) / cases
    shares = [Fraction(sum(column), cases * readers) for column in zip(*ratings, strict=True)]
    chance = sum((share**2 for share in shares), Fraction(0))
    if chance == 1:
        return FleissKappa(cases, readers, observed, 1.0, None, None, None)
    kappa = (observed - float(chance)) / float(1 - chance)
    inner = sum((share * (1 - share) for share in shares), Fraction(0))
    cubic = sum((share * (1 - share) * (1 - 2 * share) for share in shares), Fraction(0))
    variance = 2 * (inner**2 - cubic) / (inner**2 * cases * readers * (readers - 1))
    error = math.sqrt(variance)
    p_value = math.erfc(abs(kappa / error) / math.sqrt(2.0)) if error else None
    return FleissKappa(cases, readers, observed, float(chance), kappa, error, p_value)


def tally(first: Sequence[str], second: Sequence[str], categories: Sequence[str]) -> list[list[int]]:
    """Count the pairs of ratings of two readers into a table in the order of `categories`."""
    if len(first) != len(second):
        raise KernelError("ratings_unpaired", f"Reader 1 rated {len(first)} cases and reader 2 {len(second)}.")
    position = {category: index for index, category in enumerate(categories)}
    table = [[0] * len(categories) for _ in categories]
    for case, (one, two) in enumerate(zip(first, second, strict=True)):
        for rating in (one, two):
            if rating not in position:
                raise KernelError("rating_unknown", f"Case {case} has the rating {rating!r}, which is no category.")
        table[position[one]][position[two]] += 1
    return table


def _credit(i: int, j: int, size: int, weights: KappaWeights) -> float:
    if weights is KappaWeights.NONE or size < 2:
        return float(i == j)
    distance = abs(i - j) / (size - 1)
    return 1.0 - (distance if weights is KappaWeights.LINEAR else distance * distance)


def _expected_credit(credit: list[list[float]], rows: list[float], columns: list[float]) -> list[list[float]]:
    size = range(len(rows))
    by_row = [math.fsum(columns[j] * credit[i][j] for j in size) for i in size]
    by_column = [math.fsum(rows[i] * credit[i][j] for i in size) for j in size]
    return [[by_row[i] + by_column[j] for j in size] for i in size]


def _margins(table: Table, n: int) -> tuple[list[float], list[float]]:
    return [sum(row) / n for row in table], [sum(column) / n for column in zip(*table, strict=True)]


def _is_chance_certain(table: Table) -> bool:
    """Both readers used one and the same category throughout: agreement and chance are both 1, and kappa is 0/0."""
    return any(table[i][i] == sum(map(sum, table)) for i in range(len(table)))


def _checked_square(table: Table) -> tuple[int, int]:
    size = len(table)
    counts = [count for row in table for count in row]
    if size < 2 or any(len(row) != size for row in table):
        raise KernelError("agreement_table_invalid", "The table must be square with at least two categories.")
    if any(isinstance(count, bool) or not isinstance(count, int) or count < 0 for count in counts):
        raise KernelError("agreement_table_invalid", "The table must hold counts of 0 or more.")
    if sum(counts) == 0:
        raise KernelError("agreement_table_invalid", "The table holds no case.")
    return size, sum(counts)


def _checked_readers(ratings: Table) -> int:
    readers = {sum(row) for row in ratings}
    widths = {len(row) for row in ratings}
    if len(readers) != 1 or len(widths) != 1 or min(readers) < 2 or any(count < 0 for row in ratings for count in row):
        message = "Every case must be rated by the same number of readers, at least two, over the same categories."
        raise KernelError("agreement_table_invalid", message)
    return readers.pop()

"""How far a measured rate may lie from the true one.

- Without dependence: Clopper & Pearson, *Biometrika* 26 (1934); with no error seen it is the "rule of
  three" (Hanley & Lippman-Hand, *JAMA* 249 (1983)): 3/n at 95 %.
- With dependence: the same with the effective number of trials, tries / design effect (Korn &
  Graubard, *Survey Methodology* 24 (1998)); the effect comes from the `tally`.
"""

from math import expm1, log1p
from statistics import NormalDist

from msgspec import Struct


class Rate(Struct, frozen=True):
    """An error rate as it was measured.

    Attributes:
        value: errors / tries; not a number where nothing was tried.
        low: lower end of the 95 % interval.
        high: upper end of the 95 % interval.
        errors: how many erred.
        tries: of how many.
    """

    value: float
    low: float
    high: float
    errors: int
    tries: int


def clopper_pearson(errors: float, tries: float, doubt: float = 0.05) -> tuple[float, float]:
    """The exact interval of a binomial rate, each tail holding half the `doubt`.

    Counts need not be whole: effective ones are not.
    """
    if tries <= 0:
        return 0.0, 1.0
    low = _beta_quantile(doubt / 2, errors, tries - errors + 1) if errors > 0 else 0.0
    high = _beta_quantile(1 - doubt / 2, errors + 1, tries - errors) if errors < tries else 1.0
    return low, high


def rate(errors: int, tries: int, effect: float = 1.0) -> Rate:
    """A measured rate and its 95 % interval.

    Args:
        errors: how many erred.
        tries: of how many.
        effect: design effect, at least 1: by how much shared people enlarge the variance.
    """
    low, high = clopper_pearson(errors / effect, tries / effect)
    return Rate(errors / tries if tries else float("nan"), low, high, errors, tries)


def _beta_quantile(q: float, a: float, b: float) -> float:
    """Quantile of the beta distribution; exact for a or b of 1, otherwise Paulson's cube-root normal.

    E. Paulson, *Annals of Mathematical Statistics* 13 (1942), through the F distribution. An upper limit
    is within 1 % of the exact one, as is a lower limit from 5 errors on (the tests compare).
    """
    if a == 1:
        return -expm1(log1p(-q) / b)
    if b == 1:
        return float(q ** (1 / a))
    z = NormalDist().inv_cdf(q)
    v, w = 1 / (9 * a), 1 / (9 * b)
    # ((1 - w) f - (1 - v))^2 = z^2 (w f^2 + v) solved for f, the cube root of F.
    square, half, rest = (1 - w) ** 2 - z * z * w, (1 - w) * (1 - v), (1 - v) ** 2 - z * z * v
    root = max(half**2 - square * rest, 0.0) ** 0.5
    ratio = max((half + (root if z > 0 else -root)) / square, 0.0) ** 3
    return float(a * ratio / (a * ratio + b))

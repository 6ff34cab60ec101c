"""Numbers as they are printed: rounding never contradicts the number or the words beside it.

The viewer (`ui/web/core/formats.js`) prints by the same rules.
"""

import math
from collections.abc import Sequence

UNKNOWN = "–"
MOST_DECIMALS = 9

WORD_CHANGES = 0.5
"""The IoU from which the word beside it is another: `scoring.outcome.AGREEMENT_IOU`."""


def plain(value: float, decimals: int, *, signed: bool = False) -> str:
    """A number with a true minus, no minus or plus before 0, and a dash for nan.

    >>> plain(-0.0004, 3), plain(-0.25, 2), plain(0.25, 2, signed=True)
    ('0.000', '−0.25', '+0.25')
    """
    if math.isnan(value):
        return UNKNOWN
    shown = f"{value:{'+' if signed else ''},.{decimals}f}"
    return shown.replace("-", "−") if float(shown.replace(",", "")) else shown.lstrip("+-")


def share(value: float, decimals: int = 3) -> str:
    """Dice, IoU and their like, in [0, 1]: rounded, but never to 0, 0.5 or 1 unless it is that.

    0.5 is where the word beside an IoU changes, 0 and 1 are "nothing" and "the same".

    >>> share(0.49996), share(0.5), share(0.99996), share(1), share(0.00002), share(0.8124)
    ('0.499', '0.500', '0.999', '1.000', '0.001', '0.812')
    """
    if math.isnan(value):
        return UNKNOWN
    step = 10.0**-decimals
    shown = round(value, decimals)
    if value > 0 and shown == 0:
        shown = step
    elif value < shown and shown in (WORD_CHANGES, 1):
        shown -= step
    return f"{shown:.{decimals}f}"


def at_most(value: float, decimals: int) -> str:
    """A number >= 0 rounded down: what reaches no threshold of so many decimals is not printed so.

    >>> at_most(0.29996, 3), at_most(0.3, 3)
    ('0.299', '0.300')
    """
    if math.isnan(value):
        return UNKNOWN
    # 0.3 * 1000 is 299.99999999999994
    return f"{math.floor(round(value * 10**decimals, 6)) / 10**decimals:.{decimals}f}"


def percent(part: float, decimals: int = 0) -> str:
    """A share in [0, 1] as per cent; what is not nothing or all is not printed as that.

    >>> percent(0.276), percent(0), percent(0.001), percent(0.9996), percent(0.0996, 1)
    ('28 %', '0 %', 'under 1 %', 'over 99 %', '10.0 %')
    """
    if math.isnan(part):
        return UNKNOWN
    step = 10.0**-decimals
    if part > 0 and round(100 * part, decimals) == 0:
        return f"under {step:.{decimals}f} %"
    if part < 1 and round(100 * part, decimals) >= 100:
        return f"over {100 - step:.{decimals}f} %"
    return f"{100 * part:.{decimals}f} %"


def percents(low: float, high: float, decimals: int = 0, between: str = "–") -> str:
    """The ends of an interval of shares, with one sign: "15–54 %"; empty where unknown.

    >>> percents(0.1547, 0.5429), percents(0.15, 0.54, between=" to ")
    ('15–54 %', '15 to 54 %')
    """
    if math.isnan(low) or math.isnan(high):
        return ""
    return f"{100 * low:.{decimals}f}{between}{100 * high:.{decimals}f} %"


def apart(value: float, limit: float, decimals: int) -> tuple[str, str]:
    """A number and the limit it is held against, with decimals enough to see which is larger.

    >>> apart(0.1034, 0.1032, 3), apart(0.2, 0.1036, 3)
    (('0.1034', '0.1032'), ('0.200', '0.104'))
    """
    more = decimals_apart(value, (limit,), decimals)
    return plain(value, more), plain(limit, more)


def decimals_apart(value: float, limits: Sequence[float], decimals: int) -> int:
    """How many decimals show which of a number and each of its limits is larger.

    >>> decimals_apart(-0.0649, (-0.113, -0.0647), 2)
    4
    """
    others = [limit for limit in limits if limit != value and not math.isnan(value)]
    alike = (n for n in range(decimals, MOST_DECIMALS) if not _clash(value, others, n))
    return next(alike, MOST_DECIMALS)


def _clash(value: float, limits: Sequence[float], decimals: int) -> bool:
    return any(plain(value, decimals) == plain(limit, decimals) for limit in limits)

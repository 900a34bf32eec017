"""What judged pairs say: the interval of a share."""

import math

Z = 1.959964  # 95%


def wilson(right: float, of: float, z: float = Z) -> tuple[float, float]:
    """The 95% interval of a share of which `right` of `of` were observed (Wilson, JASA 22, 1927); (0, 1) for none."""
    if of <= 0:
        return 0.0, 1.0
    share, spread = right / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
    return max(middle - half, 0.0), min(middle + half, 1.0)

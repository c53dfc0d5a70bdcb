"""Feedstock (原料用能): fuel that becomes material for non-energy products. Document 803 of 2022."""

from collections.abc import Sequence

from settlement.fossil_budget.energy.coefficients import Coefficients
from settlement.fossil_budget.energy.fuels import FuelLine
from settlement.refusals import (
    FeedstockAboveUse,
    FeedstockProductUnknown,
    FeedstockSoldAboveFeedstock,
)


def check_feedstock(lines: Sequence[FuelLine], factors: Coefficients) -> None:
    """Refuse feedstock that cannot be, in the order of the lines.

    A product that is named must be of the list: what reduces iron or is burnt is no feedstock.

    Raises:
        FeedstockAboveUse: there is more of it than fuel that came in and stayed.
        FeedstockProductUnknown: it became something that document 803 does not exempt.
        FeedstockSoldAboveFeedstock: more of it was sold as fuel than there was.
    """
    for line in lines:
        _check_line(line, factors)


def _check_line(line: FuelLine, factors: Coefficients) -> None:
    available = line.came_in - line.left
    if line.feedstock and line.feedstock > available:
        raise FeedstockAboveUse(line.fuel, str(line.feedstock), str(available))
    product = line.feedstock_product
    if product is not None and product not in factors.products:
        known = ", ".join(sorted(factors.products))
        raise FeedstockProductUnknown(line.fuel, product, known)
    if line.feedstock_sold_as_fuel > line.feedstock:
        sold = str(line.feedstock_sold_as_fuel)
        raise FeedstockSoldAboveFeedstock(line.fuel, sold, str(line.feedstock))

"""From transactions to customers: one row each, in the caller's own engine.

The order lines are first summed a day, the days are then summed a customer; whole days are counted as integers, and
only at the end divided by the time unit.
"""

from segmentclient.customers.log import as_day
from segmentclient.customers.periods import split_periods
from segmentclient.customers.summary import summarize_customers
from segmentclient.customers.units import UNIT_DAYS
from segmentclient.customers.update import update_customers

__all__ = ["UNIT_DAYS", "as_day", "split_periods", "summarize_customers", "update_customers"]

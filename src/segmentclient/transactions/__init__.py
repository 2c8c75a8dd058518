"""From a raw order log to transactions, with every row accounted for."""

from segmentclient.transactions.clean import CleanTransactions, clean_transactions
from segmentclient.transactions.reasons import REASONS

__all__ = ["REASONS", "CleanTransactions", "clean_transactions"]

"""Faults that pass: of PostgreSQL, of the way there, of time itself; and what a caller is told of each."""

import asyncpg

from services.kit.errors import CommandInFlight, Expired, Problem, Unavailable

TRANSIENT = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.InvalidCachedStatementError)
"""Rolled back for sure, and done by whoever does the same again at once."""
LOST = (
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.DatabaseDroppedError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.IdleInTransactionSessionTimeoutError,  # we were held up for longer than the server waits
    asyncpg.StatementCompletionUnknownError,
    asyncpg.InsufficientResourcesError,  # no room on its disk, no memory, no connection left
    asyncpg.PostgresSystemError,
)
"""The server went away, or has no room left: the same may be tried again, whoever asked."""
OVERDUE = (TimeoutError, asyncpg.QueryCanceledError, asyncpg.TransactionTimeoutError)
UNREACHABLE = (OSError, asyncpg.OperatorInterventionError, *LOST)
"""More than LOST, where no caller's own time limit and no file of a caller's can be meant."""


class Mistaken(asyncpg.PostgresError):
    """What a command presumed is not so (see Tx.presume): it is done once more, and looks."""

    sqlstate = "DT001"


def refusal(error: BaseException) -> Problem | None:
    """What is said of a fault that passes; None for any other error.

    DEADLINE_EXCEEDED where time ran out; COMMAND_IN_FLIGHT where somebody holds the row; else UNAVAILABLE.
    """
    if isinstance(error, OVERDUE):
        return Expired()
    if isinstance(error, asyncpg.LockNotAvailableError):
        return CommandInFlight()
    return Unavailable() if isinstance(error, (*UNREACHABLE, *TRANSIENT)) else None

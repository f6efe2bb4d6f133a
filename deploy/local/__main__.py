"""`make up`: a whole Dealtrail on this machine, until Ctrl-C."""

import sys

from deploy.local import ahead


def main() -> None:
    """Begin the fork server, which takes longest; then load the supervisor and run it."""
    # Elsewhere a fork without exec is not safe, for the system's own libraries have threads.
    server = ahead.begin() if sys.platform == "linux" else None
    from deploy.local import up  # noqa: PLC0415 - beside the fork server

    try:
        up.main(server)
    finally:
        if server is not None:
            ahead.end(server)


if __name__ == "__main__":
    main()

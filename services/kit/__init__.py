"""What every service stands on. Kit holds no business noun and knows no service."""

import os

ENGINE = "-event_engine_client,-event_engine_listener"
"""gRPC's core hands each read and write to a pool of threads of its own; without these two it does them where they
arise, and a unary call costs both sides together a fifth less processor time (docs/scale.md)."""

# It is read when gRPC is loaded, so it stands before any import of ours that loads it.
os.environ.setdefault("GRPC_EXPERIMENTS", ENGINE)

"""The one door: REST outside, gRPC inside; it also keeps who may enter."""

import services.kit  # noqa: F401 - it says how gRPC is to work, before anything here loads gRPC

"""gRPC calls of plain bytes over HTTP/2, on the event loop itself: half the CPU of a call by grpc.aio's client."""

"""The one door: REST outside, gRPC inside; it also keeps who may enter."""

"""The gateway finds who begins late as soon as it is there."""

import asyncio

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from deploy.local.servers import HOST, free_ports
from gateway.peers import RETRY_S, GrpcPeer, Readiness


async def test_a_peer_that_begins_late_is_not_asked_before_it_listens():
    (port,) = free_ports(1)
    peer = GrpcPeer(f"{HOST}:{port}")
    readiness = Readiness({"leads": peer})
    for _ in range(3):
        assert await readiness.missing() == ["leads"]
        await asyncio.sleep(RETRY_S)
    # After a failure gRPC would not try again for a while.
    assert peer.state is grpc.ChannelConnectivity.IDLE
    servicer, server = health.aio.HealthServicer(), grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    await servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    server.add_insecure_port(f"{HOST}:{port}")
    await server.start()
    async with asyncio.timeout(20):
        while await readiness.missing():
            await asyncio.sleep(RETRY_S)
    await peer.close()
    await server.stop(None)

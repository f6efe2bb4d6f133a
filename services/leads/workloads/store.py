"""How a workload is told; it is made of what assignment and leads keep."""

from dealtrail.leads.v1 import assignment_pb2 as pb

from services.kit.codec import Codec
from services.leads.workloads.domain import Workload

codec = Codec(Workload, pb.Workload)

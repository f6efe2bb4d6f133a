"""Wiring of what is sold by phone (电话销售): scripts, rehearsals, sessions and their calls."""

from dealtrail.leads.v1 import call_scripts_pb2, call_sessions_pb2, phone_calls_pb2, rehearsals_pb2
from dealtrail.timeline.v1 import touchpoints_pb2

from services.kit.directory import Directory
from services.kit.runtime import Process
from services.leads.call_scripts.rpc import CallScriptsServicer
from services.leads.call_sessions.rpc import CallSessionsServicer
from services.leads.call_sessions.store import table as sessions_table
from services.leads.phone_calls.rpc import PhoneCallsServicer
from services.leads.rehearsals.rpc import RehearsalsServicer
from services.leads.rehearsals.store import table as rehearsals_table

OWNED = (sessions_table, rehearsals_table)
"""Tables whose rows follow their owner to another team."""


def wire(process: Process, directory: Directory) -> None:
    """Calls ask timeline to record the touchpoints that they are."""
    touchpoints = process.peer("timeline", touchpoints_pb2.DESCRIPTOR.services_by_name["TouchpointsService"])
    process.offer(call_scripts_pb2.DESCRIPTOR.services_by_name["CallScriptsService"], CallScriptsServicer())
    process.offer(rehearsals_pb2.DESCRIPTOR.services_by_name["RehearsalsService"], RehearsalsServicer(directory))
    process.offer(call_sessions_pb2.DESCRIPTOR.services_by_name["CallSessionsService"], CallSessionsServicer(directory))
    process.offer(phone_calls_pb2.DESCRIPTOR.services_by_name["PhoneCallsService"], PhoneCallsServicer(touchpoints))

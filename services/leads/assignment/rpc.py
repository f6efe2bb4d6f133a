"""AssignmentService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import assignment_pb2 as pb

from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.replies import PageReply
from services.leads.assignment import operations
from services.leads.assignment.domain import (
    Absence,
    AssignmentRules,
    Decision,
    Features,
    Load,
    Rep,
    Roster,
)
from services.leads.assignment.store import (
    candidate_codec,
    codec,
    duty_codec,
    listing,
    roster_codec,
    rules_codec,
)
from services.leads.leads.store import leads
from services.leads.working_calendar.domain import read_day
from services.leads.workloads import operations as workloads
from services.leads.workloads.store import codec as workload_codec

DEFAULTS = AssignmentRules()


class AssignmentServicer:
    """See proto/dealtrail/leads/v1/assignment.proto."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def GetAssignmentRules(self, request: pb.GetAssignmentRulesRequest, tx: Tx) -> pb.AssignmentRules:
        return rules_codec.to_message(await operations.rules(tx, request.version))

    async def SetAssignmentRules(self, request: pb.SetAssignmentRulesRequest, tx: Tx) -> pb.AssignmentRules:
        given = AssignmentRules(
            rules=rules_codec.from_message(pb.AssignmentRules(rules=request.rules)).rules,
            automatic=request.automatic,
            capacity=request.capacity or DEFAULTS.capacity,
            under_percent=request.under_percent or DEFAULTS.under_percent,
            over_percent=request.over_percent or DEFAULTS.over_percent,
        )
        return rules_codec.to_message(await operations.set_rules(tx, self._directory, given))

    async def PreviewAssignment(self, request: pb.PreviewAssignmentRequest, tx: Tx) -> pb.AssignmentPreview:
        if request.lead_id:
            return _told(*await operations.preview(tx, self._directory, UUID(request.lead_id)))
        features = Features(request.region, request.product, request.channel)
        at = from_timestamp(request.at_time) if request.HasField("at_time") else tx.now
        return _told(*await operations.decide(tx, self._directory, features, at))

    async def AssignLeadByRules(self, request: pb.AssignLeadByRulesRequest, tx: Tx) -> pb.AssignmentPreview:
        return _told(*await operations.assign(tx, self._directory, UUID(request.lead_id)))

    async def ListAssignments(
        self, request: pb.ListAssignmentsRequest, tx: Tx
    ) -> PageReply[pb.ListAssignmentsResponse]:
        lead = await leads.row(tx, UUID(request.lead_id))
        return await listing.reply(tx, request, pb.ListAssignmentsResponse, codec, lead_id=lead["id"])

    async def ListWorkloads(self, request: pb.ListWorkloadsRequest, tx: Tx) -> pb.ListWorkloadsResponse:
        team_id = UUID(request.team_id) if request.team_id else None
        found = await workloads.everybody(tx, self._directory, team_id)
        load = Load(pb.Load.Name(request.load)) if request.load else None
        shown, token = workloads.page(
            tx,
            found,
            load=load,
            order_by=request.order_by,
            size=request.page_size,
            token=request.page_token,
            scope=request.team_id,
        )
        told = map(workload_codec.to_message, shown)
        return pb.ListWorkloadsResponse(workloads=told, next_page_token=token, **workloads.counts(found))

    async def SetWorkload(self, request: pb.SetWorkloadRequest, tx: Tx) -> pb.Workload:
        absences = [Absence(read_day(one.first_day), read_day(one.last_day)) for one in request.absences]
        rep = await operations.set_rep(tx, self._directory, Rep(UUID(request.user_id), request.capacity, absences))
        return workload_codec.to_message(await workloads.of_rep(tx, self._directory, rep))

    async def GetDutyRoster(self, _: pb.GetDutyRosterRequest, tx: Tx) -> pb.DutyRoster:
        return roster_codec.to_message(await operations.roster(tx))

    async def SetDutyRoster(self, request: pb.SetDutyRosterRequest, tx: Tx) -> pb.DutyRoster:
        given = Roster([duty_codec.from_message(one) for one in request.duties])
        return roster_codec.to_message(await operations.set_roster(tx, self._directory, given))


def _told(decision: Decision, mine: AssignmentRules) -> pb.AssignmentPreview:
    return pb.AssignmentPreview(
        user_id=str(decision.user_id or ""),
        reason=pb.AssignmentReason.Value(decision.reason),
        rule=decision.rule.name if decision.rule else "",
        version=mine.version,
        candidates=map(candidate_codec.to_message, decision.candidates),
        passed_over=decision.passed_over,
    )

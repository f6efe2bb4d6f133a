"""The standards as they stand, and leads judged by them."""

from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events
from dealtrail.leads.v1 import leads_pb2

from services.kit.database import Tx
from services.kit.errors import Conflict, NotFound
from services.kit.ids import new_id
from services.leads.checklists.domain import GENERAL, PRESET, Checklist, Judgement, Question, Verdict
from services.leads.checklists.refusals import AnswersRequired, ChecklistChanged, NoChecklist, NoPreset
from services.leads.checklists.store import (
    ADD,
    ADD_JUDGEMENT,
    IN_FORCE,
    NEWEST,
    NEWEST_OF,
    OF_LEAD,
    ONE,
    checklist_codec,
    judgement_codec,
)
from services.leads.leads.domain import Lead
from services.leads.leads.operations import fact
from services.leads.leads.store import leads

SHIPPED = {one.lead_type: one for one in PRESET}


async def publish(tx: Tx, lead_type: str, label: str, pass_score: int, questions: tuple[Question, ...]) -> Checklist:
    """Make the next version for a type, of the questions that ship if none are given."""
    shipped = SHIPPED.get(lead_type)
    if not questions:
        if shipped is None:
            raise NoPreset(lead_type=lead_type)
        questions, pass_score = shipped.questions, shipped.pass_score
    newest = await tx.fetch_one(NEWEST_OF, lead_type=lead_type)
    checklist = Checklist(
        lead_type=lead_type,
        label=label or (shipped.label if shipped else lead_type),
        pass_score=pass_score,
        questions=questions,
        version=newest["version"] + 1 if newest else 1,
        created_by=tx.principal.user_id,
        create_time=tx.now,
    )
    if not await tx.execute(ADD, **checklist_codec.to_row(checklist)):
        raise Conflict
    return checklist


async def get(tx: Tx, lead_type: str, version: int) -> Checklist:
    """One version; the newest if 0, or what ships. Refused: NOT_FOUND."""
    row = await (
        tx.fetch_one(ONE, lead_type=lead_type, version=version)
        if version
        else tx.fetch_one(NEWEST_OF, lead_type=lead_type)
    )
    if row is not None:
        return checklist_codec.from_row(row)
    if version or lead_type not in SHIPPED:
        raise NotFound(kind="checklist", kind_zh="判断规范")
    return SHIPPED[lead_type]


async def newest(tx: Tx) -> list[Checklist]:
    """The newest for each type, by type."""
    found = SHIPPED | {row["lead_type"]: checklist_codec.from_row(row) for row in await tx.fetch(NEWEST)}
    return [found[lead_type] for lead_type in sorted(found)]


async def qualify(tx: Tx, request: leads_pb2.QualifyLeadRequest) -> Lead:
    """Judge a lead by the standard in force for its type, or by the caller's own score where there is none."""
    lead = await leads.locked(tx, UUID(request.id))
    lead_type = lead.lead_type or GENERAL
    row = await tx.fetch_one(IN_FORCE, lead_type=lead_type, types=[lead_type, GENERAL])
    if row is None:
        if request.answers:
            raise NoChecklist
        lead.qualify(request.score)
        passed = True
    else:
        passed = await _judge(tx, lead, checklist_codec.from_row(row), request)
    await leads.save(tx, lead)
    tx.emit((events.LeadQualified if passed else events.LeadJudged)(lead=fact(lead)), lead)
    return lead


async def _judge(tx: Tx, lead: Lead, standard: Checklist, request: leads_pb2.QualifyLeadRequest) -> bool:
    """Judge the lead by the answers and keep how; whether it passes."""
    if not request.answers:
        raise AnswersRequired(lead_type=standard.lead_type)
    if request.checklist_version not in (0, standard.version):
        raise ChecklistChanged(version=standard.version)
    findings = standard.findings(request.answers)
    score, verdict = standard.judge(findings)
    passed = verdict is Verdict.PASSED
    (lead.qualify if passed else lead.judge)(score, standard.version)
    judgement = Judgement(
        id=new_id(),
        lead_id=lead.id,
        lead_type=standard.lead_type,
        checklist_version=standard.version,
        score=score,
        verdict=verdict,
        findings=findings,
        judged_by=tx.principal.user_id,
        create_time=tx.now,
    )
    await tx.insert(ADD_JUDGEMENT, **judgement_codec.to_row(judgement))
    return passed


async def judgements(tx: Tx, lead_id: UUID) -> list[Judgement]:
    """How a lead was judged, newest first. Refused: NOT_FOUND."""
    await leads.row(tx, lead_id)
    return [judgement_codec.from_row(row) for row in await tx.fetch(OF_LEAD, lead_id=lead_id)]

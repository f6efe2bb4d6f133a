"""Bodies that are carried out when somebody sends them with own things, where the smallest allowed one would not be."""

from collections.abc import Mapping
from typing import Any

from tests.sweeps.operations import NEW, Operation, Own, Path
from tests.sweeps.world import LITTLE, MONEY, TODAY

WORD = Own("new word")
WHEN = "2026-01-05T08:00:00Z"
CONTRACT = {"accountId": Own("account"), "amount": MONEY}
RECEIPT = {
    "accountId": Own("account"),
    "amount": LITTLE,
    "receivedDate": TODAY,
    "allocations": [{"instalmentId": Own("instalment"), "amount": LITTLE}],
}
TOUCHPOINT = {"accountId": Own("account"), "kind": "PHONE", "occurredTime": WHEN}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PHONE = {"name": "phone", "kind": "PHONE", "label": "phone", "required": True}
USER = {"username": WORD, "displayName": "somebody", "role": "REP"}
BODIES: Mapping[str, Any] = {
    "approveErasure": {"verification": "called back"},
    "applyReceipt": {"allocations": [{"instalmentId": Own("instalment"), "amount": LITTLE}]},
    "batchCreateAccounts": {"accounts": [{"name": WORD}]},
    "batchCreateContracts": {"contracts": [CONTRACT | {"id": NEW}]},
    "batchCreateLeads": {"leads": [{"company": WORD}]},
    "batchCreateProducts": {"products": [{"code": WORD}]},
    "batchCreateUsers": {"users": [USER]},
    "batchRecordReceipts": {"receipts": [RECEIPT | {"id": NEW}]},
    "batchRecordTouchpoints": {"touchpoints": [TOUCHPOINT]},
    "correctTouchpoint": {"kind": "PHONE", "occurredTime": WHEN},
    "createCampaign": {"name": WORD, "channel": "展会", "startDate": TODAY, "endDate": TODAY, "cost": LITTLE},
    "createForm": {"title": WORD, "campaignId": Own("campaign"), "consentText": "I agree", "fields": [PHONE]},
    "createAccount": {"name": WORD},
    "createCycle": {
        "code": Own("new code"),
        "startDate": TODAY,
        "endDate": TODAY,
        "indicator": "GIVEN",
        "values": [{"accountId": Own("account"), "value": "1"}],
    },
    "createContract": CONTRACT,
    "createPersonalExport": {"personIds": [Own("person")], "purpose": "they asked"},
    "createIntakeKey": {"name": WORD, "ownerId": Own("user"), "channel": "官网"},
    "createProduct": {"code": WORD},
    "createProspect": {"company": WORD},
    "createRaciChart": {
        "assignments": [{"stage": "CLOSED", "duty": "ACCOUNTABLE", "party": "USER", "userId": Own("user")}]
    },
    "createTask": {"title": WORD, "leadId": Own("lead"), "dueDate": TODAY},
    "createTeam": {"name": WORD},
    "createUser": USER,
    "batchEnrolLeads": {"enrolments": [{"leadId": Own("lead")}]},
    "enrolLead": {"leadId": Own("lead")},
    "findPersons": {},
    "forecastDeal": {"quantity": 3},
    "promoteProspect": {"phone": "139 1234 5678"},
    "closeIssue": {"settlement": "settled"},
    "judgeRelation": {"level": 3, "evidence": "they said so", "reviewDate": "2099-01-01"},
    "judgeReview": {"verdict": "PASS"},
    "openReviewBoard": {"title": WORD},
    "setReportSchedule": {
        "code": Own("new code"),
        "title": WORD,
        "recurrence": {"every": "DAY", "at": "09:00"},
        "recipientIds": [Own("user")],
    },
    "setReviewPlan": {"code": Own("new code"), "title": WORD, "recurrence": {"every": "DAY", "at": "09:00"}},
    "openIssue": {"title": "slow answers"},
    "addResearchNote": {"kind": "STRATEGY", "text": "abroad", "source": "report", "sourceDate": "2026-01-05"},
    "decideSelection": {"decision": "KEEP", "reason": "as it is", "reviewDate": "2099-01-01"},
    "judgeFit": {"cells": [{"productCode": "P", "need": "steady", "importance": 5, "fit": 3}]},
    "publishSelectionModel": {"criteria": [{"criterion": "FIT", "weight": 1}]},
    "recordApproval": {"approverId": Own("approver")},
    "recordMarketSize": {
        "region": WORD,
        "period": "2026",
        "addressable": 9,
        "source": "a list",
        "sourceDate": "2026-01-05",
    },
    "recordPain": {"pain": "slow answers"},
    "addPlanAction": {"side": "OURS", "title": "meet", "dueDate": "2099-01-01"},
    "closeAccountPlan": {"reason": "over"},
    "createAccountPlan": {"firstYear": 2026, "years": 3},
    "dropPlanAction": {"reason": "no budget"},
    "setDiscountRate": {"rate": "0.08", "source": "cost of capital"},
    "recordSpend": {
        "category": Own("category"),
        "period": "2026",
        "amount": MONEY,
        "source": "they said so",
        "sourceDate": "2026-01-05",
    },
    "setSpendCategory": {"code": "SWEPT", "label": "swept"},
    "publishNurturePlan": {"code": "KEPT_HOT", "cadences": [{"temperature": "COLD", "touches": [{"kind": "PHONE"}]}]},
    "settleNurtureStep": {"result": "SKIPPED", "note": "not now"},
    "tickDevelopmentItem": {"item": "SEGMENT_NAMED"},
    "judgePhoneCall": {"answers": {"OPENING": "GOOD"}},
    "planCallSession": {
        "beginTime": Own("new slot"),
        "minutes": 30,
        "place": "room 1",
        "leadIds": [Own("lead")],
        "contactIds": [Own("contact")],
    },
    "recordPhoneCall": {"result": "NO_ANSWER"},
    "recordRehearsal": {"scriptCode": "GENERAL"},
    "setTemperature": {"temperature": "HOT", "why": "they called"},
    "scoreWall": {
        "cycle": "2026Q1",
        "scores": [{"contactId": Own("contact"), "userId": Own("user"), "strength": 3}],
    },
    "recordConsent": {"purpose": "MARKETING", "given": True, "textVersion": "v1", "channel": "web"},
    "recordReceipt": RECEIPT,
    "recordTouchpoint": TOUCHPOINT,
    "refuseErasure": {"reason": "not the person"},
    "setPicture": {"number": 1, "content": PIXEL},
    "regressDeal": {"stage": "CONTACT", "why": "a try"},
    "requestErasure": {"personIds": [Own("person")], "channel": "letter"},
    "returnLead": {"why": "no time for it"},
    "setAssignmentRules": {"rules": [{"name": "all", "members": [{"userId": Own("user"), "weight": 1}]}]},
    "setDutyRoster": {"duties": [{"userId": Own("user"), "beginTime": WHEN, "endTime": "2026-01-06T08:00:00Z"}]},
}
ALTERNATIVES = frozenset({"accountId", "contractId", "dealId", "leadId"})
"""Of these a contract, a receipt or a touchpoint names one."""


def template(operation: Operation, where: Path = ()) -> Any:
    """A body for the operation in which the reference at `where` can be placed."""
    found = BODIES.get(operation.id, operation.least())
    if where and where[-1] in ALTERNATIVES and operation.collection != "deals":
        return _without(found, ALTERNATIVES)
    return found


def _without(body: Any, names: frozenset[str]) -> Any:
    if isinstance(body, dict):
        return {name: _without(value, names) for name, value in body.items() if name not in names}
    return [_without(item, names) for item in body] if isinstance(body, list) else body

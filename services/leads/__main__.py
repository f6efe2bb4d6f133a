"""`python -m services.leads`: settings and wiring; one look shows all that the process needs."""

from datetime import UTC, datetime

from dealtrail.leads.v1 import (
    account_chains_pb2,
    account_plans_pb2,
    account_research_pb2,
    accounts_pb2,
    activity_pb2,
    assignment_pb2,
    campaigns_pb2,
    channels_pb2,
    checklists_pb2,
    collision_rules_pb2,
    collisions_pb2,
    consents_pb2,
    contact_merges_pb2,
    cycles_pb2,
    development_pb2,
    discard_reasons_pb2,
    discards_pb2,
    enrolments_pb2,
    exclusivity_pb2,
    forms_pb2,
    issues_pb2,
    lead_clocks_pb2,
    lead_merges_pb2,
    lead_retention_pb2,
    leads_pb2,
    links_pb2,
    markets_pb2,
    merges_pb2,
    notices_pb2,
    nurture_plans_pb2,
    nurture_steps_pb2,
    persona_attributes_pb2,
    persons_pb2,
    plan_actions_pb2,
    pool_pb2,
    prospects_pb2,
    raci_charts_pb2,
    refused_promotions_pb2,
    relation_levels_pb2,
    relation_walls_pb2,
    report_schedules_pb2,
    review_boards_pb2,
    review_plans_pb2,
    search_pb2,
    sla_policies_pb2,
    strategic_accounts_pb2,
    submissions_pb2,
    suspected_duplicates_pb2,
    tasks_pb2,
    temperatures_pb2,
    visit_plans_pb2,
    wallets_pb2,
    working_calendar_pb2,
)
from dealtrail.opportunities.v1 import deals_pb2
from dealtrail.timeline.v1 import touchpoint_kinds_pb2, touchpoints_pb2

from services.kit import owners, roster
from services.kit.directory import Directory
from services.kit.events import Subscriptions
from services.kit.runtime import Process, run
from services.kit.settings import Settings
from services.leads import phone_selling
from services.leads.account_chains.rpc import AccountChainsServicer
from services.leads.account_plans.rpc import AccountPlansServicer
from services.leads.account_research.rpc import AccountResearchServicer
from services.leads.accounts.rpc import AccountsServicer
from services.leads.accounts.store import accounts_table
from services.leads.activity import consumers as activity
from services.leads.activity.rpc import ActivityServicer
from services.leads.assignment.rpc import AssignmentServicer
from services.leads.assignment.store import reps as reps_table
from services.leads.campaigns.rpc import CampaignsServicer
from services.leads.channels.rpc import ChannelsServicer
from services.leads.checklists.rpc import ChecklistsServicer
from services.leads.collision_rules.rpc import CollisionRulesServicer
from services.leads.collisions import consumers as collision_consumers
from services.leads.collisions.rpc import CollisionsServicer
from services.leads.consents.rpc import ConsentsServicer
from services.leads.contact_merges.rpc import ContactMergesServicer
from services.leads.cycles.rpc import CyclesServicer
from services.leads.development.rpc import DevelopmentServicer
from services.leads.discard_reasons.rpc import DiscardReasonsServicer
from services.leads.discards.rpc import DiscardsServicer
from services.leads.enrolments import consumers as enrolments
from services.leads.enrolments.rpc import EnrolmentsServicer
from services.leads.exclusivity.rpc import ExclusivityServicer
from services.leads.forms.rpc import FormsServicer
from services.leads.issues.rpc import IssuesServicer
from services.leads.lead_clocks import consumers as lead_clocks
from services.leads.lead_clocks.operations import tell_due
from services.leads.lead_clocks.rpc import LeadClocksServicer
from services.leads.lead_merges.rpc import LeadMergesServicer
from services.leads.lead_retention.operations import let_go
from services.leads.lead_retention.rpc import LeadRetentionServicer
from services.leads.leads.rpc import LeadsServicer
from services.leads.leads.store import table as leads_table
from services.leads.links.rpc import LinksServicer
from services.leads.links.store import table as links_table
from services.leads.markets.rpc import MarketsServicer
from services.leads.merges.rpc import MergesServicer
from services.leads.notices import consumers as notices
from services.leads.notices.rpc import NoticesServicer
from services.leads.nurture_plans.rpc import NurturePlansServicer
from services.leads.nurture_steps.operations import remind
from services.leads.nurture_steps.rpc import NurtureStepsServicer
from services.leads.persona_attributes import consumers as persona_attributes
from services.leads.persona_attributes.operations import describe_all
from services.leads.persona_attributes.rpc import PersonaAttributesServicer
from services.leads.persons.rpc import PersonsServicer
from services.leads.plan_actions import operations as plan_actions
from services.leads.plan_actions.rpc import PlanActionsServicer
from services.leads.pool.rpc import PoolServicer
from services.leads.pool_returns import consumers as pool_returns
from services.leads.pool_returns.operations import keep
from services.leads.process import consumers as process_consumers
from services.leads.prospects.rpc import ProspectsServicer
from services.leads.prospects.store import table as prospects_table
from services.leads.raci_charts import consumers as raci_charts
from services.leads.raci_charts.operations import tell_entered
from services.leads.raci_charts.rpc import RaciChartsServicer
from services.leads.refused_promotions.rpc import RefusedPromotionsServicer
from services.leads.relation_levels.rpc import RelationLevelsServicer
from services.leads.relation_walls.rpc import RelationWallsServicer
from services.leads.report_schedules.operations import report_due
from services.leads.report_schedules.rpc import ReportSchedulesServicer
from services.leads.review_boards.rpc import ReviewBoardsServicer
from services.leads.review_boards.store import boards_table
from services.leads.review_plans.operations import open_due
from services.leads.review_plans.rpc import ReviewPlansServicer
from services.leads.search.rpc import SearchServicer
from services.leads.sla_policies.rpc import SlaPoliciesServicer
from services.leads.strategic_accounts import operations as strategic_accounts
from services.leads.strategic_accounts.rpc import StrategicAccountsServicer
from services.leads.submissions.rpc import SubmissionsServicer
from services.leads.suspected_duplicates.rpc import SuspectedDuplicatesServicer
from services.leads.tasks.rpc import TasksServicer
from services.leads.tasks.store import table as tasks_table
from services.leads.temperatures.rpc import TemperaturesServicer
from services.leads.visit_plans.rpc import VisitPlansServicer
from services.leads.wallets.rpc import WalletsServicer
from services.leads.working_calendar.operations import warn_where_announcement_ends
from services.leads.working_calendar.rpc import WorkingCalendarServicer

SLA_EVERY_S = 5.0
"""How often what falls due is looked for: an answer is due by the minute."""
REMIND_EVERY_S = 60.0
"""How often what is due on a day is looked for."""
DESCRIBE_EVERY_S = 5.0
"""How often it is seen whether leads are to be described anew: whoever changes an attribute wants to see it work."""
subscriptions = Subscriptions("leads")
subscriptions.include(collision_consumers.subscriptions)
subscriptions.include(pool_returns.subscriptions)
subscriptions.include(lead_clocks.subscriptions)
subscriptions.include(persona_attributes.subscriptions)
subscriptions.include(process_consumers.subscriptions)
subscriptions.include(notices.subscriptions)
subscriptions.include(enrolments.subscriptions)
WORKED = (leads_table, accounts_table, reps_table, prospects_table, links_table, tasks_table, boards_table)
owners.restamp(subscriptions, *WORKED, *phone_selling.OWNED)
subscriptions.include(activity.subscriptions)
subscriptions.include(roster.following("leads"))
subscriptions.include(raci_charts.subscriptions)


def _plan_accounts(process: Process, directory: Directory) -> None:
    """How customers are met, how much of what they spend comes to us, and what is planned with them."""
    contact_merges = contact_merges_pb2.DESCRIPTOR.services_by_name["ContactMergesService"]
    process.offer(contact_merges, ContactMergesServicer())
    suspected = suspected_duplicates_pb2.DESCRIPTOR.services_by_name["SuspectedDuplicatesService"]
    process.offer(suspected, SuspectedDuplicatesServicer())
    process.offer(merges_pb2.DESCRIPTOR.services_by_name["MergesService"], MergesServicer())
    process.offer(lead_merges_pb2.DESCRIPTOR.services_by_name["LeadMergesService"], LeadMergesServicer())
    process.offer(visit_plans_pb2.DESCRIPTOR.services_by_name["VisitPlansService"], VisitPlansServicer())
    process.offer(development_pb2.DESCRIPTOR.services_by_name["DevelopmentService"], DevelopmentServicer())
    process.offer(wallets_pb2.DESCRIPTOR.services_by_name["WalletsService"], WalletsServicer())
    process.offer(account_plans_pb2.DESCRIPTOR.services_by_name["AccountPlansService"], AccountPlansServicer())
    process.offer(plan_actions_pb2.DESCRIPTOR.services_by_name["PlanActionsService"], PlanActionsServicer(directory))
    process.repeat("plan-actions", REMIND_EVERY_S, plan_actions.remind)
    research = account_research_pb2.DESCRIPTOR.services_by_name["AccountResearchService"]
    process.offer(research, AccountResearchServicer())
    chains = account_chains_pb2.DESCRIPTOR.services_by_name["AccountChainsService"]
    process.offer(chains, AccountChainsServicer())
    strategic = strategic_accounts_pb2.DESCRIPTOR.services_by_name["StrategicAccountsService"]
    process.offer(strategic, StrategicAccountsServicer())
    process.repeat("selection-reviews", REMIND_EVERY_S, strategic_accounts.remind)


def _tell_sources(process: Process) -> None:
    """Where leads come from, how many more there may be, and what they are described by."""
    process.offer(channels_pb2.DESCRIPTOR.services_by_name["ChannelsService"], ChannelsServicer())
    process.offer(markets_pb2.DESCRIPTOR.services_by_name["MarketsService"], MarketsServicer())
    process.offer(campaigns_pb2.DESCRIPTOR.services_by_name["CampaignsService"], CampaignsServicer())
    described = persona_attributes_pb2.DESCRIPTOR.services_by_name["PersonaAttributesService"]
    process.offer(described, PersonaAttributesServicer())
    process.repeat("personas", DESCRIBE_EVERY_S, describe_all)


def _count_working_time(process: Process) -> None:
    calendar = working_calendar_pb2.DESCRIPTOR.services_by_name["WorkingCalendarService"]
    process.offer(calendar, WorkingCalendarServicer())
    warn_where_announcement_ends(datetime.now(UTC).date())


def _protect_persons(process: Process) -> None:
    """What the people whom leads speak of may say about it, and for how long they are known."""
    process.offer(consents_pb2.DESCRIPTOR.services_by_name["ConsentsService"], ConsentsServicer())
    process.offer(persons_pb2.DESCRIPTOR.services_by_name["PersonsService"], PersonsServicer())
    retention = lead_retention_pb2.DESCRIPTOR.services_by_name["LeadRetentionService"]
    process.offer(retention, LeadRetentionServicer())
    process.repeat("retention", REMIND_EVERY_S, let_go)


def wire(process: Process) -> None:
    """Leads ask identity who may own a row, opportunities to open a deal, and timeline which kinds of touchpoints there
    are and to record those that a plan asked for; rows follow owners to other teams.
    """
    directory = process.directory()
    deals = process.peer("opportunities", deals_pb2.DESCRIPTOR.services_by_name["DealsService"])
    process.offer(leads_pb2.DESCRIPTOR.services_by_name["LeadsService"], LeadsServicer(directory, deals))
    process.offer(accounts_pb2.DESCRIPTOR.services_by_name["AccountsService"], AccountsServicer(directory))
    process.offer(exclusivity_pb2.DESCRIPTOR.services_by_name["ExclusivityService"], ExclusivityServicer(directory))
    _protect_persons(process)
    process.offer(discard_reasons_pb2.DESCRIPTOR.services_by_name["DiscardReasonsService"], DiscardReasonsServicer())
    process.offer(discards_pb2.DESCRIPTOR.services_by_name["DiscardsService"], DiscardsServicer())
    process.offer(notices_pb2.DESCRIPTOR.services_by_name["NoticesService"], NoticesServicer())
    _count_working_time(process)
    process.offer(search_pb2.DESCRIPTOR.services_by_name["SearchService"], SearchServicer())
    process.offer(checklists_pb2.DESCRIPTOR.services_by_name["ChecklistsService"], ChecklistsServicer())
    process.offer(pool_pb2.DESCRIPTOR.services_by_name["PoolService"], PoolServicer())
    process.offer(assignment_pb2.DESCRIPTOR.services_by_name["AssignmentService"], AssignmentServicer(directory))
    process.offer(prospects_pb2.DESCRIPTOR.services_by_name["ProspectsService"], ProspectsServicer())
    refused = refused_promotions_pb2.DESCRIPTOR.services_by_name["RefusedPromotionsService"]
    process.offer(refused, RefusedPromotionsServicer())
    process.repeat("pool", 60, keep)
    process.offer(sla_policies_pb2.DESCRIPTOR.services_by_name["SlaPoliciesService"], SlaPoliciesServicer(directory))
    process.offer(lead_clocks_pb2.DESCRIPTOR.services_by_name["LeadClocksService"], LeadClocksServicer())
    process.repeat("lead-clocks", SLA_EVERY_S, tell_due)
    process.offer(collisions_pb2.DESCRIPTOR.services_by_name["CollisionsService"], CollisionsServicer())
    process.offer(collision_rules_pb2.DESCRIPTOR.services_by_name["CollisionRulesService"], CollisionRulesServicer())
    process.offer(activity_pb2.DESCRIPTOR.services_by_name["ActivityService"], ActivityServicer())
    process.offer(cycles_pb2.DESCRIPTOR.services_by_name["CyclesService"], CyclesServicer())
    process.offer(issues_pb2.DESCRIPTOR.services_by_name["IssuesService"], IssuesServicer(directory))
    process.offer(relation_levels_pb2.DESCRIPTOR.services_by_name["RelationLevelsService"], RelationLevelsServicer())
    process.offer(
        relation_walls_pb2.DESCRIPTOR.services_by_name["RelationWallsService"], RelationWallsServicer(directory)
    )
    _plan_accounts(process, directory)
    _tell_sources(process)
    process.offer(forms_pb2.DESCRIPTOR.services_by_name["FormsService"], FormsServicer())
    process.offer(links_pb2.DESCRIPTOR.services_by_name["LinksService"], LinksServicer())
    process.offer(tasks_pb2.DESCRIPTOR.services_by_name["TasksService"], TasksServicer())
    process.offer(submissions_pb2.DESCRIPTOR.services_by_name["SubmissionsService"], SubmissionsServicer())
    _nurture(process)
    phone_selling.wire(process, directory)
    _control(process, directory)
    process.listen(subscriptions)


def _nurture(process: Process) -> None:
    """What keeps leads warm that do not buy yet."""
    kinds = process.peer("timeline", touchpoint_kinds_pb2.DESCRIPTOR.services_by_name["TouchpointKindsService"])
    touchpoints = process.peer("timeline", touchpoints_pb2.DESCRIPTOR.services_by_name["TouchpointsService"])
    process.offer(temperatures_pb2.DESCRIPTOR.services_by_name["TemperaturesService"], TemperaturesServicer())
    process.offer(nurture_plans_pb2.DESCRIPTOR.services_by_name["NurturePlansService"], NurturePlansServicer(kinds))
    process.offer(enrolments_pb2.DESCRIPTOR.services_by_name["EnrolmentsService"], EnrolmentsServicer())
    steps = nurture_steps_pb2.DESCRIPTOR.services_by_name["NurtureStepsService"]
    process.offer(steps, NurtureStepsServicer(touchpoints))
    process.repeat("nurturing", 60, remind)


def _control(process: Process, directory: Directory) -> None:
    """Who answers for managing leads, and how it is looked at."""
    process.offer(raci_charts_pb2.DESCRIPTOR.services_by_name["RaciChartsService"], RaciChartsServicer(directory))
    process.repeat("raci-charts", SLA_EVERY_S, tell_entered)
    boards = review_boards_pb2.DESCRIPTOR.services_by_name["ReviewBoardsService"]
    process.offer(boards, ReviewBoardsServicer(directory))
    plans = review_plans_pb2.DESCRIPTOR.services_by_name["ReviewPlansService"]
    process.offer(plans, ReviewPlansServicer(directory))
    process.repeat("review-plans", 60, open_due)
    schedules = report_schedules_pb2.DESCRIPTOR.services_by_name["ReportSchedulesService"]
    process.offer(schedules, ReportSchedulesServicer(directory))
    process.repeat("report-schedules", SLA_EVERY_S, report_due)


if __name__ == "__main__":
    run("leads", Settings.from_environment(), wire)

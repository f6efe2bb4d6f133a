"""Every event of the contract is told by its service and heard by another, or there is a reason why not."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from deploy.local.layout import ROOT, services
from services.kit.events import Subscriptions

UNHEARD = {
    "dealtrail.contracts.v1.ProductSet": "happens to no customer; it is for whoever keeps a copy of the catalogue",
    **dict.fromkeys(
        (f"dealtrail.leads.v1.CallSession{deed}" for deed in ("Planned", "Held", "Cancelled")),
        "is of many customers; each call in which somebody was spoken with is a touchpoint",
    ),
    "dealtrail.leads.v1.CycleFrozen": "it is of no one customer; standings are asked for",
    "dealtrail.identity.v1.DisclosureUnusual": "is about no customer; leads tells the bosses by a notice",
    "dealtrail.identity.v1.ExportDecided": "is about no one customer; leads tells whoever asked by a notice",
    "dealtrail.identity.v1.ExportRequested": "is about no one customer; leads tells those who decide by a notice",
    "dealtrail.identity.v1.TeamCreated": "teams are asked for; only where people work is kept elsewhere",
    "dealtrail.identity.v1.TeamMoved": "who sees what comes with the caller's token, team by team",
    "dealtrail.identity.v1.TeamRenamed": "names of teams are shown by identity alone",
    "dealtrail.identity.v1.UserCreated": "who is new owns nothing yet",
    "dealtrail.leads.v1.CollisionAppealDecided": "is about leads, which tell LeadHeld and LeadReleased of it",
    "dealtrail.leads.v1.CollisionAppealed": "is counted where it is kept: /v1/collisions:figures",
    "dealtrail.leads.v1.CollisionAwarded": "is about leads, which tell LeadHeld and LeadReleased of it",
    "dealtrail.leads.v1.CollisionOpened": "is about leads, which tell LeadCaptured or LeadHeld of it",
    "dealtrail.leads.v1.NoticeTold": "is about what other events tell; live updates take it to its user",
}
"""Events that neither timeline nor analytics listens to, and why."""
TELLERS = {name: ROOT / "services" / name for name in services()} | {"identity": ROOT / "gateway"}


def events_of(teller):
    """The events of a service: messages of its events.proto that are part of no other one."""
    try:
        module = importlib.import_module(f"dealtrail.{teller}.v1.events_pb2")
    except ModuleNotFoundError:
        return set()
    messages = module.DESCRIPTOR.message_types_by_name.values()
    parts = {field.message_type for message in messages for field in message.fields if field.message_type}
    return {message.full_name for message in messages if message not in parts}


EVENTS = {teller: events_of(teller) for teller in TELLERS}


def told_by(folder, teller):
    """The events that the code below a folder makes: names of its own events module that are used there."""
    found = set()
    for path in folder.rglob("*.py"):
        if path.name == "consumers.py" or "migrations" in path.parts:
            continue
        tree = ast.parse(path.read_text())
        aliases = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == f"dealtrail.{teller}.v1"
            for alias in node.names
            if alias.name == "events_pb2"
        }
        found |= {
            f"dealtrail.{teller}.v1.{node.attr}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases
        }
    return found


class Listening:
    """What a service's `wire` asks of its process, as far as listening goes."""

    def __init__(self):
        self.heard = set()

    def listen(self, subscriptions: Subscriptions):
        """Note what it listens to."""
        self.heard |= subscriptions.handlers.keys()

    def __getattr__(self, name):
        return lambda *_: None


def heard_by(name):
    """The events that a service listens to, as it is wired."""
    process = Listening()
    importlib.import_module(f"services.{name}.__main__").wire(process)
    return process.heard


HEARD = {name: heard_by(name) for name in services()}


@pytest.mark.parametrize("teller", [teller for teller, events in EVENTS.items() if events])
def test_every_event_is_told_by_its_service(teller):
    assert EVENTS[teller] - told_by(TELLERS[teller], teller) == set()


def test_every_event_is_heard_by_the_timeline_or_counted_or_there_is_a_reason():
    everything = set().union(*EVENTS.values())
    assert everything - HEARD["timeline"] - HEARD["analytics"] == UNHEARD.keys()


def test_every_event_that_is_heard_exists_and_is_told():
    told = set().union(*(told_by(folder, teller) for teller, folder in TELLERS.items()))
    for name, heard in HEARD.items():
        assert heard <= set().union(*EVENTS.values()), name
        assert heard <= told, name


def test_everybody_who_keeps_rows_of_owners_follows_them_to_other_teams():
    owned = {path.parts[path.parts.index("services") + 1] for path in stores() if "owner_columns()" in path.read_text()}
    for name in owned | {"timeline", "analytics"}:
        assert "dealtrail.identity.v1.UserUpdated" in HEARD[name], name


def stores():
    return [path for path in Path(ROOT / "services").rglob("store.py") if "kit" not in path.parts]


def test_an_event_is_a_fact_with_the_resource_that_it_speaks_of():
    """Consumers need each event once and not in order: it carries what it is about as it stood afterwards."""
    for teller, events in EVENTS.items():
        module = importlib.import_module(f"dealtrail.{teller}.v1.events_pb2") if events else None
        for name in events:
            message = module.DESCRIPTOR.message_types_by_name[name.rpartition(".")[2]]
            resource = message.fields[0]
            assert resource.message_type is not None, name
            assert resource.number == 1
            assert resource.name == re.sub(r"(?<=[a-z])(?=[A-Z])", "_", resource.message_type.name).lower(), name

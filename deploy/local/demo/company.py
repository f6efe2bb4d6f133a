"""Who works in the demo's company: regions, the teams of its managers, and their sales people."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

from deploy.local.demo.api import Api, Failed
from deploy.local.demo.tables import table

AT_ONCE = 100


def username(name: str) -> str:
    """The name for signing in: "Darcel Schlecht" is darcel.schlecht."""
    return name.lower().replace(" ", ".")


def load(api: Api, tenant_id: UUID, password: str) -> None:
    """Found the teams and take everybody on; those that are there already stay as they are."""
    teams = table("sales_teams")
    regions = dict.fromkeys(row["regional_office"] for row in teams)
    managers = {row["manager"]: row["regional_office"] for row in teams}
    for region in regions:
        _team(api, tenant_id, region, "")
    for manager, region in managers.items():
        _team(api, tenant_id, manager, str(_id(tenant_id, region)))
    people = list(_people(tenant_id, password))
    for start in range(0, len(people), AT_ONCE):
        results = api("POST", "/v1/users:batchCreate", {"users": people[start : start + AT_ONCE]})["results"]
        for result in results:
            if result["outcome"] == "REFUSED":
                raise Failed(f"a user was refused: {result['message']}")


def _people(tenant_id: UUID, password: str) -> Iterator[dict[str, Any]]:
    teams = table("sales_teams")
    for region in dict.fromkeys(row["regional_office"] for row in teams):
        yield _user(tenant_id, region.lower(), f"{region} Region", "MANAGER", region, password)
    for manager in dict.fromkeys(row["manager"] for row in teams):
        yield _user(tenant_id, username(manager), manager, "MANAGER", manager, password)
    for row in teams:
        agent = row["sales_agent"]
        yield _user(tenant_id, username(agent), agent, "REP", row["manager"], password)


def _user(tenant_id: UUID, name: str, display_name: str, role: str, team: str, password: str) -> dict[str, Any]:
    return {
        "id": str(_id(tenant_id, f"user {name}")),
        "username": name,
        "displayName": display_name,
        "role": role,
        "teamId": str(_id(tenant_id, team)),
        "password": password,
    }


def _team(api: Api, tenant_id: UUID, name: str, parent: str) -> None:
    api("POST", "/v1/teams", {"id": str(_id(tenant_id, name)), "name": name, "parentId": parent})


def _id(tenant_id: UUID, name: str) -> UUID:
    return uuid5(tenant_id, f"demo {name}")

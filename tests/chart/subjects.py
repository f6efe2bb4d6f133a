"""Whether each user of NATS may say and hear what its service does, and nothing of another's."""

from itertools import product

from deploy.helm import users
from deploy.helm.users import Permissions
from services.kit.partitions import known
from tests.chart import wiring
from tests.chart.helm import Object, of_kind

TENANT = "0190c1a0-0000-7000-8000-000000000000"


def permissions(objects: list[Object]) -> Permissions:
    """What the rendered server lets its users do; empty without a server."""
    for one in of_kind(objects, "ConfigMap"):
        if text := one["data"].get("nats.conf"):
            return users.permissions(text)
    return {}


def covers(pattern: str, subject: str) -> bool:
    """Whether a pattern of NATS covers a subject, or all that a narrower pattern covers."""
    wanted, asked = pattern.split("."), subject.split(".")
    for place, token in enumerate(wanted):
        if token == ">":
            return len(asked) > place
        if place >= len(asked) or asked[place] == ">" or token not in ("*", asked[place]):
            return False
    return len(wanted) == len(asked)


def said(service: str) -> set[str]:
    """Subjects that the service publishes on."""
    own = _own(service)
    reads, tells = wiring.needs(service).reads, wiring.needs(service).tells
    found = {f"dealtrail.{own}.v1.Something.{TENANT}.{TENANT}.0", f"dealtrail.wake.{own}"}
    found |= {subject.replace(">", "x.y") for subject in tells.values()}
    for stream in {own, *reads, *tells}:
        found |= {f"$JS.API.STREAM.{verb}.{stream}" for verb in ("INFO", "CREATE", "UPDATE")}
    for stream, durable in product(reads, known(service)):
        found |= {f"$JS.API.CONSUMER.{verb}.{stream}.{durable}" for verb in ("INFO", "MSG.NEXT", "RESET")}
        found |= {f"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.{durable}", f"$JS.ACK.{stream}.{durable}.1.2.3.4.5"}
    return found


def heard(service: str) -> set[str]:
    """Subjects that the service subscribes to."""
    more = {"_INBOX.live.x.*", "dealtrail.>"} if service == "gateway" else set()
    return {f"_INBOX.{_own(service)}.x.*", f"dealtrail.wake.{_own(service)}"} | more


def forbidden(service: str) -> set[str]:
    """Subjects on which only a stolen password would publish."""
    own = _own(service)
    others = {_own(name) for name in wiring.names()} - {own}
    verbs = ("STREAM.DELETE", "STREAM.PURGE", "STREAM.MSG.DELETE")
    return {
        *(f"dealtrail.{other}.v1.Something.{TENANT}.{TENANT}" for other in others),
        *(f"$JS.API.{verb}.{stream}" for verb in verbs for stream in (own, *others)),
        *(f"$JS.API.CONSUMER.DELETE.{stream}.analytics" for stream in (own, *others)),
        *(f"_INBOX.{other}.x" for other in others),
    }


def lacking(objects: list[Object]) -> list[str]:
    """What does not fit, one sentence each."""
    known = permissions(objects)
    found = []
    for service in wiring.names() if known else ():
        may = known.get(service, {"publish": [], "subscribe": []})
        for way, wanted in (("publish", said(service)), ("subscribe", heard(service))):
            found += [f"{service} may not {way} {one}" for one in sorted(wanted) if not _any(may[way], one)]
        found += [f"{service} may publish {one}" for one in sorted(forbidden(service)) if _any(may["publish"], one)]
    return found


def _any(patterns: list[str], subject: str) -> bool:
    return any(covers(pattern, subject) for pattern in patterns)


def _own(service: str) -> str:
    return "identity" if service == "gateway" else service

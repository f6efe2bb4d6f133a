"""PersonasService over gRPC: decode, count, encode."""

from collections.abc import Iterator, Mapping
from typing import Any

from dealtrail.analytics.v1 import personas_pb2 as pb

from services.analytics.days import DAY, EVER, Period, day_of, parse, period
from services.analytics.personas import operations
from services.analytics.personas.domain import Persona, Valued, gather, mean, rank, shown
from services.analytics.rollups.operations import freshness
from services.analytics.rows.domain import link
from services.kit.database import Tx
from services.kit.errors import Violated
from services.kit.page_tokens import bookmark, bookmarked
from services.kit.pages import DEFAULT_SIZE

MINIMUM = 30
MOST_CHANNELS = 200


class PersonasServicer:
    """See proto/dealtrail/analytics/v1/personas.proto."""

    async def GetPersonas(self, request: pb.GetPersonasRequest, tx: Tx) -> pb.Personas:
        return await self._personas(request, tx)

    async def ListPersonaValues(self, request: pb.ListPersonaValuesRequest, tx: Tx) -> pb.ListPersonaValuesResponse:
        of_request = pb.ListPersonaValuesRequest()
        of_request.CopyFrom(request)
        of_request.ClearField("page_token")
        of_request.ClearField("page_size")
        scope = f"persona values {tx.principal.user_id} {of_request.SerializeToString(deterministic=True).hex()}"
        begin = int(bookmarked(scope, request.page_token)[0]) if request.page_token else 0
        end = begin + (request.page_size or DEFAULT_SIZE)
        found = list(_values(await self._personas(request, tx)))
        more = bookmark(scope, str(end)) if end < len(found) else ""
        return pb.ListPersonaValuesResponse(values=found[begin:end], next_page_token=more)

    async def _personas(self, request: pb.GetPersonasRequest | pb.ListPersonaValuesRequest, tx: Tx) -> pb.Personas:
        within = _within(request, tx)
        channels = [request.channel] if request.channel else None
        counted = await operations.count(tx, within, request.owner_id, request.team_id, channels)
        answer = _Answer(request, within)
        found, together = gather(counted)
        [together] = rank([together], answer.weights, answer.minimum)
        together.share = together.suggested = None
        ranked = rank(found.values(), answer.weights, answer.minimum)
        return pb.Personas(
            **{"from": getattr(request, "from")},
            to=within.end.isoformat(),
            minimum=answer.minimum,
            channels=map(answer.channel, ranked[:MOST_CHANNELS]),
            total=answer.channel(together, whole=not request.channel),
            freshness=await freshness(tx, "leads"),
        )

    async def ComparePersonas(self, request: pb.ComparePersonasRequest, tx: Tx) -> pb.PersonaComparison:
        within = _within(request, tx)
        names = [request.channel, request.other_channel]
        found, _ = gather(await operations.count(tx, within, request.owner_id, request.team_id, names))
        both = [found.get(name, Persona(name)) for name in names]
        answer = _Answer(request, within)
        return pb.PersonaComparison(
            pairings=[answer.pairing(one, other) for one in both for other in both],
            minimum=answer.minimum,
            freshness=await freshness(tx, "leads"),
        )


def _within(request: Any, tx: Tx) -> Period:
    end = parse(request.to, "to", day_of(tx.now) + DAY)
    return period(parse(getattr(request, "from"), "from", EVER), end)


def _weights(given: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in given:
        name, _, weight = one.rpartition("=")
        if name in found:
            raise Violated(("weights", f"{name} is weighted twice", f"{name} 的权重重复"))
        found[name] = float(weight)
    return found


def _values(personas: pb.Personas) -> Iterator[pb.PersonaValue]:
    """The values of every channel and attribute, each with the numbers of both."""
    for channel in personas.channels:
        of_channel: dict[str, Any] = {
            "channel": channel.channel,
            "channel_leads": channel.leads,
            "channel_signed": channel.signed,
            "advice": channel.advice,
        } | _set(channel, channel_similarity="similarity", share="share", suggested_share="suggested_share")
        if not channel.attributes:
            yield pb.PersonaValue(**of_channel)
        for attribute in channel.attributes:
            of_attribute = of_channel | {"attribute": attribute.name} | _set(attribute, similarity="similarity")
            if not attribute.values:
                yield pb.PersonaValue(**of_attribute)
            for one in attribute.values:
                counted = {"value": one.value, "leads": one.leads, "lead_share": one.lead_share}
                signed = _set(one, signed="signed", signed_share="signed_share")
                yield pb.PersonaValue(**of_attribute | counted | signed)


def _set(message: Any, **names: str) -> dict[str, Any]:
    """What is set of these fields, under new names."""
    return {new: getattr(message, name) for new, name in names.items() if message.HasField(name)}


class _Answer:
    """The encoding of one answer, with links that keep the request's filters."""

    def __init__(self, request: Any, within: Period) -> None:
        self.weights: Mapping[str, float] = _weights(request.weights)
        self.minimum: int = request.minimum or MINIMUM
        self._filters = {
            "from": getattr(request, "from"),
            "to": within.end,
            "ownerId": request.owner_id,
            "teamId": request.team_id,
        }

    def channel(self, found: Persona, whole: bool = False) -> pb.ChannelPersona:
        """A channel, or, where `whole`, all together."""
        listed = whole or bool(found.channel)
        similarities = found.similarities(found, self.minimum)
        return pb.ChannelPersona(
            channel=found.channel,
            leads=found.leads,
            signed=found.signed,
            similarity=found.similarity,
            attributes=[self._attribute(found, name, one, listed) for name, one in similarities.items()],
            share=found.share,
            suggested_share=found.suggested,
            advice=pb.ChannelPersona.Advice.Value(found.advice or "ADVICE_UNSPECIFIED"),
            rows=self._rows(found, described="true") if listed else "",
            signed_rows=self._rows(found, described="true", signed="true") if listed else "",
        )

    def pairing(self, ours: Persona, theirs: Persona) -> pb.PersonaPairing:
        """The leads of the one against the signed of the other."""
        similarities = ours.similarities(theirs, self.minimum)
        return pb.PersonaPairing(
            leads_channel=ours.channel,
            signed_channel=theirs.channel,
            similarity=mean(similarities, self.weights),
            attributes=[
                pb.AttributePersona(
                    name=name,
                    similarity=one,
                    weight=self.weights.get(name, 1.0),
                    leads=sum(ours.by_lead.get(name, {}).values()),
                    signed=sum(theirs.by_signed.get(name, {}).values()),
                )
                for name, one in similarities.items()
            ],
        )

    def _attribute(self, found: Persona, name: str, similarity: float | None, listed: bool) -> pb.AttributePersona:
        leads, signed = found.by_lead.get(name, {}), found.by_signed.get(name, {})
        samples = sum(leads.values()), sum(signed.values())
        values = shown(leads, signed, self.minimum)
        return pb.AttributePersona(
            name=name,
            similarity=similarity,
            weight=self.weights.get(name, 1.0),
            leads=samples[0],
            signed=samples[1],
            values=[self._value(found, name, one, samples, listed) for one in values],
        )

    def _value(self, found: Persona, name: str, one: Valued, samples: tuple[int, int], listed: bool) -> pb.ValuePersona:
        listed = listed and bool(one.value)
        known = one.signed is not None
        filters = {"attribute": name, "value": one.value}
        return pb.ValuePersona(
            value=one.value,
            leads=one.leads,
            lead_share=one.leads / samples[0],
            signed=one.signed,
            signed_share=one.signed / samples[1] if one.signed is not None else None,
            rows=self._rows(found, **filters) if listed else "",
            signed_rows=self._rows(found, **filters, signed="true") if listed and known else "",
        )

    def _rows(self, found: Persona, **filters: str) -> str:
        return link("LEADS", **self._filters, channel=found.channel, **filters)

"""Who comes and who signs, over gRPC, from events."""

from datetime import date

import pytest
from dealtrail.analytics.v1 import personas_pb2 as pb

from services.kit.ids import new_id
from services.kit.testing import Refusal
from tests.integration.analytics.events import DealStory, described, erased, lead_story

DAY = date(2024, 3, 3)
FAR = ("NEW", "QUALIFIED", "CONVERTED")
YOUNG, GROWN = {"年龄": "18-20", "学历": "大专"}, {"年龄": "20-25", "学历": "大本"}


def come(owner, channel, values, signed=False, identity=None):
    """The events of one described lead; of one that signed, those of its deal, too."""
    identity = identity or new_id()
    if not signed:
        return [*lead_story(owner, DAY, channel, identity=identity), described(identity, values)]
    deal = DealStory(owner, DAY).close(DAY, "WON")
    return [*lead_story(owner, DAY, channel, "", FAR, identity, deal.id), *deal.events, described(identity, values)]


async def market(analytics, company):
    """The seed's own example: on the web those of 18 to 20 with 大专 come and those of 20 to 25 with 大本 sign."""
    crowd = [come(company.rep, "网站", YOUNG) for _ in range(20)]
    crowd += [come(company.rep, "网站", GROWN, signed=True) for _ in range(5)]
    crowd += [come(company.other_rep, "展会", GROWN, signed=n < 6) for n in range(12)]
    crowd += [come(company.rep, "", YOUNG) for _ in range(3)]
    await analytics.tell(company.tenant, [event for story in crowd for event in story])


async def personas(analytics, who, **fields):
    return await analytics(who, "GetPersonas", pb.GetPersonasRequest(**({"minimum": 5} | fields)))


async def test_channels_are_ranked_by_how_alike_those_who_come_and_those_who_sign_are(analytics, company):
    await market(analytics, company)
    answer = await personas(analytics, company.boss)
    fair, web, nameless = answer.channels
    counts = [(one.channel, one.leads, one.signed) for one in answer.channels]
    assert counts == [("展会", 12, 6), ("网站", 25, 5), ("", 3, 0)]
    assert (fair.similarity, fair.advice) == (1, pb.ChannelPersona.MORE)
    assert web.similarity == pytest.approx(0.3900, abs=1e-4)  # 1 - JSD2((0.8, 0.2), (0, 1))
    assert web.advice == pb.ChannelPersona.LESS
    assert fair.share == pytest.approx(12 / 37)
    assert fair.suggested_share == pytest.approx(12 / (12 + 25 * web.similarity))
    assert not nameless.HasField("similarity")
    assert nameless.rows == ""
    degree = next(one for one in web.attributes if one.name == "学历")
    assert [(one.value, one.leads, one.signed) for one in degree.values] == [("大专", 20, 0), ("大本", 5, 5)]
    assert (answer.total.leads, answer.total.signed) == (40, 11)


async def test_personas_are_listed_value_by_value_page_after_page(analytics, company):
    await market(analytics, company)
    told = [
        (channel.channel, attribute.name, value.value, value.leads, value.HasField("signed") and value.signed)
        for channel in (await personas(analytics, company.boss)).channels
        for attribute in channel.attributes
        for value in attribute.values
    ]
    found, token = [], ""
    while token or not found:
        request = pb.ListPersonaValuesRequest(minimum=5, page_size=2, page_token=token)
        page = await analytics(company.boss, "ListPersonaValues", request)
        found, token = [*found, *page.values], page.next_page_token
    listed = [
        (one.channel, one.attribute, one.value, one.leads, one.HasField("signed") and one.signed) for one in found
    ]
    assert [one for one in listed if one[3]] == told
    fair, *_, nameless = found
    assert (fair.channel_similarity, fair.advice, fair.lead_share) == (1, pb.ChannelPersona.MORE, 1)
    assert (nameless.channel_leads, nameless.attribute, nameless.HasField("leads")) == (3, "年龄", False)
    page = await analytics(company.boss, "ListPersonaValues", pb.ListPersonaValuesRequest(minimum=5, page_size=1))
    other = pb.ListPersonaValuesRequest(minimum=6, page_size=1, page_token=page.next_page_token)
    with pytest.raises(Refusal, match="PAGE_TOKEN_INVALID"):
        await analytics(company.boss, "ListPersonaValues", other)


async def test_every_number_opens_its_rows(analytics, company):
    await market(analytics, company)
    answer = await personas(analytics, company.boss)
    opened = 0
    for channel in (*answer.channels, answer.total):
        values = [value for attribute in channel.attributes for value in attribute.values]
        for one in (channel, *values):
            if one.rows:
                assert len(await analytics.rows(company.boss, one.rows)) == one.leads
                opened += 1
            if one.signed_rows:
                assert len(await analytics.rows(company.boss, one.signed_rows)) == one.signed
    assert opened > 8


async def test_each_counts_what_they_see(analytics, company):
    await market(analytics, company)
    for who, leads in ((company.rep, 28), (company.manager, 28), (company.other_rep, 12), (company.stranger, 0)):
        assert (await personas(analytics, who)).total.leads == leads
    for leads, fields in (
        (12, {"owner_id": str(company.other_rep.user_id)}),
        (28, {"team_id": str(company.manager.team_id)}),
        (12, {"channel": "展会"}),
        (0, {"from": "2024-03-04"}),
        (40, {"from": "2024-03-03", "to": "2024-03-04"}),
    ):
        assert (await personas(analytics, company.boss, **fields)).total.leads == leads


async def test_below_the_minimum_nothing_is_told_of_few(analytics, company):
    await market(analytics, company)
    answer = await personas(analytics, company.boss, minimum=30)
    assert not any(one.HasField("similarity") for one in answer.channels)
    assert not any(attribute.values for one in answer.channels for attribute in one.attributes)
    assert not any(value.HasField("signed") for one in answer.total.attributes for value in one.values)


async def test_channels_are_swapped_to_compare_them(analytics, company):
    await market(analytics, company)
    request = pb.ComparePersonasRequest(channel="网站", other_channel="展会", minimum=5)
    found = (await analytics(company.boss, "ComparePersonas", request)).pairings
    told = {(one.leads_channel, one.signed_channel): one.similarity for one in found}
    assert told[("展会", "网站")] == 1
    assert told[("网站", "展会")] == told[("网站", "网站")] < 0.4
    assert len(told) == 4


async def test_weights_are_heeded_and_may_be_said_once(analytics, company):
    crowd = [come(company.rep, "网站", {"年龄": "18-20", "学历": "大本"}) for _ in range(10)]
    crowd += [come(company.rep, "网站", {"年龄": "20-25", "学历": "大本"}, signed=True) for _ in range(5)]
    await analytics.tell(company.tenant, [event for story in crowd for event in story])
    plain = await personas(analytics, company.boss)
    heavy = await personas(analytics, company.boss, weights=["学历=3"])
    only = await personas(analytics, company.boss, weights=["年龄=0"])
    assert plain.total.similarity < heavy.total.similarity < only.total.similarity == 1
    with pytest.raises(Refusal, match="INVALID"):
        await personas(analytics, company.boss, weights=["学历=3", "学历=2"])


async def test_whose_data_is_erased_is_counted_no_more_whatever_comes_later(analytics, company):
    identity = new_id()
    story = come(company.rep, "网站", YOUNG, identity=identity)
    await analytics.tell(company.tenant, story)
    assert (await personas(analytics, company.boss)).total.leads == 1
    await analytics.tell(company.tenant, [erased(identity)], story, [described(identity, GROWN, version=9)])
    assert (await personas(analytics, company.boss)).total.leads == 0

"""What the public leaves on forms becomes leads of the link's rep, over gRPC on real PostgreSQL."""

import pytest
from dealtrail.leads.v1 import consents_pb2, forms_pb2, leads_pb2, links_pb2
from dealtrail.leads.v1 import submissions_pb2 as pb

from services.kit.testing import Refusal


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


@pytest.fixture
async def link(leads, company, published):
    return await leads(company.rep, "CreateLink", links_pb2.CreateLinkRequest(form_id=published.id))


ANSWERS = {"person": "王芳", "phone": "13800138000"}


def sent(link, *, consented=True, utm=None, **answers):
    return pb.SubmitRequest(link_id=link.id, answers=ANSWERS | answers, consented=consented, consent_version=1, utm=utm)


async def test_a_rep_has_one_link_a_form(leads, company, published, link):
    again = await leads(company.rep, "CreateLink", links_pb2.CreateLinkRequest(form_id=published.id))
    other = await leads(company.other_rep, "CreateLink", links_pb2.CreateLinkRequest(form_id=published.id))
    assert again == link
    assert other.token != link.token


async def test_what_somebody_leaves_becomes_a_lead_of_the_rep_with_consent_and_source(leads, company, published, link):
    utm = leads_pb2.Utm(source="baidu", medium="cpc")
    await leads(company.rep, "Submit", sent(link, size="1-50", utm=utm))
    [lead] = (await leads(company.rep, "ListLeads", leads_pb2.ListLeadsRequest())).leads
    assert (lead.company, lead.contact_name, lead.channel, lead.campaign) == ("未填写公司", "王芳", "展会", "春季展会")
    assert (lead.phone, dict(lead.attributes), lead.utm) == ("138****8000", {"人数": "1-50"}, utm)
    assert (lead.exclusive, lead.share_link_id, lead.owner_id) == (True, link.id, str(company.rep.user_id))
    [consent] = (await leads(company.rep, "ListConsents", consents_pb2.ListConsentsRequest(person_id=lead.id))).consents
    assert (consent.given, consent.text_version, consent.channel) == (True, f"{published.id} v1", "FORM")


async def test_a_phone_counts_once_a_form_and_day_however_it_is_written(leads, company, link):
    for phone in ("138 0013 8000", "+86 13800138000", "138-0013-8000"):
        await leads(company.rep, "Submit", sent(link, phone=phone))
    assert len((await leads(company.rep, "ListLeads", leads_pb2.ListLeadsRequest())).leads) == 1
    assert (await leads(company.rep, "GetLink", links_pb2.GetLinkRequest(id=link.id))).leads == 1


@pytest.mark.parametrize(
    "wrong",
    [{"phone": "12345"}, {"phone": ""}, {"person": ""}, {"size": "七个"}, {"person": "王" * 101}],
)
async def test_an_answer_that_does_not_fit_is_refused(leads, company, link, wrong):
    assert await refusal(leads(company.rep, "Submit", sent(link, **wrong))) == "INVALID"


async def test_nothing_is_recorded_without_consent(leads, company, link):
    assert await refusal(leads(company.rep, "Submit", sent(link, consented=False))) == "INVALID"
    assert not (await leads(company.rep, "ListLeads", leads_pb2.ListLeadsRequest())).leads


async def test_nobody_leaves_leads_by_the_link_of_another(leads, company, link):
    assert await refusal(leads(company.other_rep, "Submit", sent(link))) == "NOT_FOUND"


async def test_a_closed_form_takes_nothing(leads, company, published, link):
    await leads(company.boss, "CloseForm", forms_pb2.CloseFormRequest(id=published.id))
    assert await refusal(leads(company.rep, "Submit", sent(link))) == "FORM_CLOSED"
    again = forms_pb2.PublishFormRequest(id=published.id)
    assert await refusal(leads(company.boss, "PublishForm", again)) == "FORM_CLOSED"


async def test_a_link_that_is_passed_on_keeps_its_parent_and_counts_for_the_rep(leads, company, link):
    child = (await leads(company.rep, "PassOn", pb.PassOnRequest(link_id=link.id))).token
    opened = await leads(company.rep, "OpenForm", pb.OpenFormRequest(token=child))
    grandchild = (await leads(company.rep, "PassOn", pb.PassOnRequest(link_id=opened.link_id))).token
    last = await leads(company.rep, "OpenForm", pb.OpenFormRequest(token=grandchild))
    views = [pb.CountViewsRequest.Views(link_id=one, views=5) for one in (link.id, opened.link_id, last.link_id)]
    await leads(company.rep, "CountViews", pb.CountViewsRequest(links=views))
    await leads(company.rep, "Submit", pb.SubmitRequest(link_id=last.link_id, answers=ANSWERS, consented=True))
    await leads(company.rep, "CountShare", links_pb2.CountShareRequest(id=link.id))
    top = await leads(company.manager, "GetLink", links_pb2.GetLinkRequest(id=link.id))
    assert (top.views, top.shares, top.reshares, top.leads) == (15, 1, 2, 1)
    assert getattr(top, "yield") == pytest.approx(1 / 15)
    [below] = (await leads(company.rep, "ListLinks", links_pb2.ListLinksRequest(parent_id=opened.link_id))).links
    assert (below.parent_id, below.root_id, below.views, below.leads) == (opened.link_id, link.id, 5, 1)
    assert [one.id for one in (await leads(company.boss, "ListLinks", links_pb2.ListLinksRequest())).links] == [link.id]


async def test_another_consent_text_is_another_version(leads, company, published, link):
    changed = forms_pb2.UpdateFormRequest(id=published.id, consent_text="新的同意书")
    assert (await leads(company.boss, "UpdateForm", changed)).consent_version == 2
    await leads(company.rep, "Submit", sent(link))
    [lead] = (await leads(company.rep, "ListLeads", leads_pb2.ListLeadsRequest())).leads
    [consent] = (await leads(company.rep, "ListConsents", consents_pb2.ListConsentsRequest(person_id=lead.id))).consents
    assert consent.text_version == f"{published.id} v1"

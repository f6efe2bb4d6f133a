"""Wallets over gRPC on real PostgreSQL: spends with their sources, and our share of them."""

import pytest
from dealtrail.leads.v1 import accounts_pb2, wallets_pb2
from dealtrail.type.v1.money_pb2 import Money

from services.kit.ids import new_id
from services.kit.testing import Refusal
from tests.integration.leads.signing import signed


def cny(amount):
    return Money(amount=amount, currency="CNY")


@pytest.fixture
async def categories(leads, company):
    """Servers, of which two products of ours are, and cloud, of which none is."""
    for code, products in (("SERVERS", ["S1", "S2"]), ("CLOUD", [])):
        asked = wallets_pb2.SetSpendCategoryRequest(code=code, label=code, active=True, product_codes=products)
        await leads(company.boss, "SetSpendCategory", asked)


@pytest.fixture
def account(leads, company):
    """`await account(who)`: a customer of theirs."""

    async def make(who=company.rep):
        asked = accounts_pb2.CreateAccountRequest(name=f"客户 {new_id()}")
        return (await leads(who, "CreateAccount", asked)).id

    return make


def spend(account, amount, period="2026", category="SERVERS", **more):
    given = {"source": "客户年报", "source_date": "2026-01-05"} | more
    return wallets_pb2.RecordSpendRequest(
        account_id=account, category=category, period=period, amount=cny(amount), **given
    )


async def wallets(leads, who, **asked):
    return list((await leads(who, "ListWallets", wallets_pb2.ListWalletsRequest(**asked))).wallets)


async def test_a_newer_estimate_counts_and_the_former_is_kept(leads, company, categories, account):
    mine = await account()
    await leads(company.rep, "RecordSpend", spend(mine, "100.00"))
    await leads(company.manager, "RecordSpend", spend(mine, "400.00", source="招标文件"))
    listed = wallets_pb2.ListSpendsRequest(account_id=mine)
    kept = (await leads(company.rep, "ListSpends", listed)).spends
    assert [(one.amount.amount, one.version, one.current, one.source) for one in kept] == [
        ("400.00", 2, True, "招标文件"),
        ("100.00", 1, False, "客户年报"),
    ]
    (wallet,) = await wallets(leads, company.rep)
    assert (wallet.spend.amount, wallet.sales.amount, wallet.share) == ("400.00", "0.00", 0)
    with pytest.raises(Refusal, match="NOT_FOUND"):
        await leads(company.other_rep, "ListSpends", listed)
    assert not await wallets(leads, company.other_rep)


async def test_the_share_is_what_was_signed_for_in_the_category_and_period(leads, company, categories, account):
    mine = await account()
    await leads(company.rep, "RecordSpend", spend(mine, "1000.00"))
    await leads(company.rep, "RecordSpend", spend(mine, "500.00", "2025"))
    await signed(leads, company, mine, "2026-03-01", ("S1", "100"), ("S2", "150"), ("OTHER", "70"))
    await signed(leads, company, mine, "2026-12-31", amount="30")
    await signed(leads, company, mine, "2025-12-31", ("S1", "50"))
    await signed(leads, company, mine, "2026-05-01", ("S1", "999"), currency="USD")
    (wallet,) = await wallets(leads, company.manager, period="2026")
    assert (wallet.share, wallet.previous_share, round(wallet.change, 6)) == (0.25, 0.1, 0.15)
    asked = wallets_pb2.GetAccountWalletRequest(account_id=mine, period="2026")
    whole = await leads(company.rep, "GetAccountWallet", asked)
    cloud, servers = whole.wallets
    assert servers == wallet
    assert not any(cloud.HasField(name) for name in ("spend", "sales", "share", "previous_share", "change"))
    assert (whole.spend.amount, whole.sales.amount, whole.share) == ("1000.00", "250.00", 0.25)
    assert whole.uncategorised.amount == "100.00"


async def test_a_share_of_nothing_known_is_not_set_and_one_above_one_is_shown(leads, company, categories, account):
    nothing, unknown, above = await account(), await account(), await account()
    await leads(company.rep, "RecordSpend", spend(nothing, "0"))
    await leads(company.rep, "RecordSpend", spend(unknown, "80.00", category="CLOUD"))
    await leads(company.rep, "RecordSpend", spend(above, "80.00"))
    await signed(leads, company, above, "2026-02-01", ("S1", "100"))
    found = {one.account_id: one for one in await wallets(leads, company.rep)}
    assert not found[nothing].HasField("share")
    assert not found[nothing].over_spend
    assert (found[unknown].HasField("sales"), found[unknown].HasField("share")) == (False, False)
    assert (found[above].share, found[above].over_spend) == (1.25, True)
    assert [one.account_id for one in await wallets(leads, company.rep, over_spend=True)] == [above]


async def pages(leads, who, order):
    """The customers of all pages of one wallet each, with our share of theirs."""
    found, token = [], ""
    while not found or token:
        asked = wallets_pb2.ListWalletsRequest(page_size=1, page_token=token, order_by=order)
        page = await leads(who, "ListWallets", asked)
        found += [(one.account_id, one.share if one.HasField("share") else None) for one in page.wallets]
        token = page.next_page_token
    return found


async def test_pages_hold_each_wallet_once_in_order_and_those_without_a_share_last(leads, company, categories, account):
    known = [await account() for _ in range(4)]
    for number, one in enumerate(known):
        await leads(company.rep, "RecordSpend", spend(one, f"{number * 100}.00"))
        await signed(leads, company, one, "2026-02-01", ("S1", "50"))
    for order in ("share desc", "share", "change desc", "change", "spend desc", "spend"):
        assert sorted(one for one, _ in await pages(leads, company.rep, order)) == sorted(known), order
    shares = [0.5, 0.25, 0.166667]
    assert [share for _, share in await pages(leads, company.rep, "share desc")] == [*shares, None]
    assert [share for _, share in await pages(leads, company.rep, "share")] == [*reversed(shares), None]
    assert [one for one, _ in await pages(leads, company.rep, "spend")] == known


async def test_what_makes_no_sense_is_refused(leads, company, categories, account):
    mine = await account()
    for wrong, reason in (
        (spend(mine, "1", category="PAPER"), "UNKNOWN_CATEGORY"),
        (spend(mine, "-1"), "SPEND_NEGATIVE"),
        (spend(mine, "1", source_date="2999-01-01"), "SOURCE_IN_FUTURE"),
        (spend(await account(company.other_rep), "1"), "NOT_FOUND"),
    ):
        with pytest.raises(Refusal, match=reason):
            await leads(company.rep, "RecordSpend", wrong)
    twice = wallets_pb2.SetSpendCategoryRequest(code="NETWORK", label="网络", active=True, product_codes=["S2"])
    with pytest.raises(Refusal, match="PRODUCT_IN_ANOTHER_CATEGORY"):
        await leads(company.boss, "SetSpendCategory", twice)


async def test_a_product_moves_to_another_category_with_all_that_was_sold_of_it(leads, company, categories, account):
    mine = await account()
    await leads(company.rep, "RecordSpend", spend(mine, "100.00"))
    await signed(leads, company, mine, "2026-02-01", ("S1", "10"), ("S2", "20"))
    asked = wallets_pb2.SetSpendCategoryRequest(code="SERVERS", label="服务器", active=True, product_codes=["S1"])
    await leads(company.boss, "SetSpendCategory", asked)
    (wallet,) = await wallets(leads, company.rep)
    assert wallet.share == 0.1
    listed = await leads(company.rep, "ListSpendCategories", wallets_pb2.ListSpendCategoriesRequest())
    assert [(one.code, list(one.product_codes)) for one in listed.categories] == [("CLOUD", []), ("SERVERS", ["S1"])]

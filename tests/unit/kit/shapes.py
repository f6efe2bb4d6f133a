"""Objects for properties of kit that need a real type."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from services.leads.leads.domain import Lead, Status

LEADS = st.builds(
    Lead,
    id=st.uuids(),
    company=st.text("某公司abc", max_size=9),
    owner_id=st.uuids(),
    team_id=st.none() | st.uuids(),
    create_time=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    update_time=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    phone=st.text("0123456789", max_size=13),
    email=st.just("") | st.emails(),
    status=st.sampled_from(Status),
)

import pytest

from gateway.identity.issuers import configured


def test_issuers_are_read_from_the_setting():
    [one] = configured(
        '[{"issuer": "https://id.acme.example", "audience": "us", "tenant": "acme", "jwks_uri": "https://k"}]'
    )
    assert (one.tenant, one.username_claim) == ("acme", "preferred_username")
    assert configured("[]") == []


@pytest.mark.parametrize(
    "setting",
    [
        "nonsense",
        "{}x",
        '[{"issuer": "i"}]',
        '[{"issuer": "i", "audience": "a", "tenant": "t"}]',
        '[{"issuer": "i", "audience": "a", "tenant": "t", "jwks_uri": "u", "jwks_file": "f"}]',
        '[{"issuer": "dealtrail", "audience": "a", "tenant": "t", "jwks_uri": "u"}]',
        '[{"issuer": "i", "audience": "a", "tenant": "t", "jwks_url": "u"}]',
    ],
)
def test_a_mistake_in_the_setting_ends_the_process_with_its_name(setting):
    with pytest.raises(SystemExit, match="DEALTRAIL_OIDC_ISSUERS"):
        configured(setting)

import pytest

from notifier.teams_address import CONNECTOR_HOSTS, may_have_token

UK = "https://smba.trafficmanager.net/uk/"
LOOPBACK = "http://127.0.0.1:3978/_connector"


@pytest.mark.parametrize("host", sorted(CONNECTOR_HOSTS))
@pytest.mark.parametrize("rest", ["/emea/", "/uk/invented-tenant/", "", ":443/uk/"])
def test_every_connector_of_microsofts_may_have_our_token(host: str, rest: str) -> None:
    assert may_have_token(f"https://{host}{rest}", UK)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "smba.trafficmanager.net/uk/",
        "http://smba.trafficmanager.net/uk/",
        "ftp://smba.trafficmanager.net/uk/",
        "https://smba.trafficmanager.net:8443/uk/",
        "https://smba.trafficmanager.net:0/uk/",
        "https://smba.trafficmanager.net:x/uk/",
        "https://evil.trafficmanager.net/uk/",
        "https://uk.smba.trafficmanager.net/uk/",
        "https://smba.trafficmanager.net.example/uk/",
        "https://evilsmba.trafficmanager.net/uk/",
        "https://smba.trafficmanager.net@example.org/uk/",
        "https://example.org/smba.trafficmanager.net",
        "https://example.org\\@smba.trafficmanager.net/",
        "https://smba.trafficmanager.net/uk/?x=1",
        "https://smba.trafficmanager.net/uk/#x",
        "https://smba.trafficmanager.net/uk/../x",
        "https://smba.trafficmanager.net /uk/",
        "https://smba.trafficmanager.net\n.example/uk/",
        "https://smbа.trafficmanager.net/uk/",  # the a is Cyrillic
        "https://[::1/uk/",
        "http://127.0.0.1/uk/",
        "http://localhost/uk/",
    ],
)
def test_no_other_address_may_have_our_token(address: str) -> None:
    assert not may_have_token(address, UK)


def test_the_host_of_base_url_may_have_our_token_on_its_own_port() -> None:
    base = "https://gateway.westbridge.example:8443/teams/"
    assert may_have_token("https://gateway.westbridge.example:8443/emea/", base)
    assert not may_have_token("https://gateway.westbridge.example/emea/", base)
    assert not may_have_token("http://gateway.westbridge.example:8443/emea/", base)
    assert not may_have_token("http://gateway.example/", "http://gateway.example/")


@pytest.mark.parametrize("told", ["http://127.0.0.1:9/x/", "http://localhost:1/", "http://[::1]/"])
def test_a_test_server_on_the_loopback_may_name_any_port_of_it(told: str) -> None:
    assert may_have_token(told, LOOPBACK)
    assert not may_have_token("http://192.0.2.7/", LOOPBACK)

"""Options read by their table, and names made from IDs: no kernel."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.driver import ENDPOINT, NETWORK
from workshop import drivers
from workshop.drivers import bridge, naming, options
from workshop.drivers.facts import facts_of
from workshop.drivers.publishing import elements, port_map
from workshop.errors import PluginError, UsageError


def read(**given):
    warnings = []
    request = {"Options": {"com.docker.network.generic": given}}
    return options.read(bridge.OPTIONS, request, warnings.append), warnings


def test_what_is_not_given_has_the_tables_default():
    chosen, warnings = read()
    assert (chosen.mtu, chosen.icc, chosen.masquerade, chosen.prefix) == (1500, True, True, "eth")
    assert warnings == []


def test_dockers_own_names_mean_the_same_as_ours():
    for option in bridge.OPTIONS:
        for name in option.names[1:]:
            value = {"mtu": "1400", "bridge": "b", "host_ip": "127.0.0.1", "prefix": "p"}.get(option.names[0], "false")
            short, long = read(**{option.names[0]: value})[0], read(**{name: value})[0]
            assert getattr(short, option.attribute) == getattr(long, option.attribute) != option.default


def test_every_option_of_every_driver_is_described():
    for name in drivers.DRIVERS:
        for option in drivers.load(name).OPTIONS:
            assert option.meaning.endswith(".") and option.valid
    with pytest.raises(UsageError, match="There is no driver 'nothing'"):
        drivers.load("nothing")


@given(st.text(max_size=80))
def test_no_text_makes_an_option_fail_otherwise_than_by_name(text):
    for option in bridge.OPTIONS:
        try:
            read(**{option.names[0]: text})
        except PluginError as error:
            assert f"option {option.names[0]}" in str(error)


@given(st.text(min_size=1, max_size=300))
def test_link_names_fit_the_kernel_whatever_the_id(identity):
    for name in (naming.bridge(identity), naming.host_end(identity), naming.container_end(identity)):
        assert len(name) <= 15 and name.startswith("ws") and name.isalnum()
    first, *others = (int(part, 16) for part in naming.mac(identity).split(":"))
    assert first & 0x03 == 0x02, "a MAC of our own is unicast and locally administered"
    assert len(others) == 5


def test_names_begin_as_docker_shows_ids():
    assert naming.bridge(NETWORK) == "wsb56aaf7d6a1"
    assert naming.read_alias(naming.alias("endpoint", ENDPOINT, "workshop")) == (
        "endpoint",
        ENDPOINT,
        "workshop",
    )
    assert naming.read_alias(naming.alias("network", NETWORK, "other")) == ("network", NETWORK, "other")
    assert naming.read_alias("workshop of mine") is None


def test_facts_name_the_field_that_is_wrong():
    for request, words in (
        ({"IPv4Data": [{"Pool": "10.9.0.0/99"}]}, "IPv4Data[0].Pool"),
        ({"IPv4Data": [{}, {"Gateway": "fd00::1/64"}]}, "IPv4Data[1].Gateway"),
        ({"IPv6Data": [{"Pool": "fd00::/64", "Gateway": "fd01::1/64"}]}, "is not in the pool"),
        ({"IPv4Data": [{"AuxAddresses": {"x": "y"}}]}, "IPv4Data[0].AuxAddresses.x"),
    ):
        with pytest.raises(PluginError) as caught:
            facts_of(request)
        assert words in str(caught.value)


def test_a_port_map_is_checked_before_anything_is_published():
    for binding, words in (
        ({"Port": 80}, "Proto"),
        ({"Proto": 1, "Port": 80}, "cannot be published; expected 6 (tcp)"),
        ({"Proto": 6, "Port": 70000}, "65535"),
        ({"Proto": 6, "Port": 80, "HostIP": "here"}, "'here' is no IP address"),
    ):
        with pytest.raises(PluginError) as caught:
            port_map({"com.docker.network.portmap": [binding]})
        assert words in str(caught.value)
    assert port_map(None) == []


def test_published_ports_become_elements_by_address_and_version():
    port = {"proto": "tcp", "host_ip": "", "host_port": 8080, "ip": "10.9.0.2", "port": 80}
    assert elements([port, {**port, "ip": "fd00::2"}, {**port, "host_ip": "192.0.2.1", "proto": "udp"}]) == {
        "published4": ["tcp . 8080 : 10.9.0.2 . 80"],
        "published6": ["tcp . 8080 : fd00::2 . 80"],
        "published4_on": ["192.0.2.1 . udp . 8080 : 10.9.0.2 . 80"],
    }

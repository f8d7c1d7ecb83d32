"""One driver for all kinds of network: which of them answers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from workshop import drivers
from workshop.drivers import options
from workshop.drivers.by_type import HARMLESS, TOLD, ByType
from workshop.drivers.host import Host
from workshop.drivers.store import Store
from workshop.errors import PluginError
from workshop.kernel.namespaces import Namespace
from workshop.protocol import BY_NAME

GENERIC = "com.docker.network.generic"


class Chosen:
    """Two drivers that only note what they are asked, as one; ``b`` does not publish ports."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        without = {"b": {"program_external_connectivity", "revoke_external_connectivity"}}
        self.driver = ByType({name: self._driver(name, without.get(name, set())) for name in ("a", "b")})  # type: ignore[arg-type]
        self.host = Host(Namespace.current(), Store(None))

    def _driver(self, name: str, without: set[str]) -> SimpleNamespace:
        def of(route: str) -> Any:
            def handle(*arguments: Any) -> Any:
                self.asked.append((name, route))
                return {"by": name} if route in BY_NAME else name

            return handle

        routes = [*(set(BY_NAME) - without), "restore_network", "is_lost", "elements"]
        return SimpleNamespace(OPTIONS=(options.kind(name),), **{route: of(route) for route in routes})

    def remember(self, network: str, kind: str | None) -> dict[str, Any]:
        row = {"NetworkID": network, "Options": {GENERIC: {"type": kind}} if kind else {}}
        self.host.store.networks.put(network, row)
        return row

    def __call__(self, route: str, **request: Any) -> Any:
        self.asked.clear()
        return getattr(self.driver, route)({"NetworkID": "n", **request}, self.host)


@pytest.fixture
def chosen() -> Any:
    one = Chosen()
    yield one
    one.host.close()


@pytest.mark.parametrize("route", ["create_network", "gw_alloc_check"])
def test_the_option_type_chooses(chosen: Chosen, route: str):
    assert chosen(route, Options={GENERIC: {"type": "b"}}) == {"by": "b"}
    assert chosen(route, Options={GENERIC: {"mtu": "1400"}}) == {"by": "a"}
    assert chosen(route, Options=None) == {"by": "a"}
    with pytest.raises(PluginError, match="^option type: 'c' is not valid; expected a or b$"):
        chosen(route, Options={GENERIC: {"type": "c"}})


def test_a_network_does_not_become_another_kind(chosen: Chosen):
    chosen.remember("n", "b")
    assert chosen("create_network", Options={GENERIC: {"type": "b"}}) == {"by": "b"}
    with pytest.raises(PluginError, match="^option type: this network is there already, as b$"):
        chosen("create_network", Options={GENERIC: {"type": "a"}})


def test_swarms_manager_gives_the_options_without_a_key(chosen: Chosen):
    assert chosen("allocate_network", Options={"type": "b"}) == {"by": "b"}


@pytest.mark.parametrize("route", ["create_endpoint", "join", "leave", "delete_endpoint", "endpoint_oper_info"])
def test_what_is_remembered_of_the_network_chooses_later_on(chosen: Chosen, route: str):
    chosen.remember("n", "b")
    assert chosen(route, EndpointID="e") == {"by": "b"}
    chosen.remember("n", None)
    assert chosen(route, EndpointID="e") == {"by": "a"}


@pytest.mark.parametrize("route", HARMLESS)
def test_of_a_network_that_nobody_knows_each_takes_back_what_is_its_own(chosen: Chosen, route: str):
    assert chosen(route, EndpointID="e") == {}
    assert [name for name, _ in chosen.asked] == (["a"] if "revoke" in route else ["a", "b"])


@pytest.mark.parametrize("route", TOLD)
def test_all_are_told_of_nodes_and_of_networks_that_are_given_back(chosen: Chosen, route: str):
    assert chosen(route) == {}
    assert chosen.asked == [("a", route), ("b", route)]


def test_a_network_whose_driver_does_not_answer_a_route_says_so(chosen: Chosen):
    chosen.remember("n", "b")
    with pytest.raises(PluginError, match="ProgramExternalConnectivity is not for networks of type b"):
        chosen("program_external_connectivity", EndpointID="e")


def test_what_a_driver_has_beside_its_routes_is_the_networks_drivers(chosen: Chosen):
    row = chosen.remember("n", "b")
    chosen.host.store.endpoints.put("e", {"NetworkID": "n"})
    chosen.host.store.endpoints.put("orphan", {"NetworkID": "gone"})
    assert chosen.driver.restore_network(row, chosen.host) == "b"
    assert chosen.driver.elements("n", row, chosen.host) == "b"
    assert chosen.driver.is_lost("e", chosen.host) == "b"
    assert chosen.driver.is_lost("orphan", chosen.host) is True


def test_drivers_look_after_what_is_theirs_if_they_have_something_to_look_after(chosen: Chosen):
    chosen.driver.look_after(chosen.host)
    assert chosen.asked == []
    looked = []
    one = SimpleNamespace(OPTIONS=(options.kind("c"),), look_after=looked.append)
    other = SimpleNamespace(OPTIONS=(options.kind("d"),))
    ByType({"c": one, "d": other}).look_after(chosen.host)  # type: ignore[dict-item]
    assert looked == [chosen.host]


def test_all_serves_every_kind_and_answers_every_route_of_a_network_driver():
    every = drivers.load("all")
    assert every.OPTIONS[0].valid.split(", ") == list(drivers.DRIVERS)
    wanted = {name for name, route in BY_NAME.items() if route.full_name.startswith(("Plugin.", "NetworkDriver."))}
    assert wanted <= set(vars(every))


@pytest.mark.parametrize("name", drivers.DRIVERS)
def test_a_driver_alone_takes_its_own_type_and_no_other(name: str):
    table = drivers.load(name).OPTIONS
    assert options.read(table, {"Options": {GENERIC: {"type": name}}}, pytest.fail).type == name
    only = f"expected {name}, the only kind that this plugin serves; `demo` and `serve` have --driver all for others"
    with pytest.raises(PluginError, match=f"^option type: 'other' is not valid; {only}$"):
        options.read(table, {"Options": {GENERIC: {"type": "other"}}}, pytest.fail)

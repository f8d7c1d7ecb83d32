"""What the plugin remembers, as it is read while other calls change it."""

from __future__ import annotations

from workshop.drivers.store import Store


def test_rows_can_be_read_while_a_call_on_another_network_drops_some():
    store = Store(None)
    for number in range(3):
        store.endpoints.put(f"e{number}", {"NetworkID": f"n{number}", "Ports": []})
    seen = []
    for endpoint_id, row in store.endpoints.items():
        store.endpoints.drop("e2")
        seen.append((endpoint_id, row["NetworkID"]))
    assert seen == [("e0", "n0"), ("e1", "n1"), ("e2", "n2")]
    for row in store.endpoints.values():
        store.endpoints.drop("e1")
        assert row["Ports"] == []
    assert list(store.endpoints_of("n0")) == ["e0"]
    store.close()

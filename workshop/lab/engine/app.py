"""The Engine API, as far as networks, volumes and containers need it: real paths, real JSON, over Flask."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from workshop.engine_api import FRAME, RAW_TYPE, STREAMS
from workshop.lab.engine import render
from workshop.lab.engine.names import new_id
from workshop.lab.engine.process import Output
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.requests import attachment_of

if TYPE_CHECKING:
    from workshop.lab.engine.engine import PracticeEngine

_NUMBER_OF = {name: number for number, name in STREAMS.items()}
_VERSIONED = re.compile(r"^/v\d+\.\d+(?=/)")


def make_app(engine: PracticeEngine) -> Any:
    """The WSGI application of one engine. Paths may begin with an API version, which is ignored."""
    app = Flask("practice-engine")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    version = engine.version

    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> tuple[Response, int]:
        return jsonify(message=error.message), error.status

    @app.errorhandler(Exception)
    def failed(error: Exception) -> tuple[Response, int]:
        if isinstance(error, HTTPException):
            return jsonify(message="page not found"), error.code or 404
        app.logger.exception("the practice engine failed")
        return jsonify(message=f"{type(error).__name__}: {error}"), 500

    @app.after_request
    def headers(response: Response) -> Response:
        told = {"Api-Version": version.api, "Ostype": "linux", "Docker-Experimental": "false"}
        response.headers.update({**told, "Server": f"Docker/{version.engine} (linux)"})
        return response

    @app.get("/_ping")
    def ping() -> Response:
        return Response("OK", mimetype="text/plain")

    @app.get("/version")
    def tell_version() -> Response:
        return jsonify(render.version_answer(version, engine.started))

    @app.get("/info")
    def info() -> Response:
        everyone = engine.containers.all()
        running = sum(container.running for container in everyone)
        return jsonify(
            ID=engine.id,
            Name=engine.name,
            ServerVersion=version.engine,
            Containers=len(everyone),
            ContainersRunning=running,
            ContainersStopped=len(everyone) - running,
            OperatingSystem="practice engine",
            OSType="linux",
            Swarm={"LocalNodeState": "inactive"},
        )

    _add_networks(app, engine)
    _add_volumes(app, engine)
    _add_containers(app, engine)
    _add_execs(app, engine)
    inner = app.wsgi_app

    def without_version(environ: dict[str, Any], start_response: Any) -> Any:
        environ["PATH_INFO"] = _VERSIONED.sub("", environ["PATH_INFO"])
        return inner(environ, start_response)

    app.wsgi_app = without_version  # type: ignore[method-assign]
    return app


def _body() -> dict[str, Any]:
    body = request.get_json(force=True, silent=True) if request.get_data() else {}
    if not isinstance(body, dict):
        raise Refusal("invalid JSON: a JSON object is expected", 400)
    return body


def _add_networks(app: Flask, engine: PracticeEngine) -> None:
    networks, version = engine.networks, engine.version

    @app.get("/networks")
    def list_networks() -> Response:
        wanted = _filters()
        shown = [net for net in networks.all() if _network_matches(net, wanted)]
        return jsonify([render.network(net, version, {}, detailed=False) for net in shown])

    @app.post("/networks/create")
    def create_network() -> tuple[Response, int]:
        network = networks.create(_body())
        return jsonify(Id=network.id, Warning=""), 201

    @app.get("/networks/<path:key>")
    def inspect_network(key: str) -> Response:
        return jsonify(engine.inspect_network(networks.find(key)))

    @app.delete("/networks/<path:key>")
    def remove_network(key: str) -> tuple[str, int]:
        networks.remove(networks.find(key))
        return "", 204

    @app.post("/networks/<path:key>/connect")
    def connect(key: str) -> Response:
        body = _body()
        network, container = networks.find(key), engine.containers.find(str(body.get("Container") or ""))
        wish = attachment_of(body.get("EndpointConfig") or {}, network.id)
        engine.containers.connect(container, network, wish)
        return Response(status=200)

    @app.post("/networks/<path:key>/disconnect")
    def disconnect(key: str) -> Response:
        body = _body()
        network, container = networks.find(key), engine.containers.find(str(body.get("Container") or ""))
        engine.containers.disconnect(container, network)
        return Response(status=200)


def _add_volumes(app: Flask, engine: PracticeEngine) -> None:
    volumes = engine.volumes

    @app.get("/volumes")
    def list_volumes() -> Response:
        return jsonify(Volumes=[render.volume(each) for each in volumes.list(_filters())], Warnings=None)

    @app.post("/volumes/create")
    def create_volume() -> tuple[Response, int]:
        asked = _body()
        volume = volumes.create(
            str(asked.get("Name") or "") or new_id(),
            str(asked.get("Driver") or ""),
            asked.get("DriverOpts") or None,
            asked.get("Labels") or None,
        )
        return jsonify(render.volume(volume)), 201

    @app.get("/volumes/<path:name>")
    def inspect_volume(name: str) -> Response:
        return jsonify(render.volume(volumes.get(_reachable(name)), with_status=True))

    @app.delete("/volumes/<path:name>")
    def remove_volume(name: str) -> tuple[str, int]:
        volumes.remove(_reachable(name), request.args.get("force") in ("1", "true"))
        return "", 204


def _reachable(name: str) -> str:
    """A volume's name out of a path; Docker's web server takes steps for steps."""
    if {".", ".."} & set(name.split("/")):
        raise Refusal("page not found", 404)
    return name


def _add_containers(app: Flask, engine: PracticeEngine) -> None:
    containers, version = engine.containers, engine.version

    def network_names() -> dict[str, str]:
        return {network.id: network.name for network in engine.networks.all()}

    @app.get("/containers/json")
    def list_containers() -> Response:
        everyone = request.args.get("all") in ("1", "true", "True")
        names = network_names()
        shown = [c for c in containers.all() if everyone or c.running]
        return jsonify([render.listed(container, version, names) for container in shown])

    @app.post("/containers/create")
    def create_container() -> tuple[Response, int]:
        container = containers.create(_body(), request.args.get("name", ""))
        return jsonify(Id=container.id, Warnings=[]), 201

    @app.get("/containers/<key>/json")
    def inspect_container(key: str) -> Response:
        return jsonify(engine.inspect(containers.find(key)))

    @app.post("/containers/<key>/start")
    def start(key: str) -> tuple[str, int]:
        return "", 204 if containers.start(containers.find(key)) else 304

    @app.post("/containers/<key>/stop")
    def stop(key: str) -> tuple[str, int]:
        return "", 204 if containers.stop(containers.find(key), _seconds()) else 304

    @app.post("/containers/<key>/restart")
    def restart(key: str) -> tuple[str, int]:
        container = containers.find(key)
        containers.stop(container, _seconds())
        containers.start(container)
        return "", 204

    @app.post("/containers/<key>/kill")
    def kill(key: str) -> tuple[str, int]:
        containers.kill(containers.find(key), _signal(request.args.get("signal") or "SIGKILL"))
        return "", 204

    @app.post("/containers/<key>/wait")
    def wait(key: str) -> Response:
        return jsonify(StatusCode=containers.wait(key), Error=None)

    @app.delete("/containers/<key>")
    def remove(key: str) -> tuple[str, int]:
        force, volumes = (request.args.get(word) in ("1", "true") for word in ("force", "v"))
        containers.remove(containers.find(key), force, volumes)
        return "", 204

    @app.post("/containers/<key>/attach")
    def attach(key: str) -> Response:
        container = containers.find(key)
        if container.output.finished and not container.running:
            container.output = Output()  # attached before it starts again
        return _stream(container.output)

    @app.get("/containers/<key>/logs")
    def logs(key: str) -> Response:
        return _stream(containers.find(key).output, follow=request.args.get("follow") in ("1", "true"))


def _add_execs(app: Flask, engine: PracticeEngine) -> None:
    @app.post("/containers/<key>/exec")
    def create_exec(key: str) -> tuple[Response, int]:
        return jsonify(Id=engine.execs.create(engine.containers.find(key), _body())), 201

    @app.post("/exec/<key>/start")
    def start_exec(key: str) -> Response:
        detached = bool(_body().get("Detach"))
        output = engine.execs.start(key, detached)
        return Response(status=200) if detached else _stream(output)

    @app.get("/exec/<key>/json")
    def inspect_exec(key: str) -> Response:
        return jsonify(engine.execs.inspect(key))


def _stream(output: Output, follow: bool = True) -> Response:
    def pieces() -> Iterator[bytes]:
        yield FRAME.pack(_NUMBER_OF["stdout"], 0)  # the head of the answer goes out with the first piece
        for stream, data in output.read(follow):
            yield FRAME.pack(_NUMBER_OF[stream], len(data)) + data

    return Response(pieces(), mimetype=RAW_TYPE)


def _seconds() -> float | None:
    text = request.args.get("t")
    try:
        return None if text is None else float(text)
    except ValueError:
        raise Refusal(f"invalid timeout: {text}", 400) from None


def _signal(text: str) -> int:
    if text.isdecimal() and 0 < int(text) < signal.NSIG:
        return int(text)
    name = text.upper() if text.upper().startswith("SIG") else f"SIG{text.upper()}"
    try:
        return int(signal.Signals[name])
    except KeyError:
        raise Refusal(f"Invalid signal: {text}", 400) from None


def _filters() -> dict[str, list[str]]:
    import json

    try:
        given = json.loads(request.args.get("filters") or "{}")
        return {key: list(values) for key, values in given.items()}
    except (ValueError, AttributeError, TypeError):
        raise Refusal("invalid filter", 400) from None


def _network_matches(network: Any, wanted: dict[str, list[str]]) -> bool:
    checks = {
        "driver": lambda value: network.driver_name == value,
        "name": lambda value: value in network.name,
        "id": lambda value: network.id.startswith(value),
        "scope": lambda value: network.driver.scope == value,
        "type": lambda value: network.builtin == (value == "builtin"),
        "label": lambda value: value in network.labels or value in {f"{k}={v}" for k, v in network.labels.items()},
    }
    for key, values in wanted.items():
        if key not in checks:
            raise Refusal(f"invalid filter '{key}'", 400)
        if not any(checks[key](value) for value in values):
            return False
    return True

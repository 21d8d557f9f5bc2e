"""Checks the manifests in the folder that is named; prints a line each, fails with the first."""

import http.server
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

import kubernetes_validate
import yaml
from helm_python import chart as helm

deploy = pathlib.Path(sys.argv[1])
chart_folder = deploy / "helm/lanner"
SCHEMA = kubernetes_validate.latest_version()


def validate(what, text, least):
    """Every object of a manifest must be what Kubernetes expects, without a key too many."""
    objects = [o for o in yaml.safe_load_all(text) if o]
    assert len(objects) >= least, f"{what}: {len(objects)} objects"
    for o in objects:
        kubernetes_validate.validate(o, SCHEMA, strict=True)
    print(f"ok: {what}: {len(objects)} objects are of Kubernetes {SCHEMA}")
    return objects


# What somebody may set.
VALUES = {
    "no value": {},
    "every value": {
        "image": {"repository": "r/lanner", "tag": "1", "pullPolicy": "Always"},
        "imagePullSecrets": [{"name": "pull"}],
        "config": {"http_output": {"enabled": True, "url": "https://h/", "token": "${TOKEN}"}},
        "rules": {"own.yaml": "- rule: own\n  desc: '{{ .Values }} stays as it is'\n"},
        "runtimes": {"containerd": True, "crio": True, "docker": True, "k3s": True},
        "stateHostPath": "/var/lib/lanner",
        "env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
        "podLabels": {"a": "b"},
        "podAnnotations": {"c": "d"},
        "tolerations": [],
    },
    "no runtime": {"runtimes": {"containerd": False, "crio": False}},
}
WRONG = [{"runtimes": {"docker": "yes"}}, {"nosuch": 1}, {"image": {"repository": 5}}]

lint = helm.lint(str(chart_folder))
assert not lint["errors"] and all(m["severity"] < 2 for m in lint["messages"]), lint
with helm.Chart.load(str(chart_folder)) as chart:
    for name, values in VALUES.items():
        chart.validate_schema(values)
        files = chart.render(values=values, name="lanner")
        text = "\n---\n".join(t for n, t in files.items() if not n.endswith(".txt"))
        rendered = validate(f"chart with {name}", text, 4)
        own = next((o for o in rendered if o["metadata"]["name"] == "lanner-rules"), None)
        for file, rules in values.get("rules", {}).items():
            assert own["data"][file].strip() == rules.strip(), own["data"]
    for values in WRONG:
        try:
            chart.validate_schema(values)
        except Exception as refused:  # of the library, whatever its class
            print("ok: refused:", " ".join(str(refused).split()))
        else:
            raise SystemExit(f"{values} is not refused")

if not shutil.which("kubectl"):
    print("skipped: there is no kubectl")
    raise SystemExit


def kubectl(*args):
    ran = subprocess.run(["kubectl", *args], capture_output=True, text=True)
    assert ran.returncode == 0, f"kubectl {' '.join(args)}: {ran.stderr}"
    return ran.stdout


kustomized = validate("kustomization", kubectl("kustomize", str(deploy / "kubernetes")), 5)


class Cluster(http.server.BaseHTTPRequestHandler):
    """As much of an API server as a dry run asks: what kinds there are, and that none is there."""

    KINDS = {
        "/api/v1": ["Namespace", "ServiceAccount", "ConfigMap"],
        "/apis/apps/v1": ["DaemonSet"],
    }

    def do_GET(self):
        path = self.path.split("?")[0].rstrip("/")
        status, answer = 200, {}
        if path == "/api":
            answer = {"kind": "APIVersions", "versions": ["v1"]}
        elif path == "/apis":
            version = {"groupVersion": "apps/v1", "version": "v1"}
            group = {"name": "apps", "versions": [version], "preferredVersion": version}
            answer = {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group]}
        elif path in self.KINDS:
            resources = [
                {
                    "name": kind.lower() + "s",
                    "singularName": kind.lower(),
                    "namespaced": kind != "Namespace",
                    "kind": kind,
                    "verbs": ["create", "get", "patch"],
                }
                for kind in self.KINDS[path]
            ]
            group = path.removeprefix("/apis/").removeprefix("/api/")
            answer = {"kind": "APIResourceList", "groupVersion": group, "resources": resources}
        else:
            status, answer = 404, {
                "kind": "Status",
                "apiVersion": "v1",
                "status": "Failure",
                "reason": "NotFound",
                "code": 404,
            }
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cluster)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
with tempfile.TemporaryDirectory() as cache:
    options = ["--dry-run=client", "--validate=false", "--server", address, "--cache-dir", cache]
    text = kubectl("apply", *options, "-k", str(deploy / "kubernetes"))
assert text.count("(dry run)") == len(kustomized), text
print("ok: kubectl apply --dry-run takes the kustomization")

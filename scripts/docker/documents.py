"""Reads what the examples say, so that the tests run that and not a copy of it.

documents.py args FILE                 the words of the one container of a Job or CronJob, one a line
documents.py command FILE SERVICE      the same of a Compose service
documents.py script FILE STEP          the script of a step of a workflow or an action, by its id or the job it is the last step of
documents.py restricted FILE...        checks every Pod against the Pod Security Standard `restricted`
"""

import sys

import yaml


def pods(paths):
    for path in paths:
        with open(path) as file:
            for document in yaml.safe_load_all(file):
                spec = document.get("spec", {})
                spec = spec.get("jobTemplate", {}).get("spec", spec)
                if "template" in spec:
                    yield path, spec["template"]["spec"]


def args(path):
    (_, pod), = pods([path])
    container, = pod["containers"]
    return container["args"]


def command(path, service):
    return load(path)["services"][service]["command"]


def script(path, name):
    document = load(path)
    jobs = document.get("jobs") or {"": document["runs"]}
    steps = [step for job in jobs.values() for step in job["steps"] if step.get("id") == name]
    return [(steps or jobs[name]["steps"])[-1]["run"]]


def load(path):
    with open(path) as file:
        return yaml.safe_load(file)


# https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def restricted(*paths):
    found = 0
    for path, pod in pods(paths):
        found += 1
        wrong = [key for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key)]
        wrong += [f"volume {name}" for volume in pod.get("volumes", []) for name in volume if name not in VOLUMES | {"name"}]
        outer = pod.get("securityContext", {})
        for container in pod["containers"] + pod.get("initContainers", []):
            inner = {**outer, **container.get("securityContext", {})}
            wanted = {
                "runAsNonRoot": inner.get("runAsNonRoot") is True,
                "runAsUser": inner.get("runAsUser", 0) != 0,
                "allowPrivilegeEscalation": inner.get("allowPrivilegeEscalation") is False,
                "capabilities": inner.get("capabilities") == {"drop": ["ALL"]},
                "seccompProfile": inner.get("seccompProfile", {}).get("type") in ("RuntimeDefault", "Localhost"),
                "readOnlyRootFilesystem": inner.get("readOnlyRootFilesystem") is True,  # ours, not the standard's
                "privileged": not inner.get("privileged"),
            }
            wrong += [f"{container['name']}: {key}" for key, fits in wanted.items() if not fits]
        if wrong:
            sys.exit(f"{path}: not restricted: {', '.join(wrong)}")
    if not found:
        sys.exit("no Pod is in these files")
    return [f"{found} Pods are restricted"]


print(*{"args": args, "command": command, "script": script, "restricted": restricted}[sys.argv[1]](*sys.argv[2:]), sep="\n")

"""A rendered pod as a real container of the image, under the restrictions that the chart asks for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.chart.helm import ROOT, Object
from tests.chart.pod import Pod

IMAGE, BASE = "localhost/dealtrail:tested", "localhost/dealtrail-base:bookworm"
ULIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")
"""Those that podman wishes for may be more than a container that we are in has itself."""


def missing() -> str:
    """What keeps this machine from building and running the image; empty if nothing does."""
    if os.geteuid():
        return "only root builds and runs the image here"
    lacking = [name for name in ("podman", "runc", "mmdebstrap") if shutil.which(name) is None]
    return f"{', '.join(lacking)} not installed (apt-get install podman runc mmdebstrap)" if lacking else ""


def build(folder: Path) -> None:
    """Make the image: from a minimal Debian with Python, made here, as no registry of images is asked."""
    if subprocess.run(["podman", "image", "exists", BASE], check=False).returncode:
        tarball = folder / "base.tar"
        packages = "--include=python3,python3-venv,ca-certificates"
        subprocess.run(["mmdebstrap", "--variant=minbase", packages, "bookworm", tarball], check=True)
        subprocess.run(["podman", "import", "--quiet", tarball, BASE], check=True)
    settings = folder / "pip.conf"
    configured = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    known = [line.split(".", 1)[1].replace("'", "") for line in configured.stdout.splitlines() if "index" in line]
    settings.write_text("\n".join(["[global]", "cert = /etc/ssl/certs/ca-certificates.crt", *known, ""]))
    command = ["podman", "build", "--runtime", "runc", "--network", "host", *ULIMITS, "--build-arg", f"BASE={BASE}"]
    command += ["--secret", f"id=pip,src={settings}", "--volume", "/etc/ssl/certs:/etc/ssl/certs:ro"]
    command += ["--file", "deploy/Dockerfile", "--tag", IMAGE, "."]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


class ContainerPod(Pod):
    """A pod whose Python runs from the image; other programs run from this machine as in any Pod."""

    def _command(self, container: Object) -> list[str]:
        if container["command"][0] != "python":
            return super()._command(container)
        user = self.spec["securityContext"]["runAsUser"]
        for path in (self._folder, *self._folder.rglob("*")):
            os.chown(path, user, user)
        command = ["podman", "run", "--rm", "--runtime", "runc", "--network", "host", *ULIMITS]
        command += ["--user", f"{user}:{self.spec['securityContext']['runAsGroup']}"]
        if container["securityContext"]["readOnlyRootFilesystem"]:
            command += ["--read-only", "--read-only-tmpfs=false"]
        command += [f"--cap-drop={word}" for word in container["securityContext"]["capabilities"]["drop"]]
        command += ["--security-opt", "no-new-privileges"]
        command += ["--memory", container["resources"]["limits"]["memory"].removesuffix("i").lower()]
        for mount in container.get("volumeMounts", []):
            mode = "ro" if mount.get("readOnly") else "rw"
            command += ["--volume", f"{self._folder / mount['name']}:{mount['mountPath']}:{mode}"]
        for name, value in self._told(container).items():
            command += ["--env", f"{name}={value}"]
        return [*command, IMAGE, *container["command"]]

    def _environment(self, container: Object) -> dict[str, str]:
        return super()._environment(container) if container["command"][0] != "python" else dict(os.environ)

    def _told(self, container: Object) -> dict[str, str]:
        """As a local process would be told, with paths as they are in the container."""
        told = super()._environment(container)
        places = {str(self._folder / mount["name"]): mount["mountPath"] for mount in container.get("volumeMounts", [])}
        for name, value in told.items():
            for here, there in places.items():
                told[name] = told[name].replace(here, there) if here in value else told[name]
        return {name: value for name, value in told.items() if name not in ("PATH", "HOME")}

#!/usr/bin/env python3
"""Everything from a bare Python with pip: `python3 dev.py demo`, `python3 dev.py test`, `prove`, `demo-reset`.

Sets up .tools (uv) and .venv (locked dependencies) inside the checkout, then becomes the tool. Needs no root, no venv module and
no home directory. Only the standard library, and syntax that old Pythons can read: they get a sentence instead of a traceback.
"""
# ruff: noqa: T201, UP036

import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
TOOLS = os.path.join(ROOT, ".tools")
BIN = os.path.join(ROOT, ".venv", "Scripts" if os.name == "nt" else "bin")
TASKS = {
    "demo": ["autopay", "demo"],
    "demo-reset": ["autopay", "demo-reset"],
    "test": ["python", "-m", "pytest", "--numprocesses=logical", "--maxprocesses=4"],
    "prove": ["autopay", "prove"],
}
OLDEST_UV = (0, 9)
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


def main(arguments):
    if sys.version_info < (3, 11):
        sys.exit(
            "autopay needs Python 3.11 or newer, this is {}.{}. Try: PYTHON=python3.12 make demo".format(*sys.version_info[:2])
        )
    if not arguments or arguments[0] not in TASKS:
        sys.exit("usage: python3 dev.py " + "|".join(TASKS))
    task = arguments[0]
    check_writable()
    env = environment()
    testing = task in ("test", "prove")
    install(env, with_tests=testing)
    if testing:
        env.update(chromium(env))
    os.chdir(ROOT)
    become([os.path.join(BIN, TASKS[task][0]), *TASKS[task][1:], *arguments[1:]], env)


def check_writable():
    for path in (ROOT, TOOLS, os.path.dirname(BIN), os.path.join(ROOT, ".autopay")):
        if os.path.exists(path) and not os.access(path, os.W_OK):
            sys.exit(f"{path} is read-only for you. Make a clone of your own and start there.")


def environment():
    """The caller's, with a home of our own in place of one that is missing or cannot be written. Compiled Python may be kept:
    .venv is ours, and every later start is twice as fast."""
    foreign = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    env = {name: value for name, value in os.environ.items() if name not in foreign}
    home = os.path.expanduser("~")
    if not (os.path.isdir(home) and os.access(home, os.W_OK)):
        home = os.path.join(TOOLS, "home")
        os.makedirs(home, exist_ok=True)
    python = getattr(sys, "_base_executable", None) or sys.executable
    path = BIN + os.pathsep + env.get("PATH", os.defpath)
    return dict(env, HOME=home, PATH=path, UV_PYTHON=python, UV_PYTHON_DOWNLOADS="never")


def install(env, with_tests):
    if not os.path.exists(BIN):
        print("Setting up, once: locked dependencies into .venv", flush=True)
    chosen = [] if with_tests else ["--no-dev", "--inexact"]
    sync = [uv(env), "sync", "--locked", "--quiet", *chosen]
    done = run(sync, env)
    if "certificate" in done.stderr:  # a network whose own authority only this machine's certificate store knows
        done = run(sync, dict(env, UV_SYSTEM_CERTS="1", UV_NATIVE_TLS="1"))
    if done.returncode == 0:
        return
    if "wheel for the current platform" in done.stderr:
        package = re.search(r"`([\w.-]+)==", done.stderr)
        name = package.group(1) if package else "a dependency"
        sys.exit(f"There is no build of {name} for this platform. Linux (glibc) and macOS on x86_64 and arm64 have them all.")
    sys.exit(f"{done.stderr.strip()}\nInstalling the dependencies failed, see above. Is the network reachable?")


def uv(env):
    found = shutil.which("uv", path=env["PATH"])
    if found and version_of(found) >= OLDEST_UV:
        return found
    ours = os.path.join(TOOLS, "bin", "uv.exe" if os.name == "nt" else "uv")
    if not os.path.exists(ours):
        pip_install_uv(env)
    return ours


def version_of(program):
    printed = subprocess.run([program, "--version"], check=False, stdout=subprocess.PIPE, text=True).stdout
    return tuple(int(number) for number in re.findall(r"\d+", printed)[:2])


def pip_install_uv(env):
    """--target leaves the system's packages alone, which is why it also works where those are managed by the distribution."""
    pip = [sys.executable, "-m", "pip"]
    if run([*pip, "--version"], env).returncode:
        sys.exit(
            "This Python has no pip. Install it (Debian, Ubuntu: apt-get install python3-pip) or install uv, then try again."
        )
    done = run([*pip, "install", "--quiet", "--disable-pip-version-check", "--target", TOOLS, "--upgrade", "uv>=0.9"], env)
    if done.returncode:
        sys.exit(f"{done.stderr.strip()}\nInstalling uv with pip failed, see above. Is the network reachable?")


def chromium(env):
    """For the browser tests: the one named or installed, else Debian's, else Playwright's own."""
    named = env.get("CHROMIUM")
    if named:
        return {"CHROMIUM": named} if runs(named, env) else sys.exit(f"CHROMIUM={named} does not start.")
    found = installed_chromium(env)
    if not found and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get", path=env["PATH"]):
        apt_install_chromium(env)
        found = installed_chromium(env)
    if found:
        return {"CHROMIUM": found}
    if run([os.path.join(BIN, "playwright"), "install", "chromium"], env).returncode == 0:
        return {}
    sys.exit("The browser tests need Chromium. Install it with your system's packages, or set CHROMIUM=/path/to/chromium.")


def installed_chromium(env):
    candidates = [shutil.which(name, path=env["PATH"]) for name in CHROMIUMS] + [MAC_CHROME]
    return next((path for path in candidates if path and runs(path, env)), None)


def apt_install_chromium(env):
    print("Installing Chromium for the browser tests with apt-get", flush=True)
    quiet = dict(env, DEBIAN_FRONTEND="noninteractive")
    install_it = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]
    if run(install_it, quiet).returncode:
        run(["apt-get", "update"], quiet)
        run(install_it, quiet)


def runs(program, env):
    return os.path.exists(program) and run([program, "--version"], env).returncode == 0


def run(command, env):
    pipe = subprocess.PIPE
    return subprocess.run(command, cwd=ROOT, env=env, check=False, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True)


def become(command, env):
    """Replace this process, so that signals reach the tool itself."""
    sys.stdout.flush()
    if os.name == "nt":
        sys.exit(subprocess.call(command, env=env))
    os.execve(command[0], command, env)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)

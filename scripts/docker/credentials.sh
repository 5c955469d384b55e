# shellcheck shell=bash
# shellcheck disable=SC2154 # what scripts/docker-test and tools.sh set
# Credentials come from the environment, from files and from roles, and from no flag.

# Which source `doctor --online` has used, beside an embedded KMS.
source_of() { # id words of docker run...
  local kms=$1; shift
  beside "$kms" -e AWS_REGION=us-east-1 "$@" "$slim" --output json --endpoint-url "$endpoint" ${allowed:+"$allowed"} doctor --online |
    tee "$work/doctor" | sed -n '/"online"/,$p' | field credential_source
}

credentials_come_from_an_env_file_a_mounted_file_or_a_role() {
  local kms data roles=
  kms=$(serve)
  printf 'AWS_ACCESS_KEY_ID=AKIDENVFILE\nAWS_SECRET_ACCESS_KEY=secret\nAWS_SESSION_TOKEN=\n' >"$work/aws.env"
  equal "$(source_of "$kms" --env-file "$work/aws.env")" 'environment variables'

  data=$(owned aws)
  printf '[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = secret\n' | put_owned "$data" credentials
  equal "$(source_of "$kms" -v "$data:/run/secrets:ro" -e AWS_SHARED_CREDENTIALS_FILE=/run/secrets/credentials)" profile

  docker build -q -t "$application" examples/app
  container -d "${hardened[@]}" --network "container:$kms" -v "$root/scripts/docker/roles.py:/roles.py:ro" --entrypoint python3 \
    "$application" /roles.py 4700
  for _ in {1..50}; do
    roles=$(container --rm --network "container:$kms" --entrypoint python3 "$application" -c \
      'import urllib.request as u; print(u.urlopen("http://127.0.0.1:4700/role").status)' 2>/dev/null) && break
    sleep 0.2
  done
  equal "$roles" 200
  equal "$(source_of "$kms" -e AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:4700/role)" 'container role'
  printf 'a-token' >"$work/token"
  chmod 0644 "$work/token"
  # An address of STS in the environment is used if the user allows it.
  equal "$(allowed=--allow-endpoint-env source_of "$kms" -v "$work/token:/run/secrets/token:ro" -e AWS_WEB_IDENTITY_TOKEN_FILE=/run/secrets/token \
    -e AWS_ROLE_ARN=arn:aws:iam::111122223333:role/kms-byok -e AWS_ENDPOINT_URL_STS=http://127.0.0.1:4700)" 'web identity'
}

no_flag_takes_a_credential() {
  local verb
  for verb in provision create-key get-parameters import status verify; do
    alone "$full" "$verb" --help >"$work/help"
    if grep -iE -- '--[a-z-]*(access-key|secret|token-value|session-token|password)' "$work/help"; then return 1; fi
    holds --profile "$work/help"
  done
}

tests+=(credentials_come_from_an_env_file_a_mounted_file_or_a_role no_flag_takes_a_credential)

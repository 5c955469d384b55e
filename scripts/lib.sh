# shellcheck shell=bash
# What the scripts share. Sourced, never run.
# shellcheck disable=SC2034 # its variables are read where it is sourced

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
python_env=${KMS_BYOK_PYTHON:-$root/target/python/bin}
node_env=${KMS_BYOK_NODE:-$root/target/node}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$@"; exit 1; }
usage() { sed -n '2,/^$/{s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }

# A command fit to be copied from a log: words that need quoting are quoted.
shown() { printf '  $'; printf ' %q' "$@"; printf '\n'; }

# The aws CLI against an endpoint on this machine. Throw-away credentials, no configuration files, no proxy and no
# instance metadata: nothing of the caller's AWS set-up is read, and nothing of it can be sent to a stand-in.
only_loopback() {
  case $1 in
    http://127.0.0.1:*|http://localhost:*|http://\[::1\]:*) ;;
    *) die "\`$1\` is not http on loopback; this script talks to nothing else" ;;
  esac
  unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL AWS_ENDPOINT_URL_KMS AWS_CA_BUNDLE \
    HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_CONFIG_FILE=/dev/null \
    AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true AWS_REGION=${AWS_REGION:-us-east-1}
}

# The aws CLI of the pinned environment; the system's own where that environment was not made. $KMS_BYOK_AWS is another.
find_aws() {
  export AWS_PAGER=''
  if [[ -n ${KMS_BYOK_AWS:-} ]]; then aws=$KMS_BYOK_AWS
  elif [[ -x $python_env/aws ]]; then aws=$python_env/aws
  else aws=$(command -v aws) || die "needs the aws CLI: run scripts/python-env"; fi
}

# The program under comparison: --bin, else $KMS_BYOK, else what cargo built last.
find_kms_byok() {
  local candidate
  for candidate in "${1:-}" "${KMS_BYOK:-}" "$root/target/release/kms-byok" "$root/target/debug/kms-byok"; do
    if [[ -n $candidate ]]; then
      if [[ -x $candidate ]]; then kms_byok=$(realpath -- "$candidate"); return; fi
      case $candidate in "$root"/target/*) ;; *) die "\`$candidate\` is no program" ;; esac
    fi
  done
  die "kms-byok is not built yet: run cargo build"
}

# shellcheck shell=bash
# What the tests of scripts/docker-test have in common. Sourced by it, as the other files here are.
# shellcheck disable=SC2034,SC2154 # its variables are read where it is sourced, and the other way round

export DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1
full=kms-byok:test slim=kms-byok:test-slim base=kms-byok:test-base application=kms-byok:test-application
tag=kms-byok-test-$$
hardened=(--read-only --cap-drop ALL --security-opt no-new-privileges)
uid=10001
endpoint=http://127.0.0.1:4600

has_engine() { docker version >/dev/null 2>&1; }

# What a run leaves, however it ends: containers, and the directory of its files. Each test has its own in it, $work.
clean_up() {
  local left
  left=$(docker ps -aq --filter "label=test=$tag" 2>/dev/null) || true
  [[ -z $left ]] || xargs docker rm -fv <<<"$left" >/dev/null
  # Files of the image's user are not for everybody to remove.
  ((EUID == 0)) || ! has_engine || as_root "$scratch" 'rm -rf ./*' || true
  rm -rf "$scratch"
}

skip() { printf 'skipped: %s\n' "$*"; exit 77; }
equal() { [[ $1 == "$2" ]] || { printf 'expected %q, found %q\n' "$2" "$1"; return 1; }; }
holds() { grep -q -- "$1" "$2" || { printf 'no line like %q in %s:\n' "$1" "$2"; cat "$2"; return 1; }; } # pattern file
field() { sed -n "s/.*\"$1\" *: *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -n 1; } # of one JSON object on stdin

# The Python that scripts/python-env makes. A test that wants it begins with `needs_python`.
python() { "$python_env/python" "$@"; }
needs_python() { "$python_env/python" -c 'import yaml' 2>/dev/null || skip "scripts/python-env cannot make target/python here"; }

# Runs a command that must fail with that status; what it says on standard error goes to $work/said.
fails() { # status command...
  local status=0
  "${@:2}" 2>"$work/said" || status=$?
  cat "$work/said"
  equal "$status" "$1"
}

container() { docker run --label "test=$tag" "$@"; }
alone() { container --rm "${hardened[@]}" --network none "$@"; }

# An embedded KMS in a container of its own, on its own loopback: prints the container's id once it answers.
serve() { # flags of `rehearsal serve`...
  local id
  id=$(container -d "${hardened[@]}" --network none "$full" rehearsal serve --listen 127.0.0.1:4600 --no-quotas "$@")
  for _ in {1..100}; do
    if docker exec "$id" /usr/local/bin/kms-byok rehearsal ping --endpoint-url "$endpoint" >/dev/null 2>&1; then
      printf '%s\n' "$id"
      return
    fi
    sleep 0.1
  done
  docker logs "$id" >&2
  return 1
}

# A container beside that KMS.
beside() { # id words of docker run...
  container --rm "${hardened[@]}" --network "container:$1" "${@:2}"
}
local_credentials=(-e AWS_ACCESS_KEY_ID=local -e AWS_SECRET_ACCESS_KEY=local -e AWS_REGION=us-east-1)

# A directory that the image's user may write, and nobody else may read; whoever runs this reaches it through a container.
owned() { # name
  mkdir "$work/$1"
  as_root "$work/$1" "chown $uid:$uid . && chmod 0700 ."
  printf '%s' "$work/$1"
}
put_owned() { as_root "$1" "umask 377 && cat >'$2' && chown $uid:$uid '$2'"; } # directory name, contents on stdin: mode 0400
read_owned() { as_root "$1" "cat '$2'"; } # directory name
as_root() { container --rm -i -u 0 --network none -v "$1:/owned" -w /owned --entrypoint sh "$base" -c "$2"; } # directory script

# What the build needs, and nothing else: for builds that change something.
context() { # name
  mkdir -p "$work/$1"
  cp -R Cargo.toml Cargo.lock build.rs src Dockerfile .dockerignore LICENSE-MIT LICENSE-APACHE "$work/$1/"
  printf '%s' "$work/$1"
}

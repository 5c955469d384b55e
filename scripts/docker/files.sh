# shellcheck shell=bash
# shellcheck disable=SC2154 # what scripts/docker-test and tools.sh set
# What the files say by themselves, without an engine.

the_dockerfiles_pass_hadolint() {
  [[ -x $python_env/hadolint ]] || skip "hadolint is not installed; scripts/python-env does it"
  "$python_env/hadolint" Dockerfile examples/app/Dockerfile
}

# A first line `# syntax=` makes every build ask a registry for another builder.
the_dockerfiles_need_no_other_builder() {
  local file
  for file in Dockerfile examples/app/Dockerfile; do
    [[ $(head -n 1 "$file") != *syntax* ]] || { head -n 1 "$file"; return 1; }
  done
}

no_build_argument_is_for_a_secret() {
  equal "$(sed -n 's/^ARG \([A-Z_]*\).*/\1/p' Dockerfile examples/app/Dockerfile | sort -u | tr '\n' ' ')" \
    'REVISION RUNTIME_IMAGE RUST_IMAGE SOURCE_DATE_EPOCH VERSION '
}

files+=(the_dockerfiles_pass_hadolint the_dockerfiles_need_no_other_builder no_build_argument_is_for_a_secret)

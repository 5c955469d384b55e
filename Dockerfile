# kms-byok on the distribution's libssl. Targets: the default one has everything; `slim` is built without the embedded
# KMS (no `provision --rehearse`, no `rehearsal serve`).
#
#   docker build -t kms-byok .
#   docker build -t kms-byok:slim --target slim .
#
# To pin the base images: --build-arg RUST_IMAGE=rust@sha256:... --build-arg RUNTIME_IMAGE=debian@sha256:...
# Both must be of one Debian release, so that libssl is the one that was compiled against.
ARG RUST_IMAGE=rust:1-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${RUST_IMAGE} AS toolchain
# The distribution's own versions are the point, security updates included, so none is pinned.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends pkg-config libssl-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# The dependencies are built around an empty crate: their layer lasts until Cargo.toml or Cargo.lock changes.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
 && printf '//! Placeholder.\nfn main() {}\n' >build.rs \
 && cp build.rs src/main.rs \
 && printf '//! Placeholder.\n' >src/lib.rs \
 && cargo fetch --locked

FROM toolchain AS build-slim
RUN cargo build --release --locked --no-default-features
COPY build.rs ./
COPY src src
# touch: cargo goes by times, and the sources may be older than the placeholder's build.
RUN touch build.rs src/lib.rs src/main.rs \
 && cargo build --release --locked --no-default-features

FROM toolchain AS build
RUN cargo build --release --locked
COPY build.rs ./
COPY src src
RUN touch build.rs src/lib.rs src/main.rs \
 && cargo build --release --locked

FROM ${RUNTIME_IMAGE} AS runtime
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends libssl3 ca-certificates \
 && rm -rf /var/lib/apt/lists/*
COPY LICENSE-MIT LICENSE-APACHE /usr/share/doc/kms-byok/
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="kms-byok" \
      org.opencontainers.image.description="Imports key material into AWS KMS with the system's OpenSSL" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Numeric, so that Kubernetes' runAsNonRoot can tell.
USER 10001:10001
WORKDIR /data
ENTRYPOINT ["/usr/local/bin/kms-byok"]

FROM runtime AS slim
COPY --from=build-slim /build/target/release/kms-byok /usr/local/bin/kms-byok

FROM runtime AS full
COPY --from=build /build/target/release/kms-byok /usr/local/bin/kms-byok

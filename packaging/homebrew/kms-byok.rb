# NOT RUN where this project is developed: there is no macOS. scripts/release writes the sum of the crate into it.
class KmsByok < Formula
  desc "Bring your own key into AWS KMS with the system's OpenSSL"
  homepage "https://crates.io/crates/kms-byok"
  url "https://static.crates.io/crates/kms-byok/kms-byok-0.1.0.crate"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license any_of: ["MIT", "Apache-2.0"]

  depends_on "pkgconf" => :build
  depends_on "rust" => :build
  depends_on "openssl@3"

  def install
    ENV["OPENSSL_DIR"] = Formula["openssl@3"].opt_prefix
    ENV["OPENSSL_NO_VENDOR"] = "1"
    system "cargo", "install", *std_cargo_args
    (buildpath/"kms-byok.1").write Utils.safe_popen_read(bin/"kms-byok", "man")
    man1.install "kms-byok.1"
    generate_completions_from_executable(bin/"kms-byok", "completions")
  end

  test do
    require "utils/linkage"

    rehearsal = "provision --rehearse --alias alias/demo --generate --discard"
    assert_match "proof: proven", shell_output("#{bin}/kms-byok #{rehearsal}")
    %w[libssl libcrypto].each do |name|
      library = Formula["openssl@3"].opt_lib/shared_library(name)
      assert Utils.binary_linked_to_library?(bin/"kms-byok", library), "#{library} is not linked"
    end
  end
end

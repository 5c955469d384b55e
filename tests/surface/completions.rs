//! The completions of each shell, by that shell itself: what it makes of a word that was begun.

use std::process::Command;

use crate::support::{Bench, Run};

/// What was typed before the tabulator, and what it becomes.
const TYPED: [(&str, &str); 9] = [
    ("pro", "provision"),
    ("wrap --expect-p", "wrap --expect-public-key"),
    ("create-key --ali", "create-key --alias"),
    ("rehearsal serve --acc", "rehearsal serve --access-log"),
    ("create-key --key-spec RSA_3", "create-key --key-spec RSA_3072"),
    ("provision --verify f", "provision --verify full"),
    ("wrap --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_2", "wrap --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256"),
    ("import --import-type ei", "import --import-type either"),
    ("doctor --output j", "doctor --output json"),
];

/// Types into a terminal in which the completions are loaded, and prints the words that kms-byok is then called with.
const ZSH: &str = r#"
zmodload zsh/zpty
zpty terminal zsh -f -i
zpty -w terminal 'PS1= PS2= RPS1=; unsetopt zle_bracketed_paste; setopt no_beep; fpath=(. $fpath); autoload -Uz compinit _kms-byok
  compinit -u -D; compdef _kms-byok kms-byok; kms-byok() { print -r -- "<<$*>>" }; print READY'
until zpty -r terminal line '*READY*'; do :; done
for words in "$@"; do
  zpty -w -n terminal "kms-byok $words"$'\t\n'
  zpty -r terminal line '*<<*>>*'
  print -r -- "${${line##*<<}%%>>*}"
done
zpty -d terminal
"#;

/// A bench with the completions of a shell in the file `_kms-byok`; none, and a line that says so, where it is not installed.
fn bench_for(shell: &str) -> Option<Bench> {
    if Command::new(shell).arg("--version").output().is_err() {
        println!("skipped: {shell} is not installed; `scripts/setup shells` installs it");
        return None;
    }
    let bench = Bench::new();
    bench.write("_kms-byok", bench.kms_byok(&format!("completions {shell}")).succeeds().stdout.clone());
    Some(bench)
}

fn shell(bench: &Bench, shell: &str, arguments: &[&str]) -> Run {
    Run::of(Command::new(shell).args(arguments).current_dir(bench.directory()).output().unwrap())
}

#[test]
fn bash_completes_verbs_and_flags() {
    let bench = bench_for("bash").unwrap();
    let complete = |words: &str| {
        // The function's name is what `complete -F` was given.
        let script = format!(
            "source ./_kms-byok; spec=$(complete -p kms-byok); spec=${{spec#*-F }}; COMP_WORDS=(kms-byok {words}); \
             COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); ${{spec%% *}} kms-byok \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; \
             echo \"${{COMPREPLY[*]}}\""
        );
        shell(&bench, "bash", &["-euc", &script]).succeeds().stdout.clone()
    };
    for (typed, becomes) in TYPED {
        assert_eq!(complete(typed).trim_end(), becomes.split(' ').next_back().unwrap(), "{typed}");
    }
    let all = complete("''");
    for verb in bench.verbs().iter().filter(|verb| !verb.contains(' ')) {
        assert!(all.split_whitespace().any(|word| word == verb), "{verb}: {all}");
    }
}

/// A flag that takes a file completes one, and no other flag does.
#[test]
fn bash_completes_files_only_where_a_flag_takes_one() {
    let bench = bench_for("bash").unwrap();
    bench.write("payments.key", "");
    std::fs::create_dir(bench.path("payments.import")).unwrap();
    for (typed, offered) in [
        ("wrap --material pay", "payments.import payments.key"),
        ("provision --keep pay", "payments.import payments.key"),
        ("provision --alias pay", ""),
        ("status --key-id pay", ""),
        ("create-key --tag pay", ""),
        ("provision --material-description pay", ""),
        ("status --profile pay", ""),
        ("provision --wait pay", ""),
    ] {
        let line = format!("kms-byok {typed}");
        let script = format!(
            "source ./_kms-byok; compopt() {{ :; }}; spec=$(complete -p kms-byok); spec=${{spec#*-F }}; COMP_WORDS=({line}); \
             COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); ${{spec%% *}} kms-byok \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\" | sort"
        );
        let run = shell(&bench, "bash", &["-euc", &script]).succeeds().stdout.clone();
        let words: Vec<&str> = run.split_whitespace().filter(|word| *word != "pay").collect();
        assert_eq!(words.join(" "), offered, "{typed}");
    }
}

#[test]
fn zsh_completes_verbs_and_flags() {
    let Some(bench) = bench_for("zsh") else { return };
    let typed: Vec<&str> = TYPED.iter().map(|(typed, _)| *typed).collect();
    let arguments: Vec<&str> = ["-fc", ZSH, "zsh"].into_iter().chain(typed).collect();
    let becomes: Vec<&str> = TYPED.iter().map(|(_, becomes)| *becomes).collect();
    assert_eq!(shell(&bench, "zsh", &arguments).succeeds().stdout.lines().collect::<Vec<_>>(), becomes);
}

#[test]
fn fish_completes_verbs_and_flags() {
    let Some(bench) = bench_for("fish") else { return };
    for (typed, becomes) in TYPED {
        let script = format!("source ./_kms-byok; complete -C 'kms-byok {typed}'");
        let offered = shell(&bench, "fish", &["--no-config", "-c", &script]).succeeds().stdout.clone();
        let words: Vec<&str> = offered.lines().filter_map(|line| line.split('\t').next()).collect();
        // fish 4 also offers what has the typed letters elsewhere, as `--allow-endpoint-env` has those of `--ali`, but later.
        let begun = typed.split(' ').next_back().unwrap();
        let first: Vec<&&str> = words.iter().filter(|word| word.starts_with(begun)).collect();
        assert_eq!(first, [&becomes.split(' ').next_back().unwrap()], "{typed}");
        assert_eq!(words.first(), first.first().copied(), "{typed}: {words:?}");
    }
}

//! The documents: links and anchors lead somewhere, every page stands in the book, and no flag or file is named that does not exist.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Component, Path, PathBuf};

#[test]
fn the_readme_is_read_in_one_sitting() {
    let readme = Page::read("README.md").text;
    assert!(readme.lines().count() <= 150, "{} lines", readme.lines().count());
    assert!(readme.split_whitespace().count() <= 1500, "{} words", readme.split_whitespace().count());
}

#[test]
fn the_readme_names_the_two_commands() {
    let readme = Page::read("README.md").text;
    for command in [
        "scripts/try      # sets up what is missing, builds, and rehearses a whole import on an embedded KMS: steps and proof\n",
        "scripts/check    # the gate: format, lints, unit, vector, command-line and end-to-end tests, docs\n",
    ] {
        assert!(readme.contains(command), "{command}");
    }
}

#[test]
fn the_example_of_the_library_is_its_doctest() {
    let code = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let doctest = code.split("//! ```\n").nth(1).unwrap().lines().filter(|line| !line.starts_with("//! # "));
    let doctest: String = doctest.map(|line| format!("{}\n", line.strip_prefix("//! ").unwrap_or_default())).collect();
    let page = Page::read("docs/library.md").text;
    assert!(page.contains(&format!("```rust\n{doctest}```\n")), "{doctest}");
}

#[test]
fn every_link_and_anchor_leads_somewhere() {
    let broken: Vec<String> = pages().iter().flat_map(broken_links).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The book has the pages of `docs` and nothing else: what lies beside them is named, not linked to.
#[test]
fn no_page_of_the_book_links_out_of_it() {
    for page in pages().iter().filter(|page| page.is_of_the_book()) {
        for link in page.links().iter().filter(|link| !link.contains("://")) {
            let target = page.beside(link.split('#').next().unwrap());
            assert!(target.starts_with("docs") || link.starts_with('#'), "{}: {link}", page.path.display());
        }
    }
}

#[test]
fn every_page_of_the_book_stands_in_its_summary_once() {
    let summary = Page::read("docs/SUMMARY.md");
    let mut listed: Vec<PathBuf> = summary.links().iter().map(|link| summary.beside(link)).collect();
    let mut there: Vec<PathBuf> = pages().into_iter().filter(Page::is_of_the_book).map(|page| page.path).collect();
    there.retain(|path| *path != summary.path);
    listed.sort();
    there.sort();
    assert_eq!(listed, there);
}

#[test]
fn the_book_is_made_from_docs() {
    let book = fs::read_to_string(root().join("book.toml")).unwrap();
    assert!(book.lines().any(|line| line == "src = \"docs\""), "{book}");
}

#[test]
fn every_file_that_is_named_exists() {
    let folders = ["docs/", "examples/", "fuzz/", "scripts/", "src/", "tests/"];
    for page in pages() {
        for span in page.spans() {
            let name = span.split_whitespace().next().unwrap_or_default();
            if folders.iter().any(|folder| name.starts_with(folder)) {
                assert!(root().join(name).exists(), "{} names {name}", page.path.display());
            }
        }
    }
}

#[test]
fn the_picture_of_the_house_has_every_room() {
    let page = Page::read("CONTRIBUTING.md");
    let picture: BTreeSet<&str> = page.lines(true).into_iter().flat_map(str::split_whitespace).collect();
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let room = name.trim_end_matches(".rs");
        assert!(picture.contains(room) || room == "lib", "src/{name}");
    }
}

/// Flags of other programs that the text names without the program.
const OF_OTHERS: &[&str] = &["--cap-drop", "--forget-the-hash", "--network", "--read-only", "--security-opt", "--user"];

#[test]
fn every_flag_that_is_named_exists() {
    let all: BTreeSet<String> = pages().iter().filter(|page| page.is_of_a_verb()).flat_map(Page::defined).collect();
    assert!(all.contains("--escrow-out"), "{all:?}");
    for page in pages().iter().filter(|page| !page.path.ends_with("errors.md") && !page.path.ends_with("causes.md")) {
        for span in page.spans().filter(|span| span.starts_with("--")) {
            for flag in span.split([' ', '=']).filter(|word| word.starts_with("--")) {
                assert!(all.contains(flag) || OF_OTHERS.contains(&flag), "{} names {flag}", page.path.display());
            }
        }
        for command in page.commands() {
            unknown_in(&command).inspect(|wrong| panic!("{}: {wrong} in {command}", page.path.display()));
        }
    }
}

#[test]
fn what_is_wrong_is_found() {
    let page = |text: &str| Page { path: "docs/page.md".into(), text: text.to_owned() };
    assert_eq!(
        page("[a](b.md) ![c](d.png#e)\n```sh\n[no](x.md)\n```\n`[no](y.md)` [f](#g)").links(),
        ["b.md", "d.png#e", "#g"]
    );
    assert_eq!(page("# A `b-c`: d, e\n## A\n```\n# no\n```\n## A\n").anchors(), ["a-b-c-d-e", "a", "a-1"]);
    assert_eq!(broken_links(&page("# A\n[a](#a) [b](#b) [c](none.md) [d](README.md#none)")).len(), 3);
    assert_eq!(page("").beside("../README.md"), Path::new("README.md"));
    assert_eq!(page("`a` b\n```sh\n`no`\n```\n`c d`").spans().collect::<Vec<_>>(), ["a", "c d"]);
    let commands = "`kms-byok wrap --dir D`\n```sh\nX=1 kms-byok provision \\\n    --alias A | jq . # kms-byok\n```\n";
    assert_eq!(page(commands).commands(), ["kms-byok provision --alias A", "kms-byok wrap --dir D"]);
    assert_eq!(unknown_in("kms-byok wrap --dir D --alias A"), Some("--alias".to_owned()));
    assert_eq!(unknown_in("kms-byok --output json rehearsal serve --no-quotas"), None);
    assert_eq!(unknown_in("kms-byok enwrap --dir D"), Some("enwrap".to_owned()));
}

/// A document, by its path from the root.
struct Page {
    path: PathBuf,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All documents that people read.
fn pages() -> Vec<Page> {
    let mut paths: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(PathBuf::from).into();
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let path = folder.join(entry.unwrap().file_name());
            if root().join(&path).is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                paths.push(path);
            }
        }
    }
    paths.iter().map(Page::read).collect()
}

fn broken_links(page: &Page) -> Vec<String> {
    let mut broken = Vec::new();
    for link in page.links().into_iter().filter(|link| !link.contains("://")) {
        let (file, anchor) = link.split_once('#').map_or((&*link, None), |(file, anchor)| (file, Some(anchor)));
        let leads = match (file, anchor) {
            ("", Some(anchor)) => page.anchors().iter().any(|known| known == anchor),
            (file, None) => root().join(page.beside(file)).exists(),
            (file, Some(anchor)) => {
                let target = page.beside(file);
                root().join(&target).is_file() && Page::read(&target).anchors().iter().any(|known| known == anchor)
            }
        };
        if !leads {
            broken.push(format!("{}: {link}", page.path.display()));
        }
    }
    broken
}

/// The first word of a command that is no verb, or no flag of its verb.
fn unknown_in(command: &str) -> Option<String> {
    let overview = Page::read("docs/reference/README.md");
    let everywhere = overview.defined();
    let mut words = command.split_whitespace().skip(1).peekable();
    let mut flags = Vec::new();
    // Flags of every verb may stand before it, each but the switches with a value.
    while let Some(flag) = words.next_if(|word| word.starts_with('-')) {
        flags.push(flag);
        if [
            "--region",
            "--profile",
            "--endpoint-url",
            "--output",
            "-o",
            "--color",
            "--connect-timeout",
            "--read-timeout",
        ]
        .contains(&flag)
        {
            words.next();
        }
    }
    let verb = words.next().filter(|word| *word != "VERB")?;
    let page = |name: &str| root().join(format!("docs/reference/{name}.md"));
    let longer = words.peek().map(|next| format!("{verb}-{next}")).filter(|name| page(name).exists());
    let name = longer.unwrap_or_else(|| verb.to_owned());
    if !page(&name).exists() {
        return Some(verb.to_owned());
    }
    let own = Page::read(page(&name)).defined();
    flags.extend(words.filter(|word| word.starts_with("--")));
    let mut named = flags.into_iter().map(|flag| flag.split('=').next().unwrap());
    named.find(|flag| flag.len() > 2 && !own.contains(*flag) && !everywhere.contains(*flag)).map(str::to_owned)
}

impl Page {
    fn read(path: impl AsRef<Path>) -> Self {
        let text =
            fs::read_to_string(root().join(&path)).unwrap_or_else(|error| panic!("{:?}: {error}", path.as_ref()));
        Page { path: path.as_ref().to_owned(), text }
    }

    fn is_of_the_book(&self) -> bool {
        self.path.starts_with("docs")
    }

    fn is_of_a_verb(&self) -> bool {
        self.path.starts_with("docs/reference")
            && self.text.starts_with("<!-- Written by scripts/docs from the definitions")
    }

    /// A path that is written from this page's folder, from the root.
    fn beside(&self, link: &str) -> PathBuf {
        let mut path = PathBuf::new();
        for part in self.path.parent().unwrap().join(link).components() {
            match part {
                Component::ParentDir => assert!(path.pop(), "{}: {link} leads out", self.path.display()),
                part => path.push(part),
            }
        }
        path
    }

    /// The lines of the text, and those within fences.
    fn lines(&self, fenced: bool) -> Vec<&str> {
        let mut inside = false;
        let mut lines = Vec::new();
        for line in self.text.lines() {
            if line.trim_start().starts_with("```") {
                inside = !inside;
            } else if inside == fenced {
                lines.push(line);
            }
        }
        lines
    }

    /// What stands in backticks, on one line or over two.
    fn spans(&self) -> impl Iterator<Item = String> {
        let text = self.lines(false).join("\n");
        let spans: Vec<String> = text.split('`').skip(1).step_by(2).map(|span| span.replace('\n', " ")).collect();
        spans.into_iter()
    }

    fn links(&self) -> Vec<String> {
        let text = self.lines(false).join("\n");
        let outside: String = text.split('`').step_by(2).collect::<Vec<_>>().join("`");
        let targets = outside.split("](").skip(1);
        targets.filter_map(|rest| rest.split(')').next()).map(str::to_owned).collect()
    }

    /// The names of the headings, as GitHub and mdBook make them.
    fn anchors(&self) -> Vec<String> {
        let mut anchors = Vec::new();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for line in self.lines(false) {
            let Some(heading) = line.strip_prefix('#').map(|rest| rest.trim_start_matches('#').trim()) else {
                continue;
            };
            let letters = heading.to_lowercase().replace(' ', "-");
            let name: String = letters.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect();
            let earlier = counts.entry(name.clone()).or_default();
            anchors.push(if *earlier == 0 { name } else { format!("{name}-{earlier}") });
            *earlier += 1;
        }
        anchors
    }

    /// The flags that a page of the reference defines.
    fn defined(&self) -> BTreeSet<String> {
        let rows = self.text.lines().filter(|line| line.starts_with("| `-"));
        let names = rows.flat_map(|line| line.split('`').skip(1).step_by(2));
        let flags = names.filter_map(|name| name.split([' ', '.']).next()).filter(|name| name.starts_with("--"));
        flags.map(str::to_owned).collect()
    }

    /// Every `kms-byok` command, in blocks of shell and in backticks.
    fn commands(&self) -> Vec<String> {
        let shell = self.lines(true).join("\n").replace("\\\n", " ");
        let mut commands = Vec::new();
        for line in shell.lines() {
            let line = line.strip_prefix("$ ").unwrap_or(line).split(" # ").next().unwrap();
            for part in line.split(['|', ';', '&', '(', ')', '>', '<', '"', '\'']) {
                let words: Vec<&str> = part.split_whitespace().collect();
                let begin = words.iter().take_while(|word| **word != "kms-byok").count();
                if begin < words.len()
                    && words[..begin].iter().all(|word| word.contains('=') || *word == "if" || *word == "do")
                {
                    commands.push(words[begin..].join(" "));
                }
            }
        }
        commands.extend(self.spans().filter(|span| span.starts_with("kms-byok ") && !span.contains('…')));
        commands
    }
}

//! What a running process holds: its writable memory, its command line and its environment, searched for a secret.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;

/// The shortest piece of a secret that counts, in bytes and in characters of text: shorter ones may be there by chance.
/// What is freed loses its first 16 bytes to the lists of the allocator, so a whole secret is rarely found.
const PIECE: usize = 8;
const TEXT_PIECE: usize = 16;

/// A secret in every shape in which a piece of it would be found: its bytes, in both directions, their hex and their base64.
#[derive(Clone)]
pub struct Shapes {
    pieces: Vec<(&'static str, Vec<u8>)>,
    by_start: HashMap<[u8; 8], Vec<usize>>,
    /// How many secrets there are.
    pub count: usize,
    /// Whether any piece begins with these two bytes: most of memory is passed over by this alone.
    begins: Vec<bool>,
}

impl Shapes {
    pub fn of(secrets: &[&[u8]]) -> Self {
        let (pieces, by_start, begins) = (Vec::new(), HashMap::new(), vec![false; 65536]);
        let mut shapes = Shapes { pieces, by_start, begins, count: secrets.len() };
        for secret in secrets {
            let reversed: Vec<u8> = secret.iter().rev().copied().collect();
            shapes.add("bytes", secret, PIECE);
            shapes.add("bytes the other way round", &reversed, PIECE);
            shapes.add("hex", hex::encode(secret).as_bytes(), TEXT_PIECE);
            shapes.add("upper-case hex", hex::encode_upper(secret).as_bytes(), TEXT_PIECE);
            for skip in 0..3 {
                shapes.add("base64", BASE64_STANDARD_NO_PAD.encode(&secret[skip..]).as_bytes(), TEXT_PIECE);
            }
        }
        shapes
    }

    /// A text that is a secret as it stands, like a passphrase.
    pub fn and(mut self, what: &'static str, secret: &[u8]) -> Self {
        self.add(what, secret, PIECE);
        self
    }

    fn add(&mut self, what: &'static str, whole: &[u8], length: usize) {
        assert!(whole.len() >= length, "{what} is too short to be told from chance");
        for piece in whole.windows(length) {
            self.begins[usize::from(u16::from_le_bytes([piece[0], piece[1]]))] = true;
            self.by_start.entry(piece[..8].try_into().unwrap()).or_default().push(self.pieces.len());
            self.pieces.push((what, piece.to_vec()));
        }
    }

    /// Every place where a piece of the secret stands, neighbouring pieces as one.
    pub fn search(&self, place: &str, base: u64, bytes: &[u8]) -> Vec<Copy> {
        let mut copies: Vec<Copy> = Vec::new();
        for (at, start) in bytes.windows(PIECE).enumerate() {
            if !self.begins[start[0] as usize | (start[1] as usize) << 8] {
                continue;
            }
            let Some(candidates) = self.by_start.get(start) else { continue };
            let matching = |index: &&usize| bytes[at..].starts_with(&self.pieces[**index].1);
            let Some(index) = candidates.iter().find(matching) else { continue };
            let (what, piece) = &self.pieces[*index];
            let (from, to) = (base + at as u64, base + (at + piece.len()) as u64);
            match copies.last_mut().filter(|last| last.to + 1 >= from && last.what == *what) {
                Some(last) => last.to = to,
                None => copies.push(Copy { what, place: place.to_owned(), from, to, own_page: false }),
            }
        }
        copies
    }
}

/// A piece of a secret somewhere.
#[derive(Clone)]
pub struct Copy {
    pub what: &'static str,
    pub place: String,
    pub from: u64,
    pub to: u64,
    /// On pages that the process keeps out of core dumps, as it does for secrets.
    pub own_page: bool,
}

impl fmt::Debug for Copy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Copy { what, place, from, to, own_page } = self;
        let page = if *own_page { ", on a page for secrets" } else { "" };
        write!(f, "{} bytes as {what} in {place} at {from:x}{page}", to - from)
    }
}

/// Everything that can be seen of a process, and what is found in it.
pub fn search_process(pid: u32, shapes: &Shapes) -> io::Result<Vec<Copy>> {
    let mut copies = Vec::new();
    for name in ["cmdline", "environ"] {
        copies.extend(shapes.search(name, 0, &fs::read(format!("/proc/{pid}/{name}"))?));
    }
    let memory = File::open(format!("/proc/{pid}/mem"))?;
    for region in writable(pid)? {
        let bytes = read(&memory, &region);
        let found = shapes.search(&region.name, region.from, &bytes);
        copies.extend(found.into_iter().map(|copy| Copy { own_page: region.not_dumped, ..copy }));
    }
    Ok(copies)
}

/// The bytes of a region; a page that is mapped and has nothing behind it reads as zeros.
fn read(memory: &File, region: &Region) -> Vec<u8> {
    let mut bytes = vec![0; (region.to - region.from) as usize];
    if memory.read_exact_at(&mut bytes, region.from).is_err() {
        for (number, page) in bytes.chunks_mut(4096).enumerate() {
            if memory.read_exact_at(page, region.from + number as u64 * 4096).is_err() {
                page.fill(0);
            }
        }
    }
    bytes
}

/// A part of the address space.
struct Region {
    from: u64,
    to: u64,
    name: String,
    not_dumped: bool,
}

/// The regions that the process can write to, as `smaps` lists them.
fn writable(pid: u32) -> io::Result<Vec<Region>> {
    let mut regions: Vec<Region> = Vec::new();
    for line in fs::read_to_string(format!("/proc/{pid}/smaps"))?.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["VmFlags:", ref flags @ ..] => regions.last_mut().unwrap().not_dumped = flags.contains(&"dd"),
            [range, access, _, _, _, ref name @ ..] if access.len() == 4 && range.contains('-') => {
                let (from, to) = range.split_once('-').unwrap();
                let number = |text| u64::from_str_radix(text, 16).unwrap();
                let name = if name.is_empty() { "anonymous memory".to_owned() } else { name.join(" ") };
                let name = if access.contains('w') { name } else { String::new() };
                regions.push(Region { from: number(from), to: number(to), name, not_dumped: false });
            }
            _ => {}
        }
    }
    regions.retain(|region| !region.name.is_empty());
    Ok(regions)
}

/// Waits until the process stands still in this part of the kernel: `pipe_write` where a pipe is full, `epoll` where a reply is
/// awaited. Where the kernel does not say it (a container without the right to trace), a process that has slept for two seconds
/// stands still.
pub fn wait_until_in(pid: u32, place: &str) -> bool {
    let end = Instant::now() + Duration::from_secs(60);
    let (mut seen, mut asleep, mut before) = (0, 0, None);
    while Instant::now() < end {
        let now = fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default();
        seen = if now.contains(place) { seen + 1 } else { 0 };
        let sleep = (now == "0").then(|| sleeps_since(pid)).flatten();
        asleep = if sleep.is_some() && sleep == before { asleep + 1 } else { 0 };
        before = sleep;
        if seen == 5 || asleep == 400 {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

/// The processor time that a sleeping process has used; nothing while it runs (proc(5), `stat`, fields 3, 14 and 15).
fn sleeps_since(pid: u32) -> Option<(u64, u64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    (fields[0] == "S").then(|| Some((fields[11].parse().ok()?, fields[12].parse().ok()?))).flatten()
}

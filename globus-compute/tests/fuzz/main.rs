//! Damaged and hostile buffers: whatever they are, reading one ends without a panic and in little memory. The process
//! has nothing else to do, so that its memory is theirs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fastrand::Rng;
use globus_compute::serial::{decode_function, decode_value};
use serde_json::Value;

const VECTORS: &str = include_str!("../data/vectors.jsonl");
/// What reading may take in all.
const MEMORY: u64 = 64 << 20;
const LONGEST: usize = 64 << 10;
/// The instructions that build something, and some that nobody knows.
const INSTRUCTIONS: &[u8] = b"()]}0123.NIJKLMRSTUVXYabcdefghijlopqrstuBCG\n\x80\x81\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\xff";
const NUMBERS: [u64; 9] = [0, 1, 255, 256, 65_535, 1 << 31, 0xffff_ffff, 1 << 62, u64::MAX];

/// Most memory that the process ever had, in bytes; `None` where the system does not tell.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Mostly short, for there are more of those in a second.
fn length(rng: &mut Rng) -> usize {
    let longest = if rng.u8(..32) == 0 { LONGEST } else { 256 };
    rng.usize(..longest)
}

fn pickle(rng: &mut Rng, from: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = match rng.u8(..4) {
        0 => (0..length(rng))
            .map(|_| INSTRUCTIONS[rng.usize(..INSTRUCTIONS.len())])
            .collect(),
        _ => from[rng.usize(..from.len())].clone(),
    };
    for _ in 0..rng.usize(..8) {
        let at = rng.usize(..=bytes.len());
        match rng.u8(..6) {
            0 if at < bytes.len() => bytes[at] = rng.u8(..),
            1 if at < bytes.len() => bytes[at] = INSTRUCTIONS[rng.usize(..INSTRUCTIONS.len())],
            2 => bytes.truncate(at),
            // A length that lies.
            3 => bytes
                .splice(at..at, NUMBERS[rng.usize(..NUMBERS.len())].to_le_bytes())
                .for_each(drop),
            // Part of another, or of itself, many times.
            4 => {
                let other = &from[rng.usize(..from.len())];
                let part = &other[..rng.usize(..=other.len())];
                let times = length(rng) / part.len().max(1) + 1;
                bytes.splice(at..at, part.repeat(times)).for_each(drop);
            }
            _ => {
                let one = INSTRUCTIONS[rng.usize(..INSTRUCTIONS.len())];
                bytes.splice(at..at, vec![one; length(rng)]).for_each(drop);
            }
        }
        bytes.truncate(2 * LONGEST);
    }
    bytes
}

fn text(rng: &mut Rng, from: &[String]) -> String {
    let mut characters: Vec<char> = from[rng.usize(..from.len())].chars().collect();
    for _ in 0..rng.usize(1..8) {
        let at = rng.usize(..=characters.len());
        match rng.u8(..5) {
            0 if at < characters.len() => characters[at] = rng.char(..),
            1 => characters.truncate(at),
            2 => {
                let number = NUMBERS[rng.usize(..NUMBERS.len())].to_string();
                characters.splice(at..at, number.chars()).for_each(drop);
            }
            3 => {
                let one = char::from(b"[{\"\\:,0-e \n"[rng.usize(..11)]);
                characters.splice(at..at, vec![one; length(rng)]).for_each(drop);
            }
            _ => {
                let other = &from[rng.usize(..from.len())];
                characters.splice(at..at, other.chars()).for_each(drop);
            }
        }
    }
    characters.into_iter().collect()
}

fn packed(buffer: &str) -> String {
    format!("{}\n{buffer}", buffer.chars().count())
}

/// For `FUZZ_SECONDS`, else for two; the seed is printed, or taken from `FUZZ_SEED`.
#[test]
fn nothing_that_arrives_panics_or_takes_much_memory() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seed = number("FUZZ_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("FUZZ_SEED={seed}");
    let mut rng = Rng::with_seed(seed);
    let texts: Vec<String> = VECTORS
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|vector| vector["serialized"].as_str().unwrap().to_owned())
        .collect();
    let pickles: Vec<Vec<u8>> = texts
        .iter()
        .filter_map(|text| text.strip_prefix("00\n"))
        .filter_map(|body| STANDARD.decode(body.replace('\n', "")).ok())
        .collect();
    assert!(pickles.len() > 300);
    let before = peak();
    let (mut read, mut refused) = (0_u64, 0_u64);
    let end = Instant::now() + Duration::from_secs(number("FUZZ_SECONDS").unwrap_or(2));
    while Instant::now() < end {
        let (value, function) = if rng.bool() {
            let body = STANDARD.encode(pickle(&mut rng, &pickles));
            (format!("00\n{body}"), packed(&format!("03\n{body}")))
        } else {
            let text = text(&mut rng, &texts);
            (text.clone(), text)
        };
        for is_read in [decode_value(&value).is_ok(), decode_function(&function).is_ok()] {
            *(if is_read { &mut read } else { &mut refused }) += 1;
        }
    }
    println!("{read} buffers read, {refused} refused");
    assert!(refused > 0);
    if let (Some(before), Some(after)) = (before, peak()) {
        let taken = after - before;
        println!("at most {} KiB", taken / 1024);
        assert!(taken < MEMORY, "{taken} bytes; FUZZ_SEED={seed}");
    }
}

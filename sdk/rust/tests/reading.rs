//! What a converter reads is what the file holds.
#![cfg(feature = "testing")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::cell::RefCell;
use std::io::{BufRead, Read, Seek, SeekFrom};

use wats_converter::testing::Run;
use wats_converter::{Converter, Descriptor, Detection, Error, ErrorKind, File, Input, NoSettings, Outcome, Reports};

type Looking = fn(&File) -> Result<String, Error>;

thread_local! {
    static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static LOOK: RefCell<Option<Looking>> = const { RefCell::new(None) };
}

struct Look;

impl Converter for Look {
    type Settings = NoSettings;

    fn descriptor() -> Descriptor {
        Descriptor::new("look", "0.1.0")
    }

    fn probe(_: &Input, _: &NoSettings) -> Detection {
        Detection::certain()
    }

    fn convert(input: &Input, _: &NoSettings, _: &mut Reports) -> Result<Outcome, Error> {
        let look = LOOK.with_borrow(|look| look.unwrap());
        let found = look(input.main())?;
        SEEN.with_borrow_mut(|seen| seen.push(found));
        Ok(Outcome::Converted)
    }
}

fn look(content: impl Into<Vec<u8>>, look: Looking) -> Result<String, Error> {
    LOOK.set(Some(look));
    let converted = Run::<Look>::file("a.txt", content).convert();
    converted.outcome.map(|_| SEEN.with_borrow_mut(Vec::pop).unwrap())
}

#[test]
fn lines_lose_their_ends_and_the_byte_order_mark() {
    let lines = |file: &File| {
        let lines: Result<Vec<_>, _> = file.lines().collect();
        Ok(lines?.iter().map(|line| format!("{}={}", line.number, line.text)).collect::<Vec<_>>().join("|"))
    };
    assert_eq!(look("\u{feff}one\r\n\ntwo", lines).unwrap(), "1=one|2=|3=two");
    assert_eq!(look("", lines).unwrap(), "");
    assert_eq!(look("one\n", lines).unwrap(), "1=one");
}

#[test]
fn a_line_that_is_not_utf_8_is_an_error_with_its_place() {
    let error = look(b"ok\nGr\xc3\xb6\xff\n", |file| file.lines().map(|line| line.map(|line| line.text)).collect());
    assert_eq!(error.unwrap_err().to_string(), "line 2, column 4: not UTF-8");
}

#[test]
fn long_lines_and_large_files_are_read_piece_by_piece() {
    let long = "x".repeat(700_000);
    let text = format!("{long}\n{long}y\nend");
    let lengths = look(text, |file| {
        let lengths: Result<Vec<_>, _> = file.lines().map(|line| line.map(|line| line.len().to_string())).collect();
        Ok(lengths?.join(","))
    });
    assert_eq!(lengths.unwrap(), "700000,700001,3");
}

#[test]
fn a_reader_reads_and_seeks() {
    let content: Vec<u8> = (0..1_000_000_u32).map(|index| index.to_le_bytes()[0]).collect();
    let found = look(content, |file| {
        let mut reader = file.reader();
        let mut all = Vec::new();
        reader.read_to_end(&mut all)?;
        let mut one = [0];
        reader.seek(SeekFrom::Start(300_007))?;
        reader.read_exact(&mut one)?;
        let middle = one[0];
        reader.seek(SeekFrom::Current(-2))?;
        reader.read_exact(&mut one)?;
        let before = one[0];
        reader.seek(SeekFrom::End(-1))?;
        let last = reader.fill_buf()?.len();
        let beyond = reader.seek(SeekFrom::Current(-2_000_000)).is_err();
        Ok(format!("{} {middle} {before} {last} {beyond} {}", all.len(), reader.position()))
    });
    assert_eq!(found.unwrap(), format!("1000000 {} {} 1 true 999999", 300_007 % 256, 300_006 % 256));
}

#[test]
fn a_file_that_ends_too_soon_is_truncated() {
    let error = look("abc", |file| {
        file.reader().read_exact(&mut [0; 10])?;
        Ok(String::new())
    });
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Truncated);
}

#[test]
fn text_is_decoded_by_its_mark_or_its_label() {
    let wide: Vec<u8> = "\u{feff}Größe".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(look(wide, |file| file.text(None)).unwrap(), "Größe");
    assert_eq!(look(b"Gr\xf6\xdfe", |file| file.text(Some("windows-1252"))).unwrap(), "Größe");
    let invalid = look(b"ab\xff", |file| file.text(None)).unwrap_err();
    assert_eq!(invalid.to_string(), "byte 2: not valid UTF-8 or UTF-16 with a byte order mark");
    let unknown = look("a", |file| file.text(Some("klingon"))).unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Misconfigured);
}

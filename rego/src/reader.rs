//! YAML that every reader understands alike, read fast; anything else is left to the strict reader.
//!
//! The subset is what tools write: no anchors, aliases, tags, directives or merge keys, keys that are
//! text and stand once, and plain scalars that no version of YAML takes for another type. What it reads
//! must be what the strict reader would read.

use std::collections::HashSet;
use std::fmt::Write;

use pyo3::prelude::*;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

/// Line and column at which a document starts, both from one, and its value as JSON.
type Document = (usize, usize, String);

/// Documents as (line, column, JSON); `None` where only the strict reader can say what the text holds.
#[pyfunction]
#[pyo3(signature = (text, *, values, depth))]
pub fn read(py: Python<'_>, text: &str, values: usize, depth: usize) -> Option<Vec<Document>> {
    py.detach(|| documents(text, values, depth))
}

/// The documents of a text, empty ones left out; `None` where the strict reader must look.
fn documents(text: &str, values: usize, depth: usize) -> Option<Vec<Document>> {
    if !text.ends_with('\n') || text.starts_with("...") || text.contains("\n...") {
        return None;
    }
    if text.contains("\t\n") || text.contains(['\r', '\u{feff}', '\u{85}', '\u{2028}', '\u{2029}']) || !printable(text) {
        return None;
    }
    let mut reader = Reader { parser: Parser::new_from_str(text), left: values, depth, tabs: 0 };
    let mut found = Vec::new();
    loop {
        let (event, span) = reader.parser.next_event()?.ok()?;
        match event {
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => {}
            Event::StreamEnd => return (reader.tabs == text.matches('\t').count()).then_some(found),
            Event::MappingStart(0, None) => {
                let mut json = String::new();
                reader.mapping(&mut json, 0)?;
                found.push((span.start.line(), span.start.col() + 1, json));
            }
            Event::Scalar(value, ScalarStyle::Plain, 0, None) if value.is_empty() => {}
            _ => return None,
        }
    }
}

/// Control characters beyond line feeds and tabs are for the strict reader to name.
fn printable(text: &str) -> bool {
    text.chars().all(|one| matches!(one, '\n' | '\t') || !one.is_control())
}

struct Reader<'text> {
    parser: Parser<'text, StrInput<'text>>,
    left: usize,
    depth: usize,
    /// Those inside literal blocks, where alone a tab is text to every reader.
    tabs: usize,
}

impl Reader<'_> {
    fn value(&mut self, event: &Event, json: &mut String, depth: usize) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        if depth > self.depth {
            return None;
        }
        match event {
            Event::MappingStart(0, None) => self.mapping(json, depth),
            Event::SequenceStart(0, None) => self.sequence(json, depth),
            Event::Scalar(value, style, 0, None) => {
                if *style == ScalarStyle::Literal {
                    self.tabs += value.matches('\t').count();
                }
                scalar(value, *style, json)
            }
            _ => None,
        }
    }

    fn mapping(&mut self, json: &mut String, depth: usize) -> Option<()> {
        let mut seen = HashSet::new();
        json.push('{');
        let start = json.len();
        loop {
            let (event, _) = self.parser.next_event()?.ok()?;
            let key = match event {
                Event::MappingEnd => break,
                Event::Scalar(key, style, 0, None) if is_key(&key, style) => key,
                _ => return None,
            };
            let (event, _) = self.parser.next_event()?.ok()?;
            if !is_null(&event) {
                if json.len() > start {
                    json.push(',');
                }
                quoted(&key, json);
                json.push(':');
                self.value(&event, json, depth + 1)?;
            }
            if !seen.insert(key) {
                return None;
            }
        }
        json.push('}');
        Some(())
    }

    fn sequence(&mut self, json: &mut String, depth: usize) -> Option<()> {
        json.push('[');
        let mut first = true;
        loop {
            let (event, _) = self.parser.next_event()?.ok()?;
            if matches!(event, Event::SequenceEnd) {
                break;
            }
            if !first {
                json.push(',');
            }
            first = false;
            self.value(&event, json, depth + 1)?;
        }
        json.push(']');
        Some(())
    }
}

/// What is null in a map counts as absent, to the strict reader too.
fn is_null(event: &Event) -> bool {
    matches!(event, Event::Scalar(value, ScalarStyle::Plain, 0, None) if value == "null")
}

fn is_key(key: &str, style: ScalarStyle) -> bool {
    match style {
        ScalarStyle::Plain => is_text(key),
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => key.bytes().all(|one| (b' '..=b'~').contains(&one)),
        _ => false,
    }
}

fn scalar(value: &str, style: ScalarStyle, json: &mut String) -> Option<()> {
    if style != ScalarStyle::Plain {
        quoted(value, json);
    } else if matches!(value, "true" | "false") || is_integer(value) || is_decimal(value) {
        json.push_str(value);
    } else if is_text(value) {
        quoted(value, json);
    } else {
        return None;
    }
    Some(())
}

/// A plain scalar that is text in every version of YAML.
fn is_text(value: &str) -> bool {
    let mut chars = value.chars();
    let (first, second) = (chars.next(), chars.next());
    if value.contains('\n') {
        return false;
    }
    match first {
        Some('a'..='z' | 'A'..='Z') => !is_word(value),
        Some('0'..='9') => is_quantity(value) || is_dotted(value),
        Some('/' | '(' | '$' | '_' | '^') => true,
        Some('.') => value == "." || second == Some('/'),
        Some('-') => second.is_some_and(|one| one == '-' || one.is_ascii_alphabetic()),
        _ => false,
    }
}

/// Words that some version of YAML reads as a boolean, a number or nothing.
fn is_word(value: &str) -> bool {
    const WORDS: [&str; 12] =
        ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"];
    value.len() <= 8 && WORDS.iter().any(|word| word.eq_ignore_ascii_case(value))
}

/// Text that starts with a digit and has a letter or sign that no number or time has.
fn is_quantity(value: &str) -> bool {
    let telling = |one| matches!(one, 'g'..='n' | 'p'..='s' | 'u'..='w' | 'G'..='N' | 'P'..='S' | '/' | '%');
    value.chars().any(telling) && !value.contains(' ')
}

/// An address or release: digits with at least two dots, such as `1.2.3`.
fn is_dotted(value: &str) -> bool {
    let parts: Vec<&str> = value.split('.').collect();
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|one| one.is_ascii_digit());
    parts.len() > 2 && parts.iter().all(digits)
}

fn is_integer(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let bounded = (1..=15).contains(&digits.len()) && digits.bytes().all(|one| one.is_ascii_digit());
    bounded && (digits == "0" || !digits.starts_with('0')) && value != "-0"
}

/// A short decimal fraction that is no whole number: `0.5`, not `1.0`.
fn is_decimal(value: &str) -> bool {
    let Some((whole, part)) = value.split_once('.') else { return false };
    let fraction = (1..=6).contains(&part.len()) && part.bytes().all(|one| one.is_ascii_digit());
    is_integer(whole) && whole.len() <= 9 && fraction && !part.ends_with('0')
}

fn quoted(value: &str, json: &mut String) {
    json.push('"');
    for one in value.chars() {
        match one {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            other if other.is_control() => {
                let _ = write!(json, "\\u{:04x}", u32::from(other));
            }
            other => json.push(other),
        }
    }
    json.push('"');
}

//! How one string, float or key is written so that YAML 1.1 and YAML 1.2 readers agree on it.

use std::fmt::Write;

/// Plain words that some reader takes for null, a boolean, a float, a merge or a default key.
const WORDS: [&str; 14] =
    ["null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", "+.inf", "-.inf", ".nan", "<<"];

/// Implicit keys may span 1,024 characters (YAML 1.2, 7.4.2); longer ones need the `? ` form.
const IMPLICIT_KEY: usize = 1000;

pub fn write_key(out: &mut String, key: &str, indent: usize) {
    let start = out.len();
    write_line(out, key);
    if out.len() - start > IMPLICIT_KEY {
        out.insert_str(start, "? ");
        out.push('\n');
        write_indent(out, indent);
    }
    out.push(':');
}

/// Writes a string value whose parent collection starts at column `indent`.
pub fn write_string(out: &mut String, text: &str, indent: usize) {
    if text.contains('\n') && literal_is_safe(text) {
        write_literal(out, text, indent);
    } else {
        write_line(out, text);
    }
}

/// Writes a finite float with a point and a signed exponent, the only form that YAML 1.1 takes for a float.
pub fn write_float(out: &mut String, value: f64) {
    let shortest = format!("{value:?}");
    let Some((mantissa, exponent)) = shortest.split_once('e') else {
        return out.push_str(&shortest);
    };
    out.push_str(mantissa);
    if !mantissa.contains('.') {
        out.push_str(".0");
    }
    out.push_str(if exponent.starts_with('-') { "e" } else { "e+" });
    out.push_str(exponent);
}

pub fn write_indent(out: &mut String, columns: usize) {
    const SPACES: &str = "                                                                ";
    let mut left = columns;
    while left > 0 {
        let step = left.min(SPACES.len());
        out.push_str(&SPACES[..step]);
        left -= step;
    }
}

fn write_line(out: &mut String, text: &str) {
    if plain_is_safe(text) {
        out.push_str(text);
    } else {
        write_quoted(out, text);
    }
}

fn plain_is_safe(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    starts_plain(first, bytes)
        && !matches!(last, b' ' | b':')
        && (bytes.iter().all(|byte| is_simple(*byte)) || contents_are_plain(text))
        && !is_word(text)
        && !resembles_number(bytes)
}

fn starts_plain(first: u8, bytes: &[u8]) -> bool {
    match first {
        b'-' => {
            bytes.len() > 1
                && !bytes.starts_with(b"---")
                && (bytes[1] == b'-' || bytes[1] == b'.' || bytes[1].is_ascii_alphanumeric())
        }
        b'.' => !bytes.starts_with(b"..."),
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'_' | b'+' | b'$' | b'(' | b'<' | b'^' | b'\\' => {
            true
        }
        other => other >= 0x80,
    }
}

fn is_simple(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' | b'=' | b'@' | b',')
}

fn contents_are_plain(text: &str) -> bool {
    text.chars().all(is_readable) && !text.contains('\t') && !text.contains(": ") && !text.contains(" #")
}

fn is_word(text: &str) -> bool {
    text.len() <= 5 && WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a reader might see an integer, a float, a sexagesimal or a timestamp.
fn resembles_number(bytes: &[u8]) -> bool {
    matches!(bytes[0], b'0'..=b'9' | b'+' | b'-' | b'.')
        && bytes.iter().any(|byte| byte.is_ascii_digit() || *byte == b'_')
        && bytes.iter().all(|byte| {
            byte.is_ascii_hexdigit()
                || matches!(byte, b'.' | b':' | b'-' | b'+' | b'_' | b',' | b' ')
                || b"xXoOtTzZ".contains(byte)
        })
}

/// Whether the character may stand for itself: printable, and seen as what it is by a person.
pub fn is_readable(char: char) -> bool {
    matches!(char, '\t' | ' '..='~') || (char > '\u{a0}' && !is_invisible(char))
}

/// Odd spaces, bidirectional controls, byte order marks, private and reserved planes.
fn is_invisible(char: char) -> bool {
    matches!(
        char,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{2000}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}'
            | '\u{3000}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{ffff}'
            | '\u{e0000}'..='\u{10ffff}'
    )
}

fn literal_is_safe(text: &str) -> bool {
    text.chars().all(|char| char == '\n' || is_readable(char))
        && text.bytes().any(|byte| !byte.is_ascii_whitespace())
}

fn write_literal(out: &mut String, text: &str, indent: usize) {
    out.push('|');
    if text.starts_with([' ', '\t', '\n']) {
        out.push('2');
    }
    let body = text.trim_end_matches('\n');
    match text.len() - body.len() {
        0 => out.push('-'),
        1 => {}
        _ => out.push('+'),
    }
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            write_indent(out, indent + 2);
            out.push_str(line);
        }
    }
    out.push_str(text[body.len()..].get(1..).unwrap_or(""));
}

fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ if is_readable(char) => out.push(char),
            _ => write_escape(out, char as u32),
        }
    }
    out.push('"');
}

/// An escape of YAML's double quotes, and of Go's.
pub fn write_escape(out: &mut String, code: u32) {
    let written = match code {
        0..=0x7f => write!(out, "\\x{code:02x}"),
        0x80..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    written.expect("a String takes every write");
}

//! `sprintf` as OPA writes it, for the verbs that mean the same to both; everything else is an error.

use std::fmt::Write;
use std::iter::Peekable;
use std::str::Chars;

use anyhow::{Result, anyhow, bail};
use regorus::Value;

use crate::scalar::{is_readable, write_escape};

/// Go's `%v` of a float turns to exponents from this one on.
const LARGE_EXPONENT: i32 = 6;

pub fn sprintf(arguments: &[Value]) -> Result<Value> {
    let (Value::String(format), Value::Array(values)) = (&arguments[0], &arguments[1]) else {
        bail!("sprintf takes a string and an array");
    };
    let mut values = values.iter();
    let mut chars = format.chars().peekable();
    let mut out = String::new();
    while let Some(char) = chars.next() {
        if char != '%' {
            out.push(char);
        } else if chars.next_if_eq(&'%').is_some() {
            out.push('%');
        } else {
            let value = values.next().ok_or_else(|| anyhow!("sprintf has fewer values than verbs"))?;
            write_verb(&mut out, &mut chars, value)?;
        }
    }
    match values.count() {
        0 => Ok(Value::from(out)),
        left => bail!("sprintf has {left} more values than verbs"),
    }
}

fn write_verb(out: &mut String, chars: &mut Peekable<Chars>, value: &Value) -> Result<()> {
    let precision = precision(chars)?;
    match (chars.next(), value) {
        (Some('f'), Value::Number(number)) => {
            let float = number.as_f64().ok_or_else(|| anyhow!("sprintf: {value} is too large for %f"))?;
            write!(out, "{float:.*}", precision.unwrap_or(6))?;
        }
        (Some(verb), _) if precision.is_some() => bail!("sprintf: a precision on %{verb} is not supported"),
        (Some('s' | 'v'), Value::String(text)) => out.push_str(text),
        (Some('q'), Value::String(text)) => write_quoted(out, text),
        (Some('d'), Value::Number(number)) if number.is_integer() => out.push_str(&number.format_decimal()),
        (Some('s'), Value::Number(_)) => bail!("sprintf: %s does not write the number {value}; use %v"),
        (Some('s' | 'v'), _) => write_value(out, value),
        (Some(verb @ ('d' | 'f' | 'q')), _) => bail!("sprintf: %{verb} does not write {value}"),
        (Some(verb), _) => bail!("sprintf: %{verb} is not supported; use %s, %v, %d, %q or %.2f"),
        (None, _) => bail!("sprintf: the format ends in the middle of a verb"),
    }
    Ok(())
}

fn precision(chars: &mut Peekable<Chars>) -> Result<Option<usize>> {
    if chars.next_if_eq(&'.').is_none() {
        return Ok(None);
    }
    let mut digits = String::from("0");
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        digits.push(digit);
    }
    match digits.parse() {
        Ok(precision @ 0..=100) => Ok(Some(precision)),
        _ => bail!("sprintf: a precision is at most 100"),
    }
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) if number.is_integer() => out.push_str(&number.format_decimal()),
        Value::Number(number) => write_float(out, number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => write_quoted(out, text),
        Value::Array(items) => write_list(out, ["[", "]"], items.iter(), write_value),
        Value::Set(items) if items.is_empty() => out.push_str("set()"),
        Value::Set(items) => write_list(out, ["{", "}"], items.iter(), write_value),
        Value::Object(fields) => write_list(out, ["{", "}"], fields.iter_sorted(), |out, (key, value)| {
            write_value(out, key);
            out.push_str(": ");
            write_value(out, value);
        }),
        Value::Undefined => out.push_str("<undefined>"),
    }
}

fn write_list<T>(
    out: &mut String,
    [open, close]: [&str; 2],
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    out.push_str(open);
    for (position, item) in items.enumerate() {
        if position > 0 {
            out.push_str(", ");
        }
        write(out, item);
    }
    out.push_str(close);
}

fn write_float(out: &mut String, float: f64) {
    let shortest = format!("{float:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let text = if (-4..LARGE_EXPONENT).contains(&exponent) {
        float.to_string()
    } else {
        format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
    };
    out.push_str(&text);
}

/// Go's `strconv.Quote`.
fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\x0b' => out.push_str("\\v"),
            '\x0c' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            _ if is_readable(char) => out.push(char),
            _ => write_escape(out, char as u32),
        }
    }
    out.push('"');
}

//! Built-ins that the engine lacks, gets wrong, or answers with silence where OPA has an error.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anyhow::{Result, anyhow, bail};
use ipnet::IpNet;
use regorus::unstable::{BUILTINS, BuiltinFcn, Expr, Ref, Span};
use regorus::{Engine, Source, Value};

use crate::fault::Fault;
use crate::pattern::translate;
use crate::sprintf::sprintf;

type Function = fn(&[Value]) -> Result<Value>;

pub struct Extension {
    pub arity: u8,
    body: Body,
}

#[derive(Clone)]
enum Body {
    Own(Function),
    /// An engine's built-in whose undefined result is an error.
    Strict(&'static str, BuiltinFcn),
    /// The same, whose first argument, or the second for `regex.replace`, is a regular expression.
    Pattern(&'static str, BuiltinFcn),
}

const OWN: [(&str, u8, Function); 8] = [
    ("count", 1, count),
    ("json.marshal", 1, marshal),
    ("lower", 1, lower),
    ("net.cidr_intersects", 2, cidr_intersects),
    ("sprintf", 2, sprintf),
    ("strings.count", 2, count_occurrences),
    ("to_number", 1, to_number),
    ("upper", 1, upper),
];

const STRICT: [&str; 7] = [
    "array.slice",
    "json.filter",
    "json.patch",
    "json.remove",
    "regex.template_match",
    "units.parse",
    "units.parse_bytes",
];

const PATTERNS: [&str; 5] = ["regex.find_n", "regex.is_valid", "regex.match", "regex.replace", "regex.split"];

pub static EXTENSIONS: LazyLock<BTreeMap<&str, Extension>> = LazyLock::new(|| {
    let own = OWN.map(|(name, arity, function)| (name, Extension { arity, body: Body::Own(function) }));
    let strict = STRICT.map(|name| engines(name, Body::Strict));
    let patterns = PATTERNS.map(|name| engines(name, Body::Pattern));
    own.into_iter().chain(strict).chain(patterns).collect()
});

fn engines(name: &'static str, body: fn(&'static str, BuiltinFcn) -> Body) -> (&'static str, Extension) {
    let builtin = BUILTINS[name];
    (name, Extension { arity: builtin.1, body: body(name, builtin) })
}

pub fn install(engine: &mut Engine) -> Result<()> {
    for (name, extension) in EXTENSIONS.iter() {
        let body = extension.body.clone();
        let call = move |arguments: Vec<Value>| body.call(&arguments);
        engine.add_extension((*name).into(), extension.arity, Box::new(call))?;
    }
    Ok(())
}

impl Body {
    fn call(&self, arguments: &[Value]) -> Result<Value> {
        match self {
            Body::Own(function) => function(arguments),
            Body::Strict(name, builtin) => call_strictly(name, builtin, arguments),
            Body::Pattern(name, builtin) => {
                let mut translated = arguments.to_vec();
                let pattern = &mut translated[usize::from(*name == "regex.replace")];
                if let Value::String(text) = pattern {
                    *pattern = Value::from(translate(text));
                }
                call_strictly(name, builtin, &translated)
            }
        }
    }
}

/// Stands for the argument of a built-in that is called by an extension: the engine adds the true place.
static NOWHERE: LazyLock<Ref<Expr>> = LazyLock::new(|| {
    let source = Source::from_contents("built-in".into(), "built-in".into()).expect("a line is a source");
    let span = Span { source, line: 1, col: 1, start: 0, end: 8 };
    Ref::new(Expr::Null { span, value: Value::Null, eidx: 0 })
});

fn call_strictly(name: &str, builtin: &BuiltinFcn, arguments: &[Value]) -> Result<Value> {
    let parameters = vec![NOWHERE.clone(); arguments.len()];
    match (builtin.0)(NOWHERE.span(), &parameters, arguments, true) {
        Ok(Value::Undefined) => bail!("{name} has no result for {}", serde_json::to_string(arguments)?),
        Ok(value) => Ok(value),
        Err(error) => bail!("{name}: {}", Fault::parse("builtin", &error).message),
    }
}

/// Unlike the engine's, counts the characters of a string, not its UTF-16 units.
fn count(arguments: &[Value]) -> Result<Value> {
    let length = match &arguments[0] {
        Value::Array(items) => items.len(),
        Value::Set(items) => items.len(),
        Value::Object(fields) => fields.len(),
        Value::String(text) => text.chars().count(),
        other => bail!("count takes an array, object, set or string, not {other}"),
    };
    Ok(Value::from(u64::try_from(length)?))
}

/// Unlike the engine's, writes what Go's encoder does, which escapes for HTML.
fn marshal(arguments: &[Value]) -> Result<Value> {
    let mut json = serde_json::to_string(&arguments[0])?;
    for (char, escape) in [
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('&', "\\u0026"),
        ('\u{2028}', "\\u2028"),
        ('\u{2029}', "\\u2029"),
    ] {
        if json.contains(char) {
            json = json.replace(char, escape);
        }
    }
    Ok(Value::from(json))
}

/// Unlike the engine's, character by character as in Go: a sharp s stays.
fn upper(arguments: &[Value]) -> Result<Value> {
    let one = |char: char| Some(char.to_uppercase()).filter(|upper| upper.len() == 1)?.next();
    Ok(Value::from(
        text("upper", &arguments[0])?.chars().map(|char| one(char).unwrap_or(char)).collect::<String>(),
    ))
}

fn lower(arguments: &[Value]) -> Result<Value> {
    let one = |char: char| char.to_lowercase().next().unwrap_or(char);
    Ok(Value::from(text("lower", &arguments[0])?.chars().map(one).collect::<String>()))
}

/// Unlike the engine's, does not count overlaps and takes an empty string.
fn count_occurrences(arguments: &[Value]) -> Result<Value> {
    let (text, part) = (text("strings.count", &arguments[0])?, text("strings.count", &arguments[1])?);
    Ok(Value::from(u64::try_from(text.matches(part).count())?))
}

/// Unlike the engine's, takes no white space around a number.
fn to_number(arguments: &[Value]) -> Result<Value> {
    match &arguments[0] {
        Value::String(text) if text.contains(char::is_whitespace) => {
            bail!("to_number: could not parse string as number")
        }
        _ => call_strictly("to_number", &BUILTINS["to_number"], arguments),
    }
}

fn text<'v>(name: &str, value: &'v Value) -> Result<&'v str> {
    match value {
        Value::String(text) => Ok(text),
        other => bail!("{name} takes a string, not {other}"),
    }
}

fn cidr_intersects(arguments: &[Value]) -> Result<Value> {
    let (left, right) = (cidr(&arguments[0])?, cidr(&arguments[1])?);
    Ok(Value::from(left.contains(&right.network()) || right.contains(&left.network())))
}

fn cidr(value: &Value) -> Result<IpNet> {
    value
        .as_string()
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| anyhow!("net.cidr_intersects takes CIDRs, not {value}"))
}

//! Built-ins that the engine lacks, gets wrong, or answers with silence where OPA has an error.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anyhow::{Result, anyhow, bail};
use ipnet::IpNet;
use regorus::unstable::{BUILTINS, BuiltinFcn, Expr, Ref, Span};
use regorus::{Engine, Source, Value};

use crate::fault::Fault;
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
}

const OWN: [(&str, u8, Function); 3] =
    [("count", 1, count), ("net.cidr_intersects", 2, cidr_intersects), ("sprintf", 2, sprintf)];

const STRICT: [&str; 9] = [
    "array.slice",
    "json.filter",
    "json.patch",
    "json.remove",
    "regex.replace",
    "regex.template_match",
    "time.add_date",
    "units.parse",
    "units.parse_bytes",
];

pub static EXTENSIONS: LazyLock<BTreeMap<&str, Extension>> = LazyLock::new(|| {
    let own = OWN.map(|(name, arity, function)| (name, Extension { arity, body: Body::Own(function) }));
    let strict = STRICT.map(|name| {
        let builtin = BUILTINS[name];
        (name, Extension { arity: builtin.1, body: Body::Strict(name, builtin) })
    });
    own.into_iter().chain(strict).collect()
});

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
        }
    }
}

fn call_strictly(name: &str, builtin: &BuiltinFcn, arguments: &[Value]) -> Result<Value> {
    let source = Source::from_contents(name.into(), name.into())?;
    let span = Span { source, line: 1, col: 1, start: 0, end: 0 };
    let parameter = Ref::new(Expr::Null { span: span.clone(), value: Value::Null, eidx: 0 });
    match (builtin.0)(&span, &vec![parameter; arguments.len()], arguments, true) {
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

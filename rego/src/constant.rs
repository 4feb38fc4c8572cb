//! Rules that say the same of every input are evaluated once, when they are loaded, and kept as data.

use std::collections::BTreeSet;

use regorus::unstable::{Expr, Module, Rule, RuleHead};
use regorus::utils::get_path_string;
use regorus::{Engine, Value};

/// Where the values of constant rules stand in the data.
pub const ROOT: &str = "dharma_rego_constants";

/// Words of a module that may read more than its own rules; where one occurs, only literals are constant.
const READING: [&str; 13] = [
    "data", "http", "import", "input", "net", "opa", "print", "rand", "rego", "time", "trace", "uuid", "with",
];

/// Policies in which constant rules refer to the data beside them, line for line as they were.
pub struct Folded {
    pub policies: Vec<(String, String)>,
    pub data: Value,
}

/// None where no rule is constant; the engine must have been prepared.
pub fn folded(engine: &mut Engine, policies: &[(String, String)]) -> Option<Folded> {
    let places: Vec<_> = engine.get_modules().iter().flat_map(|module| places(module)).collect();
    let mut policies = policies.to_vec();
    let mut data = Value::new_object();
    let mut count = 0;
    // From the last to the first, so that an edit moves no other place of its file.
    for place in places.iter().rev() {
        let range = place.start..place.start + place.text.len();
        let file = policies.iter_mut().find(|(file, _)| *file == place.file);
        let Some((_, source)) = file.filter(|(_, text)| text.get(range.clone()) == Some(&place.text)) else {
            continue;
        };
        match engine.eval_rule(place.rule.clone()) {
            Ok(value) if value != Value::Undefined => data.as_object_mut().ok()?.insert(name(count), value),
            _ => continue,
        };
        let lines = "\n".repeat(place.text.matches('\n').count());
        source.replace_range(range, &format!("data.{ROOT}.c{count}{lines}"));
        count += 1;
    }
    (count > 0).then(|| {
        let mut root = Value::new_object();
        if let Ok(object) = root.as_object_mut() {
            object.insert(ROOT.into(), data);
        }
        Folded { policies, data: root }
    })
}

fn name(number: usize) -> Value {
    format!("c{number}").into()
}

struct Place {
    rule: String,
    file: String,
    start: usize,
    text: String,
}

fn places(module: &Module) -> Vec<Place> {
    let pure = reads_nothing(module);
    module.policy.iter().filter_map(|rule| place(module, rule, pure)).collect()
}

fn place(module: &Module, rule: &Rule, pure: bool) -> Option<Place> {
    let Rule::Spec { head: RuleHead::Compr { refr, assign: Some(assign), .. }, bodies, .. } = rule else {
        return None;
    };
    let named = matches!(refr.as_ref(), Expr::Var { .. });
    if !named || !bodies.is_empty() || is_scalar(&assign.value) || !(pure || is_literal(&assign.value)) {
        return None;
    }
    let span = assign.value.span();
    let package = get_path_string(&module.package.refr, Some("data")).ok()?;
    Some(Place {
        rule: get_path_string(refr, Some(&package)).ok()?,
        file: span.source.get_path().clone(),
        start: span.start as usize,
        text: span.text().into(),
    })
}

fn reads_nothing(module: &Module) -> bool {
    let source = module.package.span.source.get_contents();
    let code = source.lines().filter(|line| {
        let line = line.trim();
        !(line.starts_with('#') || line.starts_with("package ") || line == "import rego.v1")
    });
    let words: BTreeSet<_> =
        code.flat_map(|line| line.split(|char: char| !(char.is_ascii_alphanumeric() || char == '_'))).collect();
    READING.iter().all(|word| !words.contains(word))
}

fn is_scalar(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. }
            | Expr::Var { .. }
    )
}

fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Var { .. } => false,
        Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().all(|item| is_literal(item)),
        Expr::Object { fields, .. } => {
            fields.iter().all(|(_, key, value)| is_literal(key) && is_literal(value))
        }
        _ => is_scalar(expr),
    }
}

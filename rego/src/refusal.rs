//! What is refused at load: calls that the engine lacks, gets wrong or could never finish.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use regorus::unstable::{BUILTINS, Expr, Lexer, Module, Ref, Rule, RuleHead, Span, TokenKind};
use regorus::utils::get_path_string;
use regorus::{Source, Value};

use crate::builtins::EXTENSIONS;
use crate::fault::Fault;
use crate::syntax::{Seen, walk_module, walk_rule};

/// The engine's parser doubles its time with each level of nested literals.
const MAX_NESTING: usize = 12;
const LACKS: &str = "the embedded engine does not have it";
const DIFFERS: &str = "the embedded engine's result differs from OPA's";

/// Names, or prefixes that end in a dot, and why they are refused.
const REFUSED: [(&str, &str); 14] = [
    ("crypto.", LACKS),
    ("io.jwt.", LACKS),
    ("net.lookup_ip_addr", LACKS),
    ("rego.metadata.", LACKS),
    ("strings.split_n", LACKS),
    ("http.send", "the embedded engine only pretends to have it, and a verdict may not depend on a network"),
    ("json.marshal_with_options", DIFFERS),
    ("opa.runtime", "a verdict may not depend on the process that computes it"),
    ("rand.intn", "a verdict may not depend on chance"),
    ("strings.replace_n", "the embedded engine's result differs from OPA's; nest replace(...) instead"),
    ("time.add_date", DIFFERS),
    ("uuid.rfc4122", "a verdict may not depend on chance"),
    ("walk", "the embedded engine's result differs from OPA's; name the paths instead"),
    ("yaml.", "the embedded engine and OPA read different versions of YAML; pass JSON as data"),
];

/// Where built-ins are called: file, line and column of each call and of each of its arguments.
pub type CallSites = HashSet<(String, u32, u32)>;

/// The functions that the policies define, by full path.
pub struct Functions<'m> {
    rules: BTreeMap<String, Vec<(&'m Module, &'m Rule)>>,
}

enum Target {
    Function(String),
    Builtin,
    Unknown(String),
}

impl<'m> Functions<'m> {
    pub fn of(modules: &'m [Ref<Module>]) -> Self {
        let mut rules: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for module in modules {
            for rule in &module.policy {
                if let Some(path) = function_path(module, rule) {
                    rules.entry(path).or_default().push((module.as_ref(), rule.as_ref()));
                }
            }
        }
        Self { rules }
    }

    fn target(&self, module: &Module, name: &Expr) -> Target {
        let Ok(path) = get_path_string(name, None) else {
            return Target::Unknown(name.span().text().into());
        };
        if path == "walk" {
            return Target::Unknown(path); // to the engine even a policy's own function of this name is its walk
        }
        let resolved = imported(module, &path).unwrap_or_else(|| path.clone());
        let local = get_path_string(name, Some(&package_path(module))).unwrap_or_default();
        match [resolved, local].into_iter().find(|path| self.rules.contains_key(path)) {
            Some(function) => Target::Function(function),
            None if is_builtin(&path) => Target::Builtin,
            None => Target::Unknown(path),
        }
    }

    /// Every refused call of a module; the places of the accepted built-ins go to `sites`.
    pub fn refused(&self, module: &Module, sites: &mut CallSites) -> Vec<Fault> {
        let mut faults = Vec::new();
        walk_module(module, &mut |seen| match seen {
            Seen::Call { call, name, arguments } => match self.target(module, name) {
                Target::Unknown(path) => faults.push(unknown(name, &path)),
                Target::Builtin => {
                    faults.extend(wrong_arity(name, arguments.len()));
                    sites.insert(place(call.span()));
                    sites.extend(arguments.iter().map(|argument| place(argument.span())));
                }
                Target::Function(_) => {}
            },
            Seen::Replacement(value) => faults.extend(refused_replacement(value)),
        });
        faults
    }

    /// One fault for each function that calls itself, if only through others: it would exhaust the stack.
    pub fn recursive(&self) -> Vec<Fault> {
        let calls: HashMap<_, _> =
            self.rules.keys().map(|path| (path.as_str(), self.called_by(path))).collect();
        let endless = self.rules.iter().filter(|(path, _)| reaches_itself(path, &calls));
        endless
            .map(|(path, rules)| {
                let (file, line, column) = place(rules[0].1.span());
                Fault::new("refused", format!("{path}: calls itself")).at(&file, line, column)
            })
            .collect()
    }

    fn called_by(&self, path: &str) -> BTreeSet<String> {
        let mut called = BTreeSet::new();
        for (module, rule) in &self.rules[path] {
            walk_rule(rule, &mut |seen| {
                if let Seen::Call { name, .. } = seen
                    && let Target::Function(path) = self.target(module, name)
                {
                    called.insert(path);
                }
            });
        }
        called
    }
}

/// A fault where literals nest so deeply that the engine would not come back from parsing them.
pub fn too_deep(path: &str, text: &str) -> Option<Fault> {
    let source = Source::from_contents(path.into(), text.into()).ok()?;
    let mut lexer = Lexer::new(&source);
    let mut depth = 0_usize;
    loop {
        let token = lexer.next_token().ok()?;
        match (&token.0, token.1.text()) {
            (TokenKind::Eof, _) => return None,
            (TokenKind::Symbol, "[" | "{") => depth += 1,
            (TokenKind::Symbol, "]" | "}") => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            let message = format!("nested deeper than {MAX_NESTING} levels; put the value into the data");
            return Some(Fault::new("refused", message).at(path, token.1.line, token.1.col));
        }
    }
}

fn reaches_itself(start: &str, calls: &HashMap<&str, BTreeSet<String>>) -> bool {
    let mut pending: Vec<&str> = calls[start].iter().map(String::as_str).collect();
    let mut visited = HashSet::new();
    while let Some(path) = pending.pop() {
        if path == start {
            return true;
        }
        if visited.insert(path) {
            pending.extend(calls[path].iter().map(String::as_str));
        }
    }
    false
}

/// Rules that the data would replace without a word.
pub fn hidden_by_data(modules: &[Ref<Module>], data: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    for module in modules {
        for rule in &module.policy {
            let path = get_path_string(rule_name(rule), Some(&package_path(module))).unwrap_or_default();
            if path.split('.').skip(1).try_fold(data, below).is_some_and(|value| *value != Value::Undefined) {
                let (file, line, column) = place(rule.span());
                let message = format!("{path}: the data has a value at the path of this rule");
                faults.push(Fault::new("data", message).at(&file, line, column));
            }
        }
    }
    faults
}

/// The value under a key; one that is no object hides everything below it.
fn below<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    match value {
        Value::Object(fields) => fields.get(&Value::from(key)),
        hiding => Some(hiding),
    }
}

fn rule_name(rule: &Rule) -> &Expr {
    match rule {
        Rule::Default { refr, .. } => refr,
        Rule::Spec { head, .. } => match head {
            RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. } => refr,
        },
    }
}

fn function_path(module: &Module, rule: &Rule) -> Option<String> {
    let refr = match rule {
        Rule::Spec { head: RuleHead::Func { refr, .. }, .. } => refr,
        Rule::Default { refr, args, .. } if !args.is_empty() => refr,
        _ => return None,
    };
    get_path_string(refr, Some(&package_path(module))).ok()
}

fn package_path(module: &Module) -> String {
    get_path_string(&module.package.refr, Some("data")).unwrap_or_default()
}

/// The full path of a name whose first part is an alias of an import.
fn imported(module: &Module, path: &str) -> Option<String> {
    let (alias, rest) = path.split_at(path.find('.').unwrap_or(path.len()));
    let import = module.imports.iter().find(|import| match &import.r#as {
        Some(name) => name.text() == alias,
        None => get_path_string(&import.refr, None).is_ok_and(|path| path.rsplit('.').next() == Some(alias)),
    })?;
    let target = get_path_string(&import.refr, None).ok()?;
    Some(target + rest)
}

fn is_builtin(path: &str) -> bool {
    refusal(path).is_none()
        && (path == "print" || BUILTINS.contains_key(path) || EXTENSIONS.contains_key(path))
}

fn refusal(path: &str) -> Option<&'static str> {
    let matches = |name: &str| path == name || (name.ends_with('.') && path.starts_with(name));
    REFUSED.iter().find(|(name, _)| matches(name)).map(|(_, reason)| *reason)
}

fn unknown(name: &Expr, path: &str) -> Fault {
    let reason = refusal(path).unwrap_or("no policy defines it and the embedded engine does not have it");
    let (file, line, column) = place_of_name(name);
    Fault::new("refused", format!("{path}: {reason}")).at(&file, line, column)
}

/// A built-in takes its arguments and, unless it is one of ours, may take a variable for its result.
fn wrong_arity(name: &Expr, given: usize) -> Option<Fault> {
    let path = get_path_string(name, None).ok()?;
    let (arity, most) = match EXTENSIONS.get(path.as_str()) {
        Some(extension) => (extension.arity, extension.arity),
        None => BUILTINS.get(path.as_str()).map(|(_, arity)| (*arity, arity + 1))?,
    };
    if (usize::from(arity)..=usize::from(most)).contains(&given) {
        return None;
    }
    let (file, line, column) = place_of_name(name);
    Some(
        Fault::new("refused", format!("{path}: takes {arity} arguments, not {given}"))
            .at(&file, line, column),
    )
}

fn refused_replacement(value: &Expr) -> Option<Fault> {
    if !matches!(value, Expr::Var { .. } | Expr::RefDot { .. }) {
        return None;
    }
    let path = get_path_string(value, None).ok()?;
    refusal(&path).map(|_| unknown(value, &path))
}

fn place_of_name(name: &Expr) -> (String, u32, u32) {
    match name {
        Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => place_of_name(refr),
        _ => place(name.span()),
    }
}

fn place(span: &Span) -> (String, u32, u32) {
    (span.source.file().clone(), span.line, span.col)
}

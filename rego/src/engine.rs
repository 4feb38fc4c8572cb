//! The embedded Rego engine as Python sees it: JSON text in and out, the GIL released, no panic across.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use regorus::Value;

use crate::builtins;
use crate::fault::{Fault, raised};
use crate::refusal::{CallSites, Functions, hidden_by_data, too_deep};

type Lines = BTreeMap<u32, bool>;
type Coverage = BTreeMap<String, (Vec<u32>, Vec<u32>)>;
type Outcome = Result<Value, Fault>;

/// Inputs parsed once for any number of rules: a list of JSON texts, or the text of one JSON array.
///
/// `RegoError` names each that is not JSON.
#[pyclass(frozen, module = "dharma_rego")]
pub struct Inputs(Vec<Value>);

/// Policies as (path, source) and a JSON object of data, with strict built-in errors.
///
/// `RegoError` carries all faults of all policies: syntax, calls of what the engine lacks or gets wrong, functions
/// that call themselves, literals nested beyond 12 levels. One engine serves one thread at a time; `clone` it for
/// more. Evaluation releases the GIL.
#[pyclass(module = "dharma_rego")]
pub struct Engine {
    /// As loaded; a failed evaluation may leave its engine in the middle of a rule, so it is replaced by this.
    loaded: regorus::Engine,
    live: regorus::Engine,
    sites: Arc<CallSites>,
    lines: BTreeMap<String, Lines>,
    prints: Vec<String>,
}

#[pymethods]
impl Inputs {
    #[new]
    fn new(py: Python<'_>, json: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(array) = json.extract::<String>() {
            return py.detach(|| parse_array(&array)).map(Self).map_err(|fault| raised(vec![fault]));
        }
        let texts: Vec<String> = json.extract().map_err(|_| {
            PyTypeError::new_err("inputs are a list of JSON texts, or the text of one JSON array")
        })?;
        let parsed =
            py.detach(|| collect(texts.iter().enumerate().map(|(index, text)| parse_input(index, text))));
        parsed.map(Self).map_err(raised)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (policies, data = "{}", *, coverage = false))]
    fn new(py: Python<'_>, policies: Vec<(String, String)>, data: &str, coverage: bool) -> PyResult<Self> {
        let loaded = py.detach(|| guarded(|| load(policies, data, coverage)));
        loaded.unwrap_or_else(|fault| Err(vec![fault])).map_err(raised)
    }

    /// An engine for another thread, which shares what was loaded and has run nothing yet.
    fn clone(&self) -> Self {
        Self {
            loaded: self.loaded.clone(),
            live: self.loaded.clone(),
            sites: self.sites.clone(),
            lines: BTreeMap::new(),
            prints: Vec::new(),
        }
    }

    /// The JSON text of a rule such as `data.dharma.images.digest.deny`, or None where it is undefined.
    ///
    /// Sets are written as sorted arrays. `RegoError` where the rule fails or no policy defines it.
    #[pyo3(signature = (rule, input_json = "{}"))]
    fn eval(&mut self, py: Python<'_>, rule: &str, input_json: &str) -> PyResult<Option<String>> {
        let outcome = py.detach(|| self.evaluate(rule, parse_json("input", "the input", input_json)?));
        outcome.and_then(|value| as_json(&value)).map_err(|fault| raised(vec![fault]))
    }

    /// `eval` for each input, in order; a failure is its input's `Fault` and stops nothing.
    fn eval_batch<'py>(
        &mut self,
        py: Python<'py>,
        rule: &str,
        inputs: &Inputs,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let outcomes: Vec<_> = py.detach(|| {
            let each = inputs.0.iter().map(|input| self.evaluate(rule, input.clone()));
            each.map(|outcome| outcome.and_then(|value| as_json(&value))).collect()
        });
        if let Some(Err(fault)) = outcomes.first()
            && fault.kind == "rule"
        {
            return Err(raised(vec![fault.clone()]));
        }
        outcomes.into_iter().map(|outcome| answer(py, outcome)).collect()
    }

    /// For each file the lines that ran and those that never did, since loading with `coverage=True`.
    fn coverage(&mut self) -> PyResult<Coverage> {
        self.collect_coverage().map_err(|fault| raised(vec![fault]))?;
        Ok(self.lines.iter().map(|(file, lines)| (file.clone(), parted(lines))).collect())
    }

    /// What `print` calls wrote since the last call, each as `file:line: text`.
    fn take_prints(&mut self) -> Vec<String> {
        self.collect_prints();
        std::mem::take(&mut self.prints)
    }
}

impl Engine {
    fn evaluate(&mut self, rule: &str, input: Value) -> Outcome {
        self.live.set_input(input);
        match guarded(|| self.live.eval_rule(rule.into())) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.recover(self.fault(rule, &error))),
            Err(fault) => Err(self.recover(fault)),
        }
    }

    fn fault(&self, rule: &str, error: &anyhow::Error) -> Fault {
        let fault = Fault::parse("runtime", error);
        if fault.message == "not a valid rule path" {
            return Fault::new("rule", format!("{rule}: no policy defines this rule"));
        }
        let called = self.sites.contains(&(fault.file.clone(), fault.line, fault.column));
        Fault { kind: if called { "builtin" } else { "runtime" }, ..fault }
    }

    fn recover(&mut self, fault: Fault) -> Fault {
        self.collect_prints();
        let failed = self.collect_coverage().err();
        self.live = self.loaded.clone();
        failed.unwrap_or(fault)
    }

    fn collect_prints(&mut self) {
        self.prints.extend(self.live.take_prints().unwrap_or_default());
    }

    fn collect_coverage(&mut self) -> Result<(), Fault> {
        let report = self.live.get_coverage_report().map_err(|error| Fault::parse("runtime", &error))?;
        for file in report.files {
            let lines = self.lines.entry(file.path).or_default();
            for line in file.not_covered {
                lines.entry(line).or_insert(false);
            }
            lines.extend(file.covered.into_iter().map(|line| (line, true)));
        }
        Ok(())
    }
}

fn load(policies: Vec<(String, String)>, data: &str, coverage: bool) -> Result<Engine, Vec<Fault>> {
    let mut engine = regorus::Engine::new();
    engine.set_strict_builtin_errors(true);
    engine.set_gather_prints(true);
    engine.set_enable_coverage(coverage);
    collect(policies.into_iter().map(|(path, source)| add_policy(&mut engine, path, source)))?;
    let sites = check(&mut engine)?;
    prepare(&mut engine, data)?;
    let live = engine.clone();
    Ok(Engine { loaded: engine, live, sites: Arc::new(sites), lines: BTreeMap::new(), prints: Vec::new() })
}

fn add_policy(engine: &mut regorus::Engine, path: String, source: String) -> Result<(), Fault> {
    if let Some(fault) = too_deep(&path, &source) {
        return Err(fault);
    }
    engine.add_policy(path, source).map(drop).map_err(|error| parse_fault(&error))
}

fn check(engine: &mut regorus::Engine) -> Result<CallSites, Vec<Fault>> {
    let modules = engine.get_modules();
    let functions = Functions::of(modules);
    let mut sites = CallSites::new();
    let mut faults = functions.recursive();
    for module in modules {
        faults.extend(functions.refused(module, &mut sites));
    }
    if faults.is_empty() { Ok(sites) } else { Err(faults) }
}

fn prepare(engine: &mut regorus::Engine, data: &str) -> Result<(), Vec<Fault>> {
    let fault = |kind| move |error| vec![Fault::parse(kind, &error)];
    let data = parse_json("data", "the data", data).map_err(|fault| vec![fault])?;
    let hidden = hidden_by_data(engine.get_modules(), &data);
    if !hidden.is_empty() {
        return Err(hidden);
    }
    engine.add_data(data).map_err(fault("data"))?;
    builtins::install(engine).map_err(fault("compile"))?;
    engine.eval_query("true".into(), false).map(drop).map_err(fault("compile"))
}

fn parse_fault(error: &anyhow::Error) -> Fault {
    let fault = Fault::parse("parse", error);
    if error.to_string().contains("$\"") {
        return Fault {
            message: format!("{}: string interpolation is not supported; use sprintf", fault.message),
            ..fault
        };
    }
    fault
}

fn parse_array(json: &str) -> Result<Vec<Value>, Fault> {
    match parse_json("input", "the inputs", json)? {
        Value::Array(items) => Ok(items.iter().cloned().collect()),
        _ => Err(Fault::new("input", "the inputs: not a JSON array")),
    }
}

fn parse_input(index: usize, json: &str) -> Outcome {
    parse_json("input", &format!("input {index}"), json)
}

fn parse_json(kind: &'static str, what: &str, json: &str) -> Outcome {
    Value::from_json_str(json).map_err(|error| Fault::new(kind, format!("{what}: {error}")))
}

fn as_json(value: &Value) -> Result<Option<String>, Fault> {
    if *value == Value::Undefined {
        return Ok(None);
    }
    serde_json::to_string(value).map(Some).map_err(|error| Fault::new("runtime", error.to_string()))
}

fn answer(py: Python<'_>, outcome: Result<Option<String>, Fault>) -> PyResult<Bound<'_, PyAny>> {
    match outcome {
        Ok(text) => Ok(text.into_pyobject(py)?.into_any()),
        Err(fault) => Ok(Bound::new(py, fault)?.into_any()),
    }
}

fn parted(lines: &Lines) -> (Vec<u32>, Vec<u32>) {
    let with = |wanted: bool| lines.iter().filter(move |(_, ran)| **ran == wanted).map(|(line, _)| *line);
    (with(true).collect(), with(false).collect())
}

/// All values, or all faults.
fn collect<T>(outcomes: impl Iterator<Item = Result<T, Fault>>) -> Result<Vec<T>, Vec<Fault>> {
    let mut values = Vec::new();
    let mut faults = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(value) => values.push(value),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(faults) }
}

fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let reason = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
        Fault::new("panic", format!("the engine failed: {reason}"))
    })
}

//! Errors as values: what went wrong in a policy, and where.

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

pyo3::create_exception!(
    dharma_rego,
    RegoError,
    PyException,
    "Policies, data, an input or a rule that the engine refuses, or a rule that failed; `faults` has every reason."
);

/// One error as a value; `str` gives `file:line:column: message`.
///
/// Of its kinds `parse`, `refused`, `compile` and `data` come from loading, `input` and `rule` from a question,
/// `builtin`, `runtime` and `panic` from evaluation. `line` and `column` count from 1; they are 0, and `file` is empty, where there is no place.
#[pyclass(frozen, eq, hash, get_all, module = "dharma_rego")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    pub kind: &'static str,
    pub message: String,
    pub file: String,
    pub line: u32,
    pub column: u32,
}

impl Fault {
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), file: String::new(), line: 0, column: 0 }
    }

    pub fn at(mut self, file: &str, line: u32, column: u32) -> Self {
        self.file = file.into();
        self.line = line;
        self.column = column;
        self
    }

    /// Takes apart the engine's text: an arrow with the place, an excerpt, then `error: ` and the reason.
    pub fn parse(kind: &'static str, error: &anyhow::Error) -> Self {
        let text = error.to_string();
        let reason = text.split_once("\nerror: ").map_or(text.as_str(), |(_, reason)| reason);
        let fault = Self::new(kind, reason.lines().next().unwrap_or("no reason given").trim_end_matches(':'));
        let place = text.split_once("--> ").and_then(|(_, rest)| rest.lines().next());
        match place.and_then(parse_place) {
            Some((file, line, column)) => fault.at(file, line, column),
            None => fault,
        }
    }
}

fn parse_place(place: &str) -> Option<(&str, u32, u32)> {
    let mut parts = place.rsplitn(3, ':');
    let column = parts.next()?.trim().parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    Some((parts.next()?, line, column))
}

#[pymethods]
impl Fault {
    fn __str__(&self) -> String {
        if self.file.is_empty() {
            return self.message.clone();
        }
        format!("{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }

    fn __repr__(&self) -> String {
        format!("<Fault {}: {}>", self.kind, self.__str__())
    }
}

/// The exception that carries all of `faults`, one a line in its text.
pub fn raised(faults: Vec<Fault>) -> PyErr {
    Python::attach(|py| {
        let text: Vec<_> = faults.iter().map(Fault::__str__).collect();
        let error = RegoError::new_err(text.join("\n"));
        match PyTuple::new(py, faults).and_then(|faults| error.value(py).setattr("faults", faults)) {
            Ok(()) => error,
            Err(other) => other,
        }
    })
}

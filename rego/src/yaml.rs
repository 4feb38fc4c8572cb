//! Block-style YAML straight from JSON-shaped Python objects.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::scalar::{write_float, write_indent, write_key, write_string};

/// Deeper nesting is a cycle or an attack, never a manifest.
const MAX_DEPTH: usize = 200;
const HEADER: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// A refusal and, innermost first, the steps that lead to it.
struct Refused {
    error: fn(String) -> PyErr,
    reason: String,
    path: Vec<String>,
}

type Outcome = Result<(), Refused>;

/// One JSON-shaped object as a block-style YAML document in UTF-8, ended by a newline.
///
/// Keys are sorted by code point; at the top apiVersion, kind and metadata come first. YAML 1.1 and 1.2 readers
/// get the same value back. `TypeError` names the path of what is not a dict, list, tuple, str, int, float, bool
/// or None, or of a key that is not a str; `ValueError` the path of NaN, an infinity, a lone surrogate or nesting
/// beyond 200 levels.
#[pyfunction]
pub fn emit<'py>(py: Python<'py>, obj: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    document(obj).map(|text| PyBytes::new(py, text.as_bytes())).map_err(Refused::raised)
}

/// `emit` of each object, in order; the path of a refused value starts with its object's index.
#[pyfunction]
pub fn emit_all<'py>(py: Python<'py>, objs: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyBytes>>> {
    let mut documents = Vec::new();
    for (index, obj) in objs.try_iter()?.enumerate() {
        let text = document(&obj?).map_err(|refused| refused.at_index(index).raised())?;
        documents.push(PyBytes::new(py, text.as_bytes()));
    }
    Ok(documents)
}

fn document(obj: &Bound<'_, PyAny>) -> Result<String, Refused> {
    let dict = obj.cast::<PyDict>().map_err(|_| wrong_type(obj))?;
    let mut out = String::with_capacity(2048);
    if dict.is_empty() {
        out.push_str("{}");
    } else {
        write_dict(&mut out, dict, 0, 0)?;
    }
    out.push('\n');
    Ok(out)
}

fn write_dict(out: &mut String, dict: &Bound<'_, PyDict>, indent: usize, depth: usize) -> Outcome {
    if depth > MAX_DEPTH {
        return Err(Refused::new(PyValueError::new_err, format!("nested deeper than {MAX_DEPTH} levels")));
    }
    let pairs: Vec<_> = dict.iter().collect();
    let mut entries = Vec::with_capacity(pairs.len());
    for (key, value) in &pairs {
        entries.push((text_of(key)?, value));
    }
    if depth == 0 {
        entries.sort_unstable_by_key(|(key, _)| (rank(key), *key));
    } else {
        entries.sort_unstable_by_key(|(key, _)| *key);
    }
    for (position, (key, value)) in entries.into_iter().enumerate() {
        if position > 0 {
            out.push('\n');
            write_indent(out, indent);
        }
        write_key(out, key, indent);
        write_under_key(out, value, indent, depth).map_err(|refused| refused.at_key(key))?;
    }
    Ok(())
}

fn rank(key: &str) -> usize {
    HEADER.iter().position(|name| *name == key).unwrap_or(HEADER.len())
}

fn write_under_key(out: &mut String, value: &Bound<'_, PyAny>, indent: usize, depth: usize) -> Outcome {
    if let Ok(dict) = value.cast::<PyDict>()
        && !dict.is_empty()
    {
        new_line(out, indent + 2);
        return write_dict(out, dict, indent + 2, depth + 1);
    }
    if let Some(items) = sequence(value)
        && !items.is_empty()
    {
        new_line(out, indent);
        return write_items(out, &items, indent, depth + 1);
    }
    out.push(' ');
    write_flat(out, value, indent)
}

fn write_items(out: &mut String, items: &[Bound<'_, PyAny>], indent: usize, depth: usize) -> Outcome {
    if depth > MAX_DEPTH {
        return Err(Refused::new(PyValueError::new_err, format!("nested deeper than {MAX_DEPTH} levels")));
    }
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            new_line(out, indent);
        }
        out.push_str("- ");
        write_item(out, item, indent, depth).map_err(|refused| refused.at_index(index))?;
    }
    Ok(())
}

fn write_item(out: &mut String, item: &Bound<'_, PyAny>, indent: usize, depth: usize) -> Outcome {
    if let Ok(dict) = item.cast::<PyDict>()
        && !dict.is_empty()
    {
        return write_dict(out, dict, indent + 2, depth + 1);
    }
    if let Some(items) = sequence(item)
        && !items.is_empty()
    {
        return write_items(out, &items, indent + 2, depth + 1);
    }
    write_flat(out, item, indent)
}

/// Writes what fits beside its key or dash: a scalar or an empty container.
fn write_flat(out: &mut String, value: &Bound<'_, PyAny>, indent: usize) -> Outcome {
    if let Ok(text) = value.cast::<PyString>() {
        write_string(out, utf8(text)?, indent);
    } else if value.is_none() {
        out.push_str("null");
    } else if let Ok(flag) = value.cast::<PyBool>() {
        out.push_str(if flag.is_true() { "true" } else { "false" });
    } else if let Ok(number) = value.cast::<PyInt>() {
        out.push_str(&digits(number)?);
    } else if let Ok(number) = value.cast::<PyFloat>() {
        return write_finite(out, number.value());
    } else if value.is_instance_of::<PyDict>() {
        out.push_str("{}");
    } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        out.push_str("[]");
    } else {
        return Err(wrong_type(value));
    }
    Ok(())
}

fn write_finite(out: &mut String, value: f64) -> Outcome {
    if !value.is_finite() {
        return Err(Refused::new(PyValueError::new_err, format!("{value} is not a JSON number")));
    }
    write_float(out, value);
    Ok(())
}

fn new_line(out: &mut String, indent: usize) {
    out.push('\n');
    write_indent(out, indent);
}

fn sequence<'py>(value: &Bound<'py, PyAny>) -> Option<Vec<Bound<'py, PyAny>>> {
    if let Ok(list) = value.cast::<PyList>() {
        return Some(list.iter().collect());
    }
    value.cast::<PyTuple>().ok().map(|tuple| tuple.iter().collect())
}

fn digits(number: &Bound<'_, PyInt>) -> Result<String, Refused> {
    if let Ok(small) = number.extract::<i64>() {
        return Ok(small.to_string());
    }
    let plain = number.py().get_type::<PyInt>().call_method1("__repr__", (number,));
    plain
        .and_then(|text| text.extract())
        .map_err(|error| Refused::new(PyValueError::new_err, error.to_string()))
}

fn text_of<'a>(key: &'a Bound<'_, PyAny>) -> Result<&'a str, Refused> {
    match key.cast::<PyString>() {
        Ok(text) => utf8(text),
        Err(_) => {
            Err(Refused::new(PyTypeError::new_err, format!("key {key} is {}, not str", type_name(key))))
        }
    }
}

fn utf8<'a>(text: &'a Bound<'_, PyString>) -> Result<&'a str, Refused> {
    text.to_str().map_err(|_| Refused::new(PyValueError::new_err, "the string holds a lone surrogate".into()))
}

fn wrong_type(value: &Bound<'_, PyAny>) -> Refused {
    Refused::new(PyTypeError::new_err, format!("{} is not a JSON type", type_name(value)))
}

fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "object".into(), |name| name.to_string())
}

impl Refused {
    fn new(error: fn(String) -> PyErr, reason: String) -> Self {
        Self { error, reason, path: Vec::new() }
    }

    fn at_key(mut self, key: &str) -> Self {
        let simple = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        self.path.push(if simple { format!(".{key}") } else { format!("[{key:?}]") });
        self
    }

    fn at_index(mut self, index: usize) -> Self {
        self.path.push(format!("[{index}]"));
        self
    }

    fn raised(self) -> PyErr {
        let path: String = self.path.iter().rev().map(String::as_str).collect();
        let place = if path.is_empty() { "the document" } else { path.trim_start_matches('.') };
        (self.error)(format!("{place}: {}", self.reason))
    }
}

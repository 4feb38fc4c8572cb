//! The native half of Dharma: a YAML emitter and the embedded Rego engine.

mod builtins;
mod engine;
mod fault;
mod pattern;
mod refusal;
mod scalar;
mod sprintf;
mod syntax;
mod yaml;

#[pyo3::pymodule]
mod dharma_rego {
    #[pymodule_export]
    use crate::engine::{Engine, Inputs};
    #[pymodule_export]
    use crate::fault::{Fault, RegoError};
    #[pymodule_export]
    use crate::yaml::{emit, emit_all};
}

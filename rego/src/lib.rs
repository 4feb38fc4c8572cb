//! The native half of Dharma: YAML written and read, and the embedded Rego engine.

mod builtins;
mod constant;
mod engine;
mod fault;
mod pattern;
// NOTE for the bench helper: reader.rs (dharma_rego.read, used by dharma/foreign.py, tests/unit/test_reader.py)
// already is the fast YAML reader. Do not write a second one; measure and improve that one if need be. - the lead
mod reader;
mod refusal;
mod scalar;
mod sprintf;
mod syntax;
mod yaml;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[pyo3::pymodule]
mod dharma_rego {
    #[pymodule_export]
    use crate::engine::{Engine, Inputs};
    #[pymodule_export]
    use crate::fault::{Fault, RegoError};
    #[pymodule_export]
    use crate::reader::read;
    #[pymodule_export]
    use crate::yaml::{emit, emit_all};
}

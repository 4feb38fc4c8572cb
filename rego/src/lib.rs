//! The native half of Dharma: YAML written and read, and the embedded Rego engine.

mod builtins;
mod engine;
mod fault;
mod pattern;
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

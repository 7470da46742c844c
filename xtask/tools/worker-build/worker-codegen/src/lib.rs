//! Only the program worker-codegen uses this, which is not installed; the real one brings wit-parser along.

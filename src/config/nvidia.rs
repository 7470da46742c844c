//! The configuration of NVIDIA: the key and the model that administrators are shown.

use super::aws::{EXPECTED_MODEL, model};
use super::keys::header_text;
use super::variable::{Default, Reader, Variable};
use crate::crypto::secret::Secret;

/// The configuration of NVIDIA.
#[derive(Debug)]
pub struct NvidiaConfig {
    /// `NVIDIA_API_KEY`.
    pub api_key: Option<Secret>,
    /// `NVIDIA_MODEL_ID`: the model in the sample programs.
    pub model_id: String,
}

const NVIDIA_API_KEY: Variable = Variable::secret(
    "NVIDIA_API_KEY",
    Default::None,
    "an API key of NVIDIA",
    "API key that `/nvidia-credentials` shows in masked form; it is not used for anything else",
);
const NVIDIA_MODEL_ID: Variable = Variable::new(
    "NVIDIA_MODEL_ID",
    Default::Text("nvidia/nemotron-3-super-120b-a12b"),
    EXPECTED_MODEL,
    "model in the sample programs of `/nvidia-credentials`",
);

/// The variables of this section.
pub(super) const VARIABLES: &[&Variable] = &[&NVIDIA_API_KEY, &NVIDIA_MODEL_ID];

impl NvidiaConfig {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        Self {
            api_key: read.optional(&NVIDIA_API_KEY, header_text),
            model_id: read.or_default(&NVIDIA_MODEL_ID, model),
        }
    }
}

// Golden cases of prompt ensembles.
#pragma once

#include "experiments/engine/verify/parity_case.h"
#include "experiments/engine/verify/verify_report.h"

#include <ATen/core/Tensor.h>

namespace diapason {

/// Members' logits at the verbalizers, and what they vote. @throws Error(input)
void verify_ensemble(const ParityCase& parity, at::Device device, VerifyReport& report);

} // namespace diapason

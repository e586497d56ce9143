// How long a study takes: arithmetic counted by formula, speed measured by runs that are already stored.
#pragma once

#include "core/store/store_reader.h"
#include "experiments/study/study.h"

#include <optional>

namespace diapason {

/// Floating-point operations of one run, evaluations included: 2 per weight and token forwards, as much again for the
/// gradients of activations, and again for those of weights (Kaplan et al. 2020, §2.1). Inputs are taken as filled up
/// to max_tokens, so that this is an upper estimate. @throws Error when backbone, task or method cannot be read
double run_operations(const RunSpec& spec);

struct CostEstimate {
    double seconds = 0;    ///< with one run at a time
    bool measured = false; ///< the speed comes from runs of this database, else it is a typical one of a CPU core
};
/// @param reader null = no database. @throws as run_operations
CostEstimate study_cost(const Study& study, const StoreReader* reader);

} // namespace diapason

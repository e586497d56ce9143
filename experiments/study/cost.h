// How long a study takes: arithmetic counted by formula, speed measured by runs that are already stored.
#pragma once

#include "core/store/store_reader.h"
#include "experiments/study/plan.h"

namespace diapason {

/// Floating-point operations of one run, evaluations included: 2 per weight and token forwards, as much again for the
/// gradients of activations, and again for those of weights (Kaplan et al. 2020, §2.1). Inputs are taken as filled up
/// to max_tokens, so that this is an upper estimate.
double run_operations(const RunSpec& spec, const BackboneConfig& config, const Task& task);

struct CostEstimate {
    double seconds = 0;    ///< with one run at a time
    bool measured = false; ///< the speed comes from runs of this database, else it is a typical one of a CPU core
};
/// Reads the database's latest finished runs, however many it holds. @param reader null = no database
CostEstimate study_cost(const Plan& plan, const StoreReader* reader);

} // namespace diapason

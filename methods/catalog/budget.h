// Equal budgets: the rank, length or bottleneck that brings a method to a given number of parameters or bytes.
#pragma once

#include "methods/catalog/method_info.h"

#include <cstdint>
#include <optional>
#include <string>

namespace diapason {

enum class BudgetMeasure {
    trained, ///< parameters that receive gradients
    stored,  ///< parameters needed for inference
    bytes    ///< storage, masks as bits
};

struct Budget {
    BudgetMeasure measure = BudgetMeasure::trained;
    double target = 0; ///< parameters or bytes, the head apart

    double of(const ParameterCounts& counts) const; ///< what the measure counts
};

/// "1%" (of the backbone's parameters, or of its bytes in float32), "294912", "1.5 MiB", "300 kB".
/// @throws Error(config)
Budget budget_from(const std::string& measure, const std::string& target, const BackboneConfig& config);

struct BudgetAnswer {
    std::string option; ///< MethodInfo::size_option
    std::int64_t value = 0;
    ParameterCounts counts;
    double mismatch = 0; ///< (count − target) / target
};

/// The value of the method's size option whose count is nearest to the target; of two that are equally near the
/// smaller. By the closed formula: no model is built. Values that the backbone refuses are passed over.
/// @return nothing when the method has no size, or no value is possible
std::optional<BudgetAnswer> solve_budget(const MethodInfo& method, const BackboneConfig& config, const TaskShape& task,
                                         const OptionValues& options, const Budget& budget);

} // namespace diapason

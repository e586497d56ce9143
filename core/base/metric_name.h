// Which value a number is: the metric, the split it was measured on, and the dataset of a task that has several.
#pragma once

#include "core/base/json.h"

#include <compare>
#include <string>
#include <vector>

namespace diapason {

/// Kept in its parts everywhere; text_of() composes it for people, and nothing takes that text apart again.
struct MetricName {
    std::string split;   ///< train, validation, test, ood; system for what the machine does
    std::string dataset; ///< of a task with several; empty = the task has one
    std::string metric;  ///< as core/data/metrics.h names it: "accuracy", "loss"
    friend auto operator<=>(const MetricName&, const MetricName&) = default;
};

/// "validation/accuracy", with a dataset "validation/rte/accuracy".
std::string text_of(const MetricName& name);

struct MetricValue {
    MetricName name;
    double value = 0;
};

/// {"split": …, "dataset": …, "metric": …}
Json to_json(const MetricName& name);
MetricName metric_name_from(const Json& object); ///< @throws Error(input)
/// A list of such objects with "value"; null = not finite.
Json to_json(const std::vector<MetricValue>& values);
/// What to_json wrote, without the values that were not finite. @throws Error(input)
std::vector<MetricValue> metric_values_from(const Json& list);

} // namespace diapason

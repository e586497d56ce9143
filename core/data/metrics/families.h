// What the rows of the table of metrics are written with; a family is one file with its rows.
#pragma once

#include "core/data/metrics.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace diapason {

#define DIAPASON_METRIC_FAMILY(name) std::vector<MetricInfo> name##_metrics();
#include "core/data/metrics/families.def"
#undef DIAPASON_METRIC_FAMILY

/// A value in [0, 1] that is shown in percent.
inline MeasureInfo share_measure(std::string name, std::string label, std::string help,
                                 Direction direction = Direction::higher) {
    return {std::move(name), std::move(label), "%", 100, 1, direction, std::move(help)};
}

/// For a metric without options that matter to its definition.
inline MetricDefinition defined_as(std::string text) {
    return {
        [text = std::move(text)](const OptionValues& /*options*/, const std::string& /*references*/) { return text; }};
}

/// The maker of a row whose scorer is of this class.
template <class ItsScorer, class Of>
std::unique_ptr<Scorer> made_by(const Of& outcomes, const OptionValues& options) {
    return std::make_unique<ItsScorer>(outcomes, options);
}

/// A number as sacreBLEU's signatures write it, "0.10", with more digits only where it needs them.
std::string signature_number(double value);

} // namespace diapason

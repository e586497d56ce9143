// How the runs of a stored study are drawn: colour by method, lightness by level, one style a run.
#pragma once

#include "ui/plots/curve_plot.h"

namespace diapason::ui {

std::vector<CurveStyle> study_styles(const StoreReader& reader, RowId study);

/// Unit and factor of a metric for axes: "loss, nats" or "accuracy, %".
struct MetricText {
    QString heading, unit;
    double scale = 1;
};
MetricText metric_text(const std::string& metric);

} // namespace diapason::ui

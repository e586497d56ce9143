// How the runs of a stored study are drawn: colour by method, lightness by level, one style a run.
#pragma once

#include "ui/plots/curve_plot.h"

namespace diapason::ui {

/// One colour an arm, in arm order: arms of one slot share the hue and differ in lightness.
std::vector<QColor> arm_colours(const std::vector<int>& hues);

/// Drops the method from an arm's label when several arms share its hue, which then says it.
QString short_label(const QString& label, bool shared);

std::vector<CurveStyle> study_styles(const StoreReader& reader, RowId study);

/// Words, unit and factor of a metric: "Validation accuracy", "%", in a narrow column "Accuracy".
struct MetricText {
    QString heading, unit, brief;
    double scale = 1;
    int decimals = 1;
};
MetricText metric_text(const MetricName& metric);

} // namespace diapason::ui

// How the runs of a stored study are drawn: colour by method, lightness by level, one style a run.
#pragma once

#include "ui/plots/curve_plot.h"

namespace diapason::ui {

/// One colour an arm, in arm order: arms of one slot share the hue and differ in lightness.
std::vector<QColor> arm_colours(const std::vector<int>& hues);

/// Drops the method from an arm's label when several arms share its hue, which then says it.
QString short_label(const QString& label, bool shared);

std::vector<CurveStyle> study_styles(const StoreReader& reader, RowId study);

/// What will judge the runs of a study, known before the first of them has measured it.
struct ExpectedScore {
    MetricName metric;          ///< without a name when nobody knows
    std::int64_t firstStep = 0; ///< of the earliest evaluation; 0 = unknown
};
ExpectedScore expected_score(const StoreReader& reader, RowId study);

/// Words, unit and factor of a metric: "Validation accuracy", "%", in a narrow column "Accuracy".
struct MetricText {
    QString heading, unit, brief;
    double scale = 1;
    int decimals = 1;
};
MetricText metric_text(const MetricName& metric);

} // namespace diapason::ui

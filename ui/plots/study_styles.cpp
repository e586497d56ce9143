#include "ui/plots/study_styles.h"

#include "ui/theme/theme.h"

#include <map>

namespace diapason::ui {

std::vector<CurveStyle> study_styles(const StoreReader& reader, RowId study) {
    const auto arms = reader.arms(study);
    std::map<int, int> levels, next;
    for (const ArmRecord& arm : arms)
        ++levels[arm.colour_slot];
    std::map<RowId, CurveStyle> by_arm;
    for (const ArmRecord& arm : arms) {
        CurveStyle style;
        style.arm = arm.id;
        style.armLabel = qs(arm.label);
        style.slot = arm.colour_slot;
        style.colour = seriesColour(arm.colour_slot, next[arm.colour_slot]++, levels[arm.colour_slot]);
        by_arm[arm.id] = style;
    }
    std::vector<CurveStyle> styles;
    for (const RunRecord& run : reader.runs(study)) {
        CurveStyle style = by_arm[run.arm];
        style.run = run.id;
        styles.push_back(style);
    }
    return styles;
}

MetricText metric_text(const std::string& metric) {
    QString heading = qs(metric).replace(QLatin1Char('/'), QLatin1Char(' '));
    heading.replace(QLatin1Char('_'), QLatin1Char(' '));
    heading[0] = heading[0].toUpper();
    const bool score = metric.find("accuracy") != std::string::npos || metric.find("f1") != std::string::npos ||
                       metric.find("rouge") != std::string::npos || metric.find("bleu") != std::string::npos ||
                       metric.find("matthews") != std::string::npos;
    if (score) return {heading, QStringLiteral("%"), 100};
    if (metric.ends_with("loss")) return {heading, QStringLiteral("nats per label"), 1};
    return {heading, QString(), 1};
}

} // namespace diapason::ui

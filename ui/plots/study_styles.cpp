#include "ui/plots/study_styles.h"

#include "core/base/lenient_json.h"
#include "core/data/metrics.h"
#include "ui/theme/theme.h"

#include <algorithm>
#include <map>

namespace diapason::ui {

std::vector<QColor> arm_colours(const std::vector<int>& hues) {
    std::map<int, int> next;
    std::vector<QColor> colours;
    for (const int slot : hues)
        colours.push_back(
            seriesColour(slot, next[slot]++, static_cast<int>(std::count(hues.begin(), hues.end(), slot))));
    return colours;
}

QString short_label(const QString& label, bool shared) {
    QStringList parts = label.split(QStringLiteral(", "));
    if (!shared || parts.size() < 2) return label;
    parts.removeFirst(); // the colour says which method it is
    for (QString& part : parts) {
        // "length 5" needs its name, "init label" does not.
        const QStringList words = part.split(QLatin1Char(' '));
        bool numeric = false;
        words.back().toDouble(&numeric);
        if (words.size() == 2 && !numeric) part = words.back();
    }
    return parts.join(QStringLiteral(", "));
}

std::vector<CurveStyle> study_styles(const StoreReader& reader, RowId study) {
    const auto arms = reader.arms(study);
    std::vector<int> hues;
    for (const ArmRecord& arm : arms)
        hues.push_back(arm.colour_slot);
    const std::vector<QColor> colours = arm_colours(hues);
    std::map<RowId, CurveStyle> by_arm;
    for (std::size_t i = 0; i < arms.size(); ++i) {
        CurveStyle style;
        style.arm = arms[i].id;
        style.armLabel = qs(arms[i].label);
        style.shortLabel = short_label(style.armLabel, std::count(hues.begin(), hues.end(), hues[i]) > 1);
        style.slot = hues[i];
        style.colour = colours[i];
        by_arm[style.arm] = style;
    }
    std::vector<CurveStyle> styles;
    for (const RunLine& run : reader.run_lines(study)) {
        CurveStyle style = by_arm[run.arm];
        style.run = run.id;
        styles.push_back(style);
    }
    return styles;
}

// As the study stored its task: a curve is called the same in any folder and after the task's file has changed.
ExpectedScore expected_score(const StoreReader& reader, RowId study) {
    ExpectedScore expected;
    const auto stored = reader.study(study);
    if (!stored) return expected;
    const std::string task = text_in(stored->document, "task");
    expected.metric.metric = text_in(part_of(stored->tasks, task), "primary_metric");
    if (expected.metric.metric.empty()) return expected;
    expected.metric.split = "validation";
    reader.each_run(study, [&](const RunRecord& run) {
        const Json& training = part_of(run.spec, "training_options");
        const auto steps = static_cast<std::int64_t>(number_in(training, "steps"));
        const auto every = static_cast<std::int64_t>(number_in(training, "evaluate_every"));
        const std::int64_t first = every > 0 ? std::min(every, steps) : steps; // the last step is always evaluated
        if (first > 0 && (expected.firstStep == 0 || first < expected.firstStep)) expected.firstStep = first;
    });
    return expected;
}

MetricText metric_text(const MetricName& metric) {
    const MeasureInfo measure = measure_info(metric.metric);
    return {qs(heading_of(metric)), qs(measure.unit), qs(heading_of(measure)), measure.scale, measure.decimals};
}

} // namespace diapason::ui

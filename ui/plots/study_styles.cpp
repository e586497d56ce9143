#include "ui/plots/study_styles.h"

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
    for (const RunRecord& run : reader.runs(study)) {
        CurveStyle style = by_arm[run.arm];
        style.run = run.id;
        styles.push_back(style);
    }
    return styles;
}

MetricText metric_text(const std::string& metric) {
    const auto words = [](QString text) {
        text.replace(QLatin1Char('/'), QLatin1Char(' ')).replace(QLatin1Char('_'), QLatin1Char(' '));
        if (!text.isEmpty()) text[0] = text[0].toUpper();
        return text;
    };
    if (metric.empty()) return {QObject::tr("Score"), QString(), QObject::tr("Score"), 1}; // none yet
    const QString name = qs(metric);
    const QString heading = words(name), brief = words(name.section(QLatin1Char('/'), -1));
    for (const char* score : {"accuracy", "f1", "rouge", "bleu", "matthews"}) {
        if (metric.find(score) != std::string::npos) return {heading, QStringLiteral("%"), brief, 100};
    }
    if (metric.ends_with("loss")) return {heading, QStringLiteral("nats per label"), brief, 1};
    return {heading, QString(), brief, 1};
}

} // namespace diapason::ui

#include "ui/design/arms_model.h"

#include "core/base/format.h"
#include "ui/plots/study_styles.h"
#include "ui/theme/theme.h"

namespace diapason::ui {

void ArmsModel::setPlan(std::shared_ptr<const Plan> plan) {
    beginResetModel();
    m_plan = std::move(plan);
    std::vector<int> hues;
    if (m_plan != nullptr) {
        for (const Arm& arm : m_plan->arms)
            hues.push_back(arm.colour_slot);
    }
    m_colours = arm_colours(hues);
    endResetModel();
}

QVariant ArmsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((section == Label ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter |
                                Qt::TextWordWrap);
    if (role != Qt::DisplayRole) return {};
    const QString titles[] = {tr("Arm"),       tr("Trained"),       tr("% of backbone"), tr("Storage"),
                              tr("Task head"), tr("Learning rate"), tr("Steps"),         tr("Seeds")};
    return titles[section];
}

QVariant ArmsModel::data(const QModelIndex& index, int role) const {
    const auto row = static_cast<std::size_t>(index.row());
    const Arm& arm = m_plan->arms[row];
    const ArmFacts& facts = m_plan->facts[row];
    if (role == Qt::DecorationRole && index.column() == Label) return m_colours[row];
    if (role == Qt::ToolTipRole) return qs(facts.problem.empty() ? arm.label : facts.problem);
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((index.column() == Label ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    if (!facts.problem.empty() && index.column() >= Trained && index.column() <= Head) return QStringLiteral("—");
    switch (index.column()) {
    case Label:
        return qs(arm.label);
    case Trained:
        return qs(format_count(facts.counts.trained));
    case Share:
        return QString::number(100.0 * static_cast<double>(facts.counts.trained) / static_cast<double>(facts.backbone),
                               'g', 3);
    case Stored:
        return qs(format_bytes(static_cast<double>(facts.counts.stored_bits) / 8));
    case Head:
        return qs(format_count(facts.counts.head));
    case Rate:
        return qs(format_rate(arm.spec.training_options.at("learning_rate").get<double>()));
    case Steps:
        return qs(format_count(arm.spec.training_options.at("steps").get<std::int64_t>()));
    case Seeds:
        return QString::number(m_plan->study.seeds.size());
    default:
        return {};
    }
}

} // namespace diapason::ui

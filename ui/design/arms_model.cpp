#include "ui/design/arms_model.h"

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/data/task.h"
#include "core/library/library.h"
#include "ui/plots/study_styles.h"
#include "ui/theme/theme.h"

#include <map>

namespace diapason::ui {
namespace {

// Configs and tasks do not change while the window is open; edits must not read files again.
const BackboneConfig& cachedConfig(const std::string& backbone) {
    static std::map<std::string, BackboneConfig> cache;
    const auto found = cache.find(backbone);
    return found != cache.end()
               ? found->second
               : cache.emplace(backbone, read_backbone_config(resolve_backbone(backbone))).first->second;
}

const Task& cachedTask(const std::string& name) {
    static std::map<std::string, Task> cache;
    const auto found = cache.find(name);
    return found != cache.end() ? found->second : cache.emplace(name, load_task(name)).first->second;
}

} // namespace

ParameterCounts counts_of(const RunSpec& spec, std::int64_t* backbone) {
    const BackboneConfig& config = cachedConfig(spec.backbone);
    if (backbone != nullptr) *backbone = config.parameter_count();
    std::vector<Problem> problems;
    const MethodInfo& info = method_info(spec.method);
    const bool inWords = answers_in_words(info, spec.training_options);
    return info.count(config, shape_of(cachedTask(spec.task), config, inWords),
                      OptionValues::from_json(info.options, spec.method_options, "", problems));
}

void ArmsModel::setStudy(const Study& study) {
    beginResetModel();
    m_arms = expand(study);
    m_seeds = study.seeds.size();
    m_counts.clear();
    std::vector<int> hues;
    for (const Arm& arm : m_arms)
        hues.push_back(arm.colour_slot);
    m_colours = arm_colours(hues);
    for (const Arm& arm : m_arms) {
        Counted counted;
        try {
            counted.counts = counts_of(arm.spec, &counted.backbone);
            counted.known = true;
        } catch (const Error& error) {
            counted.problem = qs(error.what());
        }
        m_counts.push_back(counted);
    }
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
    const Arm& arm = m_arms[row];
    const Counted& counted = m_counts[row];
    if (role == Qt::DecorationRole && index.column() == Label) return m_colours[row];
    if (role == Qt::ToolTipRole) return counted.problem.isEmpty() ? qs(arm.label) : counted.problem;
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((index.column() == Label ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    if (!counted.known && index.column() >= Trained && index.column() <= Head) return QStringLiteral("—");
    switch (index.column()) {
    case Label:
        return qs(arm.label);
    case Trained:
        return qs(format_count(counted.counts.trained));
    case Share:
        return QString::number(
            100.0 * static_cast<double>(counted.counts.trained) / static_cast<double>(counted.backbone), 'g', 3);
    case Stored:
        return qs(format_bytes(static_cast<double>(counted.counts.stored_bits) / 8));
    case Head:
        return qs(format_count(counted.counts.head));
    case Rate:
        return qs(format_rate(arm.spec.training_options.at("learning_rate").get<double>()));
    case Steps:
        return qs(format_count(arm.spec.training_options.at("steps").get<std::int64_t>()));
    case Seeds:
        return QString::number(m_seeds);
    default:
        return {};
    }
}

} // namespace diapason::ui

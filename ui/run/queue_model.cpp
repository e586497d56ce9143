#include "ui/run/queue_model.h"

#include "core/base/format.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

#include <algorithm>

namespace diapason::ui {
namespace {

int rank(RunState state) {
    switch (state) {
    case RunState::starting:
    case RunState::running:
    case RunState::paused:
        return 0;
    case RunState::failed:
    case RunState::diverged:
        return 1;
    case RunState::queued:
        return 2;
    default:
        return 3;
    }
}

QIcon stateIcon(RunState state) {
    switch (state) {
    case RunState::finished:
        return icon(QStringLiteral("check"), Role::good);
    case RunState::failed:
    case RunState::diverged:
        return icon(QStringLiteral("warn"), Role::error);
    case RunState::cancelled:
    case RunState::interrupted:
        return icon(QStringLiteral("cross"), Role::warning);
    case RunState::paused:
        return icon(QStringLiteral("pause"), Role::accent);
    case RunState::starting:
    case RunState::running:
        return icon(QStringLiteral("play"), Role::accent);
    case RunState::queued:
        break;
    }
    return icon(QStringLiteral("clock"), Role::secondary);
}

// An estimate that is used up says nothing; then the time that has passed does.
QString timeText(const QueueEntry& entry) {
    const bool begun = entry.total_steps > 0; // else it has never trained, and has no time to tell
    const QString passed = begun && entry.elapsed_s > 0 ? qs(format_duration(entry.elapsed_s)) : QString();
    if (rank(entry.state) != 0) return passed;
    if (begun && entry.step >= entry.total_steps) return QueueModel::tr("evaluating");
    if (entry.remaining_s && *entry.remaining_s >= 1)
        return QueueModel::tr("%1 left").arg(qs(format_duration(*entry.remaining_s)));
    return passed.isEmpty() ? passed : QueueModel::tr("%1 so far").arg(passed);
}

} // namespace

QString stateText(RunState state) {
    return QString::fromLatin1(name_of(state));
}

void QueueModel::setStyles(const std::vector<CurveStyle>& styles) {
    m_styles.clear();
    for (const CurveStyle& style : styles)
        m_styles[style.arm] = style;
}

void QueueModel::setStatus(const QueueStatus& status) {
    std::vector<QueueEntry> entries = status.entries;
    std::stable_sort(entries.begin(), entries.end(),
                     [](const QueueEntry& a, const QueueEntry& b) { return rank(a.state) < rank(b.state); });
    const bool same =
        entries.size() == m_entries.size() && std::equal(entries.begin(), entries.end(), m_entries.begin(),
                                                         [](const auto& a, const auto& b) { return a.run == b.run; });
    if (same) {
        m_entries = std::move(entries);
        if (!m_entries.empty()) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
        return;
    }
    beginResetModel();
    m_entries = std::move(entries);
    endResetModel();
}

QVariant QueueModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((section == Seed || section == ProgressColumn ? Qt::AlignRight : Qt::AlignLeft) |
                                Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    static const char* const titles[] = {QT_TR_NOOP("State"), QT_TR_NOOP("Arm"), QT_TR_NOOP("Seed"),
                                         QT_TR_NOOP("Time")};
    return tr(titles[section]);
}

QVariant QueueModel::data(const QModelIndex& index, int role) const {
    const QueueEntry& entry = m_entries[static_cast<std::size_t>(index.row())];
    const double share = entry.state == RunState::finished ? 1
                         : entry.total_steps > 0
                             ? static_cast<double>(entry.step) / static_cast<double>(entry.total_steps)
                             : 0;
    if (role == ShareRole) return share;
    if (role == Qt::DecorationRole && index.column() == State) return stateIcon(entry.state);
    const auto style = m_styles.find(entry.arm);
    if (role == Qt::DecorationRole && index.column() == Arm && style != m_styles.end()) return style->second.colour;
    if (role == Qt::ToolTipRole) {
        const QString steps =
            entry.total_steps > 0 ? tr("\n%1 of %2 steps").arg(entry.step).arg(entry.total_steps) : QString();
        return qs(entry.arm_label) + steps +
               (entry.message.empty() ? QString() : QLatin1Char('\n') + qs(entry.message));
    }
    if (role == Qt::TextAlignmentRole && (index.column() == Seed || index.column() == ProgressColumn))
        return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole && role != Qt::AccessibleTextRole) return {};
    switch (index.column()) {
    case State:
        return stateText(entry.state);
    case Arm:
        return style != m_styles.end() ? style->second.shortLabel : qs(entry.arm_label);
    case Seed:
        return QString::number(entry.seed);
    case ProgressColumn:
        return timeText(entry);
    default:
        return {};
    }
}

} // namespace diapason::ui

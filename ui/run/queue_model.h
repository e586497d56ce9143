// The queue of runs as a table: state, arm, seed, progress, time.
#pragma once

#include "experiments/run/study_session.h"
#include "ui/plots/curve_plot.h"

#include <QAbstractTableModel>

#include <map>
#include <vector>

namespace diapason::ui {

class QueueModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { State, Arm, Seed, ProgressColumn, ColumnCount };
    static constexpr int ShareRole = Qt::UserRole + 1; ///< 0 … 1, of the progress column

    using QAbstractTableModel::QAbstractTableModel;
    /// Colours and short names of the arms, for runs of the study that is shown.
    void setStyles(const std::vector<CurveStyle>& styles);
    /// Running runs first, then failed ones, queued ones, finished ones; within each as queued.
    void setStatus(const QueueStatus& status);
    RowId runAt(int row) const { return m_entries.at(static_cast<std::size_t>(row)).run; }
    RowId armAt(int row) const { return m_entries.at(static_cast<std::size_t>(row)).arm; }
    const QueueEntry& entry(int row) const { return m_entries.at(static_cast<std::size_t>(row)); }
    const std::vector<QueueEntry>& entries() const { return m_entries; } ///< in the order of rows

    int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(m_entries.size());
    }
    int columnCount(const QModelIndex& = {}) const override { return ColumnCount; }
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<QueueEntry> m_entries;
    std::map<RowId, CurveStyle> m_styles;
};

QString stateText(RunState state);

} // namespace diapason::ui

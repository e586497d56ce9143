// The result table of a study as a model; cells are made by experiments/results/export.h, so that screen and files
// agree.
#pragma once

#include "experiments/results/export.h"

#include <QAbstractTableModel>
#include <QColor>

namespace diapason::ui {

class ResultsModel : public QAbstractTableModel {
    Q_OBJECT
public:
    static constexpr int SortRole = Qt::UserRole + 1;

    using QAbstractTableModel::QAbstractTableModel;
    void setTable(const ResultTable& table);
    const ResultTable& table() const { return m_table; }
    const std::vector<TableColumn>& columns() const { return m_columns; }

    int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(m_table.rows.size());
    }
    int columnCount(const QModelIndex& = {}) const override { return static_cast<int>(m_columns.size()); }
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    ResultTable m_table;
    std::vector<TableColumn> m_columns;
    std::vector<QColor> m_colours;
};

} // namespace diapason::ui

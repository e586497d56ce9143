#include "ui/results/results_model.h"

#include "ui/plots/study_styles.h"
#include "ui/theme/theme.h"

#include <cmath>
#include <limits>

namespace diapason::ui {

void ResultsModel::setTable(const ResultTable& table) {
    beginResetModel();
    m_table = table;
    m_columns = columns_of(m_table);
    std::vector<int> hues;
    for (const ResultRow& row : m_table.rows)
        hues.push_back(row.colour_slot);
    m_colours = arm_colours(hues);
    endResetModel();
}

QVariant ResultsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    const TableColumn& column = m_columns[static_cast<std::size_t>(section)];
    if (role == Qt::DisplayRole) return qs(column.unit.empty() ? column.title : column.title + ", " + column.unit);
    if (role == Qt::ToolTipRole) return qs(column.help);
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((column.numeric ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter |
                                Qt::TextWordWrap);
    return {};
}

QVariant ResultsModel::data(const QModelIndex& index, int role) const {
    const ResultRow& row = m_table.rows[static_cast<std::size_t>(index.row())];
    const TableColumn& column = m_columns[static_cast<std::size_t>(index.column())];
    switch (role) {
    case Qt::DisplayRole:
        return qs(cell_text(m_table, row, column));
    case Qt::ToolTipRole:
        return qs(row.label);
    case Qt::TextAlignmentRole:
        return static_cast<int>((column.numeric ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case Qt::DecorationRole:
        if (index.column() == 0) return m_colours[static_cast<std::size_t>(index.row())];
        return {};
    case SortRole: {
        if (!column.numeric) return qs(row.label);
        const double value = cell_value(row, column);
        return std::isfinite(value)
                   ? value
                   : -std::numeric_limits<double>::infinity(); // undefined ones last in a descending order
    }
    default:
        return {};
    }
}

} // namespace diapason::ui

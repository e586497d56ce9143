// A table as text for a spreadsheet: tabs between cells, headers first.
#pragma once

#include <QAbstractItemModel>
#include <QString>

namespace diapason::ui {

/// @param rows of the model, in the order of the text
template <class Rows>
QString tabSeparated(const QAbstractItemModel& model, const Rows& rows) {
    QString text;
    const int columns = model.columnCount();
    const auto append = [&](int column, const QString& cell) {
        text += cell + (column + 1 < columns ? QLatin1Char('\t') : QLatin1Char('\n'));
    };
    for (int column = 0; column < columns; ++column)
        append(column, model.headerData(column, Qt::Horizontal).toString());
    for (const int row : rows) {
        for (int column = 0; column < columns; ++column)
            append(column, model.index(row, column).data().toString());
    }
    return text;
}

} // namespace diapason::ui

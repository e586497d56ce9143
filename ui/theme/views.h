// How every table, list and tree looks: padding, swatches, two-line cells, a line under each row.
#pragma once

#include <QStyledItemDelegate>
#include <QTableView>

class QScrollArea;

namespace diapason::ui {

/// A QColor as decoration is a swatch. In a text of several lines the first is the title, the others are secondary.
class CellDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    /// @param wraps long lines are wrapped at the view's width instead of cut with an ellipsis
    explicit CellDelegate(QAbstractItemView* view, bool wraps = false, bool lined = true);
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    QAbstractItemView* m_view;
    bool m_wraps, m_lined;
};

/// Row height, whole-row selection, one tab stop, no grid, no row numbers.
void dressTable(QTableView* table);
/// @param lined a line under each item
void dressList(QAbstractItemView* list, bool wraps = false, bool lined = false);
/// The content in an area that scrolls when it is too tall for its place; without a frame and without a tab stop of its
/// own.
QScrollArea* scrolling(QWidget* content);
/// Each column as wide as its cells and its header, which may take two lines; once per change of the model.
void fitColumns(QTableView* table, int widestFirst);

} // namespace diapason::ui

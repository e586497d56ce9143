#include "ui/theme/views.h"

#include "ui/theme/theme.h"

#include <QApplication>
#include <QHeaderView>
#include <QPainter>
#include <QScrollArea>

#include <algorithm>

namespace diapason::ui {
namespace {

constexpr int padding = 8;
constexpr int swatch = 10;

QFont bold(const QFont& font) {
    QFont b = font;
    b.setBold(true);
    return b;
}

// Line breaks come as line separators from the option.
QString textOf(const QStyleOptionViewItem& option) {
    return QString(option.text).replace(QChar::LineSeparator, QLatin1Char('\n'));
}

} // namespace

CellDelegate::CellDelegate(QAbstractItemView* view, bool wraps, bool lined)
    : QStyledItemDelegate(view),
      m_view(view),
      m_wraps(wraps),
      m_lined(lined) {}

void CellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& given, const QModelIndex& index) const {
    QStyleOptionViewItem option = given;
    initStyleOption(&option, index);
    painter->save();
    if (option.state & QStyle::State_Selected) painter->fillRect(option.rect, colour(Role::selection));
    if (m_lined)
        painter->fillRect(QRect(option.rect.bottomLeft(), QSize(option.rect.width(), 1)), colour(Role::weakLine));
    QRect rect = option.rect.adjusted(padding, 0, -padding, 0);
    if (option.features & QStyleOptionViewItem::HasCheckIndicator) {
        // Where the style says, since clicks are looked for there.
        QStyleOptionViewItem check = option;
        check.rect = m_view->style()->subElementRect(QStyle::SE_ItemViewItemCheckIndicator, &option, m_view);
        check.state &= ~QStyle::State_HasFocus;
        check.state |= option.checkState == Qt::Checked     ? QStyle::State_On
                       : option.checkState == Qt::Unchecked ? QStyle::State_Off
                                                            : QStyle::State_NoChange;
        m_view->style()->drawPrimitive(QStyle::PE_IndicatorItemViewItemCheck, &check, painter, m_view);
        rect.setLeft(check.rect.right() + padding);
    }
    const QVariant decoration = index.data(Qt::DecorationRole);
    if (decoration.userType() == QMetaType::QColor) {
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(Qt::NoPen);
        painter->setBrush(decoration.value<QColor>());
        painter->drawRoundedRect(QRect(rect.left(), rect.center().y() - swatch / 2, swatch, swatch), 2, 2);
        rect.setLeft(rect.left() + swatch + 6);
    } else if (decoration.userType() == QMetaType::QIcon) {
        const bool lines = textOf(option).contains(QLatin1Char('\n'));
        const QRect at(rect.left(), lines ? rect.top() + 6 : rect.center().y() - 7, 16, 16);
        decoration.value<QIcon>().paint(painter, at, Qt::AlignCenter,
                                        option.state & QStyle::State_Enabled ? QIcon::Normal : QIcon::Disabled);
        rect.setLeft(rect.left() + 16 + 6);
    }
    const QVariant own = index.data(Qt::ForegroundRole);
    const QColor ink = own.userType() == QMetaType::QBrush    ? own.value<QBrush>().color()
                       : option.state & QStyle::State_Enabled ? colour(Role::text)
                                                              : colour(Role::secondary);
    const QStringList lines = textOf(option).split(QLatin1Char('\n'));
    const int align = static_cast<int>(option.displayAlignment & Qt::AlignHorizontal_Mask);
    painter->setFont(option.font);
    painter->setPen(ink);
    if (m_wraps) {
        painter->drawText(rect.adjusted(0, 3, 0, -3), align | Qt::AlignVCenter | Qt::TextWordWrap, option.text);
    } else if (lines.size() == 1) {
        painter->drawText(rect, align | Qt::AlignVCenter,
                          option.fontMetrics.elidedText(option.text, Qt::ElideRight, rect.width()));
    } else {
        const int height = option.fontMetrics.height();
        int y = rect.top() + (rect.height() - height * static_cast<int>(lines.size())) / 2;
        for (int i = 0; i < lines.size(); ++i, y += height) {
            painter->setFont(i == 0 ? bold(option.font) : option.font);
            painter->setPen(i == 0 ? ink : colour(Role::secondary));
            painter->drawText(QRect(rect.left(), y, rect.width(), height), align | Qt::AlignVCenter,
                              painter->fontMetrics().elidedText(lines[i], Qt::ElideRight, rect.width()));
        }
    }
    painter->restore();
}

QSize CellDelegate::sizeHint(const QStyleOptionViewItem& given, const QModelIndex& index) const {
    QStyleOptionViewItem option = given;
    initStyleOption(&option, index);
    const QStringList lines = textOf(option).split(QLatin1Char('\n'));
    int width = 2 * padding;
    const QVariant decoration = index.data(Qt::DecorationRole);
    if (decoration.isValid()) width += decoration.userType() == QMetaType::QColor ? swatch + 6 : 22;
    if (option.features & QStyleOptionViewItem::HasCheckIndicator) width += 24;
    if (m_wraps) {
        const int room = std::max(60, m_view->viewport()->width() - width);
        const QRect text = option.fontMetrics.boundingRect(QRect(0, 0, room, 4000), Qt::TextWordWrap, option.text);
        return {width, text.height() + 8};
    }
    int widest = 0;
    for (int i = 0; i < lines.size(); ++i)
        widest = std::max(
            widest,
            QFontMetrics(lines.size() > 1 && i == 0 ? bold(option.font) : option.font).horizontalAdvance(lines[i]));
    const auto count = static_cast<int>(lines.size());
    width += 10; // hints are asked for before the style sheet has set the font
    return {width + widest, count == 1 ? rowHeight : option.fontMetrics.height() * count + 12};
}

void dressTable(QTableView* table) {
    table->setItemDelegate(new CellDelegate(table));
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table->setShowGrid(false);
    table->setTabKeyNavigation(false);
    table->verticalHeader()->hide();
    table->verticalHeader()->setDefaultSectionSize(rowHeight);
    table->verticalHeader()->setMinimumSectionSize(rowHeight);
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setMinimumSectionSize(24);
}

void dressList(QAbstractItemView* list, bool wraps, bool lined) {
    list->setItemDelegate(new CellDelegate(list, wraps, lined));
    list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
}

QScrollArea* scrolling(QWidget* content) {
    auto* area = new QScrollArea;
    area->setWidget(content);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setFocusPolicy(Qt::NoFocus);
    return area;
}

void fitColumns(QTableView* table, int widestFirst) {
    QHeaderView* header = table->horizontalHeader();
    const QFontMetrics metrics = header->fontMetrics();
    const QAbstractItemModel* model = table->model();
    bool twoLines = false;
    for (int column = 0; column < model->columnCount(); ++column) {
        const QString title = model->headerData(column, Qt::Horizontal).toString();
        // The break that makes the wider of two lines as short as it can be.
        int text = metrics.horizontalAdvance(title);
        for (qsizetype at = title.indexOf(QLatin1Char(' ')); at >= 0; at = title.indexOf(QLatin1Char(' '), at + 1))
            text = std::min(text, std::max(metrics.horizontalAdvance(title.left(at)),
                                           metrics.horizontalAdvance(title.mid(at + 1))));
        twoLines = twoLines || text < metrics.horizontalAdvance(title);
        int width = text + 2 * padding + 18; // 18: the sort arrow
        for (int row = 0; row < std::min(200, model->rowCount()); ++row)
            width = std::max(width, table->sizeHintForIndex(model->index(row, column)).width());
        header->resizeSection(column, column == 0 ? std::min(width, widestFirst) : width);
    }
    header->setFixedHeight((twoLines ? 2 : 1) * metrics.height() + 10);
}

} // namespace diapason::ui

#include "ui/plots/row_choice.h"

#include <QKeyEvent>

namespace diapason::ui {

RowChoice::RowChoice(QAbstractItemView* view) : QObject(view), m_view(view) {
    view->installEventFilter(this);
    connect(view, &QAbstractItemView::pressed, this,
            [this](const QModelIndex& index) { m_ticked = index.data(Qt::CheckStateRole); });
    connect(view, &QAbstractItemView::clicked, this, [this](const QModelIndex& index) {
        if (index.data(Qt::CheckStateRole) == m_ticked) Q_EMIT chosen(index);
    });
}

bool RowChoice::eventFilter(QObject* object, QEvent* event) {
    if (object == m_view && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if ((key == Qt::Key_Return || key == Qt::Key_Enter) && m_view->currentIndex().isValid()) {
            Q_EMIT chosen(m_view->currentIndex());
            return true;
        }
    }
    return QObject::eventFilter(object, event);
}

} // namespace diapason::ui

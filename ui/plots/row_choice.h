// Rows that somebody chooses, as opposed to rows that become current because the focus or the order has changed.
#pragma once

#include <QAbstractItemView>
#include <QObject>

namespace diapason::ui {

/// A row is chosen by a click or with Enter. A click that ticks a box chooses nothing.
class RowChoice : public QObject {
    Q_OBJECT
public:
    explicit RowChoice(QAbstractItemView* view);

Q_SIGNALS:
    void chosen(const QModelIndex& index);

protected:
    bool eventFilter(QObject* object, QEvent* event) override;

private:
    QAbstractItemView* m_view;
    QVariant m_ticked; ///< when the button went down
};

} // namespace diapason::ui

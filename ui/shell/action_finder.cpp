#include "ui/shell/action_finder.h"

#include "ui/theme/views.h"

#include <QKeyEvent>
#include <QVBoxLayout>

namespace diapason::ui {

ActionFinder::ActionFinder(const QList<QAction*>& actions, QWidget* parent)
    : QDialog(parent),
      m_actions(actions),
      m_edit(new QLineEdit),
      m_list(new QListWidget) {
    setWindowTitle(tr("Find an action"));
    resize(460, 360);
    m_edit->setPlaceholderText(tr("What do you want to do?"));
    m_edit->setAccessibleName(tr("Filter of actions"));
    m_list->setAccessibleName(tr("Actions"));
    dressList(m_list);
    m_edit->setObjectName(QStringLiteral("finderEdit"));
    m_list->setObjectName(QStringLiteral("finderList"));
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_edit);
    layout->addWidget(m_list, 1);
    m_edit->installEventFilter(this);
    connect(m_edit, &QLineEdit::textChanged, this, &ActionFinder::filter);
    connect(m_edit, &QLineEdit::returnPressed, this, &ActionFinder::trigger);
    connect(m_list, &QListWidget::itemActivated, this, &ActionFinder::trigger);
    filter({});
}

bool ActionFinder::eventFilter(QObject* object, QEvent* event) {
    if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Down || key == Qt::Key_Up) {
            const int step = key == Qt::Key_Down ? 1 : -1;
            m_list->setCurrentRow(qBound(0, m_list->currentRow() + step, m_list->count() - 1));
            return true;
        }
    }
    return QDialog::eventFilter(object, event);
}

void ActionFinder::filter(const QString& text) {
    m_list->clear();
    for (QAction* action : m_actions) {
        QString label = action->text();
        label.remove(QLatin1Char('&'));
        if (!action->isEnabled() || !label.contains(text, Qt::CaseInsensitive)) continue;
        const QString key = action->shortcut().toString(QKeySequence::NativeText);
        auto* item = new QListWidgetItem(key.isEmpty() ? label : tr("%1   (%2)").arg(label, key));
        item->setData(Qt::UserRole, QVariant::fromValue(static_cast<void*>(action)));
        m_list->addItem(item);
    }
    m_list->setCurrentRow(0);
}

void ActionFinder::trigger() {
    const QListWidgetItem* item = m_list->currentItem();
    if (item == nullptr) return;
    auto* action = static_cast<QAction*>(item->data(Qt::UserRole).value<void*>());
    accept();
    action->trigger();
}

} // namespace diapason::ui

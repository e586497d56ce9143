// "Find an action": a filter over every command of the window.
#pragma once

#include <QAction>
#include <QDialog>
#include <QLineEdit>
#include <QListWidget>

namespace diapason::ui {

class ActionFinder : public QDialog {
    Q_OBJECT
public:
    explicit ActionFinder(const QList<QAction*>& actions, QWidget* parent = nullptr);

protected:
    bool eventFilter(QObject* object, QEvent* event) override;

private:
    void filter(const QString& text);
    void trigger();

    QList<QAction*> m_actions;
    QLineEdit* m_edit;
    QListWidget* m_list;
};

} // namespace diapason::ui

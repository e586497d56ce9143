// One of several named things, with what is known about the chosen one beside it: backbones, tasks.
#pragma once

#include <QGridLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>
#include <QWidget>

namespace diapason::ui {

class ChoicePanel : public QWidget {
    Q_OBJECT
public:
    ChoicePanel(const QString& title, const QString& hint, const QStringList& names, QWidget* parent = nullptr);
    void setNames(const QStringList& names); ///< nothing is chosen then
    /// A name that is not listed, such as a folder of the user, is added.
    void setCurrent(const QString& name, const QString& html);
    /// A button below the list, two in a row. @return it, to be connected
    QPushButton* addButton(const QString& text, const QString& name);
    void setWrong(const QString& name, const QString& message); ///< why nothing is known about it

Q_SIGNALS:
    void chosen(const QString& name); ///< by the user

private:
    void describe(const QString& name, const QString& text, bool wrong);

    QListWidget* m_list;
    QLabel *m_name, *m_text;
    QVBoxLayout* m_left;
    QGridLayout* m_buttons;
};

} // namespace diapason::ui

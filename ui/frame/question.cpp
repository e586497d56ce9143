#include "ui/frame/question.h"

#include <QPushButton>

namespace diapason::ui {

Question::Question(const QString& title, const QString& text, const QString& details, const QString& yes,
                   const QString& no, QWidget* parent)
    : QMessageBox(QMessageBox::Question, title, text, QMessageBox::NoButton, parent) {
    setTextFormat(Qt::PlainText);
    setInformativeText(details);
    m_yes = addButton(yes, QMessageBox::AcceptRole);
    QPushButton* safe = addButton(no, QMessageBox::RejectRole);
    setDefaultButton(safe);
    setEscapeButton(safe);
    safe->setFocus();
}

bool Question::agreed() {
    exec();
    return clickedButton() == m_yes;
}

} // namespace diapason::ui

// A question about something that cannot be taken back.
#pragma once

#include <QMessageBox>

namespace diapason::ui {

/// Neither Enter nor Escape does what is asked: both answer no.
class Question : public QMessageBox {
    Q_OBJECT
public:
    /// @param yes, no what the buttons say will happen
    Question(const QString& title, const QString& text, const QString& details, const QString& yes, const QString& no,
             QWidget* parent);
    bool agreed(); ///< asks; a question that is closed from elsewhere was not agreed to

private:
    QPushButton* m_yes;
};

} // namespace diapason::ui

// The platform's file dialogs, behind a seam that lets a test answer in their place.
#pragma once

#include <QFileDialog>
#include <QString>

namespace diapason::ui::file_dialog {

/// The next dialog is not shown; it answers with this file.
inline QString& nextAnswer() {
    static QString answer;
    return answer;
}

inline QString open(QWidget* parent, const QString& title, const QString& filter) {
    if (!nextAnswer().isEmpty()) return std::exchange(nextAnswer(), {});
    return QFileDialog::getOpenFileName(parent, title, {}, filter);
}

inline QString folder(QWidget* parent, const QString& title) {
    if (!nextAnswer().isEmpty()) return std::exchange(nextAnswer(), {});
    return QFileDialog::getExistingDirectory(parent, title);
}

inline QString save(QWidget* parent, const QString& title, const QString& suggestion, const QString& filter = {},
                    QFileDialog::Options options = {}) {
    if (!nextAnswer().isEmpty()) return std::exchange(nextAnswer(), {});
    return QFileDialog::getSaveFileName(parent, title, suggestion, filter, nullptr, options);
}

} // namespace diapason::ui::file_dialog

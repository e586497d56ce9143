// The platform's file dialogs, behind a seam that lets a test answer in their place.
#pragma once

#include "core/base/paths.h"

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

/// A database to be opened, or one that is not there yet.
inline QString database(QWidget* parent) {
    return save(parent, QObject::tr("Open or create a database"), QString::fromStdString(home_folder().string()),
                QObject::tr("Diapason databases (*.db);;All files (*)"), QFileDialog::DontConfirmOverwrite);
}

} // namespace diapason::ui::file_dialog

// Export of a result table and its figure: what is previewed is what is written, byte for byte.
#pragma once

#include "experiments/results/export.h"

#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>

#include <filesystem>
#include <functional>

namespace diapason::ui {

class ExportDialog : public QDialog {
    Q_OBJECT
public:
    /// @param database the open one, which no export replaces
    /// @param writeFigure to a file; @return empty on success, else the message
    ExportDialog(const ResultTable& table, std::filesystem::path database,
                 std::function<QString(const QString& file)> writeFigure, QWidget* parent = nullptr);

    TableFormat format() const;
    /// Writes the previewed text. @return empty on success, else the message
    QString writeTable(const QString& file) const;

private:
    void updatePreview();
    void chooseTableFile();
    void chooseFigureFile();

    ResultTable m_table;
    std::filesystem::path m_database;
    std::function<QString(const QString&)> m_writeFigure;
    QComboBox* m_format;
    QPlainTextEdit* m_preview;
    QLabel* m_result;
};

} // namespace diapason::ui

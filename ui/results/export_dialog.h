// Export of a result table and its figure: what is previewed is what is written, byte for byte.
#pragma once

#include "experiments/results/export.h"

#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>

#include <functional>

namespace diapason::ui {

class ExportDialog : public QDialog {
    Q_OBJECT
public:
    /// @param saveFigure writes the figure to a file ending in .png or .pdf; @return success
    ExportDialog(const ResultTable& table, std::function<bool(const QString&)> saveFigure, QWidget* parent = nullptr);

    TableFormat format() const;
    /// Writes the previewed text. @return empty on success, else the message
    QString writeTable(const QString& file) const;

private:
    void updatePreview();
    void chooseTableFile();
    void chooseFigureFile();

    ResultTable m_table;
    std::function<bool(const QString&)> m_saveFigure;
    QComboBox* m_format;
    QPlainTextEdit* m_preview;
    QLabel* m_result;
};

} // namespace diapason::ui

// A data file of the user as a task: what was recognised and why, its first rows, which column is what, what is wrong
// with it. Nothing is stored before "Use this data".
#pragma once

#include "core/data/baselines.h"
#include "core/data/task_guess.h"
#include "core/data/task_report.h"
#include "ui/frame/latest_work.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableWidget>

#include <memory>
#include <optional>

namespace diapason::ui {

class DataDialog : public QDialog {
    Q_OBJECT
public:
    explicit DataDialog(const QString& file, QWidget* parent = nullptr);
    /// Id of the task that was kept; empty before that.
    const QString& task() const { return m_kept; }

Q_SIGNALS:
    void wasRead(); ///< what the file says with the chosen columns is shown

private:
    /// What a reading of the file gives.
    struct Reading {
        std::optional<GuessedTask> guess;
        std::optional<TaskReport> report;
        std::vector<Baseline> baselines;
        QString problem;      ///< why there is no report
        bool badRows = false; ///< it is that some rows have faults
    };

    QWidget* buildFacts();
    void read(const KnownOfTask& known);
    void showReading(const std::shared_ptr<const Reading>& reading);
    void showRows(const GuessedTask& guess);
    void showReport(const Reading& reading);
    KnownOfTask chosen() const; ///< what the user says of the file
    void columnsChosen();
    void keep();

    QString m_file, m_kept;
    LatestWork m_reader;
    std::shared_ptr<const Reading> m_reading;
    std::string m_kindWanted;
    QLineEdit* m_name;
    QComboBox* m_kind;
    QCheckBox* m_skip;
    QTableWidget *m_rows, *m_splits;
    QLabel *m_reasons, *m_warnings, *m_leastHead, *m_least, *m_message;
    QPushButton* m_use;
};

} // namespace diapason::ui

// What a trained adapter does, in numbers: changes of the states, spectra, masks, near words, attention of prefixes.
#pragma once

#include "core/base/json.h"
#include "core/store/store_reader.h"

#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QProcess>
#include <QProgressBar>
#include <QTabWidget>

#include <filesystem>

namespace diapason::ui {

/// Reads the stored runs of a study; the engine that inspects them is a process of its own, ended with the dialog.
class InspectionDialog : public QDialog {
    Q_OBJECT
public:
    /// @param arm whose first run is shown; 0 = the study's first
    InspectionDialog(const StoreReader& reader, const std::filesystem::path& database, RowId study, RowId arm,
                     QWidget* parent = nullptr);
    ~InspectionDialog() override;
    /// The tables that are shown; empty while the engine is at work or has failed.
    const QTabWidget& tables() const { return *m_tables; }
    QString message() const { return m_message->text(); }

Q_SIGNALS:
    void answered(); ///< the engine has ended, with tables or with a message

private:
    void ask();
    void answer();
    void show(const Json& facts);
    void copy();

    QComboBox *m_run, *m_other;
    QTabWidget* m_tables;
    QLabel* m_message;
    QProgressBar* m_busy;
    QProcess m_engine;
};

} // namespace diapason::ui

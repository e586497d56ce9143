// A task of one's own: how an example becomes input and target, the words of its labels, metrics and splits, and beside
// it the exact tokens of its first rows. Edits a task's document; what is wrong with that is what reading it says.
#pragma once

#include "core/data/task.h"
#include "core/text/tokenizer.h"
#include "ui/frame/latest_work.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QTableWidget>
#include <QTextBrowser>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace diapason::ui {

class TaskDialog : public QDialog {
    Q_OBJECT
public:
    /// @param backbone whose tokens are shown
    TaskDialog(const Task& task, std::string backbone, QWidget* parent = nullptr);

Q_SIGNALS:
    void previewed(); ///< the tokens of what stands in the form are shown, or why there are none

private:
    /// What the preview needs of files.
    struct Reading {
        std::shared_ptr<const Tokenizer> tokenizer;
        std::vector<Example> examples;
        QString problem;
    };

    QWidget* buildForm();
    void addLabels(QFormLayout* form);
    void addMetrics(QFormLayout* form);
    void addSplits(QFormLayout* form);
    Json edited() const;                              ///< the task's document as the form says it
    std::optional<Task> task(QString& problem) const; ///< of that
    void read();                                      ///< the first rows, as the task reads them now
    void check();                                     ///< the form, and the tokens that follow from it
    void save();

    Task m_task;
    std::string m_backbone;
    LatestWork m_reader;
    std::shared_ptr<const Reading> m_reading;
    QLineEdit *m_title, *m_template, *m_target, *m_question;
    QSpinBox *m_longest, *m_longestTarget, *m_seed;
    QTableWidget* m_labels;
    QListWidget* m_metrics;
    QComboBox* m_primary;
    QCheckBox *m_stratified, *m_skip;
    QTextBrowser* m_tokens;
    QLabel* m_message;
    QPushButton* m_save;
};

} // namespace diapason::ui

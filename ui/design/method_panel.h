// The methods of a study: add, remove, and the options of the selected one with the forks that vary them.
#pragma once

#include "ui/design/option_form.h"
#include "ui/frame/workspace.h"

#include <QComboBox>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QWidget>

#include <string>
#include <vector>

namespace diapason::ui {

class MethodPanel : public QWidget {
    Q_OBJECT
public:
    explicit MethodPanel(Workspace& workspace, QWidget* parent = nullptr);
    void reload();   ///< the design has changed
    void showPlan(); ///< labels, colours, counts and problems
    int current() const { return m_methods->currentRow(); }
    void setCurrent(int row) { m_methods->setCurrentRow(row); }

Q_SIGNALS:
    void currentChanged();

private:
    QWidget* buildForm();
    void list(const std::vector<std::string>& labels);
    void reloadForm();
    void showProblems();
    void showCounts();
    void showPresets(const MethodInfo* info, const Json& options);
    void takePreset(int index);
    StudyMethod* selected(Study& study) const;

    Workspace& m_workspace;
    QComboBox* m_add;
    QPushButton* m_remove;
    QListWidget* m_methods;
    QLabel *m_formula, *m_summary, *m_counts;
    QWidget* m_presetRow;
    QComboBox* m_preset;
    OptionForm *m_options, *m_training;
};

/// Those of training options, by the options' names.
std::vector<Factor> trainingFactors(const std::vector<Factor>& factors);

/// Changes the levels of a factor, adds it, or takes it away when there are none.
void setLevels(std::vector<Factor>& factors, const std::string& address, const std::vector<Json>& levels);

} // namespace diapason::ui

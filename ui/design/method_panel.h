// The methods of a study: add, remove, and the options of the selected one with the forks that vary them.
#pragma once

#include "ui/design/arms_model.h"
#include "ui/design/option_form.h"
#include "ui/frame/workspace.h"

#include <QComboBox>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QWidget>

namespace diapason::ui {

class MethodPanel : public QWidget {
    Q_OBJECT
public:
    MethodPanel(Workspace& workspace, const ArmsModel& arms, QWidget* parent = nullptr);
    void reload(const std::vector<Problem>& problems);
    int current() const { return m_methods->currentRow(); }
    void setCurrent(int row) { m_methods->setCurrentRow(row); }

Q_SIGNALS:
    void currentChanged();

private:
    QWidget* buildForm();
    void reloadForm();
    void showCounts();
    void showPresets(const MethodInfo* info, const Json& options);
    void takePreset(int index);
    StudyMethod* selected(Study& study) const;

    Workspace& m_workspace;
    const ArmsModel& m_arms;
    std::vector<Problem> m_problems;
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

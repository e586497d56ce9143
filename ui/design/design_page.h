// The Design page: backbone, task, methods and factors, seeds and training, pre-flight. Every edit is one undoable
// step.
#pragma once

#include "ui/design/arms_model.h"
#include "ui/design/choice_panel.h"
#include "ui/design/method_panel.h"
#include "ui/design/preflight_panel.h"
#include "ui/design/task_panel.h"
#include "ui/design/training_panel.h"
#include "ui/frame/page.h"
#include "ui/frame/workspace.h"
#include "ui/plots/block_view.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>

namespace diapason::ui {

class DesignPage : public Page {
    Q_OBJECT
public:
    explicit DesignPage(Workspace& workspace, QWidget* parent = nullptr);
    QList<QAction*> pageActions() const override { return m_actions; }
    QWidget* firstFocus() override { return m_sections; }
    void activated() override;
    bool takes(const QString& file) const override; ///< data, not databases
    void take(const QString& file) override { addData(file); }
    /// Shows a data file as a task; what the user makes of it becomes the design's task.
    void addData(const QString& file);

private:
    enum Section { BackboneSection, TaskSection, MethodsSection, SeedsSection, PreflightSection, SectionCount };

    QWidget* buildSections();
    QWidget* buildCentre();
    QWidget* buildMethods();
    void equaliseBudgets();
    void showDesign();          ///< what is edited, at once
    void showPlan();            ///< what follows from it, when it is known
    void showThatItIsChecked(); ///< meanwhile, when that takes time
    void reloadChoices();       ///< backbones or tasks have come or gone
    void reloadSections();
    void reloadDrawing();
    QString reloadBackbone(); ///< @return what the section list says
    void goTo(const FieldPath& field);
    static int sectionOf(const FieldPath& field);

    Workspace& m_workspace;
    ArmsModel* m_arms;
    QListWidget* m_sections;
    QStackedWidget* m_stack;
    ChoicePanel* m_backbones;
    TaskPanel* m_tasks;
    MethodPanel* m_methods;
    TrainingPanel* m_training;
    PreflightPanel* m_preflight;
    QLabel* m_armsTitle;
    QComboBox* m_baseline;
    QLineEdit* m_name;
    BlockView* m_block;
    QTableView* m_table;
    QPushButton* m_go;
    QList<QAction*> m_actions;
};

} // namespace diapason::ui

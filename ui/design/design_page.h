// The Design page: backbone, task, methods and factors, seeds and training, pre-flight. Every edit is one undoable
// step.
#pragma once

#include "ui/design/arms_model.h"
#include "ui/design/block_view.h"
#include "ui/design/option_form.h"
#include "ui/shell/page.h"
#include "ui/shell/workspace.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>

#include <functional>

namespace diapason::ui {

class DesignPage : public Page {
    Q_OBJECT
public:
    explicit DesignPage(Workspace& workspace, QWidget* parent = nullptr);
    QString title() const override { return tr("Design"); }
    QList<QAction*> pageActions() const override { return m_actions; }
    void activated() override { reload(); }

Q_SIGNALS:
    void started();

private:
    enum Section { BackboneSection, TaskSection, MethodsSection, SeedsSection, PreflightSection, SectionCount };

    QWidget* buildSections();
    QWidget* buildCentre();
    QWidget* buildBackbone();
    QWidget* buildTask();
    QWidget* buildMethods();
    QWidget* buildSeeds();
    QWidget* buildPreflight();

    void edit(const QString& what, const std::function<void(Study&)>& change);
    void reload();
    void reloadSections(const std::vector<Problem>& problems);
    void reloadMethodForm();
    void reloadDrawing();
    void reloadPreflight(const std::vector<Problem>& problems);
    void start();
    StudyMethod* selectedMethod(Study& study) const;

    Workspace& m_workspace;
    ArmsModel* m_arms;
    QListWidget *m_sections, *m_backbones, *m_tasks, *m_methods, *m_problems;
    QStackedWidget* m_stack;
    QLabel *m_backboneText, *m_taskText, *m_formula, *m_counts, *m_armsTitle, *m_preflight;
    QLineEdit *m_name, *m_seeds;
    QComboBox *m_add, *m_execution;
    OptionForm *m_options, *m_methodTraining, *m_training;
    BlockView* m_block;
    QTableView* m_table;
    QPushButton *m_start, *m_go;
    QList<QAction*> m_actions;
    bool m_loading = false;
};

} // namespace diapason::ui

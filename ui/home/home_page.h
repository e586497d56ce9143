// The Home page: what to do first, sample studies, recent studies.
#pragma once

#include "experiments/study/study.h"
#include "ui/frame/page.h"
#include "ui/frame/workspace.h"
#include "ui/plots/block_view.h"

#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QTableWidget>

#include <memory>
#include <vector>

namespace diapason::ui {

class HomePage : public Page {
    Q_OBJECT
public:
    explicit HomePage(Workspace& workspace, QWidget* parent = nullptr);
    QList<QAction*> pageActions() const override { return m_actions; }
    void activated() override { reloadRecent(); }
    QWidget* firstFocus() override { return m_table; }

private:
    QWidget* buildSide();
    QWidget* buildSamples();
    QWidget* buildPreview();
    void updateButtons();
    void updateResume();
    RowId selectedStudy() const; ///< 0 = none
    void reloadRecent();
    bool designSample();
    void takePlan(int row, std::shared_ptr<const Plan> plan);
    void showPlan(int row); ///< what its row says of it
    void showSample(int row);
    void runSample();
    void openSample();

    Workspace& m_workspace;
    std::vector<Study> m_samples;
    bool m_runWanted = false;                         ///< the run page, once the sample has started
    std::vector<std::shared_ptr<const Plan>> m_plans; ///< parallel to the samples; null until they are made
    QListWidget* m_recent;
    QTableWidget* m_table;
    QLineEdit* m_filter;
    QLabel *m_title, *m_text, *m_facts, *m_why, *m_database;
    BlockView* m_block;
    QList<QAction*> m_actions;
    QPushButton *m_run, *m_open, *m_resume;
};

} // namespace diapason::ui

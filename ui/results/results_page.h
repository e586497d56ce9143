// The Results page: the sortable table of arms, score against size, notes, export.
#pragma once

#include "ui/frame/page.h"
#include "ui/frame/workspace.h"
#include "ui/results/results_model.h"
#include "ui/results/size_plot.h"

#include <QLabel>
#include <QSortFilterProxyModel>
#include <QStackedLayout>
#include <QTableView>

namespace diapason::ui {

class ResultsPage : public Page {
    Q_OBJECT
public:
    explicit ResultsPage(Workspace& workspace, QWidget* parent = nullptr);
    QList<QAction*> pageActions() const override { return m_actions; }
    QWidget* firstFocus() override { return m_table; }
    void activated() override { reload(); }
    const ResultsModel& model() const { return *m_model; }
    /// TSV with headers of the selected rows, or of all when none is selected.
    QString selectionText() const;

private:
    void buildActions();
    QLayout* buildBar();
    QWidget* buildTable();
    QWidget* buildPlotAndNotes();
    void reload();
    void openExport();
    void openInspection();
    RowId selectedArm() const; ///< 0 = none

    Workspace& m_workspace;
    ResultsModel* m_model;
    QSortFilterProxyModel* m_sorted;
    QTableView* m_table;
    SizePlot* m_plot;
    QLabel *m_heading, *m_notes;
    QStackedLayout* m_stack;
    QList<QAction*> m_actions;
};

} // namespace diapason::ui

// The Run page: queue, live curves, values at the cursor, events.
#pragma once

#include "ui/plots/curve_plot.h"
#include "ui/run/queue_model.h"
#include "ui/shell/page.h"
#include "ui/shell/workspace.h"

#include <QComboBox>
#include <QLabel>
#include <QListWidget>
#include <QProgressBar>
#include <QPushButton>
#include <QSlider>
#include <QStackedLayout>
#include <QTableView>
#include <QTableWidget>
#include <QToolButton>

namespace diapason::ui {

class RunPage : public Page {
    Q_OBJECT
public:
    explicit RunPage(Workspace& workspace, QWidget* parent = nullptr);
    QString title() const override { return tr("Run"); }
    QList<QAction*> pageActions() const override { return m_actions; }
    void activated() override;
    const RunCurves& curves() const { return m_curves; }

Q_SIGNALS:
    void designWanted();

private:
    QWidget* buildQueue();
    QWidget* buildPlots();
    QWidget* buildValues();
    void reload(); ///< another study
    void updateQueue();
    void takeEvents(const RunEvents& events);
    void updateViews();
    void updateMetrics();
    void updateValues();
    void raise(RowId arm);
    void toggleArm(RowId arm);

    Workspace& m_workspace;
    RunCurves m_curves;
    std::vector<CurveStyle> m_styles;
    QueueModel* m_model;
    QTableView* m_table;
    QProgressBar* m_bar;
    QLabel* m_summary;
    QLabel* m_message;
    QPushButton *m_pause, *m_stop, *m_stopAll;
    CurvePlot *m_loss, *m_score;
    QComboBox *m_axis, *m_metric;
    QToolButton *m_log, *m_raw, *m_follow;
    QSlider* m_smooth;
    QTableWidget* m_values;
    QLabel* m_valuesTitle;
    QListWidget* m_events;
    QStackedLayout* m_stack;
    QList<QAction*> m_actions;
    QTimer m_valueTimer;
    RowId m_raised = 0, m_lastEvent = 0;
    std::set<RowId> m_hidden;
    double m_cursor = std::nan("");
    std::size_t m_lastActive = 0;
};

} // namespace diapason::ui

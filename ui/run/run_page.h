// The Run page: queue, live curves, values at the cursor, events.
#pragma once

#include "ui/plots/curve_plot.h"
#include "ui/plots/value_panel.h"
#include "ui/run/queue_model.h"
#include "ui/shell/page.h"
#include "ui/shell/workspace.h"

#include <QComboBox>
#include <QLabel>
#include <QListWidget>
#include <QProgressBar>
#include <QPushButton>
#include <QSlider>
#include <QSplitter>
#include <QStackedLayout>
#include <QTableView>
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

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

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
    void fitMessage();
    void raise(RowId arm);
    void hideArm(RowId arm, bool hidden);

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
    QLabel* m_weight;
    ValuePanel* m_values;
    QListWidget* m_events;
    QSplitter *m_splitter, *m_left;
    QWidget* m_side; ///< values and events
    QStackedLayout* m_stack;
    QList<QAction*> m_actions;
    QTimer m_valueTimer;
    RowId m_raised = 0, m_lastEvent = 0;
    std::vector<MetricName> m_metrics; ///< that the lower plot offers
    double m_cursor = std::nan("");
    std::size_t m_lastActive = 0;
};

} // namespace diapason::ui

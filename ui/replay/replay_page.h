// The Replay page: stored runs through the very events and the very plot that live runs use, at any speed.
#pragma once

#include "ui/frame/page.h"
#include "ui/frame/workspace.h"
#include "ui/plots/curve_plot.h"
#include "ui/plots/value_panel.h"

#include <QComboBox>
#include <QElapsedTimer>
#include <QLabel>
#include <QPushButton>
#include <QSlider>
#include <QSplitter>
#include <QStackedLayout>
#include <QTreeWidget>

namespace diapason::ui {

class ReplayPage : public Page {
    Q_OBJECT
public:
    explicit ReplayPage(Workspace& workspace, QWidget* parent = nullptr);
    QString title() const override { return tr("Replay"); }
    QList<QAction*> pageActions() const override { return m_actions; }
    void activated() override;

    /// Seconds of the runs' own time.
    void seek(double seconds);
    double position() const { return m_position; }
    double duration() const { return m_duration; }
    void play(bool on);
    bool playing() const { return m_timer.isActive(); }
    const RunCurves& curves() const { return m_curves; }

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* object, QEvent* event) override;

private:
    void reload();
    void chosenChanged();
    void show();
    void step(int direction, bool evaluations);
    void raise(RowId arm);
    void hideArm(RowId arm, bool hidden);

    Workspace& m_workspace;
    RunCurves m_curves; ///< all points of the chosen runs, as their events delivered them
    std::vector<CurveStyle> m_styles;
    std::vector<double> m_pointTimes, m_evaluationTimes; ///< ascending
    QTreeWidget* m_runs;
    CurvePlot *m_loss, *m_score;
    ValuePanel* m_values;
    QSplitter *m_splitter, *m_left;
    QPushButton* m_play;
    QComboBox *m_speed, *m_metric;
    QSlider* m_scrubber;
    QLabel* m_time;
    QStackedLayout* m_stack;
    QList<QAction*> m_actions;
    QTimer m_timer, m_chosenTimer;
    QElapsedTimer m_clock;
    RowId m_raised = 0;
    double m_position = 0, m_duration = 0, m_cursor = std::numeric_limits<double>::quiet_NaN();
};

} // namespace diapason::ui

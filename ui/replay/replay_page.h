// The Replay page: stored runs through the very events and the very plot that live runs use, at any speed.
#pragma once

#include "ui/frame/page.h"
#include "ui/frame/workspace.h"
#include "ui/plots/curve_desk.h"

#include <QComboBox>
#include <QElapsedTimer>
#include <QLabel>
#include <QPushButton>
#include <QSlider>
#include <QStackedLayout>
#include <QTreeWidget>

namespace diapason::ui {

class ReplayPage : public Page {
    Q_OBJECT
public:
    explicit ReplayPage(Workspace& workspace, QWidget* parent = nullptr);
    QList<QAction*> pageActions() const override { return m_actions; }
    void activated() override;
    QWidget* firstFocus() override { return m_scrubber; }

    /// Seconds of the runs' own time.
    void seek(double seconds);
    double position() const { return m_position; }
    double duration() const { return m_duration; }
    void play(bool on);
    bool playing() const { return m_timer.isActive(); }
    const RunCurves& curves() const { return m_desk->curves(); }

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* object, QEvent* event) override;

private:
    QLayout* buildBar();
    void buildActions();
    void reload();
    void chosenChanged();
    std::vector<CurveStyle> chosenStyles() const;
    void takeTimes(); ///< of the runs that are shown
    void findTimes();
    void show();
    void step(int direction, bool evaluations);

    Workspace& m_workspace;
    CurveDesk* m_desk = nullptr;                         ///< the chosen runs, with all of their points
    std::vector<double> m_pointTimes, m_evaluationTimes; ///< ascending
    QTreeWidget* m_runs;
    QPushButton* m_play;
    QComboBox* m_speed;
    QSlider* m_scrubber;
    QLabel* m_time;
    QStackedLayout* m_stack;
    QList<QAction*> m_actions;
    QTimer m_timer, m_chosenTimer;
    QElapsedTimer m_clock;
    double m_position = 0, m_duration = 0;
};

} // namespace diapason::ui

// The Run page: queue, live curves, values at the cursor, events.
#pragma once

#include "ui/frame/page.h"
#include "ui/frame/workspace.h"
#include "ui/plots/curve_desk.h"
#include "ui/run/queue_model.h"
#include "ui/run/stop_button.h"

#include <QComboBox>
#include <QLabel>
#include <QListWidget>
#include <QProgressBar>
#include <QPushButton>
#include <QSlider>
#include <QStackedLayout>
#include <QTableView>
#include <QToolButton>

namespace diapason::ui {

class RunPage : public Page {
    Q_OBJECT
public:
    explicit RunPage(Workspace& workspace, QWidget* parent = nullptr);
    QList<QAction*> pageActions() const override { return m_actions; }
    void activated() override;
    QWidget* firstFocus() override { return m_table; }
    const RunCurves& curves() const { return m_desk->curves(); }

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QWidget* buildQueue();
    QWidget* buildButtons();
    QWidget* buildControls();
    QWidget* buildEvents();
    QWidget* buildEmpty();
    void buildActions();
    void reload(); ///< another study
    void updateQueue();
    void updateButtons(const QueueStatus& status);
    void offerRuns();
    const QueueEntry* selectedEntry() const; ///< null = none
    void appendEvents();
    void updateView();
    void fitMessage();
    void pauseOrResume();
    void takeOut();
    void stopAll();

    Workspace& m_workspace;
    QueueModel* m_model;
    CurveDesk* m_desk = nullptr;
    QTableView* m_table;
    QProgressBar* m_bar;
    QLabel *m_summary, *m_message, *m_weight;
    QPushButton *m_pause, *m_stopAll;
    StopButton* m_stop;
    QAction *m_stopOne, *m_takeOut;
    QComboBox* m_axis;
    QToolButton *m_log, *m_raw, *m_follow;
    QSlider* m_smooth;
    QListWidget* m_events;
    QStackedLayout* m_stack;
    QList<QAction*> m_actions;
    RowId m_lastEvent = 0;
};

} // namespace diapason::ui

// The button that stops a run: it says which one.
#pragma once

#include "experiments/run/study_session.h"

#include <QPushButton>

namespace diapason::ui {

/// Offers one run that is at work; never one that waits, however it was selected. What it names is what it stops, also
/// when that run has ended meanwhile.
class StopButton : public QPushButton {
    Q_OBJECT
public:
    explicit StopButton(QWidget* parent = nullptr);
    /// @param selected the run in whose row somebody stands; it is offered if it is at work, else the first that is
    void offer(const std::vector<QueueEntry>& queue, RowId selected);
    RowId run() const { return m_run; } ///< 0 = none
    QString whole() const;              ///< what it says when it has room
    QSize sizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void fit();

    RowId m_run = 0;
    QString m_arm, m_seed;
};

} // namespace diapason::ui

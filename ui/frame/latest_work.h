// Work beside the window of which only the newest counts, as a dialog wants it: what was begun before is stopped and
// not answered. PlanWorker is for several kinds of wishes at once.
#pragma once

#include "core/base/awaited_work.h"

#include <QObject>
#include <QString>
#include <QThreadPool>
#include <QTimer>

#include <functional>
#include <memory>

namespace diapason::ui {

class LatestWork : public QObject {
    Q_OBJECT
public:
    /// Done on another thread; what it returns is done on this object's. Nothing is thrown.
    using Job = std::function<std::function<void()>()>;

    explicit LatestWork(QObject* parent = nullptr);
    ~LatestWork() override; ///< stops what is in work, and answers nothing
    void start(Job job);

Q_SIGNALS:
    void progressed(const QString& part, int percent); ///< now and then while it works: "Reading a.csv"

private:
    QThreadPool m_thread; ///< one
    QTimer m_progress;
    std::shared_ptr<AwaitedWork> m_work; ///< the newest; null before the first
    int m_number = 0;                    ///< of the newest
};

} // namespace diapason::ui

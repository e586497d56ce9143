// Plans made on a thread of their own, so that the window's reads no files while somebody edits.
#pragma once

#include "experiments/study/plan.h"

#include <QObject>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace diapason::ui {

class PlanWorker : public QObject {
    Q_OBJECT
public:
    using Done = std::function<void(std::shared_ptr<const Plan>)>;

    explicit PlanWorker(PlanSources& sources); ///< which outlive it
    ~PlanWorker() override;                    ///< waits for a plan in the making

    /// `done` is called on this object's thread. Of several wishes under one key only the newest is answered; lower
    /// keys come first.
    void want(int key, const Study& study, bool mayDropBaseline, Done done);
    void forget(int key); ///< what was wanted under it is not answered any more

private:
    struct Wish {
        std::uint64_t number = 0;
        Study study;
        bool mayDropBaseline = false;
        Done done;
    };
    void work();

    PlanSources& m_sources;
    std::map<int, std::uint64_t> m_newest; ///< number of the newest wish of each key; this object's thread
    std::uint64_t m_wishes = 0;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::map<int, Wish> m_waiting;
    bool m_stopping = false;
    std::thread m_thread; ///< begins last
};

} // namespace diapason::ui

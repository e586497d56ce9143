// Plans made on a thread of their own, so that the window's reads no files while somebody edits.
#pragma once

#include "core/base/awaited_work.h"
#include "experiments/study/plan_inputs.h"

#include <QObject>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace diapason::ui {

class PlanWorker : public QObject {
    Q_OBJECT
public:
    using Done = std::function<void(std::shared_ptr<const Plan>)>;
    /// @param fault what is wrong with what the plan's runs would read; none: nothing
    using Checked = std::function<void(std::optional<Error> fault)>;

    explicit PlanWorker(PlanSources& sources); ///< which outlive it
    ~PlanWorker() override;                    ///< waits for a plan in the making, and stops what is read

    /// `done` is called on this object's thread. Of several wishes under one key only the newest is answered; lower
    /// keys come first.
    void want(int key, const Study& study, bool mayDropBaseline, Done done);
    /// Whether what the plan's runs will read can be read. @param inputs outlives this
    void wantInputs(int key, const std::shared_ptr<const Plan>& plan, InputCheck& inputs, Checked done);
    void forget(int key);  ///< what was wanted under it is not answered any more
    QString doing() const; ///< what is read at the moment, and how far: "Reading a.csv, 45 %"; may be empty

private:
    /// Done on the worker's thread; what it returns is done on this object's.
    using Job = std::function<std::function<void()>()>;
    struct Wish {
        std::uint64_t number = 0;
        Job job;
        std::shared_ptr<AwaitedWork> reading; ///< what it reads can be stopped; null = it is short
        std::string inputs;                   ///< what that is: a newer wish for the same goes on with it
    };
    void add(int key, Wish wish);
    /// What is read under a key, unless a newer wish reads the same; under the mutex.
    void stopReading(int key, const std::string& inputs);
    void work();

    PlanSources& m_sources;
    std::map<int, std::uint64_t> m_newest; ///< number of the newest wish of each key; this object's thread
    std::uint64_t m_wishes = 0;
    mutable std::mutex m_mutex;
    std::condition_variable m_wake;
    std::map<int, Wish> m_waiting;
    int m_key = -1; ///< of the wish that is worked at
    Wish m_current; ///< without its job
    bool m_stopping = false;
    std::thread m_thread; ///< begins last
};

} // namespace diapason::ui

#include "ui/frame/plan_worker.h"

#include <QMetaObject>

namespace diapason::ui {
namespace {

// Whatever happens, there is an answer: a design that waits for its check for ever cannot be started.
Plan plan_or_reason(const Study& study, PlanSources& sources, bool mayDropBaseline) {
    try {
        return make_plan(study, sources, {{}, Json::object(), mayDropBaseline});
    } catch (const std::exception& error) {
        Plan plan;
        plan.study = study;
        const Error reason(ErrorKind::internal, error.what());
        plan.configs[study.backbone] = {study.backbone, nullptr, reason};
        plan.tasks[study.task] = {study.task, nullptr, reason};
        plan.problems.push_back({{}, {}, error.what(), {}});
        return plan;
    }
}

} // namespace

PlanWorker::PlanWorker(PlanSources& sources) : m_sources(sources), m_thread([this] { work(); }) {}

PlanWorker::~PlanWorker() {
    {
        const std::lock_guard guard(m_mutex);
        m_stopping = true;
    }
    m_wake.notify_one();
    m_thread.join();
}

void PlanWorker::want(int key, const Study& study, bool mayDropBaseline, Done done) {
    m_newest[key] = ++m_wishes;
    {
        const std::lock_guard guard(m_mutex);
        m_waiting[key] = {m_wishes, study, mayDropBaseline, std::move(done)};
    }
    m_wake.notify_one();
}

void PlanWorker::forget(int key) {
    m_newest[key] = ++m_wishes;
    const std::lock_guard guard(m_mutex);
    m_waiting.erase(key);
}

void PlanWorker::work() {
    std::unique_lock guard(m_mutex);
    while (true) {
        m_wake.wait(guard, [&] { return m_stopping || !m_waiting.empty(); });
        if (m_stopping) return;
        auto next = m_waiting.extract(m_waiting.begin());
        guard.unlock();
        Wish& wish = next.mapped();
        auto plan = std::make_shared<const Plan>(plan_or_reason(wish.study, m_sources, wish.mayDropBaseline));
        QMetaObject::invokeMethod(
            this,
            [this, key = next.key(), number = wish.number, plan = std::move(plan), done = std::move(wish.done)] {
                if (m_newest[key] == number) done(plan);
            },
            Qt::QueuedConnection);
        guard.lock();
    }
}

} // namespace diapason::ui

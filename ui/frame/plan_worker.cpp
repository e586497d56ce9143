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

std::optional<Error> input_fault(const Plan& plan, InputCheck& inputs) {
    try {
        inputs.require(plan);
        return {};
    } catch (const Error& error) {
        return error;
    } catch (const std::exception& error) {
        return Error(ErrorKind::internal, error.what());
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
    add(key, [this, study, mayDropBaseline, done = std::move(done)] {
        auto plan = std::make_shared<const Plan>(plan_or_reason(study, m_sources, mayDropBaseline));
        return [done, plan = std::move(plan)] { done(plan); };
    });
}

void PlanWorker::wantInputs(int key, std::shared_ptr<const Plan> plan, InputCheck& inputs, Checked done) {
    add(key, [plan = std::move(plan), &inputs, done = std::move(done)] {
        return [done, fault = input_fault(*plan, inputs)] { done(fault); };
    });
}

void PlanWorker::add(int key, Job job) {
    m_newest[key] = ++m_wishes;
    {
        const std::lock_guard guard(m_mutex);
        m_waiting[key] = {m_wishes, std::move(job)};
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
        QMetaObject::invokeMethod(
            this,
            [this, key = next.key(), number = next.mapped().number, tell = next.mapped().job()] {
                if (m_newest[key] == number) tell();
            },
            Qt::QueuedConnection);
        guard.lock();
    }
}

} // namespace diapason::ui

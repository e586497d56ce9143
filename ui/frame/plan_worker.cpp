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
        stopReading(m_key, {});
    }
    m_wake.notify_one();
    m_thread.join();
}

void PlanWorker::want(int key, const Study& study, bool mayDropBaseline, Done done) {
    const auto job = [this, study, mayDropBaseline, done = std::move(done)]() -> std::function<void()> {
        auto plan = std::make_shared<const Plan>(plan_or_reason(study, m_sources, mayDropBaseline));
        return [done, plan = std::move(plan)] { done(plan); };
    };
    add(key, {0, job, nullptr, {}});
}

void PlanWorker::wantInputs(int key, const std::shared_ptr<const Plan>& plan, InputCheck& inputs, Checked done) {
    auto reading = std::make_shared<AwaitedWork>();
    const auto job = [plan, &inputs, done = std::move(done), reading]() -> std::function<void()> {
        const AwaitedWork::Scope scope(*reading);
        return [done, fault = input_fault(*plan, inputs)] { done(fault); };
    };
    add(key, {0, job, reading, names_of_inputs(*plan)});
}

QString PlanWorker::doing() const {
    const std::lock_guard guard(m_mutex);
    const QString part = m_current.reading == nullptr ? QString() : QString::fromStdString(m_current.reading->part());
    return part.isEmpty() ? part : tr("%1, %2 %").arg(part, QString::number(qRound(100 * m_current.reading->share())));
}

void PlanWorker::stopReading(int key, const std::string& inputs) {
    if (m_current.reading != nullptr && m_key == key && m_current.inputs != inputs) m_current.reading->stop();
}

void PlanWorker::add(int key, Wish wish) {
    wish.number = m_newest[key] = ++m_wishes;
    {
        const std::lock_guard guard(m_mutex);
        stopReading(key, wish.inputs);
        m_waiting[key] = std::move(wish);
    }
    m_wake.notify_one();
}

void PlanWorker::forget(int key) {
    m_newest[key] = ++m_wishes;
    const std::lock_guard guard(m_mutex);
    stopReading(key, {});
    m_waiting.erase(key);
}

void PlanWorker::work() {
    std::unique_lock guard(m_mutex);
    while (true) {
        m_wake.wait(guard, [&] { return m_stopping || !m_waiting.empty(); });
        if (m_stopping) return;
        auto next = m_waiting.extract(m_waiting.begin());
        m_key = next.key();
        m_current = {next.mapped().number, {}, next.mapped().reading, next.mapped().inputs};
        guard.unlock();
        QMetaObject::invokeMethod(
            this,
            [this, key = next.key(), number = next.mapped().number, tell = next.mapped().job()] {
                if (m_newest[key] == number) tell();
            },
            Qt::QueuedConnection);
        guard.lock();
        m_current = {};
    }
}

} // namespace diapason::ui

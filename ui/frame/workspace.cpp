#include "ui/frame/workspace.h"

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/store/database_check.h"
#include "experiments/run/stored_queue.h"
#include "ui/theme/theme.h"

#include <QUndoCommand>

#include <algorithm>

namespace diapason::ui {

// Swaps two whole designs: small documents, so that undo needs no inverse of each edit.
class DesignCommand : public QUndoCommand {
public:
    DesignCommand(Workspace& workspace, const QString& what, const Study& after)
        : QUndoCommand(what),
          m_workspace(workspace),
          m_other(after) {}
    void redo() override { swap(); }
    void undo() override { swap(); }

private:
    void swap() {
        std::swap(m_workspace.m_design, m_other);
        m_workspace.m_startSoon = false;
        m_workspace.check(true);
    }
    Workspace& m_workspace;
    Study m_other;
};

Workspace::Workspace(QObject* parent) : QObject(parent), m_inbox(std::make_shared<Inbox>()) {
    m_timer.setInterval(50);
    connect(&m_timer, &QTimer::timeout, this, &Workspace::deliver);
    m_watch.setInterval(1000);
    connect(&m_watch, &QTimer::timeout, this, [this] {
        const std::int64_t version = read([](const StoreReader& reader) { return reader.data_version(); });
        if (std::exchange(m_version, version) == version) return;
        Q_EMIT statesStored();
        Q_EMIT queueChanged();
    });
    m_patience.setSingleShot(true);
    m_patience.setInterval(150);
    connect(&m_patience, &QTimer::timeout, this, &Workspace::checkTakesTime);
    newStudy();
}

Workspace::~Workspace() {
    m_session.reset();
}

bool Workspace::openDatabase(const std::filesystem::path& file, bool foreignToo) {
    if (running()) {
        Q_EMIT problem(tr("A study is running. Stop it before opening another database."));
        return false;
    }
    try {
        std::unique_ptr<Store> store;
        const bool foreign = !foreignToo && file != default_database() && std::filesystem::exists(file) &&
                             std::filesystem::file_size(file) > 0 && !was_written_here(file);
        try {
            if (!foreign) store = std::make_unique<Store>(file);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::locked && error.kind() != ErrorKind::incompatible &&
                error.kind() != ErrorKind::storage)
                throw;
            if (!std::filesystem::exists(file)) throw;
            Q_EMIT problem(tr("Opened read-only: %1").arg(qs(error.what())));
        }
        auto reader = std::make_unique<StoreReader>(file);
        m_store = std::move(store);
        m_reader = std::move(reader);
        m_file = file;
        m_foreign = foreign;
        m_told.clear();
    } catch (const Error& error) {
        Q_EMIT problem(qs(error.what()));
        return false;
    } catch (const std::filesystem::filesystem_error& error) {
        Q_EMIT problem(tr("%1 cannot be opened: %2").arg(qs(file.string()), qs(error.code().message())));
        return false;
    }
    if (m_foreign)
        Q_EMIT problem(
            tr("%1 comes from elsewhere and is open read-only: nothing is written to it until you continue there.")
                .arg(qs(file.filename().string())));
    if (m_store != nullptr) {
        m_store->on_commit([this](bool state) {
            if (state) QMetaObject::invokeMethod(this, &Workspace::statesStored, Qt::QueuedConnection);
        });
    }
    if (readOnly()) {
        m_version = m_reader->data_version();
        m_watch.start();
    } else {
        m_watch.stop();
    }
    m_study = newestStudy();
    Q_EMIT databaseChanged();
    Q_EMIT studyChanged();
    return true;
}

RowId Workspace::newestStudy() const {
    const auto studies = read([](const StoreReader& reader) { return reader.study_lines(); });
    return studies.empty() ? 0 : studies.front().id;
}

void Workspace::unreadable(const Error& error) const {
    if (std::exchange(m_told, error.what()) == error.what()) return; // pages ask the same again and again
    Q_EMIT problem(qs(error.what()));
}

void Workspace::newStudy() {
    Study study;
    study.title = "New study";
    study.backbone = "encoder-mini";
    study.task = "section";
    study.seeds = {1, 2, 3};
    openDesign(study);
}

void Workspace::openDesign(const Study& study, std::shared_ptr<const Plan> plan) {
    m_startSoon = false;
    m_undo.clear();
    m_design = study;
    if (plan == nullptr) return check(false);
    m_planner.forget(0);
    m_checked = false;
    Q_EMIT designChanged();
    adopt(std::move(plan));
}

void Workspace::edit(const QString& what, const std::function<void(Study&)>& change) {
    Study study = m_design;
    change(study);
    m_undo.push(new DesignCommand(*this, what, study));
}

void Workspace::check(bool mayDropBaseline) {
    m_checked = false;
    m_patience.start();
    // One that no arm has had is a slip to be told; one that an edit has taken away is not.
    const bool drop = mayDropBaseline && m_plan != nullptr && m_plan->has_arm(m_design.baseline);
    m_planner.want(0, m_design, drop, [this](std::shared_ptr<const Plan> plan) { adopt(std::move(plan)); });
    Q_EMIT designChanged();
}

void Workspace::adopt(std::shared_ptr<const Plan> plan) {
    m_patience.stop();
    m_plan = std::move(plan);
    m_checked = true;
    m_design.baseline = m_plan->study.baseline;
    m_inputFault.reset();
    m_inputsChecked = false;
    if (m_plan->problems.empty())
        m_inputReader.wantInputs(0, m_plan, m_inputs, [this](std::optional<Error> fault) {
            m_inputFault = std::move(fault);
            m_inputsChecked = true;
            Q_EMIT inputsRead();
            if (std::exchange(m_startSoon, false)) startStudy();
        });
    else
        m_inputReader.forget(0);
    Q_EMIT planChanged();
    if (!m_plan->problems.empty() && std::exchange(m_startSoon, false)) startStudy(); // it says why not
}

void Workspace::showStudy(RowId study) {
    if (study == m_study) return;
    m_study = study;
    if (running()) { // what the session has handed over lies in the store before the pages read it
        try {
            m_store->flush();
        } catch (const Error& error) {
            Q_EMIT problem(qs(error.what()));
        }
    }
    Q_EMIT studyChanged();
}

void Workspace::trashStudy(RowId study) {
    if (m_store == nullptr || (running() && m_session->study_id() == study)) return;
    try {
        m_store->set_trashed(study, true);
    } catch (const Error& error) { // a full disk
        Q_EMIT problem(qs(error.what()));
        return;
    }
    if (m_study == study) m_study = newestStudy();
    Q_EMIT databaseChanged();
    Q_EMIT studyChanged();
}

bool Workspace::startStudy() {
    if (!m_checked) {
        Q_EMIT problem(tr("The design is still being checked."));
        return false;
    }
    const std::shared_ptr<const Plan> plan = m_plan; // signals of the start may bring another
    try {
        // Known, unless a file has changed meanwhile. What is wrong with the plan itself is said by the session.
        if (plan->problems.empty()) m_inputs.require(*plan);
    } catch (const Error& error) {
        Q_EMIT problem(qs(error.what()));
        return false;
    }
    return beginSession(*plan, {});
}

void Workspace::startSoon() {
    if (m_checked && (m_inputsChecked || !m_plan->problems.empty()))
        startStudy();
    else
        m_startSoon = true;
}

std::optional<Study> Workspace::storedDesign(RowId study) {
    const auto stored = read([&](const StoreReader& reader) { return reader.study(study); });
    if (!stored) return {};
    try {
        return study_from_json(stored->document, stored->title);
    } catch (const Error& error) {
        Q_EMIT problem(qs(error.what()));
        return {};
    }
}

bool Workspace::resumeStudy(RowId study) {
    const auto stored = read([&](const StoreReader& reader) { return reader.study(study); });
    if (!stored) return false;
    try {
        return beginSession(plan_of_stored(*stored, m_sources), study);
    } catch (const Error& error) {
        Q_EMIT problem(qs(error.what()));
        return false;
    }
}

bool Workspace::designLike(RowId study) {
    const auto design = storedDesign(study);
    if (design) openDesign(*design);
    return design.has_value();
}

bool Workspace::beginSession(const Plan& plan, std::optional<RowId> stored) {
    if (running()) return false;
    if (m_store == nullptr) {
        Q_EMIT problem(
            m_foreign ? tr("This database comes from elsewhere. Choose Continue here before anything is run in it.")
                      : tr("The database is read-only, so no runs can be stored in it."));
        return false;
    }
    try {
        auto executor = m_factory                             ? m_factory()
                        : m_execution == Execution::processes ? make_process_executor()
                                                              : make_thread_executor();
        m_session = std::make_unique<StudySession>(*m_store, std::move(executor), plan, stored);
    } catch (const Error& error) {
        Q_EMIT problem(qs(error.what()));
        return false;
    }
    m_inbox = std::make_shared<Inbox>();
    const std::shared_ptr<Inbox> inbox = m_inbox;
    StudySession::Listener listener;
    listener.event = [inbox](RowId run, const RunEvent& event) {
        const std::lock_guard guard(inbox->mutex);
        inbox->events.emplace_back(run, event);
    };
    listener.queue_changed = [inbox] {
        const std::lock_guard guard(inbox->mutex);
        inbox->queueMoved = true;
    };
    listener.done = [inbox] {
        const std::lock_guard guard(inbox->mutex);
        inbox->done = inbox->queueMoved = true;
    };
    m_session->set_listener(std::move(listener));
    m_study = m_session->study_id();
    Q_EMIT databaseChanged();
    Q_EMIT studyChanged();
    m_session->start();
    m_timer.start();
    Q_EMIT sessionStarted();
    Q_EMIT queueChanged();
    return true;
}

void Workspace::deliver() {
    RunEvents events;
    bool moved = false;
    bool done = false;
    {
        const std::lock_guard guard(m_inbox->mutex);
        events.swap(m_inbox->events);
        moved = std::exchange(m_inbox->queueMoved, false);
        done = m_inbox->done;
    }
    if (!events.empty()) Q_EMIT runEvents(events);
    if (moved) Q_EMIT queueChanged();
    if (done) endSession();
}

void Workspace::endSession() {
    m_timer.stop();
    m_session.reset();
    try {
        m_store->flush();
    } catch (const Error& error) {
        Q_EMIT problem(qs(error.what()));
    }
    Q_EMIT sessionEnded();
    Q_EMIT queueChanged();
    Q_EMIT databaseChanged();
}

QueueStatus Workspace::queue() const {
    if (m_session != nullptr && m_session->study_id() == m_study) return m_session->status();
    return m_study == 0 ? QueueStatus()
                        : read([&](const StoreReader& reader) { return stored_queue(reader, m_study); });
}

std::size_t Workspace::resumableRuns(RowId study) const {
    if (running() || readOnly() || study == 0) return 0;
    std::size_t runs = 0;
    const StateCounts counts = read([&](const StoreReader& reader) { return reader.state_counts()[study]; });
    for (const auto& [state, count] : counts.runs)
        runs += can_go_on(state) ? count : 0;
    return runs;
}

void Workspace::pause(bool paused) {
    if (m_session != nullptr) m_session->pause(paused);
}
void Workspace::cancelRun(RowId run) {
    if (m_session != nullptr) m_session->cancel_run(run);
}
void Workspace::interruptAll() {
    if (m_session != nullptr) m_session->interrupt_all();
}
void Workspace::cancelAll() {
    if (m_session != nullptr) m_session->cancel_all();
}

} // namespace diapason::ui

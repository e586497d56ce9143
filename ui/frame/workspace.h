// The one owner of what the window works on: database, design document with its undo stack and its plan, running
// session. Window thread only.
#pragma once

#include "core/base/error.h"
#include "core/store/store.h"
#include "core/store/store_reader.h"
#include "experiments/run/study_session.h"
#include "ui/frame/plan_worker.h"

#include <QObject>
#include <QTimer>
#include <QUndoStack>

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace diapason::ui {

using RunEvents = std::vector<std::pair<RowId, RunEvent>>;

class Workspace : public QObject {
    Q_OBJECT
public:
    enum class Execution { workerThread, processes };

    explicit Workspace(QObject* parent = nullptr);
    ~Workspace() override;

    /// Opens for writing; read-only when somebody else writes it, and when it comes from elsewhere, until the user
    /// wants to continue there. Problems are reported by problem().
    bool openDatabase(const std::filesystem::path& file, bool foreignToo = false);
    /// The open database comes from elsewhere and is read-only for that reason alone.
    bool foreign() const { return m_foreign; }
    bool hasDatabase() const { return m_reader != nullptr; }
    bool readOnly() const { return m_store == nullptr; }
    const std::filesystem::path& databaseFile() const { return m_file; }
    const StoreReader& reader() const { return *m_reader; }
    /// What `ask` reads of the database. Where it cannot be read, problem() says why and `otherwise` stands in for it,
    /// so that no row that somebody has damaged ends the window.
    template <typename Ask, typename Result = std::invoke_result_t<Ask, const StoreReader&>>
    Result read(const Ask& ask, Result otherwise = Result()) const {
        if (m_reader == nullptr) return otherwise;
        try {
            return ask(*m_reader);
        } catch (const Error& error) {
            unreadable(error);
            return otherwise;
        }
    }

    /// The study being designed.
    const Study& design() const { return m_design; }
    QUndoStack& undoStack() { return m_undo; }
    void newStudy();
    /// Forgets the undo history. @param plan of this study, when there is one already
    void openDesign(const Study& study, std::shared_ptr<const Plan> plan = nullptr);
    /// One undoable step. A baseline that it takes away falls back to the first arm.
    void edit(const QString& what, const std::function<void(Study&)>& change);

    /// The latest plan of a design; null only while the first is being made.
    const std::shared_ptr<const Plan>& plan() const { return m_plan; }
    void checkAgain() { check(false); }        ///< what the design refers to has changed
    bool checked() const { return m_checked; } ///< whether that is the plan of the design as it is now
    /// Whether all that the runs of a plan without problems will read has been read since it was made, and what is
    /// wrong with it.
    bool inputsChecked() const { return m_inputsChecked; }
    const std::optional<Error>& inputFault() const { return m_inputFault; }
    QString inputsBeingRead() const { return m_inputReader.doing(); } ///< and how far; empty when it says nothing
    /// The plan of another study, made when that of the design is. @param key of whoever wants it, above 0: the newest
    /// wish of a key counts
    void planFor(int key, const Study& study, PlanWorker::Done done) {
        m_planner.want(key, study, false, std::move(done));
    }
    PlanSources& sources() { return m_sources; }

    /// The stored study that Run, Results and Replay show; 0 = none.
    RowId currentStudy() const { return m_study; }
    void showStudy(RowId study);
    void trashStudy(RowId study);

    void setExecution(Execution execution) { m_execution = execution; }
    Execution execution() const { return m_execution; }
    /// For tests: executors come from here instead.
    void setExecutorFactory(std::function<std::unique_ptr<Executor>()> factory) { m_factory = std::move(factory); }

    /// The design becomes a stored study and starts; its plan has to be there. What its runs could not read is found
    /// before anything is stored.
    bool startStudy();
    /// The same as soon as all that the design reads has been read; sessionStarted() or problem() tells. Another design
    /// or an edit calls it off.
    void startSoon();
    /// Goes on with the unfinished runs of a stored study.
    bool resumeStudy(RowId study);
    /// How many runs that would be; 0 while a study runs and where nothing can be stored.
    std::size_t resumableRuns(RowId study) const;
    bool designLike(RowId study); ///< its design is opened as a new one
    bool running() const { return m_session != nullptr; }
    QueueStatus queue() const; ///< of the session, else as stored
    void pause(bool paused);
    void cancelRun(RowId run);
    void cancelAll();
    void interruptAll(); ///< runs leave a checkpoint, waiting ones stay queued: Resume goes on with them

Q_SIGNALS:
    void databaseChanged();
    void designChanged(); ///< its plan follows
    void planChanged();
    void checkTakesTime(); ///< the plan of the design is not there after a moment
    void inputsRead();     ///< inputsChecked() is true now
    void studyChanged();   ///< another study is shown
    void sessionStarted();
    void sessionEnded();
    void queueChanged();
    void statesStored();                                   ///< the reader sees a run's new state
    void runEvents(const diapason::ui::RunEvents& events); ///< at most 20 times a second
    void problem(const QString& message) const;
    void libraryChanged(); ///< a backbone has come or gone; the page that did it says so

private:
    friend class DesignCommand;
    void unreadable(const Error& error) const;
    RowId newestStudy() const;
    std::optional<Study> storedDesign(RowId study); ///< none, and problem(), when it cannot be read
    void check(bool mayDropBaseline);
    void adopt(std::shared_ptr<const Plan> plan);
    bool beginSession(const Plan& plan, std::optional<RowId> stored);
    void deliver();
    void endSession();

    std::filesystem::path m_file;
    std::unique_ptr<Store> m_store;
    std::unique_ptr<StoreReader> m_reader;
    Study m_design;
    PlanSources m_sources;
    PlanWorker m_planner{m_sources};
    InputCheck m_inputs;
    PlanWorker m_inputReader{m_sources}; ///< large files take long, and edits do not wait for them
    std::optional<Error> m_inputFault;
    bool m_inputsChecked = false, m_startSoon = false;
    std::shared_ptr<const Plan> m_plan;
    bool m_checked = false;
    bool m_foreign = false;
    mutable std::string m_told; ///< why something could not be read; told once
    QTimer m_patience;          ///< how long a check may take before anybody is told
    QUndoStack m_undo;
    RowId m_study = 0;
    Execution m_execution = Execution::workerThread;
    std::function<std::unique_ptr<Executor>()> m_factory;
    std::unique_ptr<StudySession> m_session;
    QTimer m_timer;
    QTimer m_watch; ///< while another program writes the database: whether it has
    std::int64_t m_version = 0;

    // Filled by the session's threads, emptied by the timer.
    struct Inbox {
        std::mutex mutex;
        RunEvents events;
        bool queueMoved = false, done = false;
    };
    std::shared_ptr<Inbox> m_inbox;
};

} // namespace diapason::ui

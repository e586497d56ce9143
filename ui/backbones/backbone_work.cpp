#include "ui/backbones/backbone_work.h"

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/library/import.h"
#include "experiments/study/backbone_use.h"
#include "ui/frame/engine_process.h"
#include "ui/theme/theme.h"

#include <chrono>

namespace diapason::ui {
namespace fs = std::filesystem;
namespace {

Json canaryOf(const fs::path& folder, const Watch& watch) {
    QProcess process;
    startEngine(process, {QStringLiteral("backbone"), QStringLiteral("canary"), qs(folder.string())});
    while (!process.waitForFinished(50) && process.error() != QProcess::FailedToStart) {
        if (watch.cancelled && watch.cancelled()) {
            process.kill();
            process.waitForFinished();
            watch.heed();
        }
    }
    return engineAnswer(process);
}

BackboneRow rowOf(const BackboneEntry& entry, const StoreReader* reader) {
    BackboneRow row;
    row.entry = entry;
    try {
        const BackboneConfig config = read_backbone_config(entry.folder);
        const auto record = read_record(entry.folder);
        row.family = qs(config.family);
        row.parameters = config.parameter_count();
        row.bytes = static_cast<double>(folder_bytes(entry.folder));
        row.licence = record ? qs(record->licence) : QString();
        row.origin = entry.embedded ? QObject::tr("embedded") : record ? qs(record->origin) : QObject::tr("folder");
        if (reader != nullptr) row.studies = static_cast<int>(studies_using(*reader, entry).size());
    } catch (const Error& error) { // one unreadable folder must not hide the others
        row.problem = qs(error.what());
    }
    return row;
}

} // namespace

BackboneWork::BackboneWork(QObject* parent) : QObject(parent) {
    m_readers.setMaxThreadCount(1);
    m_worker.setMaxThreadCount(1);
}

BackboneWork::~BackboneWork() {
    m_cancel = true;
    m_readers.clear();
    m_readers.waitForDone();
    m_worker.waitForDone();
}

void BackboneWork::list(const fs::path& database) {
    const int asked = ++m_lists;
    m_readers.start([this, asked, database] {
        std::vector<BackboneRow> rows;
        std::optional<StoreReader> reader;
        try {
            if (!database.empty()) reader.emplace(database);
        } catch (const Error&) { // the window has said so; the list does without numbers of studies
        }
        for (const BackboneEntry& entry : list_backbones())
            rows.push_back(rowOf(entry, reader ? &*reader : nullptr));
        QMetaObject::invokeMethod(this, [this, asked, rows = std::move(rows)] {
            if (asked == m_lists) Q_EMIT listed(rows);
        });
    });
}

void BackboneWork::describe(const BackboneEntry& entry) {
    const int asked = ++m_descriptions;
    m_readers.start([this, asked, entry] {
        Json facts;
        QString problem;
        try {
            facts = describe_backbone(entry);
        } catch (const Error& error) {
            problem = qs(error.what());
        }
        QMetaObject::invokeMethod(this, [this, asked, name = qs(entry.name), facts, problem] {
            if (asked == m_descriptions) Q_EMIT described(name, facts, problem);
        });
    });
}

void BackboneWork::begin(Job job) {
    if (m_busy) return;
    m_busy = true;
    m_cancel = false;
    m_worker.start([this, job = std::move(job)] {
        Watch watch;
        watch.cancelled = [this] { return m_cancel.load(); };
        // Ten times a second is all that anybody sees.
        watch.progress = [this, last = std::string(), then = std::chrono::steady_clock::time_point()](
                             const std::string& what, double share) mutable {
            const auto now = std::chrono::steady_clock::now();
            if (what == last && now - then < std::chrono::milliseconds(100)) return;
            last = what;
            then = now;
            QMetaObject::invokeMethod(this, [this, text = qs(what), share] { Q_EMIT progressed(text, share); });
        };
        bool good = false;
        QString message, name;
        try {
            std::tie(message, name) = job(watch);
            good = true;
        } catch (const Error& error) {
            message =
                error.kind() == ErrorKind::cancelled ? tr("Stopped. The library is unchanged.") : qs(error.what());
        } catch (const std::exception& error) {
            message = QString::fromUtf8(error.what());
        }
        QMetaObject::invokeMethod(this, [this, good, message, name] {
            m_busy = false;
            Q_EMIT ended(good, message, name);
        });
    });
}

void BackboneWork::import(const fs::path& source, const std::string& name) {
    begin([source, name](const Watch& watch) {
        const BackboneRecord record = import_backbone(
            source, name, [&watch](const fs::path& folder) { return canaryOf(folder, watch); }, watch);
        QString text = tr("Imported %1.").arg(qs(record.name));
        if (!record.notes.empty())
            text += QLatin1Char(' ') +
                    tr("See the %n note(s) in its details.", nullptr, static_cast<int>(record.notes.size()));
        return std::pair(text, qs(record.name));
    });
}

void BackboneWork::check(const BackboneEntry& entry) {
    begin([entry](const Watch& watch) {
        const auto record = read_record(entry.folder);
        std::vector<std::string> wrong;
        if (record) wrong = check_files(entry.folder, *record, watch);
        if (wrong.empty()) {
            watch.report("running a test sentence", 0.9);
            const Json now = canaryOf(entry.folder, watch);
            if (const std::string why = record ? compare_canary(record->canary, now) : ""; !why.empty())
                wrong.push_back(why);
        }
        watch.heed();
        std::string lines;
        for (const std::string& line : wrong)
            lines += (lines.empty() ? "" : "\n") + line;
        if (!wrong.empty()) throw input_error(entry.name, lines, "Import it again");
        return std::pair(record
                             ? tr("%1: the files and the hidden states of the test sentence match the import record.")
                                   .arg(qs(entry.name))
                             : tr("%1 loads and runs a test sentence. It was not imported, so there is no record to "
                                  "compare its files with.")
                                   .arg(qs(entry.name)),
                         qs(entry.name));
    });
}

void BackboneWork::remove(const std::string& name) {
    begin([name](const Watch&) {
        remove_backbone(name);
        return std::pair(tr("Removed %1.").arg(qs(name)), QString());
    });
}

} // namespace diapason::ui

// What the Backbones page has done aside: lists and facts are read, backbones imported, checked and removed, each in a
// thread of its own pool. Results arrive as signals in the window's thread.
#pragma once

#include "core/library/library.h"

#include <QObject>
#include <QString>
#include <QThreadPool>

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace diapason::ui {

/// One row of the list.
struct BackboneRow {
    BackboneEntry entry;
    QString family, licence, origin, problem; ///< problem: why the folder cannot be read
    std::int64_t parameters = 0;
    double bytes = 0;
    int studies = 0; ///< of the open database that use it
};

class BackboneWork : public QObject {
    Q_OBJECT
public:
    explicit BackboneWork(QObject* parent = nullptr);
    ~BackboneWork() override; ///< cancels and waits

    /// @param database empty = none is open
    void list(const std::filesystem::path& database);
    void describe(const BackboneEntry& entry);

    bool busy() const { return m_busy; }
    /// One at a time; ignored while one is at work.
    /// @param name in the library; empty = the source's own
    void import(const std::filesystem::path& source, const std::string& name = {});
    void check(const BackboneEntry& entry);
    void remove(const std::string& name);
    void cancel() { m_cancel = true; }

Q_SIGNALS:
    void listed(const std::vector<diapason::ui::BackboneRow>& rows);
    void described(const QString& name, const diapason::Json& facts, const QString& problem);
    void progressed(const QString& what, double share);
    /// @param name of the backbone that there is now; empty after a removal or a failure
    void ended(bool good, const QString& message, const QString& name);

private:
    using Job = std::function<std::pair<QString, QString>(const Watch& watch)>; ///< message and name; throws Error
    void begin(Job job);

    QThreadPool m_readers, m_worker;
    std::atomic<bool> m_cancel{false};
    bool m_busy = false;
    int m_lists = 0, m_descriptions = 0; ///< asked for; an answer that is not the latest is dropped
};

} // namespace diapason::ui

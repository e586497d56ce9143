#include "core/store/connection.h"

#include <sqlite3.h>

#include <sys/stat.h>
#include <unistd.h>

namespace diapason {
namespace {

namespace fs = std::filesystem;

// A reader of a WAL database shares memory through a file beside it. Where none can be made and nobody writes, as on a
// read-only medium, the file is read as one that does not change.
bool never_changes(const fs::path& file) {
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    fs::path log = file, shared = file;
    log += "-wal";
    shared += "-shm";
    std::error_code error;
    return ::access(folder.c_str(), W_OK) != 0 && !fs::exists(log, error) && !fs::exists(shared, error);
}

std::string immutable_uri(const fs::path& file) {
    std::string uri = "file:";
    for (const char c : fs::absolute(file).string()) {
        constexpr const char* digits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        if (c == '%' || c == '?' || c == '#')
            uri += {'%', digits[byte >> 4], digits[byte & 15]};
        else
            uri += c;
    }
    return uri + "?immutable=1";
}

// Diapason never makes a journal of this kind: its databases have a log.
const char* remedy_of_closed(const fs::path& file) {
    fs::path journal = file;
    std::error_code error;
    return fs::exists(journal += "-journal", error)
               ? "Another program was stopped while it wrote, and left a -journal file; open the database there first"
               : "Check the permissions of the file and its folder";
}

} // namespace

Statement::Statement(Connection& connection, std::string_view sql) : m_connection(connection) {
    if (sqlite3_prepare_v2(connection.handle(), sql.data(), static_cast<int>(sql.size()), &m_statement, nullptr) !=
        SQLITE_OK)
        connection.fail("cannot be asked");
}
Statement::~Statement() {
    sqlite3_finalize(m_statement);
}

Statement& Statement::bind(int index, std::int64_t value) {
    sqlite3_bind_int64(m_statement, index, value);
    return *this;
}
Statement& Statement::bind(int index, double value) {
    sqlite3_bind_double(m_statement, index, value);
    return *this;
}
Statement& Statement::bind(int index, std::string_view value) {
    sqlite3_bind_text(m_statement, index, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
    return *this;
}
Statement& Statement::bind_column(int index, const Statement& row, int column) {
    sqlite3_bind_value(m_statement, index, sqlite3_column_value(row.m_statement, column));
    return *this;
}
Statement& Statement::bind_null(int index) {
    sqlite3_bind_null(m_statement, index);
    return *this;
}

bool Statement::step() {
    const int code = sqlite3_step(m_statement);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    sqlite3_reset(m_statement); // else nothing can be bound for the next try; the connection keeps the message
    m_connection.fail("cannot be read or written");
}

void Statement::run() {
    while (step()) {
    }
    reset();
}
void Statement::reset() {
    sqlite3_reset(m_statement);
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(m_statement, column);
}
double Statement::real(int column) const {
    return sqlite3_column_double(m_statement, column);
}
std::string Statement::text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(m_statement, column));
    return bytes == nullptr ? std::string()
                            : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column)));
}
bool Statement::is_null(int column) const {
    return sqlite3_column_type(m_statement, column) == SQLITE_NULL;
}

Connection::Connection(const std::filesystem::path& file, Mode mode) : m_file(file) {
    const int flags = mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    struct stat status {};
    if (mode != Mode::memory && ::stat(file.c_str(), &status) == 0) {
        if (!S_ISREG(status.st_mode)) // opening a FIFO or a device may last for ever
            throw Error(ErrorKind::storage,
                        {"is not a regular file", file.string(), {}, {}, "Choose another database with --db"});
        // SQLite takes a file that has not even a header for an empty one.
        if (status.st_size > 0 && status.st_size < 512)
            throw Error(ErrorKind::input, {"is not an SQLite database", file.string(), {}, {}, {}});
    }
    const bool immutable = mode == Mode::read_only && never_changes(file);
    // A name is a name, whatever SQLite would make of ":memory:" or "file:x".
    const fs::path path = file.is_relative() ? fs::path(".") / file : file;
    const std::string name = mode == Mode::memory ? ":memory:" : immutable ? immutable_uri(file) : path.string();
    const int code = sqlite3_open_v2(name.c_str(), &m_handle,
                                     flags | SQLITE_OPEN_NOMUTEX | (immutable ? SQLITE_OPEN_URI : 0), nullptr);
    if (code != SQLITE_OK) {
        const std::string why = m_handle != nullptr ? sqlite3_errmsg(m_handle) : "not enough memory";
        sqlite3_close(m_handle);
        throw Error(ErrorKind::storage,
                    {"cannot be opened: " + why, file.string(), {}, {}, "Choose another database with --db"});
    }
    sqlite3_extended_result_codes(m_handle, 1);
    sqlite3_busy_timeout(m_handle, 5000);
    sqlite3_db_config(m_handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(m_handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
}

Connection::~Connection() {
    sqlite3_close(m_handle);
}

void Connection::execute(const std::string& sql) {
    if (sqlite3_exec(m_handle, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail("cannot be changed");
}

std::int64_t Connection::value(const std::string& sql) {
    Statement statement(*this, sql);
    return statement.step() ? statement.integer(0) : 0;
}

std::string Connection::text(const std::string& sql) {
    Statement statement(*this, sql);
    return statement.step() ? statement.text(0) : std::string();
}

std::int64_t Connection::last_row_id() const {
    return sqlite3_last_insert_rowid(m_handle);
}

void Connection::fail(const std::string& doing) const {
    const int code = sqlite3_extended_errcode(m_handle);
    const std::string why = doing + ": " + sqlite3_errmsg(m_handle);
    switch (code & 0xff) {
    case SQLITE_FULL:
        throw Error(ErrorKind::storage,
                    {why, m_file.string(), {}, {}, "Free some space; everything committed so far is safe"});
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        throw Error(ErrorKind::locked, {why, m_file.string(), {}, {}, "Close the other program that uses it"});
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_TOOBIG: // what was to be written makes no sense
        throw Error(ErrorKind::internal, {why, m_file.string(), {}, {}, {}});
    case SQLITE_NOMEM:
        throw Error(ErrorKind::memory, {why, m_file.string(), {}, {}, {}});
    case SQLITE_ERROR:
        throw Error(ErrorKind::input,
                    {why, m_file.string(), {}, {}, "It was changed by another program or is damaged"});
    case SQLITE_NOTADB:
        throw Error(ErrorKind::input, {"is not an SQLite database", m_file.string(), {}, {}, {}});
    case SQLITE_CORRUPT:
        throw Error(ErrorKind::input, {why, m_file.string(), {}, {}, "The file is damaged; restore a copy"});
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        throw Error(ErrorKind::storage, {why, m_file.string(), {}, {}, remedy_of_closed(m_file)});
    default:
        throw Error(ErrorKind::storage, {why, m_file.string(), {}, {}, {}});
    }
}

Transaction::Transaction(Connection& connection) : m_connection(connection) {
    connection.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    if (m_open) sqlite3_exec(m_connection.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
    m_connection.execute("COMMIT");
    m_open = false;
}

} // namespace diapason

// SQLite by RAII: one connection, its statements, and errors that say what happened.
#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace diapason {

class Connection;

/// A prepared statement. Columns count from 0, parameters from 1. One thread.
class Statement {
public:
    Statement(Connection& connection, std::string_view sql);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(int index, std::int64_t value);
    Statement& bind(int index, double value);
    Statement& bind(int index, std::string_view value);
    Statement& bind_null(int index);
    Statement& bind_column(int index, const Statement& row, int column); ///< as it is, whatever its type
    /// The first parameters, in their order.
    template <typename... Values>
    Statement& bind_all(const Values&... values) {
        int index = 0;
        (bind(++index, values), ...);
        return *this;
    }
    bool step(); ///< true: a row is there
    void run();  ///< step to the end, then reset
    void reset();

    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string text(int column) const;
    bool is_null(int column) const;

private:
    Connection& m_connection;
    sqlite3_stmt* m_statement = nullptr;
};

class Connection {
public:
    enum class Mode { read_write, read_only, memory }; ///< memory: a database of its own, without a file
    /// @throws Error(storage|input)
    Connection(const std::filesystem::path& file, Mode mode);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void execute(const std::string& sql);
    std::int64_t value(const std::string& sql); ///< first column of the first row, 0 when there is none
    std::string text(const std::string& sql);
    std::int64_t last_row_id() const;
    [[noreturn]] void fail(const std::string& doing) const;
    sqlite3* handle() const { return m_handle; }
    const std::filesystem::path& file() const { return m_file; }

private:
    std::filesystem::path m_file;
    sqlite3* m_handle = nullptr;
};

/// BEGIN IMMEDIATE … COMMIT; rolled back when it is left by an exception.
class Transaction {
public:
    explicit Transaction(Connection& connection);
    ~Transaction();
    void commit();

private:
    Connection& m_connection;
    bool m_open = true;
};

} // namespace diapason

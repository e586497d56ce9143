// The one exception of Diapason: what happened, where, and what to do about it.
#pragma once

#include <stdexcept>
#include <string>

namespace diapason {

/// Why a request could not be met. The numbers are the exit codes of diapason-cli.
enum class ErrorKind {
    internal = 1,     ///< a defect of Diapason
    config = 2,       ///< a study, option or command line that makes no sense
    input = 3,        ///< a file from outside that cannot be used
    storage = 4,      ///< database or disk
    memory = 5,       ///< not enough memory
    diverged = 6,     ///< the loss is not finite any more
    locked = 7,       ///< somebody else holds it
    incompatible = 8, ///< written by a newer Diapason
    cancelled = 75,   ///< stopped on request; can be continued
};

/// Stable lower-case name, used in JSON and in the database.
const char* name_of(ErrorKind kind);

/// What a message is made of. `file`, `field` and `value` may be empty; `remedy` says what the reader can do.
struct ErrorDetails {
    std::string what;
    std::string file;
    std::string field;
    std::string value;
    std::string remedy;
};

/// Thrown for everything that a user or a file can cause; defects of our own are assertions or std::logic_error.
class Error : public std::runtime_error {
public:
    Error(ErrorKind kind, ErrorDetails details);
    Error(ErrorKind kind, std::string what);

    ErrorKind kind() const { return m_kind; }
    const ErrorDetails& details() const { return m_details; }
    int exit_code() const { return static_cast<int>(m_kind); }

private:
    ErrorKind m_kind;
    ErrorDetails m_details;
};

/// Short forms for the two commonest kinds.
Error config_error(std::string field, std::string value, std::string what, std::string remedy = {});
Error input_error(std::string file, std::string what, std::string remedy = {});

} // namespace diapason

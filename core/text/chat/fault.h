// How the parts of the interpreter say that something is wrong. ChatTemplate makes an Error of it, which also names the
// template and the line.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace diapason::chat {

class Fault : public std::runtime_error {
public:
    /// @param line of the template; 0 = the one that is being rendered
    explicit Fault(const std::string& what, std::string remedy = {}, int line = 0)
        : std::runtime_error(what),
          m_remedy(std::move(remedy)),
          m_line(line) {}

    const std::string& remedy() const { return m_remedy; }
    int line() const { return m_line; }

private:
    std::string m_remedy;
    int m_line;
};

} // namespace diapason::chat

#include "core/data/json_records.h"

#include "core/base/error.h"
#include "core/data/lines.h"

#include <utility>

namespace diapason {
namespace {

constexpr std::size_t max_depth = 64;
constexpr std::size_t longest_key = 1000; // more of a key is not looked at: the path's are shorter

// A machine that takes a document byte by byte.
class Scanner {
public:
    Scanner(std::string file, const RecordPath& path, const std::function<void(const JsonRecord&)>& use)
        : m_file(std::move(file)),
          m_path(path),
          m_use(use) {}

    void take(char c) {
        if (c == '\0') fail("contains a NUL byte");
        if (m_recording) {
            m_record.text.push_back(c);
            if (m_record.text.size() > max_record_bytes)
                fail("has a record longer than 16 MiB that begins", m_record.line);
        }
        if (m_in_string)
            in_string(c);
        else if (!m_in_word || !in_word(c))
            structure(c);
        if (c == '\n') ++m_line;
    }

    /// @return whether the path was reached
    bool finish() {
        if (m_in_word) end_value();
        if (m_in_string || !m_open.empty()) fail("ends inside a list, an object or a string that begins", m_begun);
        if (m_expects != Expects::end) fail("contains no JSON");
        return m_reached;
    }

private:
    enum class Expects { value, value_or_end, key, key_or_end, colon, comma_or_end, end };
    struct Level {
        bool object;
        std::string key; ///< of the value that is read, in objects
    };

    [[noreturn]] void fail(const std::string& what, std::size_t line = 0) const {
        throw input_error(m_file, what + " (line " + std::to_string(line == 0 ? m_line : line) + ")");
    }

    // Whether the value that begins now lies at the path.
    bool at_path() const {
        if (m_open.size() != m_path.size()) return false;
        for (std::size_t i = 0; i < m_path.size(); ++i) {
            if (m_path[i] != every_entry && (!m_open[i].object || m_open[i].key != m_path[i])) return false;
        }
        return true;
    }
    // Whether its list or object lies there, be it empty.
    bool around_path() const {
        if (m_path.empty() || m_path.back() != every_entry || m_open.size() + 1 != m_path.size()) return false;
        for (std::size_t i = 0; i < m_open.size(); ++i) {
            if (m_path[i] != every_entry && (!m_open[i].object || m_open[i].key != m_path[i])) return false;
        }
        return true;
    }

    void begin_value(char c) {
        m_begun = m_line;
        if (!m_recording && at_path()) {
            m_reached = m_recording = true;
            m_depth = m_open.size();
            m_record = {std::string(1, c), m_line};
        }
    }
    void end_value() {
        m_in_word = false;
        m_expects = m_open.empty() ? Expects::end : Expects::comma_or_end;
        if (!m_recording || m_open.size() != m_depth) return;
        m_recording = false;
        m_use(m_record);
    }

    void in_string(char c) {
        const bool escaped = std::exchange(m_escaped, false);
        if (c == '\\' && !escaped) m_escaped = true;
        if (c != '"' || escaped) {
            if (m_is_key && m_key.size() < longest_key) m_key.push_back(c);
            return;
        }
        m_in_string = false;
        if (!m_is_key) return end_value();
        m_open.back().key = std::exchange(m_key, {});
        m_is_key = false;
        m_expects = Expects::colon;
    }

    // @return false at the first byte behind a number or a word, which is not part of it
    bool in_word(char c) {
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '+' || c == 'E')
            return true;
        if (m_recording && m_open.size() == m_depth) m_record.text.pop_back();
        end_value();
        return false;
    }

    void structure(char c) {
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') return;
        switch (m_expects) {
        case Expects::value_or_end:
            if (c == ']') return leave(false);
            [[fallthrough]];
        case Expects::value:
            return value(c);
        case Expects::key_or_end:
            if (c == '}') return leave(true);
            [[fallthrough]];
        case Expects::key:
            if (c != '"') break;
            m_is_key = m_in_string = true;
            return;
        case Expects::colon:
            if (c != ':') break;
            m_expects = Expects::value;
            return;
        case Expects::comma_or_end:
            if (c == ',') {
                m_expects = m_open.back().object ? Expects::key : Expects::value;
                return;
            }
            if (c == '}' || c == ']') return leave(c == '}');
            break;
        case Expects::end:
            fail("goes on behind its end");
        }
        fail("is not valid JSON");
    }

    void value(char c) {
        if (c == '{' || c == '[') {
            m_reached = m_reached || around_path();
            begin_value(c);
            if (m_open.size() == max_depth) fail("is nested more than " + std::to_string(max_depth) + " levels deep");
            m_open.push_back({c == '{', {}});
            m_expects = c == '{' ? Expects::key_or_end : Expects::value_or_end;
        } else if (c == '"') {
            begin_value(c);
            m_in_string = true;
        } else if ((c >= '0' && c <= '9') || c == '-' || c == 't' || c == 'f' || c == 'n') {
            begin_value(c);
            m_in_word = true;
        } else {
            fail("is not valid JSON");
        }
    }

    void leave(bool object) {
        if (m_open.back().object != object) fail("is not valid JSON");
        m_open.pop_back();
        end_value();
    }

    std::string m_file;
    const RecordPath& m_path;
    const std::function<void(const JsonRecord&)>& m_use;
    Expects m_expects = Expects::value;
    std::vector<Level> m_open;
    std::string m_key;
    bool m_in_string = false, m_is_key = false, m_escaped = false, m_in_word = false;
    std::size_t m_line = 1, m_begun = 1;
    bool m_recording = false, m_reached = false;
    std::size_t m_depth = 0; ///< of the record
    JsonRecord m_record;
};

} // namespace

bool for_each_record(const std::filesystem::path& file, const RecordPath& path,
                     const std::function<void(const JsonRecord&)>& use) {
    Scanner scanner(file.string(), path, use);
    for_each_block(file, [&](const char* begin, const char* end) {
        for (; begin != end; ++begin)
            scanner.take(*begin);
    });
    return scanner.finish();
}

bool for_each_record_of(std::string_view text, const RecordPath& path,
                        const std::function<void(const JsonRecord&)>& use) {
    Scanner scanner({}, path, use);
    for (const char c : text)
        scanner.take(c);
    return scanner.finish();
}

} // namespace diapason

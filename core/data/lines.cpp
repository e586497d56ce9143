#include "core/data/lines.h"

#include "core/base/error.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

namespace diapason {
namespace {

constexpr std::size_t max_listed = 20;

// Lines out of blocks: std::getline would hold a line of any length.
class Lines {
public:
    Lines(LineProblems& problems, const std::function<void(std::size_t, const std::string&)>& use)
        : m_problems(problems),
          m_use(use) {}

    void add(const char* begin, const char* end) {
        while (begin != end) {
            const char* stop = std::find(begin, end, '\n');
            const std::size_t room = max_line_bytes + 1 - m_line.size();
            m_line.append(begin, std::min(room, static_cast<std::size_t>(stop - begin)));
            m_begun = true;
            if (stop == end) return;
            finish();
            begin = stop + 1;
        }
    }

    void finish() {
        if (!std::exchange(m_begun, false)) return;
        ++m_number;
        if (m_number == 1 && m_line.starts_with("\xef\xbb\xbf")) m_line.erase(0, 3);
        if (m_line.size() > max_line_bytes)
            m_problems.add(m_number, "is longer than 4 MiB");
        else if (m_line.find('\0') != std::string::npos)
            m_problems.add(m_number, "contains a NUL byte");
        else if (const std::size_t at = find_invalid_utf8(m_line); at != std::string::npos)
            m_problems.add(m_number, "is not UTF-8 at byte " + std::to_string(at + 1));
        else {
            if (m_line.ends_with('\r')) m_line.pop_back();
            m_use(m_number, m_line);
        }
        m_line.clear();
    }

private:
    LineProblems& m_problems;
    const std::function<void(std::size_t, const std::string&)>& m_use;
    std::string m_line;
    std::size_t m_number = 0;
    bool m_begun = false;
};

} // namespace

void LineProblems::add(std::size_t line, const std::string& what) {
    if (++m_count <= max_listed) m_text += "\n  line " + std::to_string(line) + ": " + what;
}

void LineProblems::throw_if_any() const {
    if (m_count == 0) return;
    std::string what =
        std::to_string(m_count) + (m_count == 1 ? " line cannot be used" : " lines cannot be used") + m_text;
    if (m_count > max_listed) what += "\n  and " + std::to_string(m_count - max_listed) + " more";
    throw input_error(m_file, what, m_remedy);
}

void for_each_line(const std::filesystem::path& file, LineProblems& problems,
                   const std::function<void(std::size_t, const std::string&)>& use) {
    // Opening a FIFO would wait for its writer, and a device may have no end.
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (!std::filesystem::exists(status)) throw input_error(file.string(), "there is no such file");
    if (!std::filesystem::is_regular_file(status)) throw input_error(file.string(), "is not a regular file");
    std::ifstream in(file, std::ios::binary);
    if (!in) throw input_error(file.string(), "cannot be read");
    Lines lines(problems, use);
    std::array<char, 1 << 16> block;
    while (in.read(block.data(), block.size()), in.gcount() > 0)
        lines.add(block.data(), block.data() + in.gcount());
    if (in.bad()) throw input_error(file.string(), "cannot be read");
    lines.finish();
}

} // namespace diapason

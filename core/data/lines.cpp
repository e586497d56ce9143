#include "core/data/lines.h"

#include "core/data/byte_reader.h"
#include "core/data/encoding.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <array>
#include <string_view>
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

    std::size_t number() const { return m_number; } ///< of the last line that is complete

private:
    LineProblems& m_problems;
    const std::function<void(std::size_t, const std::string&)>& m_use;
    std::string m_line;
    std::size_t m_number = 0;
    bool m_begun = false;
};

} // namespace

void LineProblems::add(std::size_t line, const std::string& what) {
    if (++m_count <= max_listed) m_text += "\n  " + m_unit + " " + std::to_string(line) + ": " + what;
}

std::string LineProblems::message() const {
    std::string what = std::to_string(m_count) + " " + m_unit + (m_count == 1 ? "" : "s") + " cannot be used" + m_text;
    if (m_count > max_listed) what += "\n  and " + std::to_string(m_count - max_listed) + " more";
    return what;
}

void LineProblems::throw_if_any() const {
    if (m_count > 0) throw BadLines(ErrorKind::input, ErrorDetails{message(), m_file, {}, {}, m_remedy});
}

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

} // namespace

void for_each_block(const std::filesystem::path& file, const std::function<void(const char*, const char*)>& use) {
    ByteReader reader(file);
    std::array<char, 1 << 16> block;
    bool first = true;
    while (const std::size_t count = reader.read(block.data(), block.size())) {
        const char* begin = block.data();
        const char* end = begin + count;
        if (std::exchange(first, false) && std::string_view(begin, end).starts_with(byte_order_mark))
            begin += byte_order_mark.size();
        use(begin, end);
    }
}

std::string read_beginning(const std::filesystem::path& file, std::size_t most, bool& whole) {
    ByteReader reader(file);
    std::string text(most, '\0');
    text.resize(reader.read(text.data(), most));
    char more = 0;
    whole = reader.read(&more, 1) == 0;
    if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
    return text;
}

void for_each_line(const std::filesystem::path& file, LineProblems& problems,
                   const std::function<void(std::size_t, const std::string&)>& use, const std::string& encoding) {
    Lines lines(problems, use);
    if (encoding == "UTF-8") {
        for_each_block(file, [&](const char* begin, const char* end) { lines.add(begin, end); });
        return lines.finish();
    }
    TextDecoder decoder(encoding);
    const auto decode = [&](std::string_view block, bool last) {
        std::string text;
        const bool sound = decoder.decode(block, last, text);
        lines.add(text.data(), text.data() + text.size());
        if (!sound)
            throw input_error(file.string(),
                              "is not " + encoding + " (line " + std::to_string(lines.number() + 1) + ")",
                              "Choose the encoding in which the file was written");
    };
    for_each_block(file, [&](const char* begin, const char* end) { decode({begin, end}, false); });
    decode({}, true);
    lines.finish();
}

void for_each_line_of(std::string_view text, LineProblems& problems,
                      const std::function<void(std::size_t, const std::string&)>& use) {
    Lines lines(problems, use);
    lines.add(text.data(), text.data() + text.size());
    lines.finish();
}

} // namespace diapason

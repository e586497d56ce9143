// The lines of a data file, and what is wrong with them.
#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace diapason {

/// Longest line, and longest record of several lines. JSON takes about forty times its text in memory.
inline constexpr std::size_t max_line_bytes = 4u << 20;

/// That lines of a file cannot be used: others may be sound.
class BadLines : public Error {
public:
    using Error::Error;
};

/// Collects the problems of a file's lines: at most 20 are listed, all are counted.
class LineProblems {
public:
    explicit LineProblems(std::string file) : m_file(std::move(file)) {}

    void add(std::size_t line, const std::string& what);           ///< @param line from 1
    void call_them(std::string unit) { m_unit = std::move(unit); } ///< "row", where a file has no lines
    /// An Error that `work` throws is a problem of the line. @param place within it: "qas[1] "
    template <typename Work>
    void attempt(std::size_t line, Work&& work, const std::string& place = {}) {
        try {
            work();
        } catch (const Error& error) {
            add(line, place + error.details().what);
        }
    }
    void advise(std::string remedy) { m_remedy = std::move(remedy); }
    void throw_if_any() const; ///< @throws BadLines(input)
    std::size_t count() const { return m_count; }
    const std::string& listed() const { return m_text; } ///< a line each, behind a line end
    std::string message() const;                         ///< "2 lines cannot be used" with the list

private:
    std::string m_file, m_text, m_remedy, m_unit = "line";
    std::size_t m_count = 0;
};

/// The bytes of a file in blocks, without a byte order mark. @throws Error(input) when it is not a regular file or
/// cannot be read
void for_each_block(const std::filesystem::path& file,
                    const std::function<void(const char* begin, const char* end)>& use);

/// The first bytes of a file, without a byte order mark of UTF-8. @param whole set: whether they are all. @throws
/// Error(input)
std::string read_beginning(const std::filesystem::path& file, std::size_t most, bool& whole);

/// Lines without their ends, by their numbers from 1; a byte order mark is dropped. A line that is too long, contains a
/// NUL byte or is not UTF-8 is a problem and is not given to `use`. Memory is bounded whatever the file.
/// @param encoding as TextDecoder takes it (core/data/encoding.h)
/// @throws Error(input) when it is not a regular file, cannot be read, or is not of this encoding
void for_each_line(const std::filesystem::path& file, LineProblems& problems,
                   const std::function<void(std::size_t number, const std::string& line)>& use,
                   const std::string& encoding = "UTF-8");
/// The same of a text that is in memory.
void for_each_line_of(std::string_view text, LineProblems& problems,
                      const std::function<void(std::size_t number, const std::string& line)>& use);

} // namespace diapason

// The lines of a data file, and what is wrong with them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

namespace diapason {

/// Longest line, and longest record of several lines. JSON takes about forty times its text in memory.
inline constexpr std::size_t max_line_bytes = 4u << 20;

/// Collects the problems of a file's lines: at most 20 are listed, all are counted.
class LineProblems {
public:
    explicit LineProblems(std::string file) : m_file(std::move(file)) {}

    void add(std::size_t line, const std::string& what); ///< @param line from 1
    void advise(std::string remedy) { m_remedy = std::move(remedy); }
    void throw_if_any() const; ///< @throws Error(input)

private:
    std::string m_file, m_text, m_remedy;
    std::size_t m_count = 0;
};

/// Lines without their ends, by their numbers from 1; a byte order mark is dropped. A line that is too long, contains a
/// NUL byte or is not UTF-8 is a problem and is not given to `use`. Memory is bounded whatever the file.
/// @throws Error(input) when it is not a regular file or cannot be read
void for_each_line(const std::filesystem::path& file, LineProblems& problems,
                   const std::function<void(std::size_t number, const std::string& line)>& use);

} // namespace diapason

// The rows of a data file while it is read, and what is wrong with them.
#pragma once

#include "core/data/dataset.h"
#include "core/data/lines.h"

#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

namespace diapason {

/// Collects examples. A row without an id goes by its line's number; no two rows may go by the same id, since
/// predictions are stored and compared by it.
class DataRows {
public:
    explicit DataRows(const std::filesystem::path& file) : m_problems(file.string()) {}

    /// @param line where the row begins, from 1. Its text, where it has none, is made of its words.
    void add(std::size_t line, Example example);
    void problem(std::size_t line, const std::string& what) { m_problems.add(line, what); }
    LineProblems& problems() { return m_problems; }

    std::vector<Example> take(); ///< @throws Error(input) with the lines that cannot be used

private:
    struct Owner {
        std::size_t line;
        bool given;
    };
    LineProblems m_problems;
    std::vector<Example> m_examples;
    std::unordered_map<std::string, Owner> m_owners;
};

} // namespace diapason

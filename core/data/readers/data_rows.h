// The rows of a data file while it is read, and what is wrong with them.
#pragma once

#include "core/data/dataset.h"
#include "core/data/lines.h"

#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace diapason {

/// Collects examples. A row without an id goes by its line's number ("12", and where a line has several rows "12.2");
/// no two rows may go by the same id, since predictions are stored and compared by it.
class DataRows {
public:
    explicit DataRows(const std::filesystem::path& file, RowRules rules = {})
        : m_problems(file.string()),
          m_rules(std::move(rules)) {}

    /// @param line where the row begins, from 1. Its text, where it has none, is made of its words.
    void add(std::size_t line, Example example);
    void problem(std::size_t line, const std::string& what) { m_problems.add(line, what); }
    LineProblems& problems() { return m_problems; }

    /// @throws Error(input) with the lines that cannot be used, unless they are skipped and others are left
    Dataset take();

private:
    struct Owner {
        std::size_t line;
        bool given;
    };
    /// Whether the rules of the task leave it out; then it is counted.
    bool left_out(const Example& example);

    LineProblems m_problems;
    RowRules m_rules;
    std::map<std::string, std::size_t> m_left_out; ///< by the rule: "label -"
    std::vector<Example> m_examples;
    std::unordered_map<std::string, Owner> m_owners;
    std::size_t m_line = 0, m_in_line = 0; ///< of the last row without an id, and how many such rows its line had
};

} // namespace diapason

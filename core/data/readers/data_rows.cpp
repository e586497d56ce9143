#include "core/data/readers/data_rows.h"

#include "core/base/words.h"
#include "core/data/example_texts.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace diapason {
void DataRows::add(std::size_t line, Example example) {
    example.line = line;
    if (example.text.empty()) example.text = spaced(example.words);
    if (left_out(example)) return;
    if (without_extra_spaces(example.text).empty()) return problem(line, "has no text");
    const bool given = !example.id.empty();
    if (!given) {
        m_in_line = line == m_line ? m_in_line + 1 : 1;
        m_line = line;
        example.id = std::to_string(line) + (m_in_line == 1 ? "" : "." + std::to_string(m_in_line));
    }
    const auto [known, fresh] = m_owners.emplace(example.id, Owner{line, given});
    if (!fresh) {
        const Owner& first = known->second;
        const std::string where = "line " + std::to_string(first.line);
        problem(line, given && first.given ? "has the id \"" + example.id + "\" of " + where
                      : given              ? "has the id \"" + example.id + "\", which is already used for " + where +
                                    ", a row without an id"
                              : "has no id, and its line number is the id of " + where);
        m_problems.advise("Give every row its own id, or map no column to id: rows are then identified by line number");
        return;
    }
    m_examples.push_back(std::move(example));
}

bool DataRows::left_out(const Example& example) {
    for (const auto& [name, values] : m_rules.leave_out) {
        const auto* member = std::get_if<std::string Example::*>(&find_example_field(name)->value);
        if (member == nullptr) continue;
        const std::string& value = example.**member;
        if (std::find(values.begin(), values.end(), value) == values.end()) continue;
        ++m_left_out[name + " \"" + value + "\""];
        return true;
    }
    return false;
}

Dataset DataRows::take() {
    if (!m_rules.skip_bad || m_examples.empty()) m_problems.throw_if_any();
    LeftOut left_out{m_problems.count(), m_problems.count() > 0 ? "\n" + m_problems.message() : ""};
    for (const auto& [rule, rows] : m_left_out)
        left_out.add({rows, "\n" + std::to_string(rows) + (rows == 1 ? " row" : " rows") + " with the " + rule});
    return Dataset(std::move(m_examples)).with_left_out(left_out);
}

} // namespace diapason

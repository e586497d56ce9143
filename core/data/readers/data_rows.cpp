#include "core/data/readers/data_rows.h"

#include "core/base/words.h"
#include "core/data/example_texts.h"

#include <utility>

namespace diapason {
void DataRows::add(std::size_t line, Example example) {
    example.line = line;
    if (example.text.empty()) example.text = spaced(example.words);
    if (without_extra_spaces(example.text).empty()) return problem(line, "has no text");
    const bool given = !example.id.empty();
    if (!given) example.id = std::to_string(line);
    const auto [known, fresh] = m_owners.emplace(example.id, Owner{line, given});
    if (!fresh) {
        const Owner& first = known->second;
        const std::string where = "line " + std::to_string(first.line);
        problem(line, given && first.given ? "has the id \"" + example.id + "\" of " + where
                      : given              ? "has the id \"" + example.id + "\", which is already used for " + where +
                                    ", a row without an id"
                              : "has no id, and its line number is the id of " + where);
        m_problems.advise("Give every row its own id, or map no column to id: rows are then identified by line number");
    }
    m_examples.push_back(std::move(example));
}

std::vector<Example> DataRows::take() {
    m_problems.throw_if_any();
    return std::move(m_examples);
}

} // namespace diapason

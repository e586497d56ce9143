// Columns by their names and by what stands in them.
#include "core/base/real_number.h"
#include "core/base/words.h"
#include "core/data/task_guess.h"
#include "core/data/usual_columns.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace diapason {
namespace {

// What stands in a column.
struct Facts {
    std::size_t rows = 0, numbers = 0, whole = 0, lists = 0, objects = 0, bytes = 0;
    std::set<std::string> values;
    double mean_bytes() const { return rows == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(rows); }
};

Facts facts_of(const std::vector<std::vector<std::string>>& rows, std::size_t column) {
    Facts facts;
    for (const auto& row : rows) {
        if (column >= row.size()) continue;
        const std::string& cell = row[column];
        const bool is_number = real_number(cell).has_value();
        ++facts.rows;
        facts.numbers += is_number ? 1 : 0;
        facts.whole += is_number && cell.find_first_of(".eE") == std::string::npos ? 1 : 0;
        facts.lists += cell.starts_with('[') ? 1 : 0;
        facts.objects += cell.starts_with('{') ? 1 : 0;
        facts.bytes += cell.size();
        facts.values.insert(cell);
    }
    return facts;
}

// Values that come again and again are classes.
bool looks_like_a_label(const Facts& facts) {
    return facts.rows >= 2 && facts.values.size() >= 2 && facts.values.size() <= 50 &&
           facts.values.size() * 2 <= facts.rows + 1 && facts.mean_bytes() <= 40 && facts.lists == 0;
}

class Guess {
public:
    Guess(const std::vector<std::string>& names, const std::vector<std::vector<std::string>>& rows,
          const KnownOfTask& known)
        : m_names(names),
          m_kind(known.kind),
          m_complete(known.complete) {
        m_guess.columns = known.columns;
        for (std::size_t column = 0; column < names.size(); ++column)
            m_facts.push_back(facts_of(rows, column));
    }

    GuessedColumns made() {
        for (const auto& [field, columns] : m_guess.columns) {
            for (std::size_t column = 0; column < m_names.size(); ++column) {
                if (std::find(columns.begin(), columns.end(), m_names[column]) == columns.end()) continue;
                m_taken.insert(column);
                m_places[field] = column;
            }
        }
        if (!m_complete) {
            by_name();
            by_content();
        }
        decide();
        return std::move(m_guess);
    }

private:
    bool taken(std::size_t column) const { return m_taken.count(column) > 0; }
    void take(const std::string& field, std::size_t column, const std::string& why) {
        m_taken.insert(column);
        m_places[field] = column;
        m_guess.columns[field] = m_names[column];
        m_guess.reasons.push_back("Column " + m_names[column] + " is the " + field + ": " + why);
    }

    // "choice1", "choice2"; "A", "B", "C".
    void options_by_name() {
        for (const std::string stem : {"choice", "option", "ending", "answer", "op", ""}) {
            ColumnNames names;
            std::vector<std::size_t> columns;
            for (std::size_t column = 0; column < m_names.size(); ++column) {
                std::string name = in_lower_case(m_names[column]);
                if (!name.starts_with(stem) || m_facts[column].lists + m_facts[column].objects > 0) continue;
                name.erase(0, stem.size());
                if (name.starts_with('_')) name.erase(0, 1);
                const bool letter = name.size() == 1 && name[0] >= 'a' && name[0] <= 'j';
                const bool digit = name.size() == 1 && name[0] >= '0' && name[0] <= '9' && !stem.empty();
                if (!letter && !digit) continue;
                names.push_back(m_names[column]);
                columns.push_back(column);
            }
            if (names.size() < 2) continue;
            m_taken.insert(columns.begin(), columns.end());
            m_places["options"] = columns.front();
            m_guess.columns["options"] = names;
            m_guess.reasons.push_back("Columns " + joined(names) + " are the options: their names");
            return;
        }
    }

    void by_name() {
        if (m_guess.columns.count("options") == 0) options_by_name();
        for (const UsualNames& usual : usual_names()) {
            if (m_guess.columns.count(usual.field) > 0) continue;
            for (const char* name : usual.names) {
                const auto found = std::find_if(m_names.begin(), m_names.end(),
                                                [&](const std::string& own) { return in_lower_case(own) == name; });
                const auto column = static_cast<std::size_t>(found - m_names.begin());
                if (found == m_names.end() || taken(column) || !fits(usual.field, m_facts[column])) continue;
                take(usual.field, column, "its name");
                break;
            }
        }
        // "translation.en", "translation.ro": from the first to the second.
        std::vector<std::size_t> languages;
        for (std::size_t column = 0; column < m_names.size(); ++column)
            if (m_names[column].starts_with("translation.") && !taken(column)) languages.push_back(column);
        if (languages.size() == 2 && m_guess.columns.count("text") + m_guess.columns.count("target") == 0) {
            take("text", languages[0], "the first language");
            take("target", languages[1], "the second language");
        }
        // A question on a context is the second text of the pair.
        for (std::size_t column = 0; column < m_names.size(); ++column) {
            if (in_lower_case(m_names[column]) != "question" || taken(column)) continue;
            take(m_guess.columns.count("text") > 0 && m_guess.columns.count("pair") == 0 ? "pair" : "text", column,
                 "its name");
        }
    }
    // A name alone does not make a list.
    static bool fits(const std::string& field, const Facts& facts) {
        const bool lists = facts.rows > 0 && facts.lists == facts.rows;
        if (field == "words" || field == "tags" || field == "options") return lists;
        if (field == "labels") return lists;
        if (field == "answers") return facts.lists + facts.objects == facts.rows;
        if (field == "number") return facts.numbers == facts.rows;
        if (field == "split") // a name alone is not enough
            return std::all_of(facts.values.begin(), facts.values.end(),
                               [](const std::string& value) { return !split_named(value).empty(); });
        return !lists && facts.objects == 0;
    }

    void by_content() {
        if (m_guess.columns.count("words") > 0) return;
        if (m_guess.columns.count("text") == 0) {
            std::optional<std::size_t> longest;
            for (std::size_t column = 0; column < m_names.size(); ++column) {
                const Facts& facts = m_facts[column];
                if (taken(column) || facts.lists + facts.objects > 0 || facts.numbers == facts.rows) continue;
                if (!longest || facts.mean_bytes() > m_facts[*longest].mean_bytes()) longest = column;
            }
            if (longest) take("text", *longest, "the longest texts stand there");
        }
        for (const char* answer : {"label", "labels", "number", "target", "answers"})
            if (m_guess.columns.count(answer) > 0) return;
        for (std::size_t column = m_names.size(); column-- > 0;) { // the label is usually the last
            if (taken(column) || !looks_like_a_label(m_facts[column])) continue;
            return take("label", column,
                        std::to_string(m_facts[column].values.size()) + " values come again and again");
        }
    }

    void decide() {
        const auto has = [&](const char* field) { return m_guess.columns.count(field) > 0; };
        // Numbers that are hardly ever the same are no classes.
        if (has("label") && !has("options") && m_places.count("label") > 0) {
            const Facts& facts = m_facts[m_places.at("label")];
            if (facts.numbers == facts.rows && facts.whole < facts.rows && facts.values.size() > 10) {
                const std::size_t column = m_places.at("label");
                m_places.erase("label");
                m_guess.columns.erase("label");
                m_guess.reasons.pop_back();
                take("number", column, "it contains " + std::to_string(facts.values.size()) + " different fractions");
            }
        }
        struct Way {
            const char* kind;
            std::vector<const char*> fields, optional;
        };
        static const std::vector<Way> ways = {
            {"tagging", {"words", "tags"}, {"id", "split"}},
            {"span", {"text", "pair", "answers"}, {"id", "split"}},
            {"multiple_choice", {"text", "options", "label"}, {"id", "split", "pair"}},
            {"multi_label", {"text", "labels"}, {"id", "split", "pair"}},
            {"classification", {"text", "label"}, {"id", "split", "pair"}},
            {"regression", {"text", "number"}, {"id", "split", "pair"}},
            {"generation", {"text", "target"}, {"id", "split", "pair", "references"}},
            {"cloze", {"text", "target"}, {"id", "split", "group"}}};
        for (const Way& way : ways) {
            if (!m_kind.empty() && m_kind != way.kind) continue;
            if (!std::all_of(way.fields.begin(), way.fields.end(), has)) continue;
            m_guess.kind = way.kind;
            ColumnMap kept;
            for (const auto* list : {&way.fields, &way.optional})
                for (const char* field : *list)
                    if (const auto found = m_guess.columns.find(field); found != m_guess.columns.end())
                        kept.insert(*found);
            m_guess.columns = std::move(kept);
            return;
        }
    }

    const std::vector<std::string>& m_names;
    std::string m_kind; ///< empty = to be guessed
    bool m_complete;
    std::vector<Facts> m_facts;
    std::set<std::size_t> m_taken;
    std::map<std::string, std::size_t> m_places;
    GuessedColumns m_guess;
};

} // namespace

GuessedColumns guess_columns(const std::vector<std::string>& names, const std::vector<std::vector<std::string>>& rows,
                             const KnownOfTask& known) {
    return Guess(names, rows, known).made();
}

} // namespace diapason

// Words in columns, a line each and an empty line between sentences, as CoNLL's shared tasks have them (Tjong Kim Sang
// and De Meulder 2003); and the form of semantic roles with a sentence in a line: "<verb's number> words … ||| tags …".
#include "core/base/words.h"
#include "core/data/readers/reader.h"

#include <sstream>
#include <string_view>
#include <utility>

namespace diapason {
namespace {

constexpr std::string_view between = " ||| ";

std::vector<std::string> parts_of(const std::string& line, bool tabs) {
    std::vector<std::string> parts;
    std::istringstream in(line);
    if (tabs) {
        for (std::string part; std::getline(in, part, '\t');)
            parts.push_back(part);
        return parts;
    }
    for (std::string part; in >> part;)
        parts.push_back(part);
    return parts;
}

// "O", "B-PER", "S".
bool is_tag(const std::string& text) {
    if (text == "O") return true;
    return text.size() > 2 && text[1] == '-' && std::string_view("BIESLU").find(text[0]) != std::string_view::npos;
}

// The verb is marked by its number, which stays the text's first word: the same sentence has other tags for each verb.
void add_roles(std::size_t number, const std::string& line, DataRows& rows) {
    const auto at = line.find(between);
    if (at == std::string::npos) return rows.problem(number, "has no \"|||\" between words and tags");
    Example example;
    example.words = parts_of(line.substr(0, at), false);
    example.tags = parts_of(line.substr(at + between.size()), false);
    if (example.words.size() != example.tags.size() + 1)
        return rows.problem(number, "has " + std::to_string(example.words.empty() ? 0 : example.words.size() - 1) +
                                        " words behind the verb's number and " + std::to_string(example.tags.size()) +
                                        " tags");
    example.tags.insert(example.tags.begin(), "O");
    rows.add(number, std::move(example));
}

// One sentence while its lines are read.
class Sentence {
public:
    explicit Sentence(DataRows& rows) : m_rows(rows) {}

    void add(std::size_t number, const std::string& line) {
        const std::vector<std::string> parts = parts_of(line, line.find('\t') != std::string::npos);
        if (parts.front() == "-DOCSTART-") return finish();
        if (m_example.words.empty()) m_begun = number;
        if (parts.size() < 2) return m_rows.problem(number, "has a word without a tag");
        if (m_width == 0) m_width = parts.size();
        if (parts.size() != m_width)
            return m_rows.problem(number, "has " + std::to_string(parts.size()) + " columns where the first line has " +
                                              std::to_string(m_width));
        if (parts.front().empty()) return m_rows.problem(number, "has a tag without a word");
        m_example.words.push_back(parts.front());
        m_example.tags.push_back(parts.back());
    }
    void finish() {
        if (!m_example.words.empty()) m_rows.add(m_begun, std::exchange(m_example, {}));
    }

private:
    DataRows& m_rows;
    Example m_example;
    std::size_t m_begun = 0, m_width = 0;
};

class Conll : public DataReader {
public:
    const char* name() const override { return "conll"; }
    const char* title() const override { return "Words with tags in columns (CoNLL)"; }

    std::string kind() const override { return "tagging"; }
    std::string recognised(const FileBeginning& beginning) const override {
        std::istringstream in(beginning.text);
        std::size_t lines = 0, tagged = 0, empty = 0;
        for (std::string line; std::getline(in, line) && (beginning.whole || !in.eof());) {
            const std::vector<std::string> parts = parts_of(line, line.find('\t') != std::string::npos);
            if (parts.empty()) {
                ++empty;
                continue;
            }
            ++lines;
            if (line.find(between) != std::string::npos || parts.front() == "-DOCSTART-" ||
                (parts.size() > 1 && is_tag(parts.back())))
                ++tagged;
        }
        if (lines == 0 || tagged < lines || (lines > 200 && empty == 0)) return {};
        return "every line is a word with a tag";
    }

    void read(const ReadRequest& request, DataRows& rows) const override {
        Sentence sentence(rows);
        enum { unknown, columns, roles } form = unknown;
        for_each_line(request.file, rows.problems(), [&](std::size_t number, const std::string& line) {
            if (without_extra_spaces(line).empty()) return sentence.finish();
            if (form == unknown) form = line.find(between) != std::string::npos ? roles : columns;
            form == roles ? add_roles(number, line, rows) : sentence.add(number, line);
        });
        sentence.finish();
    }
};

} // namespace

const DataReader& conll_reader() {
    static const Conll reader;
    return reader;
}

} // namespace diapason
